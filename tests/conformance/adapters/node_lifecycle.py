"""node-lifecycle: zone states, health of one node over two looks, taints by condition, excluded nodes.

The tests that the cases are of ran with a grace period of 40 seconds, and 60 for nodes that start; two looks, with
what the kubelet then says, `time_to_pass_s` between them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kspec.kube.objects import Taint
from kspec_models.controllers.node_lifecycle import decisions, health, zones
from kspec_models.controllers.node_lifecycle.health import Condition, Conditions, Look, Memory, Status
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "node-lifecycle"

GRACE, STARTUP_GRACE = 40, 60


def answer(given: Given) -> object:
    """What the decisions of the node lifecycle controller say."""
    match given["op"]:
        case "zones":
            return _zones(given)
        case "health":
            return _health(given)
        case "condition-taints":
            before = tuple(_objects.taint(each) for each in given.get("taints_before") or ())
            after = decisions.with_no_schedule(
                before, _conditions(given["conditions"]), unschedulable=given.get("unschedulable", False)
            )
            return {"taints": [_taint(each) for each in after]}
        case "excluded":
            return {"excluded": zones.is_excluded(_objects.labels(given["labels"]))}
        case op:
            raise Skip(f"unknown op {op}")


def _zones(given: Given) -> object:
    nodes, now = given["nodes"], _time("2015-01-01T12:00:00Z")
    first = [_look(None, _conditions(node["conditions"]), node, None, now) for node in nodes]
    later = now + given["time_to_pass_s"]
    second = [
        _look(look.memory, _conditions(conditions), node, None, later)
        for node, look, conditions in zip(nodes, first, given["then"], strict=True)
    ]
    return {"first": _states(nodes, first), "second": _states(nodes, second)}


def _states(nodes: list[Given], looks: list[Look]) -> dict[str, str]:
    of_zones = tuple(
        zones.ZoneNode(_zone(node["zone"]), look.after, node["excluded"])
        for node, look in zip(nodes, looks, strict=True)
    )
    return {zone: state.value for zone, state in zones.zone_states(of_zones)}


def _zone(text: str) -> str:
    """The name of the zone of a node with the labels that `region:zone` stands for."""
    region, zone = text.split(":")
    return zones.zone_of(tuple(sorted({zones.REGION: region, zones.ZONE: zone}.items())))


def _health(given: Given) -> object:
    node, now = given["node"], _time("2015-01-01T12:00:00Z")
    looks = [_look(None, _conditions(node["conditions"]), node, given.get("lease"), now)]
    if given["time_to_pass_s"] > 0:
        conditions = looks[0].written or _conditions(node["conditions"])
        if given["new_conditions"] is not None:
            conditions = _conditions(given["new_conditions"])
        later = now + given["time_to_pass_s"]
        looks.append(_look(looks[0].memory, conditions, node, given.get("new_lease"), later))
    written = [look.written for look in looks if look.written is not None]
    return {
        "conditions": [_written(each) for each in written[-1]] if written else None,
        "pods_not_ready": any(health.marks_pods_not_ready(look.before, look.after) for look in looks),
    }


def _look(memory: Memory | None, conditions: Conditions, node: Given, lease: str | None, now: int) -> Look:
    renewed = None if lease is None else _time(lease)
    created = _time(node["created"])
    return health.look(memory, conditions, created, renewed, now, grace=GRACE, startup_grace=STARTUP_GRACE)


def _conditions(raw: list[Given]) -> Conditions:
    return tuple(
        Condition(
            each["type"],
            Status(each["status"]),
            each.get("reason", ""),
            _time(each["lastHeartbeatTime"]) if each.get("lastHeartbeatTime") else None,
            _time(each["lastTransitionTime"]) if each.get("lastTransitionTime") else None,
        )
        for each in raw
    )


def _written(condition: Condition) -> dict[str, Any]:
    """As the file writes it: only what is set."""
    raw = {
        "type": condition.type,
        "status": condition.status.value,
        "reason": condition.reason,
        "lastHeartbeatTime": _text(condition.heartbeat),
        "lastTransitionTime": _text(condition.transition),
    }
    return {key: value for key, value in raw.items() if value}


def _taint(taint: Taint) -> dict[str, str]:
    """As the file writes it: the value only where there is one."""
    raw = {"key": taint.key, "value": taint.value, "effect": taint.effect.value}
    return {key: value for key, value in raw.items() if value}


def _time(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _text(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
