"""Pods on nodes as the scheduler's vector files write them, parsed into the snapshot's types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from kspec.kube.objects import LabelSelector, NodeSelectorTerm, Pod
from kspec.kube.placement import (
    AffinityTerm,
    PodAffinity,
    PreferredTerm,
    SpreadConstraint,
    WeightedTerm,
    WhenUnsatisfiable,
)
from kspec_models.scheduler.snapshot import PlacedNode
from tests.conformance.adapters import _objects

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
Raw = Mapping[str, Any]


def label_selector(raw: Raw | None) -> LabelSelector | None:
    """A label selector, None if there is none."""
    if raw is None:
        return None
    expressions = tuple(_objects.requirement(each) for each in raw.get("matchExpressions") or ())
    return LabelSelector(_objects.labels(raw.get("matchLabels")), expressions)


def selector_term(raw: Raw) -> NodeSelectorTerm:
    """A term of a node affinity."""
    return NodeSelectorTerm(
        tuple(_objects.requirement(each) for each in raw.get("matchExpressions") or ()),
        tuple(_objects.requirement(each) for each in raw.get("matchFields") or ()),
    )


def preferred_nodes(raw: Raw) -> tuple[PreferredTerm, ...]:
    """The preferred terms of a nodeAffinity."""
    return tuple(PreferredTerm(each["weight"], selector_term(each["preference"])) for each in raw.get(PREFERRED) or ())


def pod(raw: Raw) -> Pod:
    """A pod with all that plugins ask of it."""
    affinity = raw.get("affinity") or {}
    own, anti = affinity.get("podAffinity") or {}, affinity.get("podAntiAffinity") or {}
    spec = attrs.evolve(
        _objects.pod_spec(raw),
        priority=raw.get("priority", 0),
        pod_affinity=PodAffinity(_terms(own), _terms(anti), _weighted(own), _weighted(anti)),
        spread=tuple(_constraint(each) for each in raw.get("topologySpreadConstraints") or ()),
    )
    return Pod(
        name=raw.get("name", ""),
        namespace=raw.get("namespace", ""),
        labels=_objects.labels(raw.get("labels")),
        spec=spec,
        deleting=raw.get("terminating", False),
        disruption="".join(raw.get("disruption_target") or ()),
        start=raw.get("start"),
    )


def snapshot(nodes: Iterable[Raw], pods: Iterable[Raw]) -> tuple[PlacedNode, ...]:
    """Nodes with the pods that name them."""
    pods = list(pods)
    return tuple(
        PlacedNode(_objects.node(node), tuple(pod(each) for each in pods if each.get("node") == node.get("name", "")))
        for node in nodes
    )


def _terms(raw: Raw) -> tuple[AffinityTerm, ...]:
    return tuple(_term(each) for each in raw.get(REQUIRED) or ())


def _weighted(raw: Raw) -> tuple[WeightedTerm, ...]:
    return tuple(WeightedTerm(each["weight"], _term(each["podAffinityTerm"])) for each in raw.get(PREFERRED) or ())


def _term(raw: Raw) -> AffinityTerm:
    return AffinityTerm(
        raw["topologyKey"],
        label_selector(raw.get("labelSelector")),
        tuple(raw.get("namespaces") or ()),
        label_selector(raw.get("namespaceSelector")),
    )


def _constraint(raw: Raw) -> SpreadConstraint:
    return SpreadConstraint(
        raw["topologyKey"],
        raw["maxSkew"],
        WhenUnsatisfiable(raw["whenUnsatisfiable"]),
        label_selector(raw.get("labelSelector")),
        raw.get("minDomains", 1),
        tuple(raw.get("matchLabelKeys") or ()),
        raw.get("nodeAffinityPolicy", "Honor") == "Honor",
        raw.get("nodeTaintsPolicy", "Ignore") == "Honor",
    )
