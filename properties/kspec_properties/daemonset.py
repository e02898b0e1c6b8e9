"""What must hold of DaemonSets, their pods and the nodes.

- `never_two_daemon_pods_on_a_node`: of active pods (W09), by the node that each is on or was made for. With maxSurge a
  node may hold two, an old one and its successor (W85).
- `a_daemonset_converges`: where a pod should run is asked of the decision (W80); whether cordoned and failing nodes are
  among these is said apart, in `cordoned_and_failing_nodes_keep_their_daemon_pods`, without it. A node that should
  not get a pod but may keep one (a taint NoSchedule) may have one or none.
- `a_daemonset_rollout_keeps_max_unavailable` is about what a sync plans, by what the controller saw when it began.
  What is true by then may be less: its cache may be late, and pods end by themselves. Where a scope makes reconciles
  one step (`whole`) there is no plan to judge.
"""

from __future__ import annotations

from typing import Any

from kspec.kernel.properties import Broken, Happened, eventually_always, invariant, quiescence, step_invariant
from kspec.kernel.registry import offer
from kspec.kernel.values import Ref
from kspec.kube.apps import DaemonSet, UpdateStrategy
from kspec.kube.cache import Cached
from kspec.kube.lenses import LatestFields, Seen
from kspec.kube.objects import Effect, Node, OwnerReference, Pod
from kspec.kube.requests import Verb
from kspec.kube.truth import Truth
from kspec_models.controllers.daemonset import placement, reconcile, rollout
from kspec_models.helpers.hashes import short_hash
from kspec_properties.scheduling import nodes_of, seen_nodes

