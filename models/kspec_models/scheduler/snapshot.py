"""What a scheduling cycle sees of the cluster: nodes, and the pods on each of them (C03, C77).

Only plugins that look at other pods need it; the others are content with sums (see node_info). A pod counts from the
moment it is assumed until its deletion is seen; finished pods are not there.
Source: pkg/scheduler/framework/types.go, NodeInfo, PodInfo, newAffinityTerm. Simplified: a namespace is known by its
labels alone, and one that is not named has none. matchLabelKeys and mismatchLabelKeys of pod affinity are merged into
the selector by the API server when the pod is created.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kernel.values import Ref
from kspec.kube.objects import Labels, Node, Pod, PodSpec
from kspec.kube.placement import AffinityTerm, PodAffinity
from kspec_models.helpers.labels import as_selector
from kspec_models.scheduler.node_info import NodeInfo

Namespaces = tuple[tuple[str, Labels], ...]
"""The labels of each namespace."""


NO_AFFINITY = PodAffinity()
PREEMPTION_BY_SCHEDULER = "PreemptionByScheduler"
"""The reason of the condition DisruptionTarget of a pod that is evicted for another."""


@attrs.frozen
class PlacedNode:
    """A node and the pods on it. `nominated`: pods that wait and expect room here."""

    node: Node
    pods: tuple[Pod, ...] = ()
    nominated: tuple[Pod, ...] = ()

    @property
    def info(self) -> NodeInfo:
        """The sums over its pods."""
        return NodeInfo.of(pod.spec for pod in self.pods)


Snapshot = tuple[PlacedNode, ...]


def snapshot_of(nodes: Iterable[tuple[Ref, Node]], pods: Iterable[Pod]) -> Snapshot:
    """The nodes with the pods on them, and with those that are nominated to them. Finished pods are left out (C77)."""
    alive = [pod for pod in pods if not pod.finished]
    return tuple(
        PlacedNode(
            node,
            tuple([pod for pod in alive if pod.node == ref]),
            tuple([pod for pod in alive if pod.node is None and pod.nominated_node == ref]),
        )
        for ref, node in nodes
    )


def term_selects(term: AffinityTerm, owner: Pod, other: Pod, namespaces: Namespaces) -> bool:
    """Whether a term of `owner` selects the pod `other` (AffinityTerm.Matches; C75). Raises ValueError.

    Neither namespaces nor namespaceSelector: the owner's namespace. An empty namespaceSelector: every namespace.
    """
    if not term.namespaces and term.namespace_selector is None:
        there = other.namespace == owner.namespace
    else:
        labels = dict(namespaces).get(other.namespace, ())
        there = other.namespace in term.namespaces or as_selector(term.namespace_selector).matches(labels)
    return there and as_selector(term.selector).matches(other.labels)


def affinity_of(pod: Pod) -> PodAffinity:
    """What the pod wants near and what it avoids; nothing if it says nothing."""
    return pod.spec.pod_affinity or NO_AFFINITY


def check_selectors(affinity: PodAffinity) -> None:
    """Raise ValueError if a selector is not valid."""
    weighted = (*affinity.preferred, *affinity.preferred_anti)
    for term in (*affinity.required, *affinity.required_anti, *(each.term for each in weighted)):
        as_selector(term.selector)
        as_selector(term.namespace_selector)


def looks_at_pods(specs: Iterable[PodSpec]) -> bool:
    """Whether some plugin has to look at the pods on the nodes, and not only at sums: one of these asks for it."""
    return any(spec.pod_affinity is not None or spec.spread or spec.disks for spec in specs)
