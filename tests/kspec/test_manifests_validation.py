"""What the API server refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from kspec.kube import defaults, formats, validation

CONTAINER: dict[str, Any] = {"name": "c", "image": "nginx"}
POD: dict[str, Any] = {"metadata": {"name": "p"}, "spec": {"containers": [CONTAINER]}}
DEPLOYMENT: dict[str, Any] = {
    "metadata": {"name": "d"},
    "spec": {
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [CONTAINER]}},
    },
}
NODE: dict[str, Any] = {"metadata": {"name": "n1"}}


def problems(kind: str, item: dict[str, Any]) -> list[str]:
    api_version = "apps/v1" if kind in ("Deployment", "ReplicaSet") else "v1"
    item = copy.deepcopy(item)
    defaults.set_defaults(kind, item)
    return [str(problem) for problem in validation.problems(api_version, kind, item)]


def deployment(change: Callable[[dict[str, Any]], Any]) -> list[str]:
    item = copy.deepcopy(DEPLOYMENT)
    change(item["spec"])
    return problems("Deployment", item)


def pod(**spec: Any) -> list[str]:
    return problems("Pod", {"metadata": {"name": "p"}, "spec": {"containers": [CONTAINER], **spec}})


def container(**fields: Any) -> list[str]:
    return pod(containers=[{**CONTAINER, **fields}])


def field(messages: list[str]) -> list[str]:
    return [message.split(": ")[0] for message in messages]


@pytest.mark.parametrize(
    ("kind", "item"), [("Pod", POD), ("Deployment", DEPLOYMENT), ("ReplicaSet", DEPLOYMENT), ("Node", NODE)]
)
def test_the_smallest_objects_are_accepted(kind: str, item: dict[str, Any]) -> None:
    assert problems(kind, item) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"replicas": -1}, "spec.replicas: -1 must not be less than 0"),
        ({"minReadySeconds": -1}, "spec.minReadySeconds: -1 must not be less than 0"),
        ({"revisionHistoryLimit": -1}, "spec.revisionHistoryLimit: -1 must not be less than 0"),
        ({"progressDeadlineSeconds": 0}, "spec.progressDeadlineSeconds: 0 must be greater than minReadySeconds (0)"),
        (
            {"progressDeadlineSeconds": 9, "minReadySeconds": 9},
            "spec.progressDeadlineSeconds: 9 must be greater than minReadySeconds (9)",
        ),
        ({"selector": {}}, "spec.selector: must not be empty in a Deployment: it would select every pod"),
        (
            {"selector": {"matchLabels": {"app": "b"}}},
            "spec.template.metadata.labels: the selector (app=b) does not match the template's labels (app=a): "
            "give both the same labels",
        ),
        (
            {"selector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}},
            "spec.template.metadata.labels: the selector does not match the template's labels (app=a): "
            "give both the same labels",
        ),
        (
            {"selector": {"matchExpressions": [{"key": "app", "operator": "Is"}]}},
            'spec.selector.matchExpressions[0].operator: "Is" is not supported: '
            "it must be In, NotIn, Exists or DoesNotExist",
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}},
            "spec.strategy.rollingUpdate.maxUnavailable: 0% must not be 0 when maxSurge is 0: "
            "a rollout could neither add nor remove a pod",
        ),
        (
            {"strategy": {"rollingUpdate": {"maxUnavailable": "101%"}}},
            'spec.strategy.rollingUpdate.maxUnavailable: "101%" must not be more than 100%',
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": "x%"}}},
            'spec.strategy.rollingUpdate.maxSurge: "x%" must be a number followed by `%`, such as `25%`',
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": -1}}},
            "spec.strategy.rollingUpdate.maxSurge: -1 must not be negative",
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": "x", "maxUnavailable": 0}}},
            'spec.strategy.rollingUpdate.maxSurge: "x" must be a number followed by `%`, such as `25%`',
        ),
        (
            {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}},
            "spec.strategy.rollingUpdate: must not be given with the strategy type Recreate",
        ),
        (
            {"strategy": {"type": "Wild"}},
            'spec.strategy.type: "Wild" is not supported: it must be Recreate or RollingUpdate',
        ),
    ],
)
def test_a_deployment_is_refused(changes: dict[str, Any], message: str) -> None:
    assert deployment(lambda spec: spec.update(changes)) == [message]


def test_a_surge_above_100_percent_is_accepted() -> None:
    assert deployment(lambda spec: spec.update(strategy={"rollingUpdate": {"maxSurge": "150%"}})) == []


def test_a_missing_selector_is_told_and_matches_nothing() -> None:
    assert field(deployment(lambda spec: spec.pop("selector"))) == ["spec.selector", "spec.template.metadata.labels"]


def test_a_workloads_pods_always_restart() -> None:
    messages = deployment(lambda spec: spec["template"]["spec"].update(restartPolicy="Never"))
    assert messages == [
        'spec.template.spec.restartPolicy: "Never" is not supported: the pods of a Deployment must have "Always"'
    ]
    assert pod(restartPolicy="Never") == []


def test_a_workload_needs_containers() -> None:
    assert deployment(lambda spec: spec["template"]["spec"].update(containers=[])) == [
        "spec.template.spec.containers: is required: a pod has at least one container"
    ]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": "C_"}, "name"),
        ({"name": ""}, "name"),
        ({"image": ""}, "image"),
        ({"image": " nginx"}, "image"),
        ({"imagePullPolicy": "Sometimes"}, "imagePullPolicy"),
        ({"ports": [{"containerPort": 0}]}, "ports[0].containerPort"),
        ({"ports": [{"containerPort": 70000}]}, "ports[0].containerPort"),
        ({"ports": [{"containerPort": 80, "hostPort": -1}]}, "ports[0].hostPort"),
        ({"ports": [{"containerPort": 80, "protocol": "tcp"}]}, "ports[0].protocol"),
        ({"ports": [{"containerPort": 80, "hostIP": "1.2.3"}]}, "ports[0].hostIP"),
        ({"ports": [{"containerPort": 80, "name": "a_b"}]}, "ports[0].name"),
        ({"ports": [{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]}, "ports[1].name"),
        ({"ports": [{"containerPort": 1, "hostPort": 9}, {"containerPort": 2, "hostPort": 9}]}, "ports[1].hostPort"),
        ({"resources": {"requests": {"cpu": "-1"}}}, "resources.requests[cpu]"),
        ({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}, "resources.requests"),
        ({"resources": {"requests": {"gpu": "1"}}}, "resources.requests[gpu]"),
        ({"resources": {"requests": {"example.com/gpu": "1"}}}, "resources.limits"),
        ({"resources": {"requests": {"example.com/gpu": 1}, "limits": {"example.com/gpu": 2}}}, "resources.requests"),
        ({"resources": {"limits": {"example.com/gpu": "500m"}}}, "resources.limits[example.com/gpu]"),
        ({"env": [{"name": ""}]}, "env[0].name"),
        ({"env": [{"name": "A", "value": "x", "valueFrom": {"fieldRef": {}}}]}, "env[0].valueFrom"),
        ({"volumeMounts": [{"name": "v", "mountPath": "/v"}]}, "volumeMounts[0].name"),
        ({"livenessProbe": {}}, "livenessProbe"),
        ({"livenessProbe": {"httpGet": {"port": 80}, "successThreshold": 2}}, "livenessProbe.successThreshold"),
        ({"readinessProbe": {"tcpSocket": {"port": 0}}}, "readinessProbe.tcpSocket.port"),
        ({"readinessProbe": {"exec": {}, "grpc": {"port": 1}}}, "readinessProbe.grpc"),
    ],
)
def test_a_container_is_refused(fields: dict[str, Any], path: str) -> None:
    assert field(container(**fields)) == [f"spec.containers[0].{path}"]


def test_a_request_of_zero_is_accepted() -> None:
    assert container(resources={"requests": {"cpu": 0, "memory": "0"}, "limits": {"cpu": "0"}}) == []


def test_container_names_are_unique_in_a_pod() -> None:
    assert pod(initContainers=[CONTAINER]) == ['spec.initContainers[0].name: "c" is given twice']


def test_the_same_host_port_of_another_protocol_or_address_is_no_duplicate() -> None:
    ports = [
        {"containerPort": 1, "hostPort": 9},
        {"containerPort": 1, "hostPort": 9, "protocol": "UDP"},
        {"containerPort": 1, "hostPort": 9, "hostIP": "10.0.0.1"},
    ]
    assert container(ports=ports) == []


def test_an_init_container_has_probes_only_as_a_sidecar() -> None:
    init = {"name": "i", "image": "x", "startupProbe": {"exec": {"command": ["x"]}}}
    assert field(pod(initContainers=[init])) == ["spec.initContainers[0].startupProbe"]
    assert pod(initContainers=[{**init, "restartPolicy": "Always"}]) == []


def test_on_the_host_network_ports_must_be_equal() -> None:
    ports = [{"containerPort": 80, "hostPort": 81}]
    assert field(pod(hostNetwork=True, containers=[{**CONTAINER, "ports": ports}])) == [
        "spec.containers[0].ports[0].hostPort"
    ]


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"restartPolicy": "Sometimes"}, "restartPolicy"),
        ({"dnsPolicy": "Mine"}, "dnsPolicy"),
        ({"nodeSelector": {"bad key": "x"}}, "nodeSelector[bad key]"),
        ({"nodeName": "A"}, "nodeName"),
        ({"activeDeadlineSeconds": 0}, "activeDeadlineSeconds"),
        ({"volumes": [{"name": "v"}, {"name": "v"}]}, "volumes[1].name"),
        ({"volumes": [{"name": "v", "emptyDir": {}, "secret": {}}]}, "volumes[0].secret"),
        ({"schedulingGates": [{"name": "a"}, {"name": "a"}]}, "schedulingGates[1]"),
        ({"schedulingGates": [{"name": "a"}], "nodeName": "n1"}, "nodeName"),
        ({"ephemeralContainers": [{"name": "e", "image": "x"}]}, "ephemeralContainers"),
        ({"tolerations": [{"operator": "Equal", "value": "x"}]}, "tolerations[0].operator"),
        ({"tolerations": [{"operator": "Exists", "value": "x"}]}, "tolerations[0].operator"),
        ({"tolerations": [{"key": "k", "operator": "Is"}]}, "tolerations[0].operator"),
        ({"tolerations": [{"key": "k", "operator": "Gt", "value": "1"}]}, "tolerations[0].operator"),
        ({"tolerations": [{"key": "k", "effect": "NoSchedule", "tolerationSeconds": 5}]}, "tolerations[0].effect"),
        ({"tolerations": [{"key": "k", "effect": "Never"}]}, "tolerations[0].effect"),
        (
            {
                "topologySpreadConstraints": [
                    {"maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
                ]
            },
            "topologySpreadConstraints[0].maxSkew",
        ),
        (
            {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}},
            "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey",
        ),
    ],
)
def test_a_pod_is_refused(spec: dict[str, Any], path: str) -> None:
    assert field(pod(**spec)) == [f"spec.{path}"]


@pytest.mark.parametrize(
    ("term", "path"),
    [
        ({"matchExpressions": [{"key": "a", "operator": "In"}]}, "matchExpressions[0].values"),
        ({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["x"]}]}, "matchExpressions[0].values"),
        ({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1", "2"]}]}, "matchExpressions[0].values"),
        ({"matchExpressions": [{"key": "a b", "operator": "Exists"}]}, "matchExpressions[0].key"),
        ({"matchExpressions": [{"key": "a", "operator": "Is"}]}, "matchExpressions[0].operator"),
        ({"matchFields": [{"key": "spec.x", "operator": "In", "values": ["x"]}]}, "matchFields[0].key"),
    ],
)
def test_a_node_affinity_is_refused(term: dict[str, Any], path: str) -> None:
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    prefix = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]"
    assert field(pod(affinity={"nodeAffinity": required})) == [f"{prefix}.{path}"]


def test_a_required_node_affinity_without_terms_is_refused() -> None:
    required: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": {}}
    (message,) = pod(affinity={"nodeAffinity": required})
    assert message.endswith("nodeSelectorTerms: is required: without a term no node would match")


def test_a_negative_grace_period_is_accepted_as_upstream_does() -> None:
    assert pod(terminationGracePeriodSeconds=-1) == []


@pytest.mark.parametrize(
    ("taints", "path"),
    [
        ([{"key": "", "effect": "NoSchedule"}], "spec.taints[0].key"),
        ([{"key": "a", "value": "b c", "effect": "NoSchedule"}], "spec.taints[0].value"),
        ([{"key": "a"}], "spec.taints[0].effect"),
        ([{"key": "a", "effect": "NoExecute"}] * 2, "spec.taints[1]"),
    ],
)
def test_a_node_is_refused(taints: list[Any], path: str) -> None:
    assert field(problems("Node", {**NODE, "spec": {"taints": taints}})) == [path]


def test_amounts_of_a_node_are_not_negative() -> None:
    assert field(problems("Node", {**NODE, "status": {"allocatable": {"memory": "-1"}}})) == [
        "status.allocatable[memory]"
    ]


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({}, "metadata.name"),
        ({"name": "Upper"}, "metadata.name"),
        ({"name": "a" * 254}, "metadata.name"),
        ({"name": "a", "namespace": "a.b"}, "metadata.namespace"),
        ({"name": "a", "labels": {"a/b/c": "x"}}, "metadata.labels[a/b/c]"),
        ({"name": "a", "labels": {"a": "x" * 64}}, "metadata.labels[a]"),
        ({"name": "a", "annotations": {"a b": "x"}}, "metadata.annotations[a b]"),
        ({"name": "a", "annotations": {"a": "x" * 300_000}}, "metadata.annotations"),
        ({"name": "a", "finalizers": ["a b"]}, "metadata.finalizers[0]"),
        (
            {"name": "a", "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x"}]},
            "metadata.ownerReferences[0].uid",
        ),
        (
            {
                "name": "a",
                "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "1", "controller": True}]
                * 2,
            },
            "metadata.ownerReferences",
        ),
    ],
)
def test_metadata_is_refused_for_every_kind(metadata: dict[str, Any], path: str) -> None:
    assert [str(p).split(": ")[0] for p in validation.problems("acme.io/v1", "Widget", {"metadata": metadata})] == [
        path
    ]


def test_each_kind_has_its_rule_for_names() -> None:
    def refused(api_version: str, kind: str, name: str) -> bool:
        found = validation.problems(api_version, kind, {"metadata": {"name": name}})
        return any(problem.path[0] == "metadata" for problem in found)

    assert not refused("rbac.authorization.k8s.io/v1", "ClusterRole", "system:node")
    assert refused("rbac.authorization.k8s.io/v1", "ClusterRole", "a/b")
    assert refused("v1", "Service", "a.b")
    assert not refused("v1", "Service", "1abc")
    assert not refused("v1", "ConfigMap", "a.b")
    assert not refused("authorization.k8s.io/v1", "SubjectAccessReview", "")


def test_generate_name_cannot_be_applied() -> None:
    (problem,) = validation.problems("v1", "ConfigMap", {"metadata": {"generateName": "x-"}})
    assert str(problem) == "metadata.name: is required: `kubectl apply` cannot use generateName; write for example x-1"


def test_formats_say_what_is_wrong() -> None:
    assert formats.dns1123_label("") == "must not be empty"
    assert formats.dns1123_label("a" * 64) == "must not be longer than 63 characters"
    assert formats.qualified_name("A_/x") is not None
    assert formats.qualified_name("/x") == "must have a name before the `/`, or no `/`"
    assert formats.label_value("") is None
    assert formats.port_name("12") == "must contain a letter"
    assert formats.port_name("a--b") == "must not contain two `-` in a row"
