"""What must hold of pods and nodes.

- `a_pod_is_bound_once_and_where_it_fits`: "fits" by what the scheduler had seen, which is all that it promises (C03);
  the kubelet's own admission is not modelled. A pod of the same slot after its deletion is another pod.
- `no_pod_stays_pending_for_ever`: while some node fits it by what is true, a pending pod is not left alone. A pod that
  fits nowhere may wait for ever; what it waits for is told by `a_rollout_completes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, cast

import attrs

from kspec.kernel.properties import Broken, Happened, leads_to, step_invariant
from kspec.kernel.values import Ref
from kspec.kube.cache import Cached
from kspec.kube.lenses import Latest, LatestFields, Seen
from kspec.kube.objects import Node, Pod
from kspec.kube.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from kspec.kube.truth import Truth
from kspec_models.scheduler import profile
from kspec_models.scheduler.framework import FilterResult, NodeInfo, feasible
from kspec_models.scheduler.profile import Around
from kspec_models.scheduler.schedule import DEFAULT_SCHEDULER, occupied, waits_for_a_node
from kspec_models.scheduler.snapshot import looks_at_pods, snapshot_of
from kspec_models.scheduler.volumes import Storage

T = TypeVar("T")
Nodes = tuple[tuple[Ref, Node], ...]
"""Nodes with what pods call them."""


def nodes_of(truth: Truth) -> Nodes:
    """The nodes as they are now."""
    if Node not in truth.cluster.kinds:
        return tuple([(Ref("nodes", i), node) for i, node in enumerate(truth.cluster.scope.nodes)])
    found = enumerate(truth.each("nodes", Latest()))
    return tuple([(Ref("nodes", i), node) for i, node in found if node is not None])


def seen_nodes(truth: Truth, observer: str) -> Nodes:
    """The nodes as an observer sees them."""
    if Node not in truth.cluster.kinds:
        return nodes_of(truth)
    kind = truth.cluster.kind(Node)
    refs = [(Ref("nodes", i), view) for i, view in enumerate(truth.each("nodes", Seen(kind, observer)))]
    return tuple([(ref, cast(Node, Cached(kind, observer, view, ref))) for ref, view in refs if view is not None])


def seen_pods(truth: Truth, observer: str) -> dict[int, Any]:
    """The pods as an observer sees them, by member."""
    kind = truth.cluster.kind(Pod)
    views = enumerate(truth.each("pods", Seen(kind, observer)))
    return {i: Cached(kind, observer, view, Ref("pods", i)) for i, view in views if view is not None}


def storage_of(truth: Truth) -> Storage | None:
    """Claims, volumes and classes as they are now; None where the cluster knows of none."""
    if PersistentVolumeClaim not in truth.cluster.kinds:
        return None
    return Storage(all_of(truth, PersistentVolumeClaim), all_of(truth, PersistentVolume), all_of(truth, StorageClass))


def all_of(truth: Truth, kind: type[T]) -> tuple[T, ...]:
    """Every object of a kind with fixed names."""
    return tuple([cast(T, truth.get(kind, name)) for name in truth.names(kind)])


def verdict_on(
    pod: Pod, node: Ref, nodes: Nodes, others: Iterable[Pod], storage: Storage | None = None
) -> FilterResult:
    """What the filters say of a node, with these other pods on the nodes. `storage` None: claims are not looked at."""
    placed = [other for other in others if other.node is not None and not other.finished]
    at = dict(nodes)[node]
    if not looks_at_pods((pod.spec, *[other.spec for other in placed])) and (storage is None or not pod.spec.claims):
        return feasible(pod.spec, at, NodeInfo.of(other.spec for other in placed if other.node == node))
    snapshot = snapshot_of(nodes, placed)
    around = Around(storage)
    return next(profile.verdict(pod, each, snapshot, around) for each in snapshot if each.node is at)


def fits(pod: Pod, node: Ref, nodes: Nodes, others: Iterable[Pod], storage: Storage | None = None) -> bool:
    """Whether the filters pass a node, with these other pods on the nodes."""
    return verdict_on(pod, node, nodes, others, storage).fits


def a_pod_is_bound(truth: Truth) -> bool:
    """Some pod has a node."""
    return any(node is not None for node in truth.all(Pod, "node"))


@step_invariant(witness=a_pod_is_bound, about=(Pod,))
def a_pod_is_bound_once_and_where_it_fits(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A pod is bound at most once, and to a node that fits it by what the scheduler had seen."""
    if not any(update == "Put" and (v == "pods" or v[0] == "pods") for v, update in happened.writes):
        return True
    lens = LatestFields(("node", "spec"))
    pairs = zip(before.each("pods", lens), after.each("pods", lens), strict=True)
    moved = [(i, was, now) for i, (was, now) in enumerate(pairs) if was and now and was[0] != now[0]]
    for member, (had, _), (has, _) in moved:
        if had is not None:
            return Broken(f"a pod that was bound to {had} is bound to {has}", (f"Pod pods#{member}",))
        if happened.kind.endswith(".bind") and not fitted(before, happened.actor, member, has):
            return Broken(f"a pod is bound to {has}, which did not fit it", (f"Pod pods#{member}",))
    return True


