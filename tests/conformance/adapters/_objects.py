"""Pods and nodes as vector files write them, parsed into the models' types; and answers with more than a case asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from kspec.kube.objects import (
    Container,
    ContainerPort,
    Effect,
    Labels,
    Node,
    NodeSelectorTerm,
    Operator,
    PodSpec,
    Requirement,
    Resources,
    Taint,
    Toleration,
)
from kspec.kube.quantity import resource_amount
from kspec_models.helpers.pod_resources import PodSpecWithRequests


@attrs.frozen
class WhenAsked(Mapping[str, Any]):
    """An answer of which `more` is compared only where a case expects it: not every case of an op states everything."""

    always: Mapping[str, Any]
    more: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.always[key] if key in self.always else self.more[key]

    def __contains__(self, key: object) -> bool:
        return key in self.always or key in self.more

    def __iter__(self) -> Iterator[str]:
        return iter(self.always)

    def __len__(self) -> int:
        return len(self.always)


def labels(raw: Mapping[str, str] | None) -> Labels:
    """Labels, sorted."""
    return tuple(sorted((raw or {}).items()))


def resources(raw: Mapping[str, Any] | None) -> Resources:
    """A resource list: cpu in millicores, everything else in its unit."""
    return tuple(sorted((name, resource_amount(name, amount)) for name, amount in (raw or {}).items()))


def toleration(raw: Mapping[str, Any]) -> Toleration:
    """A toleration; no operator is Equal, as the API server's default has it."""
    return Toleration(
        raw.get("key", ""),
        Operator(raw.get("operator") or "Equal"),
        raw.get("value", ""),
        Effect(raw["effect"]) if raw.get("effect") else None,
        raw.get("tolerationSeconds"),
    )


def taint(raw: Mapping[str, Any]) -> Taint:
    """A taint."""
    return Taint(raw["key"], raw.get("value", ""), Effect(raw["effect"]))


def requirement(raw: Mapping[str, Any]) -> Requirement:
    """An entry of matchExpressions or matchFields. Raises ValueError if its operator is unknown."""
    return Requirement(raw["key"], Operator(raw["operator"]), tuple(raw.get("values") or ()))


def pod_spec(raw: Mapping[str, Any]) -> PodSpec:
    """A pod's spec. What the vector files call `node` and `nominatedNodeName` is not part of it: see `assigned`."""
    fields: dict[str, Any] = {
        "containers": tuple(_container(each) for each in raw.get("containers") or ()),
        "init_containers": tuple(_container(each) for each in raw.get("initContainers") or ()),
        "node_selector": labels(raw.get("nodeSelector")),
        "node_affinity": _required_terms(raw.get("affinity") or {}),
        "tolerations": tuple(toleration(each) for each in raw.get("tolerations") or ()),
        "overhead": resources(raw.get("overhead")),
        "scheduling_gates": tuple(each["name"] for each in raw.get("schedulingGates") or ()),
    }
    if "resources" in raw:
        return PodSpecWithRequests(**fields, requests=resources(raw["resources"].get("requests")))
    return PodSpec(**fields)


def node(raw: Mapping[str, Any]) -> Node:
    """A node."""
    return Node(
        raw.get("name", ""),
        labels(raw.get("labels")),
        tuple(taint(each) for each in raw.get("taints") or ()),
        raw.get("unschedulable", False),
        resources(raw.get("allocatable")),
    )


def node_or_none(raw: Mapping[str, Any] | None) -> Node | None:
    """A node, or None where there is none (null)."""
    return None if raw is None else node(raw)


def assigned(raw: Mapping[str, Any]) -> bool:
    """Whether a pod is bound or nominated to a node."""
    return bool(raw.get("node") or raw.get("nominatedNodeName"))


def same_pod(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two versions are of one pod: by uid where uids are written, else by name."""
    key = "uid" if "uid" in one or "uid" in other else "name"
    return bool(one.get(key) == other.get(key))


def _container(raw: Mapping[str, Any]) -> Container:
    return Container(
        raw.get("name", ""),
        raw.get("image", ""),
        resources(raw.get("requests")),
        resources(raw.get("limits")),
        tuple(_port(each) for each in raw.get("ports") or ()),
        raw.get("restartPolicy", ""),
    )


def _port(raw: Mapping[str, Any]) -> ContainerPort:
    return ContainerPort(
        raw.get("containerPort", 0), raw.get("hostPort", 0), raw.get("protocol", ""), raw.get("hostIP", "")
    )


def _required_terms(affinity: Mapping[str, Any]) -> tuple[NodeSelectorTerm, ...] | None:
    required = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return None
    return tuple(
        NodeSelectorTerm(
            tuple(requirement(each) for each in term.get("matchExpressions") or ()),
            tuple(requirement(each) for each in term.get("matchFields") or ()),
        )
        for term in required.get("nodeSelectorTerms") or ()
    )
