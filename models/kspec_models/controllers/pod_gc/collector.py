"""PodGC's plumbing: which pods it looks at, and how it takes them out of the API.

Models pkg/controller/podgc/gc_controller.go gc, gcTerminated, gcTerminating, gcOrphaned, gcUnscheduledTerminating and
markFailedAndDeletePod (W149). What it deletes is decided in `decisions`. Every deletion is forced (grace period 0): the
pod's object goes while its containers may still run (W150).

Simplified: the four parts of a pass are steps of their own, since nothing of one is used by another. The 40 seconds of
quarantine are over at any time after a node was missed, and in the end. Which of the terminated pods are the oldest is
open: each choice is explored, so that behind a late cache a second pass may choose others than the first.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.objects import Node, NodeReady, Phase, Pod
from kspec_models.controllers.pod_gc import decisions
from kspec_models.controllers.pod_gc.decisions import DEFAULT_THRESHOLD, QUARANTINE, GcNode, GcPod, OrphanPass

NOT_MODELLED = (
    "that pods which the kubelet evicted go before the others",
    "a node that is registered again under its name: it is another node",
)

DISRUPTION = "DeletionByPodGC"
"""The reason of the condition DisruptionTarget that orphans get."""


def pod_gc(*, threshold: int = DEFAULT_THRESHOLD) -> Actor:
    """The controller, which keeps so many terminated pods. Nodes must be objects (slots for Node)."""
    actor = Actor(
        "pod-gc",
        watches=(Pod, Node),
        own={"threshold": threshold},
        there={Node: {"missing": False}},
        forgets=("missing",),
        not_modelled=NOT_MODELLED,
    )

    @actor.once()
    def collect_orphans(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        pods, seen = cache.list(Pod), dict(here.nodes)
        nodes = {pod.node for pod in pods if pod.node is not None} | {ref for ref, m in here.all("missing") if m}
        for ref in sorted(nodes, key=lambda each: each.index):
            missed = here.at(ref, "missing")
            there = [pod for pod in pods if pod.node == ref]
            found = orphan_pass(there, ref in seen, missed, here.live(Node, ref, "name") is not None)
            if found.quarantine and not missed:
                yield "its node is not in the cache: quarantine", here.set_at(ref, missing=True)
            elif missed and not found.quarantine:
                gone = tuple([forced(pod, api, disruption=DISRUPTION) for pod in there if found.orphans])
                why = "its node is gone, as a live GET confirms" if gone else "its node is there"
                yield why, here.set_at(ref, missing=False), gone

    @actor.once()
    def collect_terminated(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        ended = [pod for pod in cache.list(Pod) if decisions.is_terminated(pod.phase)]
        number = decisions.surplus(len(ended), here.threshold)
        for chosen in itertools.combinations(ended, number) if number else ():
            yield f"{number} more than {here.threshold} pods have ended", tuple([forced(pod, api) for pod in chosen])

    @actor.each(Pod)
    def collect_terminating(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is None or not pod.deleting:
            return
        node = None if pod.node is None else dict(here.nodes).get(pod.node)
        itself = (GcPod("pod", pod.phase, node="" if pod.node is None else "node", deleting=True),)
        if decisions.unscheduled_terminating(itself):
            yield "no kubelet has ever had it", forced(pod, api)
        elif node is not None and decisions.terminating_out_of_service(itself, (gc_node(node),)):
            yield f"{node.name} is out of service", forced(pod, api)

    return actor


def gc_node(node: Node) -> GcNode:
    """A node of the cache to the decisions."""
    return GcNode("node", node.ready is NodeReady.TRUE, node.taints)


def orphan_pass(pods: list[Any], seen: bool, missed: bool, exists: bool) -> OrphanPass:
    """The pass for the pods of one node. `missed`: it is in quarantine, and that is over; `exists`: by a live GET."""
    here = frozenset({"node"})
    return decisions.orphan_pass(
        tuple([GcPod(str(i), pod.phase, node="node") for i, pod in enumerate(pods)]),
        here if seen else frozenset(),
        here if exists else frozenset(),
        (("node", QUARANTINE),) if missed else (),
        QUARANTINE if missed else 0,
    )


def forced(pod: Any, api: Api, **condition: Any) -> tuple[Any, ...]:
    """The pod is called failed, unless it has ended, and deleted without grace (markFailedAndDeletePod)."""
    marked = (api.patch_status(pod, phase=Phase.FAILED, **condition),) if decisions.fails_first(pod.phase) else ()
    return (*marked, api.delete(pod, grace_period_seconds=0))
