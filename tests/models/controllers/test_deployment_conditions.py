"""The conditions of a Deployment."""

from __future__ import annotations

import attrs
import pytest

from kspec_models.controllers.deployment import conditions
from kspec_models.controllers.deployment.conditions import NO_DEADLINE, Condition, Reason, Truth
from kspec_models.controllers.deployment.status import Counts

UPDATED = Condition(Truth.TRUE, Reason.REPLICA_SET_UPDATED, 100, 50)
STUCK = Counts(replicas=3, ready=2, available=2, updated=3)
DONE = Counts(replicas=3, ready=3, available=3, updated=3)


@pytest.mark.parametrize(("now", "timed_out"), [(160, False), (161, True)])
def test_a_rollout_times_out_only_after_its_deadline(now: int, timed_out: bool) -> None:
    assert conditions.is_timed_out(UPDATED, 60, now) is timed_out


@pytest.mark.parametrize("deadline", [None, NO_DEADLINE])
def test_without_a_deadline_nothing_times_out_and_there_is_no_condition(deadline: int | None) -> None:
    assert not conditions.is_timed_out(UPDATED, deadline, 10**12)
    assert conditions.progressing_after(UPDATED, 3, STUCK, STUCK, deadline, 10**12) is None


def test_a_rollout_that_timed_out_stays_so_until_it_gets_on() -> None:
    failed = conditions.progressing_after(UPDATED, 3, STUCK, STUCK, 60, 200)
    assert failed == Condition(Truth.FALSE, Reason.PROGRESS_DEADLINE_EXCEEDED, 200, 200)
    assert conditions.progressing_after(failed, 3, STUCK, STUCK, 60, 300) == failed
    more = attrs.evolve(STUCK, ready=3)
    again = conditions.progressing_after(failed, 3, STUCK, more, 60, 300)
    assert again == Condition(Truth.TRUE, Reason.REPLICA_SET_UPDATED, 300, 300)


def test_progress_restarts_the_deadline_and_keeps_the_transition() -> None:
    more = attrs.evolve(STUCK, ready=3)
    assert conditions.progressing_after(UPDATED, 3, STUCK, more, 60, 150) == attrs.evolve(UPDATED, updated=150)


def test_pods_that_fail_after_a_complete_rollout_never_time_out() -> None:
    complete = conditions.progressing_after(UPDATED, 3, STUCK, DONE, 60, 120)
    assert complete == Condition(Truth.TRUE, Reason.NEW_REPLICA_SET_AVAILABLE, 120, 50)
    assert conditions.progressing_after(complete, 3, DONE, STUCK, 60, 10**9) == complete


def test_resuming_restarts_the_deadline() -> None:
    paused = conditions.progressing_when_paused(UPDATED, True, 60, 110)
    assert paused is not None and paused.reason is Reason.DEPLOYMENT_PAUSED and paused.status is Truth.UNKNOWN
    assert conditions.progressing_when_paused(paused, True, 60, 500) == paused
    resumed = conditions.progressing_when_paused(paused, False, 60, 1000)
    assert resumed == Condition(Truth.UNKNOWN, Reason.DEPLOYMENT_RESUMED, 1000, 110)
    assert not conditions.is_timed_out(resumed, 60, 1060)


def test_available_changes_its_transition_only_with_its_status() -> None:
    first = conditions.available_after(None, True, 10)
    assert conditions.available_after(first, True, 20) == first
    assert conditions.available_after(first, False, 30).transitioned == 30


def test_a_reason_of_somebody_else_is_read_as_other() -> None:
    assert Reason("SomethingElse") is Reason.OTHER


def test_pods_that_come_back_after_a_complete_rollout_are_no_progress_of_a_rollout() -> None:
    complete = Condition(Truth.TRUE, Reason.NEW_REPLICA_SET_AVAILABLE, 120, 50)
    worse = attrs.evolve(STUCK, ready=1, available=1)
    assert conditions.progressing_after(complete, 3, worse, STUCK, 60, 500) == complete
    other_version = Counts(replicas=3, ready=2, available=2, updated=1)
    begun = conditions.progressing_after(complete, 3, attrs.evolve(other_version, updated=0), other_version, 60, 500)
    assert begun == Condition(Truth.TRUE, Reason.REPLICA_SET_UPDATED, 500, 50)
