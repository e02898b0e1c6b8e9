"""What a PodDisruptionBudget allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import LabelSelector, Percent, labels
from kspec_models.controllers.disruption import decisions
from kspec_models.controllers.disruption.decisions import Budget, BudgetPod, BudgetStatus, Controller

WEB = LabelSelector(labels(app="web"))
SET = Controller("ReplicaSet", "rs", 3)


def web(name: str, **fields: object) -> BudgetPod:
    """A healthy pod of SET, unless the fields say otherwise."""
    known = {"ready": True, "deleting": False, "controller": "rs"} | fields
    controller = known["controller"]
    return BudgetPod(
        name,
        labels(app="web"),
        bool(known["ready"]),
        bool(known["deleting"]),
        None if controller is None else str(controller),
    )


THREE = tuple(web(f"p{i}") for i in range(3))


@pytest.mark.parametrize(
    ("budget", "allowed"),
    [
        (Budget(min_available=2, selector=WEB), 1),
        (Budget(min_available=Percent(34), selector=WEB), 1),
        (Budget(max_unavailable=1, selector=WEB), 1),
        (Budget(max_unavailable=Percent(34), selector=WEB), 2),
        (Budget(max_unavailable=5, selector=WEB), 3),
        (Budget(min_available=9, selector=WEB), 0),
        (Budget(selector=WEB), 0),
        (Budget(min_available=0, selector=LabelSelector()), 3),
        (Budget(min_available=0, selector=None), 0),
    ],
)
def test_percentages_round_up_for_both_kinds(budget: Budget, allowed: int) -> None:
    assert decisions.status_of(budget, THREE, (SET,)).allowed == allowed


def test_a_number_counts_the_pods_that_are_there_and_a_percentage_those_that_should_be() -> None:
    two = THREE[:2]
    by_number = decisions.status_of(Budget(min_available=1, selector=WEB), two, (SET,))
    by_share = decisions.status_of(Budget(min_available=Percent(50), selector=WEB), two, (SET,))
    assert (by_number.expected, by_number.allowed) == (2, 1)
    assert (by_share.expected, by_share.desired, by_share.allowed) == (3, 2, 0)


def test_two_replica_sets_of_one_deployment_count_once() -> None:
    controllers = (
        Controller("Deployment", "d", 4),
        Controller("ReplicaSet", "rs", 3, "d"),
        Controller("ReplicaSet", "old", 2, "d"),
    )
    pods = (*THREE, web("q", controller="old"))
    assert decisions.expected_scale(pods, controllers) == 4
    assert decisions.expected_scale(pods, controllers[1:]) == 5


def test_a_pod_without_controller_is_healthy_and_not_expected() -> None:
    status = decisions.status_of(Budget(max_unavailable=1, selector=WEB), (web("naked", controller=None),), ())
    assert (status.current, status.expected, status.allowed) == (1, 0, 0)


def test_a_controller_without_scale_forbids_everything_and_leaves_the_rest() -> None:
    before = BudgetStatus(2, 3, 1, 3)
    after = decisions.status_of(Budget(max_unavailable=1, selector=WEB), THREE, (), before)
    assert after == BudgetStatus(0, 3, 1, 3)
    none = Controller("Job", "rs", None)
    assert decisions.status_of(Budget(max_unavailable=1, selector=WEB), THREE, (none,), before).allowed == 0


def test_a_pod_that_is_going_unready_or_just_evicted_is_not_healthy() -> None:
    assert not decisions.is_healthy(web("p", deleting=True), (), 0)
    assert not decisions.is_healthy(web("p", ready=False), (), 0)
    assert not decisions.is_healthy(web("p"), (("p", 0),), 119)
    assert decisions.is_healthy(web("p"), (("p", 0),), 120)


def test_an_eviction_that_does_not_happen_gives_its_disruption_back_after_two_minutes() -> None:
    budget, before = Budget(min_available=2, selector=WEB), BudgetStatus(disrupted=(("p0", 0),))
    waiting = decisions.status_of(budget, THREE, (SET,), before, now=60)
    assert (waiting.allowed, waiting.disrupted, decisions.recheck_at(waiting.disrupted)) == (0, (("p0", 0),), 120)
    over = decisions.status_of(budget, THREE, (SET,), before, now=121)
    assert (over.allowed, over.disrupted, decisions.recheck_at(over.disrupted)) == (1, (), None)


def test_the_entry_of_a_pod_that_goes_or_is_gone_is_dropped() -> None:
    entries = (("p0", 0), ("gone", 0))
    assert decisions.still_disrupted((web("p0", deleting=True),), entries, 1) == ()


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_what_is_allowed_may_all_go_at_once(expected: int, healthy: int, desired: int) -> None:
    allowed = decisions.disruptions_allowed(expected, healthy, desired)
    assert 0 <= allowed <= healthy
    assert allowed == 0 or healthy - allowed == desired


def test_a_stale_condition_is_taken_back_after_two_minutes_of_pods_that_stay() -> None:
    stays = {"deleting": False, "finished": False, "by_kubelet": False}
    assert decisions.condition_is_stale(0, 120, **stays)
    assert not decisions.condition_is_stale(0, 119, **stays)
    for reason in stays:
        assert not decisions.condition_is_stale(0, 120, **(stays | {reason: True}))
