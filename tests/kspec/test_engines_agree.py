"""The built-in systems that are small enough for the reference engine: every engine says the same of them."""

from __future__ import annotations

import pytest

from kspec.engines import explicit, reference
from kspec.kernel.registry import find
from kspec.kernel.result import Result

SMALL = (
    "store.cas",
    "store.cas.three",
    "replicaset.forgetful",
    "replicaset.crash",
    "scheduler.two",
    "deployment.deadlock",
)


def told(result: Result) -> object:
    """What may not depend on the engine: verdicts, and how many steps a counterexample of safety has."""
    return {
        p.name: (p.verdict.name, len(p.trace.steps) if p.trace is not None and p.trace.loop_at is None else None)
        for p in result.properties
    }


@pytest.mark.parametrize("name", SMALL)
def test_the_engines_agree_on_a_built_in_system(name: str) -> None:
    system = find(name).build
    plain = reference.explore(system())
    unfolded = explicit.explore(system(), fold=False, confirm=False)
    folded = explicit.explore(system(), confirm=False)
    assert plain.complete and unfolded.complete and folded.complete
    assert told(plain) == told(unfolded) == told(folded)
    counts = [(r.distinct_states, r.generated_states, r.depth) for r in (plain, unfolded)]
    assert counts[0] == counts[1]
    assert folded.distinct_states <= plain.distinct_states and folded.depth == plain.depth
    assert plain.never_enabled == unfolded.never_enabled == folded.never_enabled
