"""node-basic: NodeName, NodeUnschedulable, scheduling gates, and their requeue hints."""

from __future__ import annotations

from kspec_models.scheduler.filters import node_name, node_unschedulable, scheduling_gates
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "node-basic"


def answer(given: Given) -> object:
    """What the filters say."""
    pod = given["pod"]
    match given["op"]:
        case "nodename":
            result = node_name.filter_node(pod.get("node", ""), _objects.node(given["node"]))
            return {"filter": result.status.value}
        case "unschedulable":
            result = node_unschedulable.filter_node(_objects.pod_spec(pod), _objects.node(given["node"]))
            return {"filter": result.status.value}
        case "gates":
            return {"preenqueue": scheduling_gates.pre_enqueue(_objects.pod_spec(pod)).status.value}
        case "hint-node":
            before, after = _objects.node_or_none(given["before"]), _objects.node(given["after"])
            return {"hint": node_unschedulable.hint_after_node_change(before, after).value}
        case "hint-toleration":
            after_spec, itself = _objects.pod_spec(given["after"]), _objects.same_pod(pod, given["after"])
            return {"hint": node_unschedulable.hint_after_toleration_added(after_spec, itself=itself).value}
        case "gate-hint":
            itself = _objects.same_pod(pod, given["after"])
            return {"hint": scheduling_gates.hint_after_gates_eliminated(itself=itself).value}
        case op:
            raise Skip(f"unknown op {op}")
