"""taints: the TaintToleration plugin's filter, score and requeue hint."""

from __future__ import annotations

from kspec.kernel import settings
from kspec_models.scheduler.filters import taint_toleration
from kspec_models.scheduler.scores import taint_toleration as score
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "taints"


def answer(given: Given) -> object:
    """What the plugin says under the gate of the case."""
    gate = "on" if given.get("comparison_gate") else "off"
    with settings.applied({"scheduler.toleration-comparison": gate}):
        spec = _objects.pod_spec(given["pod"])
        match given["op"]:
            case "filter":
                return {"filter": taint_toleration.filter_node(spec, _objects.node(given["node"])).status.value}
            case "score":
                return {"scores": score.scores(spec, [_objects.node(each) for each in given["nodes"]])}
            case "hint-node":
                before, after = _objects.node_or_none(given["before"]), _objects.node(given["after"])
                return {"hint": taint_toleration.hint_after_node_change(spec, before, after).value}
            case op:
                raise Skip(f"unknown op {op}")
