"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COUNTERS = Path(__file__).parent / "specs" / "spec_counters.py"

TESTS = f"""
SPEC = {str(COUNTERS)!r}

def test_checked(kspec_check):
    assert kspec_check(f"{{SPEC}}::count.finite").engine == "explicit"

def test_fuzzed(kspec_fuzz):
    assert kspec_fuzz(f"{{SPEC}}::count.finite", examples=5).properties[0].bound <= 5

def test_too_far(kspec_check):
    kspec_check(f"{{SPEC}}::count.too-far")

def test_fuzzed_too_far(kspec_fuzz):
    kspec_fuzz(f"{{SPEC}}::count.too-far")

def test_vacuous(kspec_check):
    kspec_check(f"{{SPEC}}::count.vacuous")
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("user")
    (folder / "test_mine.py").write_text(TESTS, encoding="utf-8")
    plugins = ["-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plugins, "--kspec-seed", "3", "-rA", str(folder)]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", ["test_checked", "test_fuzzed"])
def test_what_is_established_passes(output: str, name: str) -> None:
    assert f"PASSED test_mine.py::{name}" in output


@pytest.mark.parametrize("name", ["test_too_far", "test_fuzzed_too_far", "test_vacuous"])
def test_what_is_not_established_fails(output: str, name: str) -> None:
    assert f"FAILED test_mine.py::{name}" in output


def test_a_failure_tells_the_story_without_a_traceback(output: str) -> None:
    assert "VIOLATED: count.too-far" in output
    assert "the_count_stays_below_three.itf.json" in output
    assert "VACUOUS: count.vacuous" in output
    assert "Traceback" not in output


def test_the_plugin_imports_nothing_of_kspec_at_its_top() -> None:
    script = "import sys, kspec.pytest_plugin; print([m for m in sys.modules if m.startswith('kspec.')])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "['kspec.pytest_plugin']"
