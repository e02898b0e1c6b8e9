"""There is exactly one encoding of every component: one changed line of a decision changes the answer of all engines.

The line is the comparison with replicas + maxSurge in the Deployment's arithmetic
(`--set deployment.surge=one-too-many`).
"""

from __future__ import annotations

import pytest

import kspec
from kspec.kernel.result import Verdict

SYSTEM = "deployment.rolling"
PROPERTY = "sizes_stay_within_surge"
THEOREM = "the_sum_of_sizes_never_passes_replicas_plus_surge"
CHANGED = {"deployment.surge": "one-too-many"}


@pytest.mark.parametrize("engine", ["explicit", "reference"])
def test_the_exhaustive_engines_meet_the_changed_line(engine: str) -> None:
    as_written = kspec.check(SYSTEM, properties=[PROPERTY], engine=engine)
    changed = kspec.check(SYSTEM, properties=[PROPERTY], engine=engine, settings=CHANGED)

    assert as_written.property(PROPERTY).verdict is Verdict.HOLDS
    assert changed.property(PROPERTY).verdict is Verdict.VIOLATED


def test_hypothesis_meets_the_changed_line() -> None:
    as_written = kspec.fuzz(SYSTEM, properties=[PROPERTY], examples=60, steps=60)
    changed = kspec.fuzz(SYSTEM, properties=[PROPERTY], examples=60, steps=60, settings=CHANGED)

    assert as_written.property(PROPERTY).verdict is Verdict.SAMPLED
    assert changed.property(PROPERTY).verdict is Verdict.VIOLATED


def test_z3_meets_the_changed_line() -> None:
    (as_written,) = kspec.prove_theorems([THEOREM])
    (changed,) = kspec.prove_theorems([THEOREM], settings=CHANGED)

    assert as_written.property(THEOREM).verdict is Verdict.PROVED
    assert changed.property(THEOREM).verdict is Verdict.VIOLATED
    assert "size" in changed.property(THEOREM).why


def test_replay_meets_the_changed_line() -> None:
    changed = kspec.check(SYSTEM, properties=[PROPERTY], settings=CHANGED)
    trace = changed.property(PROPERTY).trace
    assert trace is not None

    assert kspec.replay(trace).verdict is Verdict.REPRODUCED
    as_written = kspec.replay(trace, settings={"deployment.surge": "real"})
    assert as_written.verdict is Verdict.DIVERGED
