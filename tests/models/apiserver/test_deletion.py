"""Deletion: what a DELETE does, and which finalizers it leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec_models.apiserver import deletion, finalizers
from kspec_models.apiserver.deletion import Deleted, DeleteOptions, Outcome, Terminating
from kspec_models.apiserver.finalizers import FOREGROUND, ORPHAN, GCPolicy, Propagation

DEPENDENTS = GCPolicy.DELETE_DEPENDENTS
LISTS = st.lists(st.sampled_from(["a", "b", ORPHAN, FOREGROUND]), unique=True).map(tuple)
PERIODS = st.one_of(st.none(), st.integers(-2, 60))


def test_a_pod_with_a_node_is_marked_and_its_kubelets_delete_removes_it() -> None:
    first = deletion.delete((), None, DeleteOptions(), DEPENDENTS, of_kind=30)
    assert first == Deleted(Outcome.MARKED, (), Terminating(30), new_generation=True)
    last = deletion.delete((), first.terminating, DeleteOptions(grace_period=0), DEPENDENTS, of_kind=0)
    assert last == Deleted(Outcome.REMOVED)


def test_a_finalizer_keeps_a_pod_whose_period_is_over() -> None:
    kept = deletion.delete(("a",), Terminating(30), DeleteOptions(grace_period=0), DEPENDENTS, of_kind=0)
    assert kept == Deleted(Outcome.MARKED, ("a",), Terminating(0))


def test_a_pending_graceful_deletion_takes_no_other_propagation_policy() -> None:
    options = DeleteOptions(policy=Propagation.FOREGROUND)
    assert deletion.delete((), Terminating(30), options, DEPENDENTS, 30) == Deleted(
        Outcome.PENDING, (), Terminating(30)
    )


def test_a_kind_that_is_not_graceful_goes_at_once_or_when_its_last_finalizer_does() -> None:
    assert deletion.delete((), None, DeleteOptions(grace_period=5), DEPENDENTS).outcome is Outcome.REMOVED
    marked = deletion.delete(("a",), None, DeleteOptions(grace_period=5), DEPENDENTS)
    assert marked == Deleted(Outcome.MARKED, ("a",), Terminating(0), new_generation=True)
    assert finalizers.removed_by_update(True, 0, left=0)


@given(st.integers(1, 60), PERIODS)
def test_a_grace_period_is_only_ever_made_shorter(stored: int, requested: int | None) -> None:
    counted = deletion.counted(requested)
    check = deletion.before_delete(Terminating(stored), requested, counted or 0)
    assert check.terminating is not None and check.terminating.grace_period is not None
    assert check.terminating.grace_period <= stored
    assert check.graceful == (check.terminating.grace_period < stored)


@pytest.mark.parametrize(("scheduled", "finished"), [(False, False), (True, True)])
def test_a_pod_with_nothing_to_end_gets_no_time(scheduled: bool, finished: bool) -> None:
    assert deletion.pod_grace_period(30, 30, scheduled, finished) == 0


def test_a_pods_time_is_what_was_asked_for_else_what_its_spec_says_and_never_negative() -> None:
    assert deletion.pod_grace_period(5, 30, scheduled=True, finished=False) == 5
    assert deletion.pod_grace_period(None, 30, scheduled=True, finished=False) == 30
    assert deletion.pod_grace_period(None, None, scheduled=True, finished=False) == 0
    assert deletion.pod_grace_period(None, -1, scheduled=True, finished=False) == 1


def test_both_ways_to_say_what_becomes_of_dependents_contradict() -> None:
    assert DeleteOptions(policy=Propagation.ORPHAN, orphan_dependents=True).contradictory
    assert not DeleteOptions(orphan_dependents=False).contradictory


@given(LISTS, st.sampled_from(GCPolicy), st.one_of(st.none(), st.sampled_from(Propagation)))
def test_a_deletion_touches_only_the_garbage_collectors_finalizers(
    held: tuple[str, ...], kind: GCPolicy, policy: Propagation | None
) -> None:
    left = finalizers.on_deletion(held, kind, policy)
    others = [name for name in held if name not in (ORPHAN, FOREGROUND)]
    assert [name for name in left if name not in (ORPHAN, FOREGROUND)] == others
    assert not {ORPHAN, FOREGROUND} <= set(left)
    if kind is GCPolicy.UNSUPPORTED:
        assert list(left) == others


def test_no_finalizer_is_added_to_what_is_being_deleted() -> None:
    assert finalizers.forbidden_additions(True, ("a",), ("a", "b")) == ("b",)
    assert finalizers.forbidden_additions(True, ("a", "b"), ("a",)) == ()
    assert finalizers.forbidden_additions(False, (), ("b",)) == ()
