"""What must be so of every system that comes with kspec: engines agree, actions are pure, nothing false is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kspec.engines import explicit, reference
from kspec.engines.canonical import canonical_labels
from kspec.engines.common import Meter
from kspec.engines.explicit import Search
from kspec.engines.purity import check_equivariance, check_purity, sample_states
from kspec.kernel.registry import load
from kspec.kernel.result import Limits, Result
from kspec.kernel.system import System
from kspec.targets import settled, target_of, under

from .exploring import told

MOST_STATES = 1500
"""The reference engine is asked about systems of so many distinct states, at most."""

SAMPLE = 40
QUICK = sorted(name for name, entry in load().systems.items() if entry.quick)
every_quick_system = pytest.mark.parametrize("name", QUICK)


@contextmanager
def laid_out(name: str) -> Iterator[System]:
    """A system under its own settings, with everything learned."""
    with under(target_of(name), {}) as (system, _):
        yield settled(system, learned)


def learned(system: System) -> System:
    """The system, once a search of it meets nothing new."""
    Search(system, (), Meter(Limits(states=50_000), None)).run()
    return system


def counts(result: Result) -> tuple[int, int, int]:
    return result.distinct_states, result.generated_states, result.depth


@every_quick_system
def test_the_engines_agree(name: str) -> None:
    with laid_out(name) as system:
        enough = Limits(states=MOST_STATES + 1)  # a broken system may have no end once it is broken
        unfolded = explicit.explore(system, fold=False, confirm=False, limits=enough)
        folded = explicit.explore(system)
        if unfolded.distinct_states > MOST_STATES:
            assert told(explicit.explore(system, fold=False)) == told(folded)
            return
        plain = reference.explore(system, limits=enough)
        assert told(plain) == told(unfolded) == told(folded)
        if unfolded.complete:  # a search may end when everything is broken
            assert counts(plain) == counts(unfolded) and plain.depth == folded.depth
            assert plain.never_enabled == unfolded.never_enabled == folded.never_enabled
        assert unfolded.complete or system.expected


@every_quick_system
def test_every_action_is_pure_and_tells_no_members_apart(name: str) -> None:
    with laid_out(name) as system:
        states = sample_states(system, SAMPLE, seed=1)
        if len(states) <= SAMPLE // 2:  # its runs are short
            states = list(dict.fromkeys([*states, *sample_states(system, SAMPLE, seed=2)]))
        if len(states) <= SAMPLE // 2:  # it is small
            assert len(states) >= explicit.explore(system, confirm=False).distinct_states // 3
        check_purity(system, states)
        check_equivariance(system, states)


@every_quick_system
def test_what_is_expected_to_fail_fails_by_a_behaviour_of_the_world_and_nothing_else_does(name: str) -> None:
    with laid_out(name) as system:
        result = explicit.explore(system)
        broken = {p.name for p in result.properties if p.verdict.name == "VIOLATED"}
        assert broken == set(system.expected)
        assert {p.verdict.name for p in result.properties} - {"VIOLATED"} <= {"HOLDS"}
        shown = [p.trace for p in result.properties if p.trace is not None]
        assert bool(shown) == bool(system.expected)
        for trace in shown:
            world = trace.world
            late = [v for v in world.system.variables if v.startswith("order/")]
            assert bool(late) == (system.exact is not None) == (trace.how.get("layout") == "exact")
            assert trace.states[0] == world.initial
            for before, step, after in zip(trace.states, trace.steps, trace.states[1:], strict=False):
                possible = world.steps_of(before, step.action, step.member)
                assert after in [canonical_labels(world, world.apply(before, o)) for o in possible]
