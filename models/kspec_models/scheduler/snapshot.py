"""What a scheduling cycle sees of the cluster: nodes, and the pods on each of them (C03, C77).

Only plugins that look at other pods need it; the others are content with sums (see node_info). A pod counts from the
moment it is assumed until its deletion is seen; finished pods are not there.
Source: pkg/scheduler/framework/types.go, NodeInfo, PodInfo, newAffinityTerm. Simplified: a namespace is known by its
labels alone, and one that is not named has none. matchLabelKeys and mismatchLabelKeys of pod affinity are merged into
the selector by the API server when the pod is created.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import Labels, LabelSelector, Node, PodSpec
from kspec_models.helpers.labels import as_selector
from kspec_models.scheduler.node_info import NodeInfo

Namespaces = tuple[tuple[str, Labels], ...]
"""The labels of each namespace."""

_PLAIN = PodSpec()


@attrs.frozen
class AffinityTerm:
    """One term of podAffinity or podAntiAffinity. `selector` None matches no pod."""

    topology_key: str
    selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None


@attrs.frozen
class WeightedTerm:
    """A preferred term."""

    weight: int
    term: AffinityTerm


@attrs.frozen
class PodAffinity:
    """spec.affinity of a pod, without nodeAffinity."""

    required: tuple[AffinityTerm, ...] = ()
    required_anti: tuple[AffinityTerm, ...] = ()
    preferred: tuple[WeightedTerm, ...] = ()
    preferred_anti: tuple[WeightedTerm, ...] = ()

    def check(self) -> None:
        """Raise ValueError if a selector is not valid."""
        for term in (*self.required, *self.required_anti, *(w.term for w in (*self.preferred, *self.preferred_anti))):
            as_selector(term.selector)
            as_selector(term.namespace_selector)


class WhenUnsatisfiable(enum.Enum):
    """Whether a spread constraint filters or only scores."""

    DO_NOT_SCHEDULE = "DoNotSchedule"
    SCHEDULE_ANYWAY = "ScheduleAnyway"


@attrs.frozen
class SpreadConstraint:
    """One entry of topologySpreadConstraints. `honor_affinity`, `honor_taints`: only nodes that the pod asks for, and
    tolerates, are counted (nodeAffinityPolicy, nodeTaintsPolicy)."""

    topology_key: str
    max_skew: int = 1
    when: WhenUnsatisfiable = WhenUnsatisfiable.DO_NOT_SCHEDULE
    selector: LabelSelector | None = None
    min_domains: int = 1
    match_label_keys: tuple[str, ...] = ()
    honor_affinity: bool = True
    honor_taints: bool = False


@attrs.frozen
class PlacedPod:
    """A pod as the scheduler knows it. `start`: when it started (None: not yet); `by_preemption`: it is marked as
    disrupted by the scheduler's preemption."""

    name: str = ""
    namespace: str = "default"
    labels: Labels = ()
    spec: PodSpec = _PLAIN
    affinity: PodAffinity = PodAffinity()
    spread: tuple[SpreadConstraint, ...] = ()
    terminating: bool = False
    by_preemption: bool = False
    start: int | None = None

    @property
    def priority(self) -> int:
        """spec.priority."""
        return self.spec.priority


@attrs.frozen
class PlacedNode:
    """A node and the pods on it."""

    node: Node
    pods: tuple[PlacedPod, ...] = ()

    @property
    def info(self) -> NodeInfo:
        """The sums over its pods."""
        return NodeInfo.of(pod.spec for pod in self.pods)


Snapshot = tuple[PlacedNode, ...]


def term_selects(term: AffinityTerm, owner: PlacedPod, other: PlacedPod, namespaces: Namespaces) -> bool:
    """Whether a term of `owner` selects the pod `other` (AffinityTerm.Matches; C75). Raises ValueError.

    Neither namespaces nor namespaceSelector: the owner's namespace. An empty namespaceSelector: every namespace.
    """
    if not term.namespaces and term.namespace_selector is None:
        there = other.namespace == owner.namespace
    else:
        labels = dict(namespaces).get(other.namespace, ())
        there = other.namespace in term.namespaces or as_selector(term.namespace_selector).matches(labels)
    return there and as_selector(term.selector).matches(other.labels)
