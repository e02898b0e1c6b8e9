"""Jobs: indexes, what a failed pod means, early success, backoff."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.batch import PodReplacementPolicy
from kspec.kube.objects import Phase
from kspec_models.client.expectations import Outstanding
from kspec_models.controllers.job import decisions, indexes, policies, tracking
from kspec_models.controllers.job.memory import Released, ReleaseObserved, Releases, Remembered
from kspec_models.controllers.job.policies import Action, FailedPod, FailureRule, OnExitCodes, SuccessRule
from kspec_models.controllers.job.tracking import Counters

some_indexes = st.frozensets(st.integers(0, 20))
EVICTED = frozenset({("DisruptionTarget", "True")})


@given(some_indexes)
def test_intervals_hold_just_their_indexes_and_never_touch(given_indexes: frozenset[int]) -> None:
    intervals = indexes.from_indexes(given_indexes)
    assert indexes.to_indexes(intervals) == given_indexes
    assert all(after[0] - before[1] > 1 for before, after in pairwise(intervals))
    assert all(indexes.has(intervals, index) is (index in given_indexes) for index in range(22))


@given(st.integers(0, 8), st.integers(0, 12), some_indexes, some_indexes)
def test_the_lowest_indexes_that_are_left_come_first(
    count: int, completions: int, active: frozenset[int], done: frozenset[int]
) -> None:
    left = [index for index in range(completions) if index not in active | done]
    assert indexes.first_pending(count, completions, active, indexes.from_indexes(done)) == tuple(left[:count])


def test_indexes_are_read_within_the_completions_and_nonsense_is_refused() -> None:
    assert indexes.parse("1,3-5,6", 5) == ((1, 1), (3, 4))
    assert indexes.parse("", 5) == ()
    for text in ("x", "1-", "-2", "1,,2"):
        with pytest.raises(ValueError, match="neither an index nor a range"):
            indexes.parse(text, 5)


def test_of_pods_with_one_index_the_one_that_is_deleted_last_stays() -> None:
    pods = ((1, 2), (1, 0), (None, 2), (1, 2), (0, 0), (9, 2))
    assert indexes.duplicates(pods, 3) == (2, 0, 1, 5)


def test_a_pod_of_an_index_that_the_job_does_not_have_counts_for_nothing() -> None:
    assert indexes.with_succeeded(((0, 1),), (2, 7, None), 5) == ((0, 2),)


def test_the_first_known_rule_that_matches_decides() -> None:
    rules = (
        FailureRule(None, OnExitCodes(frozenset({2}))),
        FailureRule(Action.FAIL_JOB, OnExitCodes(frozenset({2, 3}), container="main")),
        FailureRule(Action.IGNORE, conditions=EVICTED),
    )
    assert policies.failure_action(rules, FailedPod((("main", 2),), EVICTED)) is Action.FAIL_JOB
    assert policies.failure_action(rules, FailedPod((("side", 2),), EVICTED)) is Action.IGNORE
    assert policies.failure_action(rules, FailedPod((("side", 2),))) is None


def test_a_container_that_ended_well_matches_no_rule_not_even_by_exclusion() -> None:
    rule = FailureRule(Action.FAIL_JOB, OnExitCodes(frozenset({5}), but_not=True))
    assert not policies.rule_matches(rule, FailedPod((("main", 0), ("side", 5))))
    assert policies.rule_matches(rule, FailedPod((("main", 0), ("side", 6))))


def test_only_ignored_pods_do_not_count_and_a_rule_may_end_an_index_at_once() -> None:
    assert [action for action in Action if not policies.counts_as_failure(action)] == [Action.IGNORE]
    assert policies.index_fails(Action.FAIL_INDEX, 0, 5)
    assert not policies.index_fails(Action.IGNORE, 9, 5)
    assert policies.index_fails(None, 5, 5) and not policies.index_fails(None, 4, 5)


def test_a_success_rule_needs_its_count_or_all_of_its_indexes() -> None:
    done = ((0, 2), (6, 7))
    assert policies.success_rule_matches(SuccessRule(count=5), done)
    assert not policies.success_rule_matches(SuccessRule(((0, 3),)), done)
    assert policies.success_rule_matches(SuccessRule(((0, 3),), 3), done)
    assert not policies.success_rule_matches(SuccessRule(()), done)


@given(st.integers(1, 40), st.integers(0, 2000))
def test_the_wait_doubles_up_to_its_limit_and_runs_down(failures: int, elapsed: int) -> None:
    wait = policies.backoff(failures, 10, 600)
    assert wait == min(600, 2 * policies.backoff(failures - 1, 10, 600)) if failures > 1 else wait == 10
    assert policies.remaining_backoff(failures, elapsed, 10, 600) == max(0, wait - elapsed)
    assert policies.backoff(0, 10, 600) == 0


# ---- how many pods, and the end


EITHER, ONLY_FAILED = PodReplacementPolicy.TERMINATING_OR_FAILED, PodReplacementPolicy.FAILED


@pytest.mark.parametrize(
    ("phase", "deleting", "policy", "failed"),
    [
        (Phase.FAILED, False, ONLY_FAILED, True),
        (Phase.RUNNING, True, EITHER, True),
        (Phase.RUNNING, True, ONLY_FAILED, False),
        (Phase.SUCCEEDED, True, EITHER, False),
        (Phase.RUNNING, False, EITHER, False),
    ],
)
def test_a_pod_that_is_being_deleted_counts_as_failed_unless_only_failed_ones_do(
    phase: Phase, deleting: bool, policy: PodReplacementPolicy, failed: bool
) -> None:
    assert decisions.is_failed(phase, deleting, policy) is failed


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_job_never_wants_more_than_parallelism_or_than_what_is_left(
    completions: int, parallelism: int, succeeded: int, active: int
) -> None:
    wanted = decisions.wanted_active(completions, parallelism, succeeded, active)
    assert 0 <= wanted <= parallelism
    assert wanted + succeeded <= max(completions, succeeded)


def test_without_completions_nothing_is_started_after_the_first_success() -> None:
    assert decisions.wanted_active(None, 3, 0, 1) == 3
    assert decisions.wanted_active(None, 3, 1, 2) == 2
    assert decisions.is_complete(None, 1, 0) and not decisions.is_complete(None, 1, 1)


def test_a_pod_that_ends_holds_back_its_replacement_only_where_failed_pods_are_replaced() -> None:
    assert decisions.to_create(2, 1, 1, EITHER) == 1
    assert decisions.to_create(2, 1, 1, ONLY_FAILED) == 0
    assert decisions.to_create(2, 3, 0, EITHER) == 0


def test_too_many_pods_go_and_all_of_a_job_that_is_suspended() -> None:
    assert [decisions.to_delete(2, 3, False), decisions.to_delete(2, 1, False), decisions.to_delete(2, 3, True)] == [
        1,
        0,
        3,
    ]


def test_the_last_retry_is_made() -> None:
    assert not decisions.exceeds_backoff_limit(6, 6)
    assert decisions.exceeds_backoff_limit(7, 6)


# ---- tracking

some_pods = st.frozensets(st.integers(0, 6))


@given(some_pods, some_pods, some_pods)
def test_a_pod_that_is_noted_is_counted_once_whenever_the_note_and_the_finalizer_are_looked_at(
    succeeded: frozenset[int], failed: frozenset[int], still_tracked: frozenset[int]
) -> None:
    noted = tracking.noted(Counters(), succeeded, failed)
    assert tracking.noted(noted, succeeded, failed) == noted
    some = tracking.counted(noted, still_tracked)
    all_of_them = tracking.counted(some, frozenset())
    assert all_of_them == tracking.counted(noted, frozenset())
    assert (all_of_them.succeeded, all_of_them.failed) == (len(succeeded - failed), len(failed))
    assert all_of_them.uncounted == 0


def test_what_is_noted_and_still_has_its_finalizer_is_not_counted() -> None:
    noted = tracking.noted(Counters(succeeded=1), {"a", "b"}, {"c"})
    assert noted == Counters(1, 0, frozenset({"a", "b"}), frozenset({"c"}))
    assert tracking.counted(noted, frozenset({"b"})) == Counters(2, 1, frozenset({"b"}), frozenset())


def test_a_finalizer_that_was_removed_is_forgotten_when_the_cache_shows_it() -> None:
    asked = Releases(frozenset({1, 2}))(Remembered(Outstanding(1, 0)))
    assert Released()(asked) == {1, 2}
    assert ReleaseObserved(1)(asked) == Remembered(Outstanding(1, 0), frozenset({2}))
