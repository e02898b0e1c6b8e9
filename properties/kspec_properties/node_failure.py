"""What must hold where nodes fail, or go.

They look at ground truth that no component may ask: whether a node is connected, and what runs on it.

- `replicas_run_on_working_nodes`: as long as any node works: one that is connected, and exists. Failures have to end.
- `a_node_that_heartbeats_in_time_is_never_declared_unknown`: by what the controller has heard; a restart gives a fresh
  grace period.
- `a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone`: of pods that are bound and have not ended. An
  operator who says that a node is out of service answers for it that nothing runs there (W149).
- `no_more_containers_run_than_wanted` is promised by nobody: a node that is cut off may run what was replaced elsewhere
  (W147). It is asked for where its failure is the story.
- `nobody_is_evicted_while_all_is_down`: when no node is ready the fault is taken to be the control plane's, and no node
  keeps the taint by which its pods would be evicted (W145).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.properties import (
    Broken,
    Happened,
    eventually_always,
    invariant,
    leads_to,
    step_invariant,
)
from kspec.kernel.registry import offer
from kspec.kernel.values import Ref
from kspec.kube.lenses import Latest, LatestFields
from kspec.kube.objects import Effect, Node, NodeReady, Phase, Pod, ReplicaSet, Taint
from kspec.kube.truth import Truth
from kspec_models.controllers.node_lifecycle.decisions import NOT_READY, UNREACHABLE
from kspec_models.controllers.node_lifecycle.silence import Heard
from kspec_models.controllers.pod_gc.decisions import OUT_OF_SERVICE
from kspec_models.kubelet import Containers

ABOUT = (Node, Pod)
LIVE = ("node", "spec", "deleting", "phase")


# ---- what is true


def nodes_of(truth: Truth) -> tuple[Node | None, ...]:
    """Every node, in the order of its slots; None where there is none."""
    return truth.each("nodes", Latest())


def working(truth: Truth) -> frozenset[Ref]:
    """The nodes that exist and are connected."""
    rows = zip(nodes_of(truth), truth.each("alive"), strict=True)
    return frozenset([Ref("nodes", i) for i, (node, alive) in enumerate(rows) if node is not None and alive])


def node_at(truth: Truth, ref: Ref) -> Node | None:
    """The node that a pod mentions, if it is there."""
    return nodes_of(truth)[ref.index]


def bound_pods(truth: Truth) -> Iterator[tuple[int, Node, Any]]:
    """The pods that are bound and not being deleted, whose node exists: slot, node, spec."""
    for member, row in enumerate(truth.each("pods", LatestFields(LIVE))):
        if row is None or row[0] is None or row[2] or row[3] in (Phase.SUCCEEDED, Phase.FAILED):
            continue
        node = node_at(truth, row[0])
        if node is not None:
            yield member, node, row[1]


def evicting(node: Node) -> list[Taint]:
    """The taints of a node that evict."""
    return [taint for taint in node.taints if taint.effect is Effect.NO_EXECUTE]


# ---- who waits for what

Waits = tuple[tuple[str, str, str], ...]


def who_waits_where_a_node_failed(truth: Truth) -> Waits:
    """Everyone who takes part when a node fails: (actor, what it waits for, why that does not come)."""
    there = {component.name for component in truth.cluster.components}
    return tuple([row for row in (*nodes_wait(truth), *pods_wait(truth)) if row[0] in there])


def nodes_wait(truth: Truth) -> Iterator[tuple[str, str, str]]:
    """What became of the nodes."""
    for node, alive in zip(nodes_of(truth), truth.each("alive"), strict=True):
        if node is not None:
            taints = ", ".join(f"{taint.key}:{taint.effect.value}" for taint in node.taints) or "no taint"
            yield "node-lifecycle", "", f"{node.name} is Ready {node.ready.value} and has {taints}"
            if not alive:
                yield "kubelet", f"{node.name} to be connected", "nobody has to bring it back"


def pods_wait(truth: Truth) -> Iterator[tuple[str, str, str]]:
    """What became of the pods."""
    for row in truth.each("pods", LatestFields(LIVE)):
        if row is None or row[0] is None:
            continue
        node = node_at(truth, row[0])
        if node is None:
            yield "pod-gc", "", "a pod is bound to a node that is gone"
        elif row[2]:
            yield "kubelet", f"the end of a Terminating pod on {node.name}", "nobody else may confirm it"
        else:
            evicts = ", ".join(taint.key for taint in evicting(node))
            yield "taint-eviction", "", f"a pod is on {node.name}, which has {evicts or 'no NoExecute taint'}"


# ---- nodes


def a_node_is_unknown(truth: Truth) -> bool:
    """Some node was declared Unknown."""
    return NodeReady.UNKNOWN in truth.all(Node, "ready")


@step_invariant(witness=a_node_is_unknown, about=(Node,))
def a_node_that_heartbeats_in_time_is_never_declared_unknown(
    before: Truth, happened: Happened, after: Truth
) -> bool | Broken:
    """A node becomes Unknown only when it was silent for longer than its grace period, and is tainted only then."""
    if happened.actor != "node-lifecycle":
        return True
    for member, (was, now, heard) in enumerate(
        zip(nodes_of(before), nodes_of(after), before.each("heard"), strict=True)
    ):
        if was is None or now is None:
            continue
        if was.ready is not NodeReady.UNKNOWN and now.ready is NodeReady.UNKNOWN and heard is not Heard.SILENT:
            return Broken(f"{now.name} is declared Unknown, and was heard of in time", (f"Node nodes#{member}",))
        new = [taint for taint in now.taints if taint not in was.taints and taint.key == UNREACHABLE]
        if new and was.ready is not NodeReady.UNKNOWN:
            return Broken(f"{now.name} is tainted as unreachable, and is {was.ready.value}", (f"Node nodes#{member}",))
    return True


def every_node_is_down(truth: Truth) -> bool:
    """There are nodes, and none of them is ready."""
    ready = truth.all(Node, "ready")
    return bool(ready) and NodeReady.TRUE not in ready


@leads_to(every_node_is_down, about=(Node,), waits=who_waits_where_a_node_failed)
def nobody_is_evicted_while_all_is_down(truth: Truth) -> bool | Broken:
    """When no node is ready, every node loses the taint by which its pods would be evicted, unless one comes back."""
    if not every_node_is_down(truth):
        return True
    ours = [n.name for n in nodes_of(truth) if n and any(t.key in (UNREACHABLE, NOT_READY) for t in evicting(n))]
    return not ours or Broken(f"no node is ready, and {', '.join(ours)} would have its pods evicted")


# ---- replacement


def pods_that_run(truth: Truth, replicaset: str) -> int:
    """How many active, ready pods of a ReplicaSet have containers that run on a node that works."""
    works = working(truth)
    rows = zip(
        truth.each("pods", LatestFields(("owner", "active", "ready", "node"))), truth.each("containers"), strict=True
    )
    return sum(
        1
        for row, containers in rows
        if row is not None and row[0] is not None and row[0].name == replicaset and row[1] and row[2]
        if row[3] in works and containers is Containers.RUNNING
    )


def all_replicas_run(truth: Truth) -> bool:
    """Some ReplicaSet that wants pods has all of them running on working nodes."""
    sizes = [(name, truth.field(ReplicaSet, name, "replicas")) for name in truth.names(ReplicaSet)]
    return any(wanted and pods_that_run(truth, name) == wanted for name, wanted in sizes)


@eventually_always(witness=all_replicas_run, about=(Node, ReplicaSet, Pod), waits=who_waits_where_a_node_failed)
def replicas_run_on_working_nodes(truth: Truth) -> bool | Broken:
    """Once nothing fails any more, all replicas run on nodes that work, as long as any does."""
    if not working(truth):
        return True
    for name in truth.names(ReplicaSet):
        wanted, running = truth.field(ReplicaSet, name, "replicas"), pods_that_run(truth, name)
        if running != wanted:
            return Broken(f"{running} of {wanted} replicas of {name} run on nodes that work", (f"ReplicaSet {name}",))
    return True


def running_containers(truth: Truth) -> int:
    """The containers that run anywhere, also those of pods that are gone."""
    return sum(1 for containers in truth.each("containers") if containers is Containers.RUNNING)


def a_container_runs(truth: Truth) -> bool:
    """Some container runs."""
    return running_containers(truth) > 0


@invariant(witness=a_container_runs, about=(ReplicaSet, Pod))
def no_more_containers_run_than_wanted(truth: Truth) -> bool | Broken:
    """There never run more containers than the ReplicaSets want replicas."""
    wanted = sum(truth.all(ReplicaSet, "replicas"))
    running = running_containers(truth)
    return running <= wanted or Broken(
        f"{running} containers run, and {wanted} {'is' if wanted == 1 else 'are'} wanted"
    )


def unwanted_containers(truth: Truth) -> int:
    """The containers on nodes that are connected whose pod is gone or is being deleted."""
    connected = [Ref("nodes", i) for i, alive in enumerate(truth.each("alive")) if alive]
    rows = zip(
        truth.each("pods", LatestFields(("deleting",))), truth.each("containers"), truth.each("placed"), strict=True
    )
    return sum(
        1
        for row, containers, placed in rows
        if containers is Containers.RUNNING and placed in connected and (row is None or row[0])
    )


def a_container_is_not_wanted(truth: Truth) -> bool:
    """On a node that is connected runs what is to end."""
    return unwanted_containers(truth) > 0


@leads_to(a_container_is_not_wanted, about=ABOUT, waits=who_waits_where_a_node_failed)
def what_is_not_wanted_ends_where_the_kubelet_is_connected(truth: Truth) -> bool | Broken:
    """On a node that is connected (again), containers of pods that are deleted or gone do not run for ever."""
    left = unwanted_containers(truth)
    return not left or Broken(f"{left} container{'s run' if left > 1 else ' runs'} whose pod is deleted or gone")


def a_pod_is_on_a_node(truth: Truth) -> bool:
    """Some pod is bound to a node that exists, and has not ended."""
    return any(True for _ in bound_pods(truth))


@step_invariant(witness=a_pod_is_on_a_node, about=ABOUT)
def a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone(
    before: Truth, happened: Happened, after: Truth
) -> bool | Broken:
    """Nobody but the kubelet removes a bound pod that has not ended, unless its node is gone or out of service."""
    if happened.actor == "kubelet":
        return True
    fields = LatestFields(LIVE)
    for member, (was, now) in enumerate(zip(before.each("pods", fields), after.each("pods", fields), strict=True)):
        if was is None or now is not None or was[0] is None or was[3] in (Phase.SUCCEEDED, Phase.FAILED):
            continue
        node = node_at(before, was[0])
        if node is not None and not given_up(node):
            clause = f"{happened.actor} removes a pod of {node.name}, whose kubelet has not said that it ended"
            return Broken(clause, (f"Pod pods#{member}",))
    return True


def given_up(node: Node) -> bool:
    """An operator has said that the node is down for good, and it is not ready."""
    return node.ready is not NodeReady.TRUE and any(taint.key == OUT_OF_SERVICE for taint in node.taints)


def abandoned_pods(truth: Truth) -> int:
    """How many bound pods have no node any more, or are Terminating on one that is out of service."""
    found = 0
    for row in truth.each("pods", LatestFields(LIVE)):
        if row is not None and row[0] is not None:
            node = node_at(truth, row[0])
            found += node is None or (row[2] and given_up(node))
    return found


def a_pod_is_abandoned(truth: Truth) -> bool:
    """Some pod is bound to a node that is gone, or is Terminating on one that is out of service."""
    return abandoned_pods(truth) > 0


@leads_to(a_pod_is_abandoned, about=ABOUT, waits=who_waits_where_a_node_failed)
def pods_of_nodes_that_are_gone_go(truth: Truth) -> bool | Broken:
    """A pod whose node is gone does not stay, and a Terminating one does not where its node is out of service."""
    left = abandoned_pods(truth)
    return not left or Broken(f"{left} pod{'s stay' if left > 1 else ' stays'} although no kubelet will ever end it")


# ---- parts

FAILS = (
    replicas_run_on_working_nodes,
    a_node_that_heartbeats_in_time_is_never_declared_unknown,
    a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone,
    what_is_not_wanted_ends_where_the_kubelet_is_connected,
)
"""What is promised where a node fails, in the order of reports."""

CUT_OFF = (no_more_containers_run_than_wanted,)
"""What nobody promises."""

DISRUPTION = (a_node_that_heartbeats_in_time_is_never_declared_unknown, nobody_is_evicted_while_all_is_down)
"""Where all nodes may fail."""

REMOVED = (
    a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone,
    pods_of_nodes_that_are_gone_go,
    what_is_not_wanted_ends_where_the_kubelet_is_connected,
)
"""Where a Node object is deleted."""

JOINS = (a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone,)
"""Where a node is new."""

OUT_OF_SERVICE_NODE = (
    a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone,
    pods_of_nodes_that_are_gone_go,
    what_is_not_wanted_ends_where_the_kubelet_is_connected,
)
"""Where an operator gives a node up."""

offer(*FAILS, of="node.fails")
offer(*CUT_OFF, of="node.cut_off")
offer(*DISRUPTION, of="node.disruption")
offer(*REMOVED, of="node.removed")
offer(*JOINS, of="node.joins")
offer(*OUT_OF_SERVICE_NODE, of="node.out_of_service")
