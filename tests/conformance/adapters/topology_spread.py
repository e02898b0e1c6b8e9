"""topology-spread: the PodTopologySpread plugin's counts, filter and score."""

from __future__ import annotations

from typing import Any

from kspec_models.scheduler.filters import topology_spread
from kspec_models.scheduler.scores import topology_spread as score
from tests.conformance.adapters import _objects, _placed
from tests.conformance.interface import Given, Skip

TOPIC = "topology-spread"


def answer(given: Given) -> object:
    """What the plugin says under the gates of the case."""
    pod = _placed.pod(given["pod"])
    gates = topology_spread.Gates(given["inclusion_policy"], given.get("match_label_keys", True))
    snapshot = _placed.snapshot((*given["nodes"], *given.get("failed_nodes", ())), given["existing"])
    match given["op"]:
        case "filter":
            counts = topology_spread.count(pod, snapshot, gates)
            verdicts = {at.node.name: topology_spread.filter_node(pod, at.node, counts, gates) for at in snapshot}
            return {"codes": {name: verdict.status.value for name, verdict in verdicts.items()}}
        case "counts":
            counts = topology_spread.count(pod, snapshot, gates)
            return {"prefilter": topology_spread.pre_filter(pod).status.value, "counts": _written(counts)}
        case "counts-add" | "counts-remove":
            other = _placed.pod(given["added" if given["op"] == "counts-add" else "removed"])
            node = next(at.node for at in snapshot if at.node.name == given["on_node"])
            by = 1 if given["op"] == "counts-add" else -1
            before = topology_spread.count(pod, snapshot, gates)
            return {"counts": _written(topology_spread.changed(pod, before, other, node, by, gates))}
        case "score":
            services = [_objects.labels(each["spec"]["selector"]) for each in given.get("objects", ())]
            soft = score.soft_constraints(pod, score.default_selector(pod.labels, services), gates)
            feasible = snapshot[: len(given["nodes"])]
            state = score.pre_score(pod, snapshot, feasible, soft, gates)
            return {"scores": {} if state is None else score.scores(pod, feasible, state)}
        case op:
            raise Skip(f"unknown op {op}")


def _written(counts: tuple[topology_spread.Counts, ...]) -> list[dict[str, Any]]:
    return [dict(each) for each in counts]
