"""Endpoints of pods, named ports, and kube-proxy's choice: `op` pod-to-endpoint, find-port, categorize."""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import ContainerPort
from kspec_models.controllers.endpointslice import decisions
from kspec_models.controllers.endpointslice.decisions import AddressType, PodReport, PortsOf
from kspec_models.proxy import routing
from kspec_models.proxy.routing import Endpoint, Policies
from tests.conformance.adapters import _containers
from tests.conformance.interface import Given, Skip

TOPIC = "endpointslice"


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "pod-to-endpoint":
            return _endpoint(given)
        case "find-port":
            return _find_port(given)
        case "categorize":
            return _categorize(given)
    raise Skip(f"op {given['op']}")


def _endpoint(given: Given) -> Any:
    """What is not set is left out."""
    pod = PodReport(
        given["podReady"],
        given["podDeleting"],
        ips=tuple(given["podIPs"]),
        namespace="the pod's",
        hostname=given.get("hostname", ""),
        subdomain=given.get("subdomain", ""),
    )
    conditions = decisions.conditions(pod.ready, pod.deleting, given["publishNotReadyAddresses"])
    namespace = pod.namespace if given["sameNamespace"] else "another"
    optional = {
        "hostname": decisions.hostname(pod, given["serviceName"], namespace),
        "nodeName": given.get("nodeName"),
        "zone": given.get("nodeZone"),
    }
    return {
        "conditions": {
            "ready": conditions.ready,
            "serving": conditions.serving,
            "terminating": conditions.terminating,
        },
        "addresses": decisions.addresses(pod.ips, AddressType(given["addressType"])),
        **{key: value for key, value in optional.items() if value},
    }


def _find_port(given: Given) -> Any:
    """The Service's port is TCP."""
    containers = tuple(_ports(each, True) for each in given.get("containers") or ())
    init = tuple(_ports(each, _containers.is_sidecar(each)) for each in given.get("initContainers") or ())
    port = decisions.find_port(given["port"], given.get("protocol", "TCP"), containers, init)
    return {"found": False} if port is None else {"found": True, "port": port}


def _ports(container: Given, serves: bool) -> PortsOf:
    return PortsOf(
        tuple(
            ContainerPort(each["containerPort"], protocol=each.get("protocol", "TCP"), name=each.get("name", ""))
            for each in container.get("ports") or ()
        ),
        serves,
    )


def _categorize(given: Given) -> Any:
    """Endpoints by address; `reachable` is the union of both policies."""
    service = given["service"]
    policies = Policies(
        service.get("internalPolicyLocal", False),
        service.get("externalPolicyLocal", False),
        any(service.get(key) for key in ("nodePort", "loadBalancerIPs", "externalIPs")),
    )
    endpoints = tuple(
        Endpoint(
            each["endpoint"],
            each.get("ready", False),
            each.get("serving", False),
            each.get("terminating", False),
            each.get("isLocal", False),
            tuple(each.get("zoneHints") or ()),
            tuple(each.get("nodeHints") or ()),
        )
        for each in given["endpoints"]
    )
    zone = given["topologyLabels"].get("topology.kubernetes.io/zone", "")
    routed = routing.route(endpoints, policies, given["nodeName"], zone, given["preferSame"])
    return {
        "clusterEndpoints": _addresses(routed.cluster),
        "localEndpoints": _addresses(routed.local),
        "reachable": _addresses(routed.reachable(endpoints)),
        "hasAnyEndpoints": routed.works,
    }


def _addresses(endpoints: tuple[Endpoint, ...]) -> list[str]:
    return sorted(each.address for each in endpoints)
