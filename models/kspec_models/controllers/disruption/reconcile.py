"""The disruption controller's plumbing: for each budget, how many of its pods may be evicted now.

Models `pkg/controller/disruption/disruption.go` trySync and updatePdbStatus (W160 to W163). What it decides is in
`decisions`. It never evicts: the API server does, and pays for each eviction by a compare-and-swap of this status.

Simplified: an eviction and the deletion that it stands for are one step of the API server, so a pod in
`disruptedPods` always goes and the two minutes' patience for one that stays is never needed.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from typing import Any

from kspec.kube.cache import Api, Cache
from kspec.kube.controller import controller
from kspec.kube.objects import Pod, ReplicaSet
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.residual import Reconcile
from kspec_models.controllers.disruption import decisions
from kspec_models.controllers.disruption.decisions import Budget, BudgetPod, BudgetStatus, Controller

NOT_MODELLED = (
    "conditions, events, and DisruptionTarget conditions that are taken back after two minutes (W163)",
    "an eviction whose pod is not deleted after all (status.disruptedPods then runs out after two minutes)",
    "the scale of a Deployment above a ReplicaSet, and of other controllers",
)


@controller(PodDisruptionBudget, name="disruption", watches=(Pod, ReplicaSet), not_modelled=NOT_MODELLED)
def disruption(budget: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a budget (trySync): its status, if anything in it changed."""
    pods = tuple([seen(pod) for pod in cache.list(Pod) if not pod.finished and pod.namespace == budget.namespace])
    spec = Budget(budget.min_available, budget.max_unavailable, budget.selector)
    before = tuple([(pod, 0) for pod in budget.disrupted_pods])
    status = decisions.status_of(spec, pods, scaled(cache), BudgetStatus(disrupted=before))
    now = {
        "disruptions_allowed": status.allowed,
        "current_healthy": status.current,
        "desired_healthy": status.desired,
        "expected_pods": status.expected,
        "disrupted_pods": tuple([pod for pod, _ in status.disrupted]),
        "observed": True,
    }
    if any(getattr(budget, field) != value for field, value in now.items()):
        yield api.update_status(budget, **now)


def seen(pod: Any) -> BudgetPod:
    """A pod to the decisions."""
    controlled_by = None if pod.owner is None else f"{pod.owner.kind}/{pod.owner.name}"
    return BudgetPod(pod.identity, pod.labels, pod.ready, pod.deleting, controlled_by)


def scaled(cache: Cache) -> tuple[Controller, ...]:
    """The controllers with a scale that pods may refer to (W160)."""
    return tuple([Controller("ReplicaSet", f"ReplicaSet/{rs.name}", rs.replicas) for rs in cache.list(ReplicaSet)])
