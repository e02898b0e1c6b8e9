"""The example of a scheduler of one's own keeps its promise, and would be noticed if it did not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import kspec
from kspec.kernel.result import Result, Verdict

EXAMPLE = Path(__file__).parents[3] / "examples" / "second-scheduler" / "fewest_pods.py"


def checked() -> Result:
    (result,) = kspec.check_file(EXAMPLE)
    return result


def test_its_pods_are_spread_evenly_also_behind_a_late_cache() -> None:
    result = checked()

    assert result.verdict is Verdict.HOLDS
    assert result.complete and result.never_enabled == ()


def test_one_that_takes_any_node_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    checked()

    def any_node(fitting: Any, counts: Any) -> Any:
        return fitting

    module = sys.modules["fewest_pods"]
    monkeypatch.setattr(module, "emptiest", any_node)
    broken = kspec.check(module.beside_the_default_scheduler)

    assert broken.property("its_pods_are_spread_evenly").verdict is Verdict.VIOLATED


def test_the_default_scheduler_leaves_its_pods_alone() -> None:
    story = kspec.run_of(f"{EXAMPLE}::fewest-pods")

    assert {step.actor for step in story.steps if "binding" in step.action} == {"fewest-pods"}
