"""inter-pod-affinity: the InterPodAffinity plugin's PreFilter, counts, filter and score."""

from __future__ import annotations

from kspec_models.scheduler.filters import inter_pod_affinity
from kspec_models.scheduler.result import PASSED, Status
from kspec_models.scheduler.scores import inter_pod_affinity as score
from tests.conformance.adapters import _placed
from tests.conformance.interface import Given, Skip

TOPIC = "inter-pod-affinity"

NAMESPACES = tuple(
    (f"{name}.{team}", (("team", team),)) for name in ("subteam1", "subteam2") for team in ("team1", "team2")
)
"""The namespaces of upstream's tests, as the vector file names them."""


def answer(given: Given) -> object:
    """What the plugin says."""
    pod, snapshot = _placed.pod(given["pod"]), _placed.snapshot(given["nodes"], given["existing"])
    match given["op"]:
        case "filter":
            before = inter_pod_affinity.pre_filter(pod, snapshot, NAMESPACES)
            if not before.fits:
                return {"prefilter": before.status.value, "filter": None}
            state = inter_pod_affinity.count(pod, snapshot, NAMESPACES)
            verdicts = [
                inter_pod_affinity.filter_node(pod, at.node, state, NAMESPACES) if before is PASSED else PASSED
                for at in snapshot
            ]
            return {"prefilter": before.status.value, "filter": [each.status.value for each in verdicts]}
        case "counts":
            state = inter_pod_affinity.count(pod, snapshot, NAMESPACES)
            return {"affinity": _written(state.affinity), "anti_affinity": _written(state.anti_affinity)}
        case "score":
            args = score.Args(given["hard_weight"], given["ignore_preferred_of_existing"])
            status, weights = score.pre_score(pod, snapshot, NAMESPACES, args)
            found = score.scores([at.node for at in snapshot], weights) if status is Status.SUCCESS else {}
            return {"prescore": status.value, "scores": found}
        case op:
            raise Skip(f"unknown op {op}")


def _written(counts: inter_pod_affinity.Counts) -> dict[str, int]:
    return {f"{{{key} {value}}}": number for (key, value), number in counts}
