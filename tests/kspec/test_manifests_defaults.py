"""The defaults of the API server."""

from __future__ import annotations

from typing import Any

import pytest

from kspec.kube import defaults


def a_deployment(**spec: Any) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    item: dict[str, Any] = {"spec": {"template": template, **spec}}
    defaults.set_defaults("Deployment", item)
    return item


def a_pod(**spec: Any) -> dict[str, Any]:
    item: dict[str, Any] = {"spec": {"containers": [{"name": "c", "image": "nginx"}], **spec}}
    defaults.set_defaults("Pod", item)
    result: dict[str, Any] = item["spec"]
    return result


def test_a_deployment_has_one_replica_and_rolls_by_a_quarter() -> None:
    spec = a_deployment()["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    assert spec["revisionHistoryLimit"] == 10
    assert spec["progressDeadlineSeconds"] == 600


def test_what_is_given_stays() -> None:
    spec = a_deployment(replicas=0, revisionHistoryLimit=0, strategy={"rollingUpdate": {"maxSurge": 0}})["spec"]
    assert (spec["replicas"], spec["revisionHistoryLimit"]) == (0, 0)
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": "25%"}


def test_recreate_has_no_rolling_update() -> None:
    assert a_deployment(strategy={"type": "Recreate"})["spec"]["strategy"] == {"type": "Recreate"}


def test_a_replica_set_has_one_replica() -> None:
    item: dict[str, Any] = {}
    defaults.set_defaults("ReplicaSet", item)
    assert item["spec"]["replicas"] == 1
    assert item["spec"]["template"]["spec"]["restartPolicy"] == "Always"


def test_a_pod_has_the_defaults_of_its_spec() -> None:
    spec = a_pod(containers=[{"name": "c", "image": "nginx", "ports": [{"containerPort": 80}]}])
    assert spec["restartPolicy"] == "Always"
    assert spec["terminationGracePeriodSeconds"] == 30
    assert spec["schedulerName"] == "default-scheduler"
    assert spec["dnsPolicy"] == "ClusterFirst"
    assert spec["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP"}]


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("host:5000/nginx", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("host:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:" + "0" * 64, "IfNotPresent"),
    ],
)
def test_images_are_pulled_always_when_they_are_the_latest(image: str, policy: str) -> None:
    assert a_pod(containers=[{"name": "c", "image": image}])["containers"][0]["imagePullPolicy"] == policy


def test_requests_come_from_limits_in_a_pod_resource_by_resource() -> None:
    resources = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}
    container = a_pod(initContainers=[{"name": "i", "image": "x", "resources": resources}])["initContainers"][0]
    assert container["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}


def test_a_template_keeps_its_requests_and_its_pods_get_them_from_limits() -> None:
    container = {"name": "c", "image": "x", "resources": {"limits": {"cpu": "1"}}}
    spec = a_deployment(template={"spec": {"containers": [container]}})["spec"]["template"]["spec"]
    assert "requests" not in spec["containers"][0]["resources"]
    made = defaults.pod_made_from(spec)
    assert made["containers"][0]["resources"]["requests"] == {"cpu": "1"}
    assert "requests" not in spec["containers"][0]["resources"]


def test_on_the_host_network_a_pods_ports_are_host_ports() -> None:
    ports = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}]
    spec = a_pod(hostNetwork=True, containers=[{"name": "c", "image": "x", "ports": ports}])
    assert [port["hostPort"] for port in spec["containers"][0]["ports"]] == [80, 81]
    template = {
        "spec": {"hostNetwork": True, "containers": [{"name": "c", "image": "x", "ports": [{"containerPort": 5}]}]}
    }
    container = a_deployment(template=template)["spec"]["template"]["spec"]["containers"][0]
    assert "hostPort" not in container["ports"][0]


def test_a_nodes_allocatable_is_its_capacity_unless_given() -> None:
    item: dict[str, Any] = {"status": {"capacity": {"cpu": "4"}}}
    defaults.set_defaults("Node", item)
    assert item["status"]["allocatable"] == {"cpu": "4"}
    given: dict[str, Any] = {"status": {"capacity": {"cpu": "4"}, "allocatable": {"cpu": "3"}}}
    defaults.set_defaults("Node", given)
    assert given["status"]["allocatable"] == {"cpu": "3"}


def test_probes_and_volumes_have_defaults() -> None:
    probe = {"httpGet": {"port": 80}, "periodSeconds": 0}
    volumes = [{"name": "e"}, {"name": "c", "configMap": {"name": "x"}}]
    spec = a_pod(containers=[{"name": "c", "image": "x", "livenessProbe": probe}], volumes=volumes)
    assert spec["containers"][0]["livenessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert spec["volumes"] == [
        {"name": "e", "emptyDir": {}},
        {"name": "c", "configMap": {"name": "x", "defaultMode": 420}},
    ]


def test_the_old_name_of_the_service_account_is_filled_both_ways() -> None:
    assert a_pod(serviceAccount="old")["serviceAccountName"] == "old"
    assert a_pod(serviceAccountName="new")["serviceAccount"] == "new"
