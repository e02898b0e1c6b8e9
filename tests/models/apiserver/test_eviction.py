"""The eviction subresource."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Phase
from kspec.kube.policy import UnhealthyPodEvictionPolicy
from kspec_models.apiserver import eviction
from kspec_models.apiserver.eviction import BudgetStatus, EvictedPod, Eviction

RUNNING = EvictedPod(Phase.RUNNING, ready=True)
UNREADY = EvictedPod(Phase.RUNNING, ready=False)
SPENT = BudgetStatus(disruptions_allowed=0, current_healthy=2, desired_healthy=2)
BUDGETS = st.builds(
    BudgetStatus,
    st.integers(-1, 2),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([0, 2000, 2001]),
    st.booleans(),
    st.sampled_from(UnhealthyPodEvictionPolicy),
)
PODS = st.builds(EvictedPod, st.sampled_from(Phase), st.booleans(), st.booleans())


@pytest.mark.parametrize("phase", [Phase.PENDING, Phase.SUCCEEDED, Phase.FAILED])
def test_a_pod_that_does_not_run_is_deleted_without_asking_even_two_budgets(phase: Phase) -> None:
    answer = eviction.evict(EvictedPod(phase, ready=False), (SPENT, SPENT))
    assert (answer.code, answer.delete, answer.decrement) == (201, True, False)


def test_only_a_pending_pod_could_turn_ready_meanwhile() -> None:
    assert eviction.evict(EvictedPod(Phase.PENDING, ready=False), ()).needs_latest_pod
    assert not eviction.evict(EvictedPod(Phase.FAILED, ready=False), ()).needs_latest_pod
    assert not eviction.evict(attrs.evolve(RUNNING, deleting=True), ()).needs_latest_pod


def test_an_unready_pod_spares_the_budget_only_if_the_others_are_enough_or_the_policy_says_so() -> None:
    assert eviction.evict(UNREADY, (SPENT,)) == Eviction(201, delete=True, needs_latest_pod=True)
    short = attrs.evolve(SPENT, current_healthy=1)
    assert eviction.evict(UNREADY, (short,)) == Eviction(429)
    always = attrs.evolve(short, policy=UnhealthyPodEvictionPolicy.ALWAYS_ALLOW)
    assert eviction.evict(UNREADY, (always,)).delete
    assert not eviction.evict(RUNNING, (always,)).delete


def test_a_budget_that_wants_no_healthy_pod_does_not_spare() -> None:
    assert eviction.evict(UNREADY, (BudgetStatus(0, 0, 0),)).code == 429


def test_the_list_of_disrupted_pods_may_hold_two_thousand() -> None:
    assert eviction.refusal(BudgetStatus(1, 3, 2, disrupted_pods=2000)) is None
    assert eviction.refusal(BudgetStatus(1, 3, 2, disrupted_pods=2001)) == 403


@given(PODS, st.lists(BUDGETS, max_size=2).map(tuple))
def test_nothing_is_written_unless_it_is_granted(pod: EvictedPod, budgets: tuple[BudgetStatus, ...]) -> None:
    answer = eviction.evict(pod, budgets)
    assert answer.delete == (answer.code == 201)
    assert answer.delete or not answer.decrement


@given(BUDGETS)
def test_a_ready_pod_goes_only_for_a_disruption_that_the_budget_had(budget: BudgetStatus) -> None:
    answer = eviction.evict(RUNNING, (budget,))
    assert answer.delete == answer.decrement
    assert not answer.decrement or (budget.disruptions_allowed > 0 and budget.observed)
