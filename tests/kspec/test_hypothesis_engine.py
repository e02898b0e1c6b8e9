"""The Hypothesis engine: what it finds, how short it tells it, and what it does not claim."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import unittest
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs
import pytest
from hypothesis import settings

import kspec
from kspec.engines import reference
from kspec.engines.hypothesis import explore
from kspec.engines.replay import replay
from kspec.engines.runs import Places, Run, shortened
from kspec.kernel.actions import Action, Reader, Set, Step
from kspec.kernel.errors import ImpureError, SpecError, UsageError
from kspec.kernel.properties import invariant
from kspec.kernel.result import Limits, Result, Verdict
from kspec.kernel.system import System
from kspec.kernel.world import World
from kspec.machine import PropertyViolated, machine

from . import random_systems, tiny_models
from .known.commit import two_phase_commit
from .known.replicaset import late_replicaset
from .known.store import compare_and_swap

SAFETY = ("n_is_never_negative", "n_stays_below_five", "n_grows_by_one", "it_ends_at_ten")
LIVENESS = ("n_settles_at_ten", "n_is_zero_again_and_again", "one_leads_to_ten")


@invariant()
def anything_goes(see: Reader) -> bool:
    """The number is what it is."""
    return bool(see("n") == see("n"))


def verdicts(result: Result) -> dict[str, Verdict]:
    return {p.name: p.verdict for p in result.properties}


# ---- what it finds


@pytest.mark.parametrize(
    ("system", "broken"),
    [
        pytest.param(tiny_models.breaks_every_kind_of_safety(), SAFETY[1:], id="every kind of safety"),
        pytest.param(compare_and_swap(2, 2, compares=False, fold=True), ("no_update_is_lost",), id="lost update"),
        pytest.param(two_phase_commit(3, waits_for_all=False), ("resource_managers_agree",), id="two-phase commit"),
    ],
)
def test_it_finds_what_is_broken_as_shortly_as_breadth_first_search(system: System, broken: Iterable[str]) -> None:
    sampled, exact = explore(system, seed=3), reference.explore(system)
    assert sampled.verdict is Verdict.VIOLATED
    for name in broken:
        trace, shortest = sampled.property(name).trace, exact.property(name).trace
        assert trace is not None and shortest is not None
        assert len(trace.steps) == len(shortest.steps)
        assert (trace.clause != "", trace.objects) == (shortest.clause != "", shortest.objects)
        assert replay(trace).verdict is Verdict.REPRODUCED


def test_it_finds_the_surplus_pods_of_a_late_controller() -> None:
    result = explore(late_replicaset(expectations=False), properties=["no_surplus_pods"])
    trace = result.property("no_surplus_pods").trace
    assert trace is not None
    assert replay(trace).verdict is Verdict.REPRODUCED
    assert len(trace.steps) <= 12


def test_a_violated_property_does_not_hide_another_nor_one_that_nothing_breaks() -> None:
    result = explore(tiny_models.breaks_every_kind_of_safety())
    assert verdicts(result) == {
        "n_is_never_negative": Verdict.SAMPLED,
        "n_stays_below_five": Verdict.VIOLATED,
        "n_grows_by_one": Verdict.VIOLATED,
        "it_ends_at_ten": Verdict.VIOLATED,
    }


def test_a_violation_of_the_initial_state_has_no_steps() -> None:
    @invariant()
    def n_is_positive(see: Reader) -> bool:
        """The number is positive."""
        return bool(see("n") > 0)

    trace = explore(tiny_models.counter(properties=[n_is_positive])).properties[0].trace
    assert trace is not None
    assert (len(trace.states), len(trace.steps)) == (1, 0)


@pytest.mark.parametrize("seed", range(25))
def test_of_random_systems_it_breaks_only_what_is_broken(seed: int) -> None:
    system = random_systems.system(random_systems.recipe(seed))
    exact = reference.explore(system, limits=Limits(states=20_000))
    sampled = explore(system, examples=25, steps=12, seed=seed)
    for found in sampled.properties:
        if found.verdict is Verdict.VIOLATED:
            assert exact.property(found.name).verdict is Verdict.VIOLATED
            assert found.trace is not None
            assert replay(found.trace).verdict is Verdict.REPRODUCED
        elif found.kind != "leads to" and exact.property(found.name).verdict is Verdict.HOLDS:
            assert found.verdict in (Verdict.SAMPLED, Verdict.VACUOUS, Verdict.INCONCLUSIVE)
    assert sampled.distinct_states <= exact.distinct_states or not exact.complete


def test_of_random_systems_it_finds_most_of_what_is_broken() -> None:
    found = missed = 0
    for seed in range(12):
        system = random_systems.system(random_systems.recipe(seed))
        exact = reference.explore(system, limits=Limits(states=5_000))
        broken = {p.name for p in exact.properties if p.verdict is Verdict.VIOLATED}
        for p in explore(system, examples=40, steps=15).properties:
            if p.name in broken and p.kind in ("invariant", "step invariant", "quiescence"):
                found += p.verdict is Verdict.VIOLATED
                missed += p.verdict is not Verdict.VIOLATED
    assert found >= 5
    assert found > 9 * missed


# ---- short stories


def test_steps_that_are_not_needed_are_dropped() -> None:
    def noise(see: Reader) -> Iterable[Step]:
        yield Step([("noise", Set((see("noise") + 1) % 7))])

    def back(see: Reader) -> Iterable[Step]:
        if see("n"):
            yield Step([("n", tiny_models.Add(-1))])

    actions = [Action("noise", "rustle", noise), Action("other", "back", back), tiny_models.counts(None)]
    prop = tiny_models.n_stays_below_five
    system = System("tiny.noisy", {"n": 0, "noise": 0}, actions, [prop])
    world = World(system)
    run, rng = Run(Places(world, [prop])), random.Random(1)
    while run.broken is None:
        run.take(rng.choice([s for found in run.possible.values() for s in found]))
    assert len(run.steps) > 20
    assert [s.action.kind for s in shortened(world, prop, run.steps).steps] == ["counter.count"] * 5
    trace = explore(system, steps=60).properties[0].trace
    assert trace is not None
    assert [s.action.kind for s in trace.steps] == ["counter.count"] * 5


def test_a_trace_needs_each_of_its_steps() -> None:
    system = compare_and_swap(3, 2, compares=False)
    trace = explore(system).property("no_update_is_lost").trace
    assert trace is not None
    prop = next(p for p in system.properties if p.name == "no_update_is_lost")
    assert len(shortened(trace.world, prop, trace.steps).steps) == len(trace.steps)


def test_a_trace_is_told_in_the_exact_order_of_the_watches() -> None:
    result = kspec.fuzz("replicaset.stale", settings={"replicaset.expectations": "off"}, properties=["no_surplus_pods"])
    trace = result.property("no_surplus_pods").trace
    assert trace is not None
    assert trace.how["layout"] == "exact"
    assert trace.how["settings"] == {"replicaset.expectations": "off"}
    assert kspec.replay(trace).verdict is Verdict.REPRODUCED


# ---- what it does not claim


def test_what_no_run_breaks_is_sampled_with_the_number_of_runs() -> None:
    result = explore(compare_and_swap(2, 2), examples=30)
    assert verdicts(result) == {"no_update_is_lost": Verdict.SAMPLED}
    assert result.verdict is Verdict.SAMPLED
    assert result.engine == "hypothesis"
    assert result.properties[0].bound == 30
    assert not result.complete


def test_liveness_beside_safety_is_not_applicable() -> None:
    result = explore(tiny_models.counter(4))
    assert set(verdicts(result)) == set(SAFETY)
    assert result.not_applicable == tuple(f"{name} (not sampled: liveness)" for name in LIVENESS)


def test_liveness_alone_is_inconclusive() -> None:
    result = explore(tiny_models.counter(4), properties=[LIVENESS[0]])
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.properties[0].why.startswith("not sampled: liveness")


def test_a_property_whose_witness_no_run_reached_is_vacuous() -> None:
    result = explore(tiny_models.with_witness(11), examples=10)
    assert result.verdict is Verdict.VACUOUS
    assert "none of" in result.properties[0].why
    assert explore(tiny_models.with_witness(9), examples=10).verdict is Verdict.SAMPLED


def test_quiescence_is_vacuous_when_no_run_comes_to_rest() -> None:
    result = explore(tiny_models.never_rests(), examples=5, properties=["it_ends_at_ten"])
    assert verdicts(result) == {"it_ends_at_ten": Verdict.VACUOUS}


def test_an_action_that_finds_no_name_is_no_rest_and_the_limit_is_said() -> None:
    result = explore(tiny_models.stops_for_want_of_names(3), examples=10, properties=["it_ends_at_ten"])
    assert result.limits == ("slots of pods",)
    assert verdicts(result) == {"it_ends_at_ten": Verdict.INCONCLUSIVE}


def test_runs_end_with_the_time() -> None:
    ticks = itertools.count()
    said: list[int] = []
    result = explore(
        compare_and_swap(4, 3),
        examples=10**6,
        limits=Limits(seconds=1.5),
        progress=lambda p: said.append(next(ticks)),
    )
    assert result.limits == ("seconds: 1.5",)
    assert result.properties[0].verdict is Verdict.SAMPLED
    assert result.properties[0].bound is not None and 0 < result.properties[0].bound < 10**6
    assert said


def test_runs_go_no_deeper_than_the_limit() -> None:
    result = explore(tiny_models.counter(None, properties=[tiny_models.n_is_never_negative]), limits=Limits(depth=3))
    assert (result.depth, result.limits) == (3, ("depth: 3",))


def test_ctrl_c_ends_it_with_what_was_found() -> None:
    result = explore(tiny_models.interrupted_at(6), steps=20)
    assert result.interrupted
    assert result.property("n_stays_below_five").verdict is Verdict.VIOLATED
    assert result.property("n_is_never_negative").verdict is Verdict.INCONCLUSIVE


# ---- specs that break the contract


def test_a_world_that_grows_is_laid_out_again() -> None:
    assert explore(tiny_models.grows(4), examples=10).verdict is Verdict.SAMPLED
    with pytest.raises(SpecError, match="lay it out again"):
        explore(tiny_models.grows(4, again=False), examples=10)


@pytest.mark.parametrize("in_property", [False, True])
def test_a_function_that_raises_is_named(in_property: bool) -> None:
    system = tiny_models.raises(ZeroDivisionError("by zero"), in_property=in_property)
    with pytest.raises(SpecError, match="ZeroDivisionError: by zero"):
        explore(system)


@pytest.mark.parametrize("build", [tiny_models.two_ways_to_say_one, tiny_models.writes_a_list])
def test_values_that_are_none_are_refused(build: Callable[[], System]) -> None:
    system = attrs.evolve(build(), properties=[anything_goes])
    with pytest.raises(SpecError):
        explore(system)


def test_a_run_that_cannot_be_repeated_is_impure() -> None:
    calls = itertools.count()

    def jump(see: Reader) -> Iterable[Step]:
        if next(calls) < 5:
            yield Step([("n", Set(see("n") + 1))])

    system = System("tiny.impure", {"n": 0}, [Action("counter", "jump", jump)], [tiny_models.n_stays_below_five])
    with pytest.raises(ImpureError, match=r"tiny\.impure"):
        explore(system)


def test_an_unknown_property_is_refused() -> None:
    with pytest.raises(UsageError, match="n_stays_below_five"):
        explore(tiny_models.counter(), properties=["n_stays_below_fife"])
    with pytest.raises(UsageError, match="n_stays_below_five"):
        machine(tiny_models.counter(), properties=["n_stays_below_fife"])


# ---- the same in every run


def told(result: Result) -> str:
    traces = [None if p.trace is None else [s.label for s in p.trace.steps] for p in result.properties]
    counts = (result.distinct_states, result.generated_states, result.depth)
    return repr((counts, verdicts(result), traces))


SCRIPT = """
from kspec.engines.hypothesis import explore
from tests.kspec.known.store import compare_and_swap
from tests.kspec.test_hypothesis_engine import told
print(told(explore(compare_and_swap(3, 2, compares=False, fold=True), examples=20, seed=7)))
print(told(explore(compare_and_swap(3, 2), examples=20, seed=7)))
"""


def test_a_seed_gives_the_same_runs_whatever_the_hash_seed() -> None:
    root = Path(__file__).parents[2]
    outputs = []
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root)}
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=root, env=environment, capture_output=True, text=True, timeout=120
        )
        assert ran.returncode == 0, ran.stderr
        outputs.append(ran.stdout)
    assert outputs[0] == outputs[1]
    assert "VIOLATED" in outputs[0]


def test_another_seed_takes_other_runs() -> None:
    seen = {told(explore(compare_and_swap(3, 2), examples=3, steps=5, seed=seed)) for seed in range(6)}
    assert len(seen) > 1


def test_it_prints_nothing(capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder) -> None:
    explore(tiny_models.breaks_every_kind_of_safety())
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


# ---- as a test of one's own


def run_as_a_test(system: System) -> unittest.TestResult:
    case = machine(system).TestCase
    case.settings = settings(max_examples=30, stateful_step_count=20, deadline=None, database=None)
    result = unittest.TestResult()
    case().run(result)
    return result


def test_a_machine_is_a_test_that_passes() -> None:
    result = run_as_a_test(compare_and_swap(2, 2))
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])


def test_a_machine_is_a_test_that_fails_with_the_property_and_the_steps(capfd: pytest.CaptureFixture[str]) -> None:
    result = run_as_a_test(compare_and_swap(2, 2, compares=False))
    ((_, said),) = result.failures
    assert "no_update_is_lost is violated: the store holds" in said
    assert "take(drawn=<" in said + capfd.readouterr().out
    assert issubclass(PropertyViolated, AssertionError)


def test_a_machine_whose_world_grows_is_a_test() -> None:
    result = run_as_a_test(tiny_models.grows(4))
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])


def test_a_machine_rests_when_nothing_is_possible() -> None:
    result = run_as_a_test(tiny_models.counter(2, properties=[tiny_models.n_is_never_negative]))
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])


@pytest.mark.parametrize("build", [tiny_models.is_made_again_and_again, tiny_models.asks_of_two_classes])
def test_systems_with_incarnations_and_lenses_are_sampled(build: Callable[[], System]) -> None:
    system = build()
    exact, sampled = reference.explore(system), explore(system, examples=50)
    for found in sampled.properties:
        assert (found.verdict is Verdict.VIOLATED) == (exact.property(found.name).verdict is Verdict.VIOLATED)
    assert sampled.distinct_states <= exact.distinct_states
