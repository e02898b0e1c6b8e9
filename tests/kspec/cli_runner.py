"""Running command lines in this process, and reading what they print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from kspec.cli import run

SPECS = Path(__file__).parent / "specs"
LOST_UPDATE = str(SPECS / "spec_lost_update.py")
COUNTERS = str(SPECS / "spec_counters.py")


@attrs.frozen
class Ran:
    """One finished command line."""

    code: int
    out: str
    err: str

    @property
    def first(self) -> str:
        """The first line on standard output."""
        return self.out.split("\n", 1)[0]


Kspec = Callable[..., Ran]


@pytest.fixture
def kspec(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kspec:
    """Run `kspec ARGUMENTS...` in an empty folder. No answer may hold a traceback."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(code, out, err)

    return call


def counter(name: str) -> str:
    """One of the counters, as an argument."""
    return f"{COUNTERS}::count.{name}"


def store(name: str) -> str:
    """One of the stores, as an argument."""
    return f"{LOST_UPDATE}::demo.{name}"
