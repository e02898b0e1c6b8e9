"""The scheduler's plumbing: for each pod without a node, a node that fits by what the scheduler has seen.

Models `pkg/scheduler/schedule_one.go` (C01 to C13): decisions are made on the scheduler's own cache, in which a pod
that it has just bound is *assumed* to be on its node already (C03, C09); the API server refuses a binding that comes
too late (A82e).

Simplified: the scheduling cycle and the binding cycle are one step. Every node that fits may be chosen: scores are not
modelled, and any maximal node may win anyway (C27). The queue's order and back-off are not modelled: any pending pod
may be next.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Node, Pod, PodSpec
from kspec_models.scheduler.framework import FilterResult, NodeInfo, feasible

NOT_MODELLED = (
    "scores, priorities and preemption, the queue's order and back-off, a binding in flight, PodScheduled=False",
    "filters for volumes, topology spread and pod affinity",
)
DEFAULT_SCHEDULER = "default-scheduler"


def occupied(others: tuple[tuple[Ref | None, PodSpec, bool], ...], node: Ref) -> NodeInfo:
    """What is on a node, by what the scheduler sees: every pod that is bound to it and not finished (C77)."""
    return NodeInfo.of(spec for at, spec, finished in others if at == node and not finished)


def verdicts(spec: PodSpec, here: Here) -> Iterator[tuple[Ref, Node, FilterResult]]:
    """What the filters say of each node, for a pod with this spec."""
    others = here.others("node", "spec", "finished")
    for ref, node in here.nodes:
        yield ref, node, feasible(spec, node, occupied(others, ref))


def scheduler(name: str = "scheduler") -> Actor:
    """A scheduler for the pods of the default profile."""
    actor = Actor(name, watches=(Pod, Node), not_modelled=NOT_MODELLED)

    @actor.each(Pod)
    def bind(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is None or pod.node is not None or pod.deleting or pod.finished:
            return
        if pod.spec.scheduler_name != DEFAULT_SCHEDULER or pod.spec.scheduling_gates:
            return
        for ref, node, result in verdicts(pod.spec, here):
            if result.fits:
                yield f"node {node.name} fits", api.bind(pod, ref), here.assume(node=ref)

    return actor
