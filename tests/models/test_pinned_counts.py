"""The counts and verdicts of every built-in system are pinned beside them; a change is a change of a model."""

from __future__ import annotations

import json

import attrs
import pytest

import kspec
from kspec.kernel.registry import load
from kspec.run import changed_counts
from kspec.targets import laid_out
from kspec_models.scopes.record import FILE, recorded


def test_the_pinned_counts_are_those_of_now() -> None:
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    assert {name: {k: v for k, v in row.items() if k != "engines"} for name, row in kept.items()} == recorded()


def test_every_system_is_pinned() -> None:
    assert set(load().pinned) == {
        name for name in load().systems if load().systems[name].where.startswith("kspec_models")
    }


@pytest.mark.parametrize("change", [{"distinct_states": 1}, {"generated_states": 1}, {"depth": 1}])
def test_a_count_that_differs_is_said(change: dict[str, int]) -> None:
    result = kspec.check("store.cas")

    assert changed_counts(result) == ""
    assert "its counts changed" in changed_counts(attrs.evolve(result, **change))


def test_a_system_that_is_to_fail_says_so_first() -> None:
    entries = load().systems.values()
    failing = [entry for entry in entries if entry.where.startswith("kspec_models") and laid_out(entry.build).expected]

    assert failing and [entry.name for entry in failing if not entry.doc.startswith("Expected to fail")] == []
