"""The shape of the checkout: every folder of tests is a package, and the rules of imports hold."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT_IMPORTS = Path(sysconfig.get_path("scripts")) / "lint-imports"


def folders_of_tests() -> list[Path]:
    """Every folder below tests that holds Python files, itself or below."""
    found = {
        parent for file in (ROOT / "tests").rglob("*.py") for parent in file.parents if parent.is_relative_to(ROOT)
    }
    return sorted(folder for folder in found if folder.is_relative_to(ROOT / "tests"))


def test_every_folder_of_tests_is_a_package() -> None:
    """Two test files of the same name in different folders can be told apart only so."""
    missing = [str(f.relative_to(ROOT)) for f in folders_of_tests() if not (f / "__init__.py").is_file()]

    assert missing == []


@pytest.mark.skipif(not LINT_IMPORTS.exists(), reason="import-linter is not installed (it is in the dev extra)")
def test_the_import_rules_hold() -> None:
    """The checker imports no spec, components import no component, and data flows one way."""
    run = subprocess.run([LINT_IMPORTS], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
