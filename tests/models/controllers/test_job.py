"""Jobs: indexes, what a failed pod means, early success, backoff."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec_models.controllers.job import indexes, policies
from kspec_models.controllers.job.policies import Action, FailedPod, FailureRule, OnExitCodes, SuccessRule

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
