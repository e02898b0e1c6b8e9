"""`kspec --help` and `import kspec` stay cheap: what is heavy is imported by the run that uses it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "graphviz",
    "hypothesis",
    "jinja2",
    "numpy",
    "pytest",
    "rich",
    "ruamel",
    "rustworkx",
    "scipy",
    "z3",
    "kspec_models",
    "kspec_properties",
}


def imported_by(code: str) -> set[str]:
    """The top-level packages that a fresh interpreter imports for this code, and the modules of kspec.

    From `sys.modules`: `-X importtime` leaves out what `importlib.import_module` is asked for.
    """
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('MODULES', *sys.modules, file=sys.stderr)"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("MODULES ")]
    names = line.split()[1:]
    return {name.split(".")[0] for name in names} | {name for name in names if name.startswith("kspec")}


@pytest.mark.parametrize(
    "code",
    [
        "import kspec",
        "import kspec.cli",
        "from kspec.cli import run; run(['--help'])",
        "from kspec.cli import run; run(['check', '--help'])",
        "from kspec.cli import run; run(['chekc'])",
    ],
)
def test_nothing_heavy_is_imported_by(code: str) -> None:
    found = imported_by(code)
    assert "kspec" in found
    assert not found & HEAVY


def test_importing_the_package_imports_none_of_its_modules() -> None:
    assert {name for name in imported_by("import kspec") if name.startswith("kspec.")} == set()


def test_the_command_line_imports_no_command_before_it_is_called_for() -> None:
    found = imported_by("import kspec.cli")
    assert "click" in found
    assert {name for name in found if name.startswith("kspec.")} == {"kspec.cli"}


def test_a_name_of_the_package_imports_only_its_own_module() -> None:
    found = imported_by("import kspec; kspec.Verdict")
    assert "kspec.kernel.result" in found
    assert not found & (HEAVY | {"click", "kspec.run"})


def test_a_check_imports_no_solver_and_no_sampler() -> None:
    code = (
        "import kspec\n"
        "up = lambda see: [kspec.Step([('n', kspec.Set(1))])]\n"
        "kspec.check(kspec.System('tiny', {'n': 0}, [kspec.Action('a', 'up', up)]))"
    )
    found = imported_by(code)
    assert "kspec.engines.explicit" in found
    assert not found & {"z3", "hypothesis", "ruamel", "rich", "graphviz"}
