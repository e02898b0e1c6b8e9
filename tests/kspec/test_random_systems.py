"""Hundreds of random small systems: every engine says what a naive set-closure says."""

from __future__ import annotations

from collections import Counter

import pytest

from kspec.kernel.properties import PropertyKind
from kspec.kernel.result import Verdict

from .closure import CHUNKS, EACH, closures, differences
from .engines import ENGINES, FOLDING
from .random_systems import system


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_says_what_the_closure_says(engine: str, chunk: int) -> None:
    for closure in closures()[chunk * EACH : (chunk + 1) * EACH]:
        folded = engine in FOLDING and closure.made.interchangeable
        found = differences(closure, ENGINES[engine](system(closure.made)), folded=folded)
        assert not found, f"{found}\n{closure.made}"


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_is_right_where_a_global_variable_mentions_one_of_several_nodes(engine: str) -> None:
    for closure in closures(prefers=True):
        folded = engine in FOLDING and closure.made.interchangeable
        found = differences(closure, ENGINES[engine](system(closure.made)), folded=folded)
        assert not found, f"{found}\n{closure.made}"


def test_the_random_systems_provoke_every_verdict_of_every_kind_of_property() -> None:
    seen = Counter((claim.kind, c.meant(claim).verdict) for c in closures() for claim in c.made.claims)
    for kind in PropertyKind:
        if kind is not PropertyKind.THEOREM:
            for verdict in (Verdict.HOLDS, Verdict.VIOLATED, Verdict.VACUOUS):
                assert seen[kind, verdict] > 5, (kind, verdict, seen[kind, verdict])


def test_the_random_systems_can_be_folded_and_hold_long_behaviours() -> None:
    assert sum(len(c.orbits) < len(c.states) for c in closures()) >= 100
    assert sum(len(c.levels) >= 6 for c in closures()) >= 50
    assert sum(any(len(c.changing(s)) < len(c.moves[s]) for s in c.states) for c in closures()) >= 100
