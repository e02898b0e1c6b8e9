"""What a pod's spec says of where it may go, typed: selectors, affinity, spreading, claims and disks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kspec.kube.placement import (
    AffinityTerm,
    AwsElasticBlockStore,
    Disk,
    GcePersistentDisk,
    Iscsi,
    PodAffinity,
    PreferredTerm,
    Rbd,
    SpreadConstraint,
    WeightedTerm,
    WhenUnsatisfiable,
)
from kspec.kube.selectors import Labels, LabelSelector, NodeSelectorTerm, Operator, Requirement

Object = Mapping[str, Any]

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def labels_of(pairs: Mapping[str, str]) -> Labels:
    """Labels, sorted."""
    return tuple(sorted(pairs.items()))


def selector_of(selector: Object) -> LabelSelector:
    """A label selector."""
    return LabelSelector(
        labels_of(selector.get("matchLabels", {})), requirements_of(selector.get("matchExpressions", []))
    )


def requirements_of(expressions: Iterable[Object]) -> tuple[Requirement, ...]:
    """matchExpressions or matchFields."""
    return tuple(
        Requirement(item["key"], Operator(item["operator"]), tuple(item.get("values", []))) for item in expressions
    )


def node_term(term: Object) -> NodeSelectorTerm:
    """One term of a nodeAffinity."""
    return NodeSelectorTerm(
        requirements_of(term.get("matchExpressions", [])), requirements_of(term.get("matchFields", []))
    )


def required_nodes(spec: Object) -> tuple[NodeSelectorTerm, ...] | None:
    """The required terms of the nodeAffinity; None if there are none."""
    required = spec.get("affinity", {}).get("nodeAffinity", {}).get(_REQUIRED)
    return None if required is None else tuple(node_term(term) for term in required["nodeSelectorTerms"])


def preferred_nodes(spec: Object) -> tuple[PreferredTerm, ...]:
    """Its preferred terms."""
    preferred = spec.get("affinity", {}).get("nodeAffinity", {}).get(_PREFERRED, [])
    return tuple(PreferredTerm(each["weight"], node_term(each["preference"])) for each in preferred)


def pod_affinity(spec: Object) -> PodAffinity | None:
    """podAffinity and podAntiAffinity; None if there is neither."""
    affinity = spec.get("affinity", {})
    near, far = affinity.get("podAffinity", {}), affinity.get("podAntiAffinity", {})
    found = PodAffinity(
        tuple(_term(each) for each in near.get(_REQUIRED, [])),
        tuple(_term(each) for each in far.get(_REQUIRED, [])),
        tuple(_weighted(each) for each in near.get(_PREFERRED, [])),
        tuple(_weighted(each) for each in far.get(_PREFERRED, [])),
    )
    return None if found == PodAffinity() else found


def spread(spec: Object) -> tuple[SpreadConstraint, ...]:
    """topologySpreadConstraints."""
    return tuple(
        SpreadConstraint(
            each["topologyKey"],
            each["maxSkew"],
            WhenUnsatisfiable(each["whenUnsatisfiable"]),
            _optional_selector(each.get("labelSelector")),
            each.get("minDomains") or 1,
            tuple(each.get("matchLabelKeys") or ()),
            (each.get("nodeAffinityPolicy") or "Honor") == "Honor",
            (each.get("nodeTaintsPolicy") or "Ignore") == "Honor",
        )
        for each in spec.get("topologySpreadConstraints", [])
    )


def claims(spec: Object) -> tuple[str, ...]:
    """The names of the persistent volume claims."""
    volumes = spec.get("volumes", [])
    return tuple(each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each)


def disks(spec: Object) -> tuple[Disk, ...]:
    """The volumes that the pod names itself and cannot always share."""
    return tuple(disk for each in spec.get("volumes", []) for disk in _disks(each))


def _disks(volume: Object) -> Iterator[Disk]:
    if (gce := volume.get("gcePersistentDisk")) is not None:
        yield GcePersistentDisk(gce["pdName"], gce.get("readOnly", False))
    if (ebs := volume.get("awsElasticBlockStore")) is not None:
        yield AwsElasticBlockStore(ebs["volumeID"])
    if (iscsi := volume.get("iscsi")) is not None:
        yield Iscsi(iscsi["iqn"], iscsi.get("readOnly", False))
    if (rbd := volume.get("rbd")) is not None:
        yield Rbd(tuple(rbd["monitors"]), rbd.get("pool") or "rbd", rbd["image"], rbd.get("readOnly", False))


def _weighted(item: Object) -> WeightedTerm:
    return WeightedTerm(item["weight"], _term(item["podAffinityTerm"]))


def _term(item: Object) -> AffinityTerm:
    return AffinityTerm(
        item["topologyKey"],
        _optional_selector(item.get("labelSelector")),
        tuple(item.get("namespaces") or ()),
        _optional_selector(item.get("namespaceSelector")),
    )


def _optional_selector(selector: Object | None) -> LabelSelector | None:
    return None if selector is None else selector_of(selector)
