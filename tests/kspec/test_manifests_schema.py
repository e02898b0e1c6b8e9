"""Kinds, fields and strict decoding."""

from __future__ import annotations

from typing import Any

import pytest

from kspec.kube import schema

DEPLOYMENT = "apps.v1.Deployment"
EMPTY = {"apiserverinternal.v1alpha1.StorageVersionSpec", "scheduling.v1alpha2.BasicSchedulingPolicy"}
"""Records without any field."""


@pytest.mark.parametrize(
    ("api_version", "kind", "namespaced"),
    [
        ("v1", "Pod", True),
        ("v1", "Node", False),
        ("v1", "Namespace", False),
        ("apps/v1", "StatefulSet", True),
        ("batch/v1", "CronJob", True),
        ("policy/v1", "PodDisruptionBudget", True),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", False),
        ("storage.k8s.io/v1", "StorageClass", False),
        ("autoscaling/v2", "HorizontalPodAutoscaler", True),
        ("networking.k8s.io/v1", "Ingress", True),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", False),
        ("scheduling.k8s.io/v1alpha2", "Workload", True),
    ],
)
def test_built_in_kinds_are_known_with_their_scope(api_version: str, kind: str, namespaced: bool) -> None:
    found = schema.find_kind(api_version, kind)
    assert isinstance(found, schema.Kind)
    assert found.namespaced is namespaced


@pytest.mark.parametrize(
    ("api_version", "kind"), [("acme.io/v1", "Widget"), ("gateway.networking.k8s.io/v1", "Gateway")]
)
def test_a_kind_of_another_api_group_is_a_custom_resource(api_version: str, kind: str) -> None:
    assert schema.find_kind(api_version, kind) is None


@pytest.mark.parametrize(
    ("api_version", "kind", "message"),
    [
        ("apps/v1", "Deploymnet", "there is no kind Deploymnet in apps/v1; did you mean Deployment?"),
        ("v1", "pod", "there is no kind pod in v1; did you mean Pod?"),
        ("v1", "Deployment", "there is no kind Deployment in v1: Deployment is in apps/v1"),
        ("v1", "Deploymnt", "there is no kind Deploymnt in v1; did you mean apps/v1 Deployment?"),
        ("v1", "Joob", "there is no kind Joob in v1; did you mean batch/v1 Job?"),
        ("app/v1", "Deployment", "Kubernetes 1.36 has no API group version app/v1; did you mean apps/v1?"),
        ("apps/v2", "Thing", "Kubernetes 1.36 has no apps/v2; did you mean apps/v1?"),
        ("apps/v1beta2", "Deployment", "Kubernetes 1.16 removed Deployment from apps/v1beta2: use apps/v1"),
        (
            "extensions/v1beta1",
            "Ingress",
            "Kubernetes 1.22 removed Ingress from extensions/v1beta1: use networking.k8s.io/v1",
        ),
        ("batch/v1beta1", "CronJob", "Kubernetes 1.25 removed CronJob from batch/v1beta1: use batch/v1"),
        ("apps/v1", "Zebra", "there is no kind Zebra in apps/v1"),
    ],
)
def test_a_kind_that_kubernetes_does_not_serve_is_refused_with_a_hint(
    api_version: str, kind: str, message: str
) -> None:
    assert schema.find_kind(api_version, kind) == message


def decoding(item: dict[str, Any], record: str = DEPLOYMENT) -> list[str]:
    return [str(problem) for problem in schema.decoding_problems(record, item)]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"replica": 3}, "spec.replica: unknown field; did you mean replicas?"),
        ({"Replicas": 3}, "spec.Replicas: unknown field; did you mean replicas?"),
        ({"hostPort": 1}, "spec.hostPort: unknown field; hostPort belongs in spec.template.spec.containers[].ports[]"),
        ({"zebra": 1}, "spec.zebra: unknown field"),
        ({"replicas": "3"}, 'spec.replicas: must be a whole number, not "3": remove the quotes'),
        ({"replicas": 1.5}, "spec.replicas: must be a whole number, not 1.5"),
        ({"replicas": True}, "spec.replicas: must be a whole number, not true"),
        ({"replicas": 2**31}, "spec.replicas: must be between -2147483648 and 2147483647, not 2147483648"),
        ({"paused": "yes"}, 'spec.paused: must be true or false, not "yes"'),
        ({"selector": []}, "spec.selector: must be an object with fields, not a list"),
        ({"selector": {"matchLabels": {"v": 1.5}}}, "spec.selector.matchLabels[v]: must be text, not 1.5: quote it"),
        ({"template": {"spec": {"containers": {}}}}, "spec.template.spec.containers: must be a list, not an object"),
        (
            {"template": {"spec": {"nodeSelector": [1]}}},
            "spec.template.spec.nodeSelector: must be a mapping, not a list",
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 1.5}}},
            "spec.strategy.rollingUpdate.maxSurge: must be a whole number or a percentage, not 1.5",
        ),
    ],
)
def test_decoding_is_strict(spec: dict[str, Any], message: str) -> None:
    assert decoding({"spec": spec}) == [message]


def test_an_unquoted_yes_is_explained() -> None:
    (message,) = decoding({"metadata": {"labels": {"on": True}}})
    assert message.startswith("metadata.labels[on]: must be text, not true: quote it (unquoted y, yes, on")


def test_null_is_a_field_that_is_not_given() -> None:
    assert decoding({"apiVersion": "apps/v1", "metadata": {"creationTimestamp": None}, "spec": None}) == []


def test_a_quantity_is_a_number_or_a_text_with_a_suffix() -> None:
    def node(amount: object) -> list[str]:
        return decoding({"status": {"capacity": {"memory": amount}}}, "core.v1.Node")

    assert node("8Gi") == node(8) == node("1e3") == []
    (message,) = node("12mb")
    assert message.startswith("status.capacity[memory]: '12mb' is no quantity")
    assert node({}) == ["status.capacity[memory]: must be a quantity, not an object"]


def test_fields_of_kinds_that_are_not_modelled_are_checked_too() -> None:
    assert decoding({"spec": {"replica": 1}}, "apps.v1.StatefulSet") == [
        "spec.replica: unknown field; did you mean replicas?"
    ]


def test_every_recorded_shape_can_be_checked() -> None:
    records = schema._records()
    assert len(records) > 600
    for fields in records.values():
        for shape in fields.values():
            inner = shape.lstrip("[]{}")
            assert inner in records or inner in schema._WORDS or inner == "any" or inner in EMPTY
