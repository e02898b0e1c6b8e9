"""pytest fixtures that check a system and fail with the story of what broke.

    def test_my_controller(kspec_check):
        kspec_check(my_system())

`kspec_check` explores exhaustively, `kspec_fuzz` takes random runs (`--kspec-seed N`). Both take what `kspec.check` and
`kspec.fuzz` take, return the result, and fail the test unless every property is established. Counterexamples are
written below the test's `tmp_path`. Nothing of kspec is imported before a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kspec.kernel.result import Result


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of this plugin."""
    group = parser.getgroup("kspec")
    group.addoption("--kspec-seed", type=int, default=0, metavar="N", help="The seed of kspec's samples (default: 0).")


@pytest.fixture
def kspec_check(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Result]:
    """`kspec.check`, which fails the test unless every property is established."""

    def check(system: Any, **options: Any) -> Result:
        import kspec

        return _established(kspec.check(system, **{"seed": _seed(request), **options}), tmp_path)

    return check


@pytest.fixture
def kspec_fuzz(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Result]:
    """`kspec.fuzz`, which fails the test unless no run breaks a property."""

    def fuzz(system: Any, **options: Any) -> Result:
        import kspec

        return _established(kspec.fuzz(system, **{"seed": _seed(request), **options}), tmp_path)

    return fuzz


def _seed(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kspec-seed"))


def _established(result: Result, folder: Path) -> Result:
    """The result; fails the test with reasons and stories if something is not established."""
    from kspec.kernel.result import Exit
    from kspec.outcome import outcome
    from kspec.report.files import write_traces
    from kspec.report.text import text
    from kspec.run import story

    judged = outcome(result)
    if judged.exit is Exit.ESTABLISHED:
        return result
    lines = [f"{judged.verdict.value}: {result.name}", *judged.reasons]
    files = write_traces(result, folder / result.name, story)
    for found in result.properties:
        if found.trace is not None:
            lines += ["", text(story(found.trace)), f"written to {files[found.name].trace}"]
    pytest.fail("\n".join(lines), pytrace=False)
