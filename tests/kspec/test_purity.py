"""Purity and equivariance: who offends is named, with the field that differed; who does not is left alone."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable

import attrs
import pytest

from kspec.engines.purity import built_anew, check_equivariance, check_purity, renamed, sample_states, swapped
from kspec.kernel.actions import Action, Reader, Set, Step
from kspec.kernel.errors import ImpureError, SpecError
from kspec.kernel.properties import Property, invariant
from kspec.kernel.system import Family, System
from kspec.kernel.values import Ref, same
from kspec.kernel.world import State, World

from . import random_systems, tiny_models
from .known.commit import transaction_commit, two_phase_commit
from .known.replicaset import late_replicaset
from .known.store import compare_and_swap


@attrs.frozen
class Job:
    """How urgent it is, and whether it was started."""

    urgency: int = 0
    started: bool = False
    labels: frozenset[str] = frozenset()


def jobs(*actions: Action, size: int = 2, properties: Iterable[Property] = ()) -> System:
    """Jobs, which get more urgent; the given actions are tried."""

    def press(see: Reader) -> Iterable[Step]:
        job = see("job")
        if job.urgency < 2:
            yield Step([("job", Set(attrs.evolve(job, urgency=job.urgency + 1)))])

    return System(
        "tiny.jobs",
        variables={"n": 0, "chosen": None, "labels": frozenset({"a", "b"})},
        families={"jobs": Family(size, {"job": Job()})},
        actions=[Action("boss", "press", press, each="jobs"), *actions],
        properties=properties,
    )


def check(system: System) -> None:
    states = sample_states(system, 30, 1)
    check_purity(system, states)
    check_equivariance(system, states)


# ---- who is impure


def impure_by_counter() -> System:
    """Its action numbers its calls."""
    calls = itertools.count()

    def act(see: Reader) -> Iterable[Step]:
        yield Step([("n", Set(next(calls)))])

    return jobs(Action("worker", "number", act))


def impure_by_random() -> System:
    """Its action throws dice."""
    dice = random.Random(1)

    def act(see: Reader) -> Iterable[Step]:
        yield Step([("chosen", Set(Job(urgency=dice.randrange(10**9))))])

    return jobs(Action("worker", "throw", act))


def impure_by_memory() -> System:
    """Its action does only once what it has to do."""
    done: set[int] = set()

    def act(see: Reader) -> Iterable[Step]:
        n = see("n")
        if n not in done and n < 2:
            done.add(n)
            yield Step([("n", Set(n + 1))])

    return jobs(Action("worker", "remember", act))


def impure_by_reason() -> System:
    """Its action gives another reason every time."""
    calls = itertools.count()

    def act(see: Reader) -> Iterable[Step]:
        yield Step([("n", Set(1))], says=f"for the {next(calls)}th time")

    return jobs(Action("worker", "explain", act))


def impure_by_curiosity() -> System:
    """Its action asks one more question the second time."""
    calls = itertools.count()

    def act(see: Reader) -> Iterable[Step]:
        if next(calls) % 2:
            see("chosen")
        yield Step([("n", Set(1))])

    return jobs(Action("worker", "wonder", act))


def impure_by_order_of_states() -> System:
    """Its action remembers the largest number that it ever saw."""
    largest = [0]

    def act(see: Reader) -> Iterable[Step]:
        largest[0] = max(largest[0], see("n"))
        if see("n") < 3:
            yield Step([("n", Set(see("n") + 1)), ("chosen", Set(largest[0]))])

    return jobs(Action("worker", "compare", act))


def impure_by_identity() -> System:
    """Its action looks at where a value lies in memory."""
    first: dict[object, int] = {}

    def act(see: Reader) -> Iterable[Step]:
        labels = see("labels")
        yield Step([("n", Set(int(first.setdefault(labels, id(labels)) == id(labels))))])

    return jobs(Action("worker", "point", act))


def impure_update() -> System:
    """Its update is a new one every time that it is applied."""
    calls = itertools.count()

    @attrs.frozen
    class Number:
        def __call__(self, old: int) -> int:
            return next(calls)

    def act(see: Reader) -> Iterable[Step]:
        yield Step([("n", Number())])

    return jobs(Action("worker", "update", act))


@pytest.mark.parametrize(
    ("build", "name", "difference"),
    [
        (impure_by_counter, "worker.number", r"step 1 makes n \d+ and then \d+"),
        (impure_by_random, "worker.throw", r"step 1 makes chosen\.urgency \d+ and then \d+"),
        (impure_by_memory, "worker.remember", "yields 0 steps and then 1|yields 1 steps and then 0"),
        (impure_by_reason, "worker.explain", "the says of step 1 is"),
        (impure_by_curiosity, "worker.wonder", "asks other questions"),
        (impure_by_order_of_states, "worker.compare", r"step 1 makes chosen \d and then \d"),
        (impure_by_identity, "worker.point", "step 1 makes n 1 and then 0"),
        (impure_update, "worker.update", r"step 1 makes n \d+ and then \d+"),
    ],
)
def test_an_impure_action_is_named_with_what_differed(build: Callable[[], System], name: str, difference: str) -> None:
    system = build()
    with pytest.raises(ImpureError, match=difference) as raised:  # by the sampling, or by the check
        check_purity(system, sample_states(system, 12, 0))
    assert f"action {name} " in str(raised.value)


def test_an_impure_property_is_named() -> None:
    calls = itertools.count()

    @invariant()
    def every_other_time(see: Reader) -> bool:
        """It is true every other time."""
        return next(calls) % 3 == 0

    system = jobs(properties=[every_other_time])
    with pytest.raises(ImpureError, match="property every_other_time"):
        check_purity(system, sample_states(system, 5, 0))


def test_an_action_that_fails_is_no_impure_one() -> None:
    system = tiny_models.raises(ZeroDivisionError("by zero"), at=0)
    with pytest.raises(SpecError, match="ZeroDivisionError"):
        check(system)


def test_a_set_is_built_anew_in_another_order() -> None:
    value = (Job(labels=frozenset({"a", "b"})), frozenset({Ref("jobs", 1)}), 3)
    again = built_anew(value)
    assert same(value, again)
    assert again[0] is not value[0]
    clashing = frozenset([0, 8, 16])
    assert list(clashing) != list(built_anew(clashing))


# ---- who tells members apart


def prefers_lowest_name() -> System:
    """Its action starts the first job that is not started, and does not look how urgent it is."""

    def act(see: Reader) -> Iterable[Step]:
        for i, job in enumerate(see.each("job")):
            if not job.started:
                yield Step([(("job", i), Set(attrs.evolve(job, started=True)))])
                return

    return jobs(Action("worker", "start", act))


def breaks_ties_by_name() -> System:
    """Its action chooses one of the most urgent jobs, by its name, and labels tell those apart."""

    def label(see: Reader) -> Iterable[Step]:
        yield Step([("job", Set(attrs.evolve(see("job"), labels=frozenset({"labelled"}))))])

    def act(see: Reader) -> Iterable[Step]:
        every = see.each("job")
        most = max(range(len(every)), key=lambda i: every[i].urgency)
        yield Step([("chosen", Set(Ref("jobs", most)))])

    return jobs(Action("worker", "label", label, each="jobs"), Action("worker", "choose", act))


def knows_one_by_name() -> System:
    """A property is about the job number 0."""

    @invariant()
    def the_first_is_not_urgent(see: Reader) -> bool:
        """The first job is not urgent."""
        return bool(see.each("job")[0].urgency < 2)

    return jobs(properties=[the_first_is_not_urgent])


def leaves_ties_open(*, size: int = 3) -> System:
    """Its action may start any of the most urgent jobs, and mentions it."""

    def act(see: Reader) -> Iterable[Step]:
        every = see.each("job")
        most = max(job.urgency for job in every)
        for i, job in enumerate(every):
            if job.urgency == most:
                yield Step([("chosen", Set(Ref("jobs", i))), (("job", i), Set(attrs.evolve(job, started=True)))])

    return jobs(Action("worker", "start", act), size=size)


def takes_the_first_free_name() -> System:
    """Its action takes the first of the jobs that nothing tells apart."""

    def act(see: Reader) -> Iterable[Step]:
        for i, job in enumerate(see.each("job")):
            if job == Job():
                yield Step([(("job", i), Set(Job(started=True))), ("chosen", Set(Ref("jobs", i)))])
                return

    return jobs(Action("worker", "take", act), size=4)


@pytest.mark.parametrize(
    ("build", "name", "word"),
    [
        (prefers_lowest_name, "action worker.start", "job#"),
        (breaks_ties_by_name, "action worker.choose", "chosen"),
        (knows_one_by_name, "property the_first_is_not_urgent", "jobs#0 and jobs#1"),
    ],
)
def test_who_tells_members_apart_is_named_with_what_differed(build: Callable[[], System], name: str, word: str) -> None:
    system = build()
    states = sample_states(system, 30, 0)
    check_purity(system, states)
    with pytest.raises(ImpureError, match=word) as raised:
        check_equivariance(system, states)
    assert str(raised.value).startswith(f"{name} tells members of jobs apart")


@pytest.mark.parametrize(
    "system",
    [
        leaves_ties_open(),
        leaves_ties_open(size=8),
        takes_the_first_free_name(),
        transaction_commit(3),
        two_phase_commit(3, fold=True),
        compare_and_swap(3, 2, fold=True),
        late_replicaset(),
        tiny_models.counter(),
        tiny_models.is_made_again_and_again(),
        tiny_models.stops_for_want_of_names(3),
    ],
    ids=lambda system: system.name,
)
def test_who_does_not_offend_is_left_alone(system: System) -> None:
    check(system)


@pytest.mark.parametrize("seed", range(40))
def test_random_systems_do_not_offend(seed: int) -> None:
    check(random_systems.system(random_systems.recipe(seed, prefers=bool(seed % 2))))


def test_members_that_may_be_told_apart_are_not_swapped() -> None:
    system = prefers_lowest_name()
    family = attrs.evolve(system.families["jobs"], interchangeable=False)
    check(attrs.evolve(system, families={"jobs": family}))


# ---- renaming a state


def test_a_swap_moves_variables_and_mentions() -> None:
    world = World(jobs(size=3))
    state: State = (0, Ref("jobs", 1), frozenset(), Job(0), Job(1), Job(2))
    assert swapped(world, state, "jobs", 1, 2) == (0, Ref("jobs", 2), frozenset(), Job(0), Job(2), Job(1))
    assert renamed(world, state, "jobs", [1, 2, 0]) == (0, Ref("jobs", 2), frozenset(), Job(2), Job(0), Job(1))


# ---- the sample


def test_a_sample_begins_at_the_beginning_and_has_each_state_once() -> None:
    system = compare_and_swap(3, 2)
    states = sample_states(system, 25, 4)
    assert len(states) == len(set(states)) == 25
    assert states[0] == World(system).initial
    assert sample_states(system, 25, 4) == states != sample_states(system, 25, 5)


def test_a_sample_of_a_small_system_is_all_of_it() -> None:
    assert len(sample_states(tiny_models.counter(4), 30, 0)) == 5
