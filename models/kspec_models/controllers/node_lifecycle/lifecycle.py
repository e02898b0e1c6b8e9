"""The node lifecycle controller's plumbing: it watches nodes fall silent, says so, and taints them.

Models pkg/controller/nodelifecycle/node_lifecycle_controller.go: monitorNodeHealth (Ready becomes Unknown once the
grace period is over, then the node's pods are marked as not ready: W140 to W144), doNoScheduleTaintingPass,
processTaintBaseEviction and doNoExecuteTaintingPass (W143), handleDisruption (W145). It decides by `health`,
`decisions` and `zones`. It evicts nobody: that is the business of the taint eviction controller.

Simplified: of a node's conditions there is Ready. Grace periods and rates are abstract: one is over, or a node is
tainted, at any time after it may be, and in the end. A NoExecute taint comes after the NoSchedule one, and goes with
it: both take moments, and nobody's tolerationSeconds are over in between. Rates follow what the controller sees of a
zone at once, so that only "every zone is down" is remembered. Each write of a pass is a step; the pods of one node are
marked in one, and again if one of them has changed meanwhile.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.objects import Node, NodeReady, Pod, Taint
from kspec_models.controllers.node_lifecycle import decisions, silence, zones
from kspec_models.controllers.node_lifecycle.decisions import How
from kspec_models.controllers.node_lifecycle.silence import HEARD, Heard, conditions_of, status_of
from kspec_models.controllers.node_lifecycle.zones import Move, ZoneNode, ZoneState, ZoneStates

NOT_MODELLED = (
    "conditions of a node but Ready; the condition NetworkUnavailable; labels that it reconciles",
    "the limiter's bucket: a rate is 0 or not",
    "a node that never had a Ready condition (the longer grace period of its start)",
)


def node_lifecycle() -> Actor:
    """The controller. Nodes must be objects (slots for Node), and `silence.time` has to pass."""
    actor = Actor(
        "node-lifecycle",
        watches=(Node, Pod),
        there={Node: dict(HEARD)},
        own={"all down": False},
        forgets=tuple(HEARD),
        not_modelled=NOT_MODELLED,
    )

    @actor.once()
    def monitor(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        for ref, node in here.nodes:
            heard = here.at(ref, "heard")
            found = silence.look(heard, node.ready)
            if found.declares:
                next_ = found.heard if found.marks else Heard.UNKNOWN
                written = api.update_status(node, ready=NodeReady.UNKNOWN)
                yield f"{node.name} posts no heartbeat", written, here.set_at(ref, heard=next_)
            elif found.heard is not heard:
                yield f"{node.name} is heard of", here.set_at(ref, heard=found.heard)

    @actor.once()
    def mark_pods(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        for ref, node in here.nodes:
            if here.at(ref, "heard") is Heard.DECLARED:
                ready = [pod for pod in cache.list(Pod) if pod.node == ref and pod.ready]
                marked = tuple([api.update_status(pod, ready=False) for pod in ready])
                yield f"{node.name} is not ready, so its pods are not", marked, here.set_at(ref, heard=Heard.UNKNOWN)

    @actor.once()
    def watch_the_zones(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        now = zone_states(here)
        if not now:
            return
        was_down = getattr(here, "all down")
        found = zones.move(tuple([(zone, ZoneState.FULL if was_down else ZoneState.INITIAL) for zone, _ in now]), now)
        if found is Move.ENTER:
            yield found.value, here.set(**{"all down": True}), spared(here, api)
        elif found is Move.EXIT:
            fresh = [here.set_at(ref, heard=Heard.IN_TIME) for ref, _ in here.nodes]
            yield found.value, here.set(**{"all down": False}), tuple(fresh)

    @actor.once()
    def taint(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        for _, node in here.nodes:
            wanted = at_once(node)
            if wanted != node.taints:
                yield f"{node.name}: {said(node)}", api.update(node, taints=wanted)

    @actor.once()
    def taint_no_execute(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        states = zone_states(here)
        for _, node in here.nodes:
            wanted = decisions.with_no_execute(node.taints, decisions.no_execute_key(status_of(node.ready)))
            if node.taints == at_once(node) != wanted and may_taint(node, states, here):
                yield f"{node.name}: {said(node)}, and its turn has come", api.update(node, taints=wanted)

    return actor


def at_once(node: Node) -> tuple[Taint, ...]:
    """The node's taints after what needs no turn: NoSchedule ones, and a NoExecute taint that goes or is swapped."""
    taints = decisions.with_no_schedule(node.taints, conditions_of(node.ready), unschedulable=node.unschedulable)
    change = decisions.no_execute_change(status_of(node.ready), node.taints)
    return decisions.with_no_execute(taints, change.key) if change.how is How.AT_ONCE else taints


def said(node: Node) -> str:
    """What the node's taints follow from, in words."""
    return f"Ready is {node.ready.value}" + (", and it is unschedulable" if node.unschedulable else "")


def zone_node(node: Node) -> ZoneNode:
    """A node to its zone."""
    return ZoneNode(zones.zone_of(node.labels), status_of(node.ready), zones.is_excluded(node.labels))


def zone_states(here: Here) -> ZoneStates:
    """The states of all zones by what the controller sees."""
    return zones.zone_states(tuple([zone_node(node) for _, node in here.nodes]))


def may_taint(node: Node, states: ZoneStates, here: Here) -> bool:
    """Whether the rate of the node's zone lets its turn come: never while everything is down (W145)."""
    if getattr(here, "all down"):
        return False
    zone = zones.zone_of(node.labels)
    size = sum(1 for _, each in here.nodes if zones.zone_of(each.labels) == zone)
    return zones.taint_rate(dict(states).get(zone, ZoneState.INITIAL), size) > 0


def spared(here: Here, api: Api) -> tuple[Any, ...]:
    """All nodes lose their NoExecute taints of this controller (handleDisruption, markNodeAsReachable)."""
    wanted: list[tuple[Ref, Node, Any]] = [
        (ref, node, decisions.with_no_execute(node.taints, None)) for ref, node in here.nodes
    ]
    return tuple([api.update(node, taints=taints) for _, node, taints in wanted if taints != node.taints])
