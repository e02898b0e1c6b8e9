"""Decisions about stored objects are lifted as they are: what is promised of them holds for all numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kspec.engines.z3.fork import Budget
from kspec.engines.z3.judge import judge
from kspec.engines.z3.lift import liftable
from kspec.kernel.result import Verdict
from kspec.prove import Natural, assume
from kspec_models.apiserver import deletion, finalizers, update
from kspec_models.apiserver.deletion import Terminating
from kspec_models.controllers.garbage_collector import decisions
from kspec_models.controllers.garbage_collector.decisions import Fate
from kspec_models.etcd import compare, leases
from kspec_models.etcd.compare import Operator

BUDGET = Budget(questions=200)


def a_grace_period_that_has_begun_never_gets_longer(stored: int, requested: int | None, of_kind: Natural) -> bool:
    check = deletion.before_delete(Terminating(stored), requested, of_kind)
    left = check.terminating
    begun = deletion.counted(stored)
    return left is not None and left.grace_period is not None and begun is not None and left.grace_period <= begun


def a_pod_never_gets_a_negative_grace_period(
    requested: int | None, of_spec: int | None, scheduled: bool, finished: bool
) -> bool:
    return deletion.pod_grace_period(requested, of_spec, scheduled, finished) >= 0


def an_update_removes_only_what_is_being_deleted_and_held_by_nothing(
    deleting: bool, grace_period: int | None, left: Natural
) -> bool:
    return not finalizers.removed_by_update(deleting, grace_period, left) or (deleting and left == 0)


def nothing_with_a_solid_owner_is_deleted(
    solid: Natural, dangling: Natural, waiting: Natural, dependents: Natural, in_foreground: Natural
) -> bool:
    assume(solid >= 1, "it has a solid owner")
    fate = decisions.fate(solid, dangling, waiting, dependents, in_foreground)
    return fate is Fate.KEEP or fate is Fate.UNREFERENCE


def an_equal_revision_is_neither_greater_nor_less(found: Natural, operand: Natural) -> bool:
    equal = compare.compare_number(Operator.EQUAL, found, operand)
    greater = compare.compare_number(Operator.GREATER, found, operand)
    less = compare.compare_number(Operator.LESS, found, operand)
    return (equal + greater + less) == 1 and compare.compare_number(Operator.NOT_EQUAL, found, operand) != equal


def a_lease_lives_longer_than_an_election(election_milliseconds: Natural) -> bool:
    return 1000 * leases.minimum_ttl(election_milliseconds) * 2 >= 3 * election_milliseconds


def eight_taken_names_are_too_many_and_seven_are_not(collisions: Natural) -> bool:
    granted = update.create_with_generated_name(collisions).code is update.Code.CREATED
    return granted == (collisions < 8)


def any_grace_period_that_has_begun_can_be_made_longer(stored: Natural, requested: Natural) -> bool:
    check = deletion.before_delete(Terminating(stored), requested, requested)
    return check.terminating == Terminating(requested)


@pytest.mark.parametrize(
    "promise",
    [
        a_grace_period_that_has_begun_never_gets_longer,
        a_pod_never_gets_a_negative_grace_period,
        an_update_removes_only_what_is_being_deleted_and_held_by_nothing,
        nothing_with_a_solid_owner_is_deleted,
        an_equal_revision_is_neither_greater_nor_less,
        a_lease_lives_longer_than_an_election,
        eight_taken_names_are_too_many_and_seven_are_not,
    ],
    ids=lambda promise: promise.__name__,
)
def test_it_is_proved_for_all_inputs(promise: Callable[..., bool]) -> None:
    assert judge(liftable(promise), BUDGET).verdict is Verdict.PROVED


def test_what_is_false_is_refuted() -> None:
    assert judge(liftable(any_grace_period_that_has_begun_can_be_made_longer), BUDGET).verdict is Verdict.VIOLATED
