"""Defaulted and valid mappings in, typed objects out (`kspec.kube.objects`).

A template becomes what its pods will be: the defaults that only a pod gets (requests from limits, host ports of the
host's network) are already in it. Amounts are integers: cpu in millicores, everything else in its unit. Priority
classes are resolved as the Priority admission plugin does (A43), from the two that every cluster has and those in the
manifests; the name "" stands for the class with globalDefault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kspec.kube import defaults
from kspec.kube.objects import (
    Container,
    ContainerPort,
    Deployment,
    Effect,
    IntOrPercent,
    Labels,
    LabelSelector,
    Node,
    NodeSelectorTerm,
    Operator,
    Percent,
    Pod,
    PodSpec,
    PodTemplate,
    ReplicaSet,
    Requirement,
    Resources,
    Strategy,
    StrategyType,
    Taint,
    Toleration,
)
from kspec.kube.quantity import resource_amount

Object = Mapping[str, Any]
Typed = Deployment | ReplicaSet | Pod | Node
Priorities = Mapping[str, int]

SYSTEM_PRIORITIES: Priorities = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""The priority classes that every cluster has."""

_ANNOTATION = "deployment.kubernetes.io/"


def typed(kind: str, item: Object, namespace: str, priorities: Priorities) -> Typed:
    """The typed object of a Deployment, ReplicaSet, Pod or Node. `item` is defaulted and valid."""
    if kind == "Deployment":
        return _deployment(item, namespace, priorities)
    if kind == "ReplicaSet":
        return _replica_set(item, namespace, priorities)
    if kind == "Pod":
        pairs = _labels(item["metadata"].get("labels", {}))
        return Pod(labels=pairs, spec=_pod_spec(item["spec"], priorities), namespace=namespace)
    return _node(item)


def _deployment(item: Object, namespace: str, priorities: Priorities) -> Deployment:
    spec, metadata = item["spec"], item["metadata"]
    return Deployment(
        name=metadata["name"],
        namespace=namespace,
        labels=_labels(metadata.get("labels", {})),
        selector=_selector(spec["selector"]),
        template=_template(spec["template"], priorities),
        replicas=spec["replicas"],
        strategy=_strategy(spec["strategy"]),
        min_ready_seconds=spec.get("minReadySeconds", 0),
        revision_history_limit=spec["revisionHistoryLimit"],
        progress_deadline_seconds=spec["progressDeadlineSeconds"],
        paused=spec.get("paused", False),
    )


def _strategy(strategy: Object) -> Strategy:
    kind = StrategyType(strategy["type"])
    if kind is StrategyType.RECREATE:
        return Strategy(kind, max_surge=0, max_unavailable=0)
    rolling = strategy["rollingUpdate"]
    return Strategy(kind, _int_or_percent(rolling["maxSurge"]), _int_or_percent(rolling["maxUnavailable"]))


def _int_or_percent(value: int | str) -> IntOrPercent:
    return value if isinstance(value, int) else Percent(int(value.removesuffix("%")))


def _replica_set(item: Object, namespace: str, priorities: Priorities) -> ReplicaSet:
    spec, metadata = item["spec"], item["metadata"]
    annotations = metadata.get("annotations", {})
    return ReplicaSet(
        name=metadata["name"],
        namespace=namespace,
        labels=_labels(metadata.get("labels", {})),
        selector=_selector(spec["selector"]),
        template=_template(spec["template"], priorities),
        replicas=spec["replicas"],
        min_ready_seconds=spec.get("minReadySeconds", 0),
        revision=_number(annotations, "revision") or 0,
        desired_replicas=_number(annotations, "desired-replicas"),
        max_replicas=_number(annotations, "max-replicas"),
    )


def _number(annotations: Mapping[str, str], name: str) -> int | None:
    """A number that the Deployment controller keeps in an annotation; it ignores what is no number."""
    text = annotations.get(_ANNOTATION + name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def _node(item: Object) -> Node:
    spec, metadata = item.get("spec", {}), item["metadata"]
    return Node(
        name=metadata["name"],
        labels=_labels(metadata.get("labels", {})),
        taints=tuple(
            Taint(taint["key"], taint.get("value", ""), Effect(taint["effect"])) for taint in spec.get("taints", [])
        ),
        unschedulable=spec.get("unschedulable", False),
        allocatable=_resources(item.get("status", {}).get("allocatable", {})),
    )


def _template(template: Object, priorities: Priorities) -> PodTemplate:
    pairs = _labels(template.get("metadata", {}).get("labels", {}))
    return PodTemplate(pairs, _pod_spec(defaults.pod_made_from(template["spec"]), priorities))


def _pod_spec(spec: Object, priorities: Priorities) -> PodSpec:
    required = spec.get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    return PodSpec(
        containers=tuple(_container(item) for item in spec["containers"]),
        init_containers=tuple(_container(item) for item in spec.get("initContainers", [])),
        node_selector=_labels(spec.get("nodeSelector", {})),
        node_affinity=None if required is None else tuple(_term(term) for term in required["nodeSelectorTerms"]),
        tolerations=tuple(_toleration(item) for item in spec.get("tolerations", [])),
        overhead=_resources(spec.get("overhead", {})),
        scheduler_name=spec["schedulerName"],
        scheduling_gates=tuple(gate["name"] for gate in spec.get("schedulingGates", [])),
        termination_grace_period_seconds=spec["terminationGracePeriodSeconds"],
        restart_policy=spec["restartPolicy"],
        service_account_name=spec.get("serviceAccountName", "default"),
        priority=priorities.get(spec.get("priorityClassName", ""), spec.get("priority", 0)),
    )


def _container(item: Object) -> Container:
    resources = item["resources"]
    return Container(
        name=item["name"],
        image=item["image"],
        requests=_resources(resources.get("requests", {})),
        limits=_resources(resources.get("limits", {})),
        ports=tuple(
            ContainerPort(
                container_port=port["containerPort"],
                host_port=port.get("hostPort", 0),
                protocol=port["protocol"],
                host_ip=port.get("hostIP", ""),
                name=port.get("name", ""),
            )
            for port in item.get("ports", [])
        ),
        restart_policy=item.get("restartPolicy", ""),
    )


def _toleration(item: Object) -> Toleration:
    return Toleration(
        key=item.get("key", ""),
        operator=Operator(item.get("operator") or "Equal"),
        value=item.get("value", ""),
        effect=Effect(item["effect"]) if item.get("effect") else None,
        toleration_seconds=item.get("tolerationSeconds"),
    )


def _term(term: Object) -> NodeSelectorTerm:
    return NodeSelectorTerm(_requirements(term.get("matchExpressions", [])), _requirements(term.get("matchFields", [])))


def _requirements(expressions: Iterable[Object]) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(item["key"], Operator(item["operator"]), tuple(item.get("values", []))) for item in expressions
    )


def _selector(selector: Object) -> LabelSelector:
    return LabelSelector(_labels(selector.get("matchLabels", {})), _requirements(selector.get("matchExpressions", [])))


def _labels(pairs: Mapping[str, str]) -> Labels:
    return tuple(sorted(pairs.items()))


def _resources(amounts: Object) -> Resources:
    return tuple(sorted((name, resource_amount(name, amount)) for name, amount in amounts.items()))
