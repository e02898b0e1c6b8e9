"""The default profile: all its filters in their order, and what PreFilter finds out beforehand (C07, C08, C25, C50).

Sources: pkg/scheduler/apis/config/v1/default_plugins.go; pkg/scheduler/framework/runtime/framework.go,
RunPreFilterPlugins, RunFilterPluginsWithNominatedPods; pkg/scheduler/schedule_one.go, findNodesThatFitPod.

A PreFilter that rejects speaks for every node. One that pins nodes leaves only these to the filters. A pod that is
nominated to a node, and does not rank below the one that is looked at, counts there as if it had come already; but the
node has to fit without it as well (C76).

Not modelled: limits of attached volumes (no CSINode is modelled, and without one there is no limit, C62),
DynamicResources and NodeDeclaredFeatures, extenders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from kspec.kube.objects import Labels, LabelSelector, Pod
from kspec_models.scheduler.filters import (
    inter_pod_affinity,
    node_affinity,
    node_name,
    node_ports,
    node_unschedulable,
    resources_fit,
    taint_toleration,
    topology_spread,
    volume_binding,
    volume_restrictions,
    volume_zone,
)
from kspec_models.scheduler.framework import feasible
from kspec_models.scheduler.result import PASSED, FilterResult, Status, unresolvable
from kspec_models.scheduler.snapshot import Namespaces, PlacedNode, Snapshot
from kspec_models.scheduler.volumes import NO_STORAGE, Storage

Judge = Callable[[PlacedNode], FilterResult]
"""What the filters say of one node."""

ORDER = (
    node_unschedulable.NAME,
    node_name.NAME,
    taint_toleration.NAME,
    node_affinity.NAME,
    node_ports.NAME,
    resources_fit.NAME,
    volume_restrictions.NAME,
    volume_binding.NAME,
    volume_zone.NAME,
    topology_spread.NAME,
    inter_pod_affinity.NAME,
)
"""The filters, first to last."""


@attrs.frozen
class Around:
    """What a scheduling cycle looks at beside nodes and pods. `storage` None: claims are not looked at, as if each had
    its volume everywhere. `owner`: the selector of the pod's controller, and `services` the selectors of the services,
    of the pod's own namespace: both for scores only."""

    storage: Storage | None = None
    namespaces: Namespaces = ()
    owner: LabelSelector | None = None
    services: tuple[Labels, ...] = ()


NOTHING_ELSE = Around()


def verdicts(pod: Pod, snapshot: Snapshot, around: Around = NOTHING_ELSE) -> tuple[FilterResult, ...]:
    """What the filters say of each node, with the pods that are nominated to it and without."""
    judge = prepared(pod, snapshot, around)
    return tuple([_with_nominated(pod, at, snapshot, around) or judge(at) for at in snapshot])


def verdict(pod: Pod, at: PlacedNode, snapshot: Snapshot, around: Around = NOTHING_ELSE) -> FilterResult:
    """The same of one node of the snapshot."""
    return _with_nominated(pod, at, snapshot, around) or prepared(pod, snapshot, around)(at)


def _with_nominated(pod: Pod, at: PlacedNode, snapshot: Snapshot, around: Around) -> FilterResult | None:
    """The rejection of a node with those that are nominated to it; None if there are none, or it passes."""
    guests = tuple([other for other in at.nominated if other.spec.priority >= pod.spec.priority])
    if not guests:
        return None
    supposed = attrs.evolve(at, pods=(*at.pods, *guests))
    cluster = tuple([supposed if each is at else each for each in snapshot])
    result = prepared(pod, cluster, around)(supposed)
    return None if result.fits else result


@attrs.frozen
class Prepared:
    """What PreFilter found out about a pod. `rejected`: what it says of every node, if it rejects.

    `skipped`: the plugins that have nothing to do for this pod.
    """

    judge_node: Judge
    rejected: FilterResult | None = None
    skipped: frozenset[str] = frozenset()

    def __call__(self, at: PlacedNode) -> FilterResult:
        """Run the filters on one node."""
        return self.rejected or self.judge_node(at)


def prepared(pod: Pod, snapshot: Snapshot, around: Around = NOTHING_ELSE) -> Prepared:
    """Run PreFilter once; what it answers runs the filters on one node, and stops at the first failure."""
    spec, namespace, storage = pod.spec, pod.namespace, around.storage or NO_STORAGE
    names = () if around.storage is None else spec.claims
    pinned = node_affinity.pinned_nodes(spec)
    everyone = [other for at in snapshot for other in at.pods]
    used = frozenset([name for other in everyone if other.namespace == namespace for name in other.spec.claims])
    restrictions = volume_restrictions.pre_filter(spec.disks, names, used, storage, namespace)
    binding, claims = volume_binding.pre_filter(names, storage, namespace)
    zone, topologies = volume_zone.pre_filter(names, storage, namespace)
    spread = topology_spread.pre_filter(pod)
    affinity = inter_pod_affinity.pre_filter(pod, snapshot, around.namespaces)
    answers = {
        node_affinity.NAME: node_affinity.pre_filter(spec),
        node_ports.NAME: node_ports.pre_filter(spec),
        volume_restrictions.NAME: restrictions,
        volume_binding.NAME: binding,
        volume_zone.NAME: zone,
        topology_spread.NAME: spread,
        inter_pod_affinity.NAME: affinity,
    }
    rejected = next((result for result in answers.values() if not result.fits), None)
    skipped = frozenset([name for name, result in answers.items() if not runs(result)])
    if rejected is not None:
        return Prepared(lambda at: rejected, rejected, skipped)
    counts = topology_spread.count(pod, snapshot) if runs(spread) else ()
    near = inter_pod_affinity.count(pod, snapshot, around.namespaces) if runs(affinity) else inter_pod_affinity.State()

    def judge(at: PlacedNode) -> FilterResult:
        if pinned is not None and at.node.name not in pinned:
            return unresolvable(node_affinity.NAME, f"node(s) didn't satisfy plugin(s) [{node_affinity.NAME}]")
        disks = [disk for other in at.pods for disk in other.spec.disks]
        steps: tuple[Callable[[], FilterResult], ...] = (
            lambda: feasible(spec, at.node, at.info),
            lambda: when(
                restrictions,
                lambda: volume_restrictions.filter_node(spec.disks, names, disks, used, storage, namespace),
            ),
            lambda: when(binding, lambda: volume_binding.filter_node(claims, at.node, storage)),
            lambda: when(zone, lambda: volume_zone.filter_node(at.node.labels, topologies)),
            lambda: when(spread, lambda: topology_spread.filter_node(pod, at.node, counts)),
            lambda: when(affinity, lambda: inter_pod_affinity.filter_node(pod, at.node, near, around.namespaces)),
        )
        return first_rejection(steps)

    return Prepared(judge, None, skipped)


def runs(before: FilterResult) -> bool:
    """Whether a plugin's filter runs after its PreFilter: not if it was skipped (C08)."""
    return before.status is not Status.SKIP


def when(before: FilterResult, run: Callable[[], FilterResult]) -> FilterResult:
    """What a plugin's filter says, unless its PreFilter skipped it."""
    return run() if runs(before) else PASSED


def first_rejection(steps: Iterable[Callable[[], FilterResult]]) -> FilterResult:
    """The first failure, in order; nothing after it runs (C25)."""
    for step in steps:
        result = step()
        if not result.fits:
            return result
    return PASSED
