"""node-affinity: the NodeAffinity plugin's PreFilter, filter, score and requeue hint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec_models.scheduler.filters import node_affinity
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.scores import node_affinity as score
from tests.conformance.adapters import _objects, _placed
from tests.conformance.interface import Given, Skip

TOPIC = "node-affinity"


def answer(given: Given) -> object:
    """What the plugin says, with the terms that the profile adds."""
    spec = _objects.pod_spec(given["pod"])
    added_affinity = given.get("added_affinity") or {}
    added = _objects.pod_spec({"affinity": {"nodeAffinity": added_affinity}}).node_affinity
    match given["op"]:
        case "filter":
            return _filter(given, added)
        case "score":
            preferred = _placed.preferred_nodes((given["pod"].get("affinity") or {}).get("nodeAffinity") or {})
            return _score(given, preferred, _placed.preferred_nodes(added_affinity))
        case "hint-node":
            before, after = _objects.node_or_none(given["before"]), _objects.node(given["after"])
            return {"hint": node_affinity.hint_after_node_change(spec, before, after, added).value}
        case op:
            raise Skip(f"unknown op {op}")


def _filter(given: Given, added: node_affinity.Terms | None) -> Mapping[str, Any]:
    spec, node = _objects.pod_spec(given["pod"]), _objects.node(given["node"])
    if not given["run_prefilter"]:
        return {"prefilter": None, "filter": node_affinity.filter_node(spec, node, added).status.value}
    before = node_affinity.pre_filter(spec, added).status
    run = before is Status.SUCCESS
    verdict = node_affinity.filter_node(spec, node, added).status.value if run else None
    pinned = node_affinity.pinned_nodes(spec)
    names = None if pinned is None else sorted(pinned)
    return _objects.WhenAsked({"prefilter": before.value, "filter": verdict}, {"prefilter_nodes": names})


def _score(given: Given, preferred: score.Preferred, added: score.Preferred) -> Mapping[str, Any]:
    before = score.pre_score(preferred, added)
    nodes = [_objects.node(each) for each in given["nodes"]]
    found = score.scores(preferred, nodes, added) if before is Status.SUCCESS else {}
    return {"prescore": before.value, "scores": found}