ABOUT = (DaemonSet, Pod)
CONTROLLER = "daemonset"
BORNE = frozenset(
    (f"node.kubernetes.io/{key}", effect)
    for effect, keys in (
        (Effect.NO_EXECUTE, ("not-ready", "unreachable")),
        (Effect.NO_SCHEDULE, ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")),
    )
    for key in keys
)
"""Taints that every daemon pod bears (W81). A node that is not ready also has not-ready:NoSchedule: it gets no pod."""


def is_of(owner: OwnerReference | None, name: str) -> bool:
    """Whether a pod is controlled by this DaemonSet."""
    return owner is not None and (owner.kind, owner.name) == (DaemonSet.__name__, name)


def pods_at(truth: Truth, name: str, *fields: str) -> dict[str, list[Any]]:
    """These fields of a DaemonSet's pods, by the name of the node that each is on or was made for.

    "" stands for a node on which a pod was, and that is gone.
    """
    names = {ref: node.name for ref, node in nodes_of(truth)}
    found: dict[str, list[Any]] = {}
    for owner, node, only, *rest in truth.all(Pod, "owner", "node", "only_node", *fields):
        if is_of(owner, name):
            found.setdefault(only if node is None else names.get(node, ""), []).append(tuple(rest))
    return found


def a_daemon_pod_is_ready(truth: Truth) -> bool:
    """Some pod of a DaemonSet is ready."""
    return any(
        ready for name in truth.names(DaemonSet) for at in pods_at(truth, name, "ready").values() for (ready,) in at
    )


@invariant(witness=a_daemon_pod_is_ready, about=ABOUT)
def never_two_daemon_pods_on_a_node(truth: Truth) -> bool | Broken:
    """A node never has two active pods of one DaemonSet, or with maxSurge never more than an old and a new one."""
    for name in truth.names(DaemonSet):
        most = 1 if truth.field(DaemonSet, name, "max_surge") == 0 else 2
        for node, pods in sorted(pods_at(truth, name, "active").items()):
            active = sum(1 for (is_active,) in pods if is_active)
            if active > most and node:
                clause = f"{active} active pods of DaemonSet {name} are on {node} or were made for it"
                return Broken(clause, (f"DaemonSet {name}", f"Node {node}"))
    return True


# ---- in the end


def has_its_pod(truth: Truth, name: str, node: str, *, update: bool = True) -> bool:
    """Whether exactly one pod of a DaemonSet is on a node, or was made for it, ready and (if asked) up to date."""
    pods = pods_at(truth, name, "ready", "deleting", "labels").get(node, [])
    if len(pods) != 1:
        return False
    ready, deleting, labels = pods[0]
    latest = short_hash(truth.field(DaemonSet, name, "template"))
    return bool(ready and not deleting and (not update or placement.revision_of(labels) == latest))


def a_daemonset_is_complete(truth: Truth) -> bool:
    """Some DaemonSet has a ready pod of its last template on a node where one should run, and all others too."""
    return any(
        is_complete(truth, name) is True and any(has_its_pod(truth, name, node.name) for _, node in nodes_of(truth))
        for name in truth.names(DaemonSet)
    )


def is_complete(truth: Truth, name: str) -> bool | Broken:
    """Whether a DaemonSet has its pods where they should be, ready and of its last template, and no others."""
    daemonset = truth.get(DaemonSet, name)
    assert daemonset is not None
    updates = daemonset.update_strategy is UpdateStrategy.ROLLING_UPDATE
    there = pods_at(truth, name, "active")
    for _, node in nodes_of(truth):
        placed = reconcile.placement_on(daemonset, node)
        objects = (f"DaemonSet {name}", f"Node {node.name}")
        if placed.should_run and not has_its_pod(truth, name, node.name, update=updates):
            return Broken(f"{node.name} does not have one ready pod of the last template of DaemonSet {name}", objects)
        if not placed.should_continue and there.get(node.name):
            return Broken(f"{node.name} has a pod of DaemonSet {name}, and should have none", objects)
    gone = sorted(set(there) - {node.name for _, node in nodes_of(truth)})
    if gone:
        where = gone[0] or "it was bound to"
        return Broken(f"a pod of DaemonSet {name} is left, and the node {where} is gone", (f"DaemonSet {name}",))
    return True


@eventually_always(witness=a_daemonset_is_complete, about=ABOUT)
def a_daemonset_converges(truth: Truth) -> bool | Broken:
    """Once nobody changes it any more, exactly the nodes that should have one have a ready pod of its last template."""
    for name in truth.names(DaemonSet):
        found = is_complete(truth, name)
        if not found:
            return found
    return True


def cordoned_or_failing(truth: Truth) -> list[Node]:
    """The nodes with taints, all of them such that every daemon pod bears them."""
    nodes = [node for _, node in nodes_of(truth)]
    return [node for node in nodes if node.taints and all((taint.key, taint.effect) in BORNE for taint in node.taints)]


def a_cordoned_node_has_its_pod(truth: Truth) -> bool:
    """Some cordoned or failing node has its pod of a DaemonSet."""
    names = truth.names(DaemonSet)
    return any(has_its_pod(truth, name, node.name) for name in names for node in cordoned_or_failing(truth))


@eventually_always(witness=a_cordoned_node_has_its_pod, about=(DaemonSet, Pod, Node))
def cordoned_and_failing_nodes_keep_their_daemon_pods(truth: Truth) -> bool | Broken:
    """In the end a node that is only cordoned, or only failing, has its pod of each DaemonSet that selects no nodes."""
    for name in truth.names(DaemonSet):
        spec = truth.field(DaemonSet, name, "template").spec
        if spec.node_selector or spec.node_affinity is not None:
            continue
        for node in cordoned_or_failing(truth):
            if not has_its_pod(truth, name, node.name):
                clause = f"{node.name} is only cordoned or failing, and lacks its pod of DaemonSet {name}"
                return Broken(clause, (f"DaemonSet {name}", f"Node {node.name}"))
    return True


def a_ready_node_is_reported(truth: Truth) -> bool:
    """The status of some DaemonSet counts a node with a ready pod."""
    return any(ready > 0 for ready in truth.all(DaemonSet, "number_ready"))


def evicted(before: Truth, after: Truth) -> list[Ref]:
    """The nodes of daemon pods that were just marked as deleted."""
    lens = LatestFields(("owner", "node", "deleting"))
    found = []
    for was, now in zip(before.each("pods", lens), after.each("pods", lens), strict=True):
        if was and now and was[0] is not None and was[0].kind == DaemonSet.__name__ and now[2] and not was[2]:
            found.append(was[1])
    return found


def a_daemon_pod_is_on_a_failing_node(truth: Truth) -> bool:
    """Some pod of a DaemonSet is on a node that evicts what does not tolerate that it fails."""
    failing = {ref for ref, node in nodes_of(truth) if any(t.effect is Effect.NO_EXECUTE for t in node.taints)}
    owners = truth.all(Pod, "owner", "node")
    return any(node in failing and owner is not None and owner.kind == DaemonSet.__name__ for owner, node in owners)


@step_invariant(witness=a_daemon_pod_is_on_a_failing_node, about=(DaemonSet, Pod, Node))
def no_daemon_pod_is_evicted_from_a_failing_node(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """Taint eviction leaves daemon pods on a node that only fails."""
    if happened.actor != "taint-eviction":
        return True
    nodes = dict(nodes_of(before))
    for ref in evicted(before, after):
        evicting = [taint for taint in nodes[ref].taints if taint.effect is Effect.NO_EXECUTE]
        if all((taint.key, taint.effect) in BORNE for taint in evicting):
            name = nodes[ref].name
            return Broken(f"a daemon pod is evicted from {name}, which only fails", (f"Node {name}",))
    return True


@quiescence(witness=a_ready_node_is_reported, about=ABOUT)
def a_daemonset_reports_what_is_true_when_all_is_quiet(truth: Truth) -> bool | Broken:
    """When nothing more is to be done, the status of a DaemonSet counts the nodes that should have a pod, and do."""
    for name in truth.names(DaemonSet):
        daemonset = truth.get(DaemonSet, name)
        assert daemonset is not None
        wanted = [node.name for _, node in nodes_of(truth) if reconcile.placement_on(daemonset, node).should_run]
        true = (len(wanted), sum(has_its_pod(truth, name, node, update=False) for node in wanted))
        told = (daemonset.desired_number_scheduled, daemonset.number_ready)
        if told != true:
            clause = f"DaemonSet {name} reports {told[1]} of {told[0]} nodes ready, and it is {true[1]} of {true[0]}"
            return Broken(clause, (f"DaemonSet {name}",))
    return True


# ---- rollouts


def seen(truth: Truth, name: str) -> tuple[Any, dict[str, list[Any]]]:
    """A DaemonSet, and of each node that should have a pod those that it has, as its controller sees them."""
    kinds = truth.cluster.kind(DaemonSet), truth.cluster.kind(Pod)
    daemonset = Cached(kinds[0], CONTROLLER, truth.see(f"daemonsets/{name}", Seen(kinds[0], CONTROLLER)), name)
    views = enumerate(truth.each("pods", Seen(kinds[1], CONTROLLER)))
    pods = [Cached(kinds[1], CONTROLLER, view, Ref("pods", i)) for i, view in views if view is not None]
    mine = [pod for pod in pods if is_of(pod.owner, name)]
    nodes = seen_nodes(truth, CONTROLLER)
    wanted = [(ref, node) for ref, node in nodes if reconcile.placement_on(daemonset, node).should_run]
    return daemonset, {
        node.name: [pod for pod in mine if reconcile.is_for(pod, ref, node.name)] for ref, node in wanted
    }


def an_old_daemon_pod_goes(truth: Truth) -> bool:
    """Some pod of an earlier template of a DaemonSet is being deleted."""
    for name in truth.names(DaemonSet):
        latest = short_hash(truth.field(DaemonSet, name, "template"))
        for pods in pods_at(truth, name, "deleting", "labels").values():
            if any(deleting and placement.revision_of(labels) != latest for deleting, labels in pods):
                return True
    return False


@step_invariant(witness=an_old_daemon_pod_goes, about=ABOUT)
def a_daemonset_rollout_keeps_max_unavailable(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """No sync deletes available pods so that more nodes than maxUnavailable lack one, by what the controller saw."""
    for name in before.names(DaemonSet):
        if happened.kind != f"{CONTROLLER}.sync {name}":
            continue
        planned = [c.name for c in after.planned(CONTROLLER, name) if c.resource == "pods" and c.verb is Verb.DELETE]
        if not planned:
            continue
        daemonset, nodes = seen(before, name)
        available = [[pod for pod in pods if pod.available and not pod.deleting] for pods in nodes.values()]
        left = [[pod for pod in pods if pod.identity not in planned] for pods in available]
        had, has = (sum(1 for pods in found if not pods) for found in (available, left))
        limit = rollout.limits(len(nodes), daemonset.max_surge, daemonset.max_unavailable).unavailable
        if has > max(had, limit):
            clause = f"{has} of {len(nodes)} nodes are left without an available pod of DaemonSet {name}"
            return Broken(f"{clause}, and maxUnavailable is {limit}", (f"DaemonSet {name}",))
    return True


OF_DAEMONSETS = (
    never_two_daemon_pods_on_a_node,
    a_daemonset_converges,
    a_daemonset_reports_what_is_true_when_all_is_quiet,
)
"""What is promised of every DaemonSet, in the order of reports."""

OF_NODES = (cordoned_and_failing_nodes_keep_their_daemon_pods,)
ON_FAILING_NODES = (no_daemon_pod_is_evicted_from_a_failing_node,)
OF_ROLLOUTS = (a_daemonset_rollout_keeps_max_unavailable,)

offer(*OF_DAEMONSETS)
offer(*OF_NODES, of="daemonset.nodes")
offer(*ON_FAILING_NODES, of="daemonset.node_fails")
offer(*OF_ROLLOUTS, of="daemonset.rollout")
