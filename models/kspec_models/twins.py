"""Broken twins of the plumbing: wrong components, chosen by `--set`, which some property must notice.

Twins of decisions are beside the decisions. Each of these is a mistake that a real component could make.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from kspec.kernel.settings import broken_twin
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.requests import Also, Code, Request, Response
from kspec_models.controllers.replicaset.decisions import ActivePod, Counts
from kspec_models.scheduler.framework import NodeInfo

_DEPLOYMENT = "kspec_models.controllers.deployment"


@broken_twin(
    "scheduler.occupied", "forgotten", "kspec_models.scheduler.schedule:occupied", "pods on a node are not counted"
)
def nothing_is_there(others: Sequence[Any], node: Any) -> NodeInfo:
    """Every node is empty."""
    return NodeInfo()


@broken_twin(
    "scheduler.nodes", "unseen", "kspec_models.scheduler.schedule:verdicts", "the scheduler never looks at a node"
)
def no_nodes(spec: Any, here: Any) -> Iterator[Any]:
    """There is no node."""
    return iter(())


@broken_twin(
    "deployment.old", "kept", f"{_DEPLOYMENT}.decisions:most_scaled_down", "old ReplicaSets are never scaled down"
)
def nothing_may_go(now: Any, replicas: int, unavailable: int) -> int:
    """Nothing may be scaled down."""
    return 0


@broken_twin(
    "deployment.missing",
    "ignored",
    f"{_DEPLOYMENT}.decisions:scale_down_budget",
    "old pods are taken as if no pod had to stay available",
)
def all_may_go(available: int, replicas: int, unavailable: int) -> int:
    """Everything may be scaled down."""
    return available


@broken_twin(
    "deployment.create",
    "at-full-size",
    f"{_DEPLOYMENT}.decisions:initial_size",
    "a new ReplicaSet starts at its full size",
)
def at_full_size(strategy: Any, replicas: int, surge: int, total: int, new: int) -> int:
    """The new ReplicaSet is created with all replicas at once."""
    return replicas


@broken_twin(
    "apiserver.bind",
    "unchecked",
    "kspec_models.apiserver.registry:bind",
    "a binding is granted to a pod that has a node",
)
def bind_always(request: Request, current: Any) -> Response:
    """Grants every binding."""
    if current is None:
        return Response(Code.NOT_FOUND)
    return Response(Code.CREATED, attrs.evolve(current, **dict(request.changes)), writes=True)


@broken_twin(
    "replicaset.status",
    "one-short",
    "kspec_models.controllers.replicaset.decisions:status",
    "the last pod is left out of the status",
)
def one_short(active: tuple[ActivePod, ...], terminating: int | None = None) -> Counts:
    """Counts one active pod too few."""
    counted = [pod for pod in active[1:] if pod.ready]
    return Counts(len(active[1:]), len(active[1:]), len(counted), len(counted), terminating)


@broken_twin(
    "apiserver.eviction", "unpaid", "kspec_models.apiserver.registry:paid", "an eviction is granted and not paid for"
)
def unpaid(budget: PodDisruptionBudget, request: Request) -> Also:
    """The budget stays as it was."""
    return Also(PodDisruptionBudget, budget.name, budget)
