"""What must hold where nodes fail, are tainted, or go.

They look at ground truth that no component may ask: whether a node is connected, and what runs on it.

- `replicas_run_on_working_nodes`: as long as any node works: one that is connected, and exists. Failures have to end.
- `a_node_that_heartbeats_in_time_is_never_declared_unknown`: by what the controller has heard; a restart gives a fresh
  grace period.
- `no_pod_is_bound_to_a_node_with_a_taint_that_it_does_not_tolerate`: by what the scheduler had seen (C03).
- `a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone`: of pods that are bound and have not ended. An
  operator who says that a node is out of service answers for it that nothing runs there (W149).
- `a_pod_that_tolerates_its_taints_for_ever_is_not_evicted`: by what the taint eviction controller had seen.
- `a_pod_that_does_not_tolerate_a_taint_is_evicted`, or the taint goes in time.
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
from kspec.kube.objects import Effect, Node, NodeReady, Phase, Pod, ReplicaSet, Taint, Toleration
from kspec.kube.truth import Truth
from kspec.kube.watch import Latest, LatestFields, SeenFields
from kspec_models.controllers.node_lifecycle.decisions import NOT_READY, UNREACHABLE
from kspec_models.controllers.node_lifecycle.silence import Heard
from kspec_models.controllers.pod_gc.decisions import OUT_OF_SERVICE
from kspec_models.helpers.tolerations import first_untolerated, tolerates
from kspec_models.kubelet import Containers
from kspec_properties.scheduling import seen_nodes

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


def tolerates_for_ever(tolerations: tuple[Toleration, ...], taint: Taint) -> bool:
    """Whether the toleration that counts (the first that matches) has no limit."""
    matching = [each for each in tolerations if tolerates(each, taint)]
    return bool(matching) and matching[0].toleration_seconds is None


def evicting(node: Node) -> list[Taint]:
    """The taints of a node that evict."""
    return [taint for taint in node.taints if taint.effect is Effect.NO_EXECUTE]


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


@leads_to(every_node_is_down, about=(Node,))
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


@eventually_always(witness=all_replicas_run, about=(Node, ReplicaSet, Pod))
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


@leads_to(a_container_is_not_wanted, about=ABOUT)
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


@leads_to(a_pod_is_abandoned, about=ABOUT)
def pods_of_nodes_that_are_gone_go(truth: Truth) -> bool | Broken:
    """A pod whose node is gone does not stay, and a Terminating one does not where its node is out of service."""
    left = abandoned_pods(truth)
    return not left or Broken(f"{left} pod{'s stay' if left > 1 else ' stays'} although no kubelet will ever end it")


# ---- taints


def a_node_is_tainted(truth: Truth) -> bool:
    """Some node has a taint."""
    return any(truth.all(Node, "taints"))


@step_invariant(witness=a_node_is_tainted, about=ABOUT)
def no_pod_is_bound_to_a_node_with_a_taint_that_it_does_not_tolerate(
    before: Truth, happened: Happened, after: Truth
) -> bool | Broken:
    """The scheduler binds no pod to a node on which it has seen a taint that keeps the pod off."""
    if not happened.kind.endswith(".bind"):
        return True
    seen = dict(seen_nodes(before, happened.actor))
    fields = LatestFields(("node", "spec"))
    for member, (was, now) in enumerate(zip(before.each("pods", fields), after.each("pods", fields), strict=True)):
        if was is None or now is None or was[0] is not None or now[0] is None:
            continue
        taint = first_untolerated(seen[now[0]].taints, now[1].tolerations)
        if taint is not None:
            clause = f"a pod is bound to a node with the taint {taint.key}, which it does not tolerate"
            return Broken(clause, (f"Pod pods#{member}",))
    return True


def a_pod_with_tolerations_is_bound(truth: Truth) -> bool:
    """Some pod is on a node with a NoExecute taint that it tolerates for ever."""
    return any(
        taints and all(tolerates_for_ever(spec.tolerations, taint) for taint in taints)
        for _, node, spec in bound_pods(truth)
        for taints in [evicting(node)]
    )


def a_pod_was_evicted_for_a_taint(truth: Truth) -> bool:
    """Some pod is Terminating because of a taint."""
    return "DeletionByTaintManager" in truth.all(Pod, "disruption")


@step_invariant(witness=a_pod_was_evicted_for_a_taint, about=ABOUT)
def a_pod_that_tolerates_its_taints_for_ever_is_not_evicted(
    before: Truth, happened: Happened, after: Truth
) -> bool | Broken:
    """A pod is evicted only for a NoExecute taint that was seen on its node, and that it does not tolerate for ever."""
    if happened.actor != "taint-eviction":
        return True
    observer = "taint-eviction"
    seen = dict(seen_nodes(before, observer))
    fields = ("node", "spec", "deleting")
    before_it = before.each("pods", SeenFields(before.cluster.kind(Pod), observer, fields))
    was_there = before.each("pods", LatestFields(("deleting",)))
    is_there = after.each("pods", LatestFields(("deleting",)))
    for member, (view, was, now) in enumerate(zip(before_it, was_there, is_there, strict=True)):
        evicted = was is not None and (now is None or now[0]) and not was[0]
        if not evicted or view is None or view[0] is None:
            continue
        node = seen.get(view[0])
        left = [] if node is None else evicting(node)
        if all(tolerates_for_ever(view[1].tolerations, taint) for taint in left):
            why = f"tolerates {', '.join(taint.key for taint in left)} for ever" if left else "is on no tainted node"
            return Broken(f"a pod is evicted that {why}", (f"Pod pods#{member}",))
    return True


def intolerant_pods(truth: Truth) -> int:
    """How many pods are on a node that has a NoExecute taint which they do not tolerate for ever."""
    return sum(
        1
        for _, node, spec in bound_pods(truth)
        if not all(tolerates_for_ever(spec.tolerations, taint) for taint in evicting(node))
    )


def a_pod_does_not_tolerate_its_node(truth: Truth) -> bool:
    """Some pod is on a node that has a NoExecute taint which it does not tolerate for ever."""
    return intolerant_pods(truth) > 0


@leads_to(a_pod_does_not_tolerate_its_node, about=ABOUT)
def a_pod_that_does_not_tolerate_a_taint_is_evicted(truth: Truth) -> bool | Broken:
    """No pod stays on a node with a NoExecute taint that it does not tolerate for ever, unless the taint goes."""
    left = intolerant_pods(truth)
    return not left or Broken(f"{left} pod{'s stay' if left > 1 else ' stays'} on a node with a NoExecute taint")


# ---- terminated pods


def terminated_pods(truth: Truth) -> int:
    """How many pods have ended and are still there."""
    return sum(1 for phase in truth.all(Pod, "phase") if phase in (Phase.SUCCEEDED, Phase.FAILED))


def too_many_have_ended(truth: Truth) -> bool:
    """More pods have ended than are kept."""
    return bool(terminated_pods(truth) > truth.variable("pod-gc/threshold"))


@leads_to(too_many_have_ended, about=(Pod,))
def terminated_pods_do_not_pile_up(truth: Truth) -> bool | Broken:
    """Of the pods that have ended no more stay than the threshold of PodGC."""
    left, threshold = terminated_pods(truth), truth.variable("pod-gc/threshold")
    return left <= threshold or Broken(f"{left} pods have ended and stay; the threshold is {threshold}")


@step_invariant(witness=too_many_have_ended, about=(Pod,))
def terminated_pods_are_kept_up_to_the_threshold(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """PodGC leaves as many pods that have ended as its threshold allows, for people to look at."""
    was, now, threshold = terminated_pods(before), terminated_pods(after), before.variable("pod-gc/threshold")
    if happened.actor != "pod-gc" or now == was or now >= threshold:
        return True
    return Broken(f"{now} terminated pods are left; {threshold} may stay")


# ---- parts

FAILS = (
    replicas_run_on_working_nodes,
    a_node_that_heartbeats_in_time_is_never_declared_unknown,
    no_pod_is_bound_to_a_node_with_a_taint_that_it_does_not_tolerate,
    a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone,
    a_pod_that_tolerates_its_taints_for_ever_is_not_evicted,
    a_pod_that_does_not_tolerate_a_taint_is_evicted,
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

TAINTS = (
    no_pod_is_bound_to_a_node_with_a_taint_that_it_does_not_tolerate,
    a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone,
    a_pod_that_tolerates_its_taints_for_ever_is_not_evicted,
    a_pod_that_does_not_tolerate_a_taint_is_evicted,
)
"""Where somebody taints a node."""

TERMINATED = (terminated_pods_do_not_pile_up, terminated_pods_are_kept_up_to_the_threshold)
"""Where pods have ended."""

offer(*FAILS, of="node.fails")
offer(*CUT_OFF, of="node.cut_off")
offer(*DISRUPTION, of="node.disruption")
offer(*REMOVED, of="node.removed")
offer(*JOINS, of="node.joins")
offer(*OUT_OF_SERVICE_NODE, of="node.out_of_service")
offer(*TAINTS, of="taints.tolerated")
offer(*TERMINATED, of="pod_gc.terminated")
