"""node-ports: conflicts of host ports, PreFilter's skip, the requeue hint."""

from __future__ import annotations

from kspec_models.scheduler import node_info
from kspec_models.scheduler.filters import node_ports
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "node-ports"


def answer(given: Given) -> object:
    """What the NodePorts filter says."""
    spec = _objects.pod_spec(given["pod"])
    match given["op"]:
        case "filter":
            return {
                "prefilter": node_ports.pre_filter(spec).status.value,
                "filter": node_ports.filter_node(spec, _info(given)).status.value,
            }
        case "fits":
            return {"fits": node_ports.filter_node(spec, _info(given)).fits}
        case "hint":
            deleted = given["deleted"]
            hint = node_ports.hint_after_pod_deleted(
                spec, _objects.pod_spec(deleted), assigned=_objects.assigned(deleted)
            )
            return {"hint": hint.value}
        case op:
            raise Skip(f"unknown op {op}")


def _info(given: Given) -> node_info.NodeInfo:
    return node_info.NodeInfo.of(_objects.pod_spec(each) for each in given["existing"])
