"""Incarnations: a name that is deleted and created again for ever stays finite, because labels begin anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from kspec.engines import explicit, reference
from kspec.engines.fold import Fold
from kspec.kernel.actions import Action, Reader, Role, Step
from kspec.kernel.properties import Broken, invariant
from kspec.kernel.result import Limits, Result
from kspec.kernel.system import System
from kspec.kernel.values import Uid, Value, incarnations, relabel
from kspec.kube.lenses import Latest, Pending, Seen
from kspec.kube.watch import Deliver, Kind, Learned, Obj, Put

DISTINCT = {1: 43, 2: 168, 3: 542}
"""Distinct states by lag: how many events an observer may be behind. Counted once by an independent program."""

NOT_RELABELLED = {1: 85, 2: 2085}
"""The same when a new incarnation takes the smallest label that nobody mentions, and keeps it."""


@attrs.frozen
class Owner:
    """Created and deleted under one name; each time it is another."""

    uid: Uid


@attrs.frozen
class Dependent:
    """Belongs to one incarnation of the owner."""

    owner: Uid


@attrs.frozen
class Behind:
    """By how many events the latest observer is behind."""

    def __call__(self, obj: Obj) -> int:
        return max(len(queue) - 1 for queue in obj.queues)


@attrs.frozen
class Labels:
    """The labels that a value mentions."""

    def __call__(self, value: Value) -> frozenset[int]:
        return frozenset(incarnations(value))


def garbage(lag: int, *, relabelled: bool = True, trusts_names: bool = False) -> System:
    """A user, a controller that creates the dependent, and a garbage collector; with `trusts_names` it ignores uids."""
    owner = Kind(Owner, "owner", ("controller", "collector"), Learned(), views=False)
    dependent = Kind(Dependent, "dependent", ("collector",), Learned(), views=False)

    def may_write(see: Reader, var: str) -> bool:
        return bool(see(var, Behind()) < lag)

    def delete(see: Reader) -> Iterator[Step]:
        if see("owner", Latest()) is not None and may_write(see, "owner"):
            yield Step([("owner", Put(owner, None))])

    def create(see: Reader) -> Iterator[Step]:
        if see("owner", Latest()) is None and may_write(see, "owner"):
            taken = see("owner", Labels()) | see("dependent", Labels())
            free = next(label for label in range(100) if label not in taken)
            yield Step([("owner", Put(owner, Owner(Uid(free))))])

    def control(see: Reader) -> Iterator[Step]:
        seen = see("owner", Seen(owner, "controller"))
        if seen is not None and see("dependent", Latest()) is None and may_write(see, "dependent"):
            yield Step([("dependent", Put(dependent, Dependent(seen.uid)))])

    def collect(see: Reader) -> Iterator[Step]:
        seen = see("dependent", Seen(dependent, "collector"))
        if seen is None:
            return
        believed = see("owner", Seen(owner, "collector"))
        if believed is not None and (believed.uid == seen.owner or trusts_names):
            return
        there, latest = see("owner", Latest()), see("dependent", Latest())
        if latest is None or not may_write(see, "dependent"):
            return
        if trusts_names or (latest.owner == seen.owner and (there is None or there.uid != seen.owner)):
            yield Step([("dependent", Put(dependent, None))])

    def delivery(kind: Kind, observer: str) -> Action:
        def deliver(see: Reader) -> Iterator[Step]:
            if see(kind.resource, Pending(kind, observer)):
                yield Step([(kind.resource, Deliver(kind, observer))])

        return Action(observer, "deliver", deliver, about=kind.resource, role=Role.DELIVERY)

    return System(
        "incarnations",
        {"owner": owner.object(None), "dependent": dependent.object(None)},
        [
            Action("user", "delete", delete, role=Role.USER),
            Action("user", "create", create, role=Role.USER),
            Action("controller", "control", control),
            Action("collector", "collect", collect),
            delivery(owner, "controller"),
            delivery(owner, "collector"),
            delivery(dependent, "collector"),
        ],
        [the_collector_believes_in_one_owner],
        uses_incarnations=relabelled,
    )


def somebody_outlived_an_owner(see: Reader) -> bool:
    """A dependent of an earlier incarnation is there beside the present one."""
    owner, dependent = see("owner", Latest()), see("dependent", Latest())
    return owner is not None and dependent is not None and owner.uid != dependent.owner


@invariant(witness=somebody_outlived_an_owner)
def the_collector_believes_in_one_owner(see: Reader) -> bool | Broken:
    """Labels are those of first appearance: no state mentions more incarnations than it has places for."""
    labels = see("owner", Labels()) | see("dependent", Labels())
    return len(labels) <= 8 or Broken(f"{len(labels)} incarnations are mentioned at once")


def counts(result: Result) -> tuple[int, int, int]:
    assert result.complete
    return result.distinct_states, result.generated_states, result.depth


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_the_world_is_finite_and_as_large_as_it_should_be(lag: int) -> None:
    plain, learned = reference.explore(garbage(lag)), explicit.explore(garbage(lag))
    assert plain.distinct_states == learned.distinct_states == DISTINCT[lag]
    assert counts(plain) == counts(learned)
    assert plain.property("the_collector_believes_in_one_owner").witness_reached


def test_what_the_labels_are_makes_no_difference_to_how_deep_it_goes() -> None:
    assert [reference.explore(garbage(lag)).depth for lag in (1, 2, 3)] == [14, 23, 28]


@pytest.mark.parametrize("lag", [1, 2])
def test_without_new_labels_the_world_is_larger(lag: int) -> None:
    kept = garbage(lag, relabelled=False)
    assert reference.explore(kept).distinct_states == explicit.explore(kept).distinct_states == NOT_RELABELLED[lag]


def test_a_collector_that_trusts_names_makes_another_world() -> None:
    result = explicit.explore(garbage(2, trusts_names=True))
    assert result.complete and result.distinct_states != DISTINCT[2]


# ---- mutants


def test_a_fold_that_does_not_relabel_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fold, "_relabel", lambda fold, state: None)
    assert explicit.explore(garbage(1)).distinct_states != DISTINCT[1]


def test_labels_that_are_all_the_same_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def same(value: Any, labels: dict[int, int]) -> Any:
        return real(value, dict.fromkeys(labels, 0))

    real = relabel
    monkeypatch.setattr("kspec.engines.canonical.relabel", same)
    monkeypatch.setattr("kspec.engines.fold.relabel", same)
    for explore in (reference.explore, explicit.explore):
        assert explore(garbage(2), limits=Limits(states=5000)).distinct_states != DISTINCT[2]
