"""The scheduler's arithmetic, proved for all inputs: the very functions that score and filter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kspec.engines.z3.fork import Budget
from kspec.engines.z3.judge import judge
from kspec.engines.z3.lift import liftable
from kspec.kernel.result import Verdict
from kspec.prove import Natural, Positive, assume
from kspec_models.scheduler import preemption
from kspec_models.scheduler.filters import node_volume_limits, topology_spread
from kspec_models.scheduler.scores import image_locality, normalize, resources, selection

QUICK = Budget(questions=60)


def least_allocated_is_in_range_and_never_likes_more_requests(requested: Natural, allocatable: Natural) -> bool:
    score = resources.least_allocated(requested, allocatable)
    return 0 <= resources.least_allocated(requested + 1, allocatable) <= score <= 100


def most_allocated_is_in_range(requested: Natural, allocatable: Natural) -> bool:
    return 0 <= resources.most_allocated(requested, allocatable) <= 100


def a_normalised_score_is_in_range(raw: Natural, largest: Natural) -> bool:
    assume(raw <= largest, "no raw score is above the largest")
    return 0 <= normalize.of_the_largest(raw, largest, reverse=True) <= 100


def balance_scores_are_between_50_and_100(after: Natural, before: Natural) -> bool:
    assume(50 <= after <= 100, "no deviation of shares is above one half")
    assume(50 <= before <= 100, "no deviation of shares is above one half, before")
    return 50 <= resources.balanced(after, before) <= 100


def image_scores_are_in_range(total: Natural, containers: Positive) -> bool:
    return 0 <= image_locality.score(total, containers) <= 100


def enough_nodes_are_looked_at(nodes: Natural, percentage: Natural) -> bool:
    assume(percentage <= 100, "a percentage is at most 100")
    return min(nodes, 100) <= selection.nodes_to_find(nodes, percentage) <= nodes


def enough_candidates_are_tried(nodes: Natural) -> bool:
    return min(nodes, 100) <= preemption.candidates_to_find(nodes) <= nodes


def no_two_pods_preempt_each_other(one: int, other: int) -> bool:
    return not (preemption.outranks(one, other) and preemption.outranks(other, one))


def an_allowed_pod_keeps_within_max_skew(matching: Natural, minimum: Natural, max_skew: Positive) -> bool:
    return not topology_spread.skew_allowed(matching, 1, minimum, max_skew) or matching + 1 <= minimum + max_skew


def the_emptiest_domain_always_has_room(minimum: Natural, max_skew: Positive) -> bool:
    return topology_spread.skew_allowed(minimum, 1, minimum, max_skew)


def new_volumes_never_pass_the_limit(have: Natural, more: Positive, limit: Natural) -> bool:
    return not node_volume_limits.within(have, more, limit) or have + more <= limit


def volumes_never_pass_the_limit_even_of_nodes_that_have_too_many(have: Natural, more: Natural, limit: Natural) -> bool:
    return not node_volume_limits.within(have, more, limit) or have + more <= limit


def balance_scores_are_never_below_75(after: Natural, before: Natural) -> bool:
    assume(50 <= after <= 100, "no deviation of shares is above one half")
    assume(50 <= before <= 100, "no deviation of shares is above one half, before")
    return resources.balanced(after, before) >= 75


TRUE: tuple[Callable[..., bool], ...] = (
    least_allocated_is_in_range_and_never_likes_more_requests,
    most_allocated_is_in_range,
    a_normalised_score_is_in_range,
    balance_scores_are_between_50_and_100,
    image_scores_are_in_range,
    enough_nodes_are_looked_at,
    enough_candidates_are_tried,
    no_two_pods_preempt_each_other,
    an_allowed_pod_keeps_within_max_skew,
    the_emptiest_domain_always_has_room,
    new_volumes_never_pass_the_limit,
)
FALSE: tuple[Callable[..., bool], ...] = (
    volumes_never_pass_the_limit_even_of_nodes_that_have_too_many,
    balance_scores_are_never_below_75,
)


@pytest.mark.parametrize("claim", TRUE, ids=lambda claim: claim.__name__)
def test_proved_for_all_inputs(claim: Callable[..., bool]) -> None:
    assert judge(liftable(claim), QUICK).verdict is Verdict.PROVED


@pytest.mark.parametrize("claim", FALSE, ids=lambda claim: claim.__name__)
def test_a_false_neighbour_is_refuted(claim: Callable[..., bool]) -> None:
    assert judge(liftable(claim), QUICK).verdict is Verdict.VIOLATED