def fitted(truth: Truth, scheduler: str, member: int, node: Ref) -> bool:
    """Whether the pod fitted the node by what this scheduler saw."""
    pods = seen_pods(truth, scheduler)
    others = [pod for i, pod in pods.items() if i != member]
    return fits(pods[member], node, seen_nodes(truth, scheduler), others)


def pending_pods_that_fit(truth: Truth) -> int:
    """How many pods wait for a node although one fits them, by what is true."""
    pods = truth.all(Pod, "node", "spec", "finished", "deleting")
    nodes = nodes_of(truth)
    storage = storage_of(truth) if any(spec.claims for _, spec, _, _ in pods) else None
    if storage is not None or looks_at_pods([spec for _, spec, _, _ in pods]):
        waits = waiting_pods(truth)
        return sum(any(fits(pod, ref, nodes, others, storage) for ref, _ in nodes) for pod, others in waits)
    waiting = [row[1] for row in pods if row[0] is None and not row[2] and not row[3]]
    ours = [s for s in waiting if s.scheduler_name == DEFAULT_SCHEDULER and not s.scheduling_gates]
    placed = tuple([row[:3] for row in pods if row[0] is not None])
    return sum(1 for s in ours if any(feasible(s, node, occupied(placed, ref)).fits for ref, node in nodes))


def pods_of(truth: Truth) -> tuple[Pod, ...]:
    """Every pod as it is now; its name tells it from its equals."""
    pods = [pod for pod in truth.see.bag("pods", Latest()) if pod is not None]
    return tuple([attrs.evolve(pod, name=str(number)) for number, pod in enumerate(pods)])


def waiting_pods(truth: Truth, scheduler_name: str = DEFAULT_SCHEDULER) -> list[tuple[Pod, list[Pod]]]:
    """Each pod that waits for this scheduler, with the pods that have a node."""
    pods = pods_of(truth)
    placed = [pod for pod in pods if pod.node is not None]
    return [(pod, placed) for pod in pods if waits_for_a_node(pod, scheduler_name)]


def a_pod_is_pending_and_fits(truth: Truth) -> bool:
    """Some pod waits for a node although one fits it."""
    return pending_pods_that_fit(truth) > 0


@leads_to(a_pod_is_pending_and_fits, about=(Pod,))
def no_pod_stays_pending_for_ever(truth: Truth) -> bool | Broken:
    """While some node fits it, no pod stays pending for ever."""
    left = pending_pods_that_fit(truth)
    if left:
        return Broken(f"{left} pod{'s wait' if left > 1 else ' waits'} for a node although one fits")
    return True
