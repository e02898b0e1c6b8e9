"""The eviction subresource: may this pod be evicted now, and what is written for it?

Models pkg/registry/core/pod/storage/eviction.go, Create and checkAndDecrement (A80e). An eviction that is granted is up
to three writes: the budget's status, the pod's condition DisruptionTarget, and the deletion (A81e); what is here
decides which, and the caller makes them one by one.

Simplified: which budgets select the pod is the caller's question. Not modelled: retries on conflict (a retry asks
again with what it then reads), dry run, and the deletion's preconditions but for `needs_latest_pod`.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Phase
from kspec.kube.policy import UnhealthyPodEvictionPolicy

MOST_DISRUPTED_PODS = 2000
"""How many evicted pods a budget's status may list that its controller has not yet confirmed."""

CREATED, FORBIDDEN, TOO_MANY_REQUESTS, INTERNAL_ERROR = 201, 403, 429, 500


@attrs.frozen
class EvictedPod:
    """The pod to evict. `ready`: its Ready condition is True."""

    phase: Phase
    ready: bool
    deleting: bool = False


@attrs.frozen
class BudgetStatus:
    """A budget that selects the pod. `disrupted_pods`: how many entries; `observed`: its status is of its last spec."""

    disruptions_allowed: int
    current_healthy: int
    desired_healthy: int
    disrupted_pods: int = 0
    observed: bool = True
    policy: UnhealthyPodEvictionPolicy = UnhealthyPodEvictionPolicy.IF_HEALTHY_BUDGET


@attrs.frozen
class Eviction:
    """The answer. `decrement`: disruptionsAllowed goes down by one and the pod's name into disruptedPods.

    `delete`: the pod gets its condition and is deleted. `needs_latest_pod`: but only if unchanged since it was read.
    """

    code: int
    decrement: bool = False
    delete: bool = False
    needs_latest_pod: bool = False


def ignores_budgets(pod: EvictedPod) -> bool:
    """Whether evicting this pod disrupts nothing: it does not run yet or any more, or it is going (canIgnorePDB)."""
    return pod.deleting or pod.phase in (Phase.PENDING, Phase.SUCCEEDED, Phase.FAILED)


def spares_budget(pod_ready: bool, budget: BudgetStatus) -> bool:
    """Whether a pod that is not ready may go without using up the budget (A80e).

    Always, if the policy says so; else if the others are enough. A budget that wants no healthy pod does not say that.
    """
    if pod_ready:
        return False
    if budget.policy is UnhealthyPodEvictionPolicy.ALWAYS_ALLOW:
        return True
    return budget.current_healthy >= budget.desired_healthy and budget.desired_healthy > 0


def refusal(budget: BudgetStatus) -> int | None:
    """The status code with which a budget refuses, None if it has a disruption to give (A80e, checkAndDecrement)."""
    if not budget.observed:
        return TOO_MANY_REQUESTS
    if budget.disruptions_allowed < 0:
        return FORBIDDEN
    if budget.disrupted_pods > MOST_DISRUPTED_PODS:
        return FORBIDDEN
    if budget.disruptions_allowed == 0:
        return TOO_MANY_REQUESTS
    return None


def evict(pod: EvictedPod, budgets: tuple[BudgetStatus, ...]) -> Eviction:
    """What an eviction answers and writes (A80e, Create). `budgets`: those that select the pod, at most one."""
    if ignores_budgets(pod):
        return Eviction(CREATED, delete=True, needs_latest_pod=pod.phase is Phase.PENDING and not pod.deleting)
    if len(budgets) > 1:
        return Eviction(INTERNAL_ERROR)
    if len(budgets) == 0:
        return Eviction(CREATED, delete=True)
    if spares_budget(pod.ready, budgets[0]):
        return Eviction(CREATED, delete=True, needs_latest_pod=True)
    refused = refusal(budgets[0])
    if refused is not None:
        return Eviction(refused)
    return Eviction(CREATED, decrement=True, delete=True)
