"""Defaulted and valid mappings in, typed objects out (`kspec.kube.objects`).

A template becomes what its pods will be: the defaults that only a pod gets (requests from limits, host ports of the
host's network) are already in it. Amounts are integers: cpu in millicores, everything else in its unit. Priority
classes are resolved as the Priority admission plugin does (A43), from the two that every cluster has and those in the
manifests; the name "" stands for the class with globalDefault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.kube import defaults
from kspec.kube import typed_placement as placed
from kspec.kube.objects import (
    Container,
    ContainerPort,
    Deployment,
    Effect,
    IntOrPercent,
    Node,
    Operator,
    Percent,
    Pod,
    PodSpec,
    PodTemplate,
    ReplicaSet,
    Resources,
    Strategy,
    StrategyType,
    Taint,
    Toleration,
)
from kspec.kube.quantity import resource_amount
from kspec.kube.scheduling import SYSTEM_CLASSES, PreemptionPolicy, PriorityClass
from kspec.kube.typed_placement import labels_of, selector_of

Object = Mapping[str, Any]
Typed = Deployment | ReplicaSet | Pod | Node
Classes = Mapping[str, PriorityClass]
"""Priority classes by name; the name "" stands for the class with globalDefault."""

SYSTEM_PRIORITIES: Classes = {each.name: each for each in SYSTEM_CLASSES}
"""The priority classes that every cluster has."""

PREEMPTS = PreemptionPolicy.PREEMPT_LOWER_PRIORITY
"""What a pod does that says nothing."""

_ANNOTATION = "deployment.kubernetes.io/"


def typed(kind: str, item: Object, namespace: str, classes: Classes) -> Typed:
    """The typed object of a Deployment, ReplicaSet, Pod or Node. `item` is defaulted and valid."""
    if kind == "Deployment":
        return _deployment(item, namespace, classes)
    if kind == "ReplicaSet":
        return _replica_set(item, namespace, classes)
    if kind == "Pod":
        pairs = labels_of(item["metadata"].get("labels", {}))
        return Pod(labels=pairs, spec=_pod_spec(item["spec"], classes), namespace=namespace)
    return _node(item)


def _deployment(item: Object, namespace: str, classes: Classes) -> Deployment:
    spec, metadata = item["spec"], item["metadata"]
    return Deployment(
        name=metadata["name"],
        namespace=namespace,
        labels=labels_of(metadata.get("labels", {})),
        selector=selector_of(spec["selector"]),
        template=_template(spec["template"], classes),
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


def _replica_set(item: Object, namespace: str, classes: Classes) -> ReplicaSet:
    spec, metadata = item["spec"], item["metadata"]
    annotations = metadata.get("annotations", {})
    return ReplicaSet(
        name=metadata["name"],
        namespace=namespace,
        labels=labels_of(metadata.get("labels", {})),
        selector=selector_of(spec["selector"]),
        template=_template(spec["template"], classes),
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
    spec, status, metadata = item.get("spec", {}), item.get("status", {}), item["metadata"]
    return Node(
        name=metadata["name"],
        labels=labels_of(metadata.get("labels", {})),
        taints=tuple(
            Taint(taint["key"], taint.get("value", ""), Effect(taint["effect"])) for taint in spec.get("taints", [])
        ),
        unschedulable=spec.get("unschedulable", False),
        allocatable=_resources(status.get("allocatable", {})),
        images=tuple((tuple(each.get("names") or ()), each.get("sizeBytes", 0)) for each in status.get("images") or ()),
    )


def _template(template: Object, classes: Classes) -> PodTemplate:
    pairs = labels_of(template.get("metadata", {}).get("labels", {}))
    return PodTemplate(pairs, _pod_spec(defaults.pod_made_from(template["spec"]), classes))


def _pod_spec(spec: Object, classes: Classes) -> PodSpec:
    of = classes.get(spec.get("priorityClassName", ""))
    policy = (of and of.preemption_policy) or PreemptionPolicy(spec.get("preemptionPolicy") or PREEMPTS.value)
    return PodSpec(
        containers=tuple(_container(item) for item in spec["containers"]),
        init_containers=tuple(_container(item) for item in spec.get("initContainers", [])),
        node_selector=labels_of(spec.get("nodeSelector", {})),
        node_affinity=placed.required_nodes(spec),
        tolerations=tuple(_toleration(item) for item in spec.get("tolerations", [])),
        overhead=_resources(spec.get("overhead", {})),
        scheduler_name=spec["schedulerName"],
        scheduling_gates=tuple(gate["name"] for gate in spec.get("schedulingGates", [])),
        termination_grace_period_seconds=spec["terminationGracePeriodSeconds"],
        restart_policy=spec["restartPolicy"],
        service_account_name=spec.get("serviceAccountName", "default"),
        priority=spec.get("priority", 0) if of is None else of.value,
        preemption_policy=policy.value,
        preferred_nodes=placed.preferred_nodes(spec),
        pod_affinity=placed.pod_affinity(spec),
        spread=placed.spread(spec),
        claims=placed.claims(spec),
        disks=placed.disks(spec),
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


def _resources(amounts: Object) -> Resources:
    return tuple(sorted((name, resource_amount(name, amount)) for name, amount in amounts.items()))
