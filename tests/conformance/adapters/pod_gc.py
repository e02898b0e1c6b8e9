"""pod-gc: the four parts of a pass.

The file leaves out which pods are terminating, which upstream's table has. Its schema says "pods terminating" of the op
out-of-service, so they all are there; and says nothing of the pods of unscheduled, so none is there.
"""

from __future__ import annotations

from kspec.kube.objects import Phase
from kspec_models.controllers.pod_gc import decisions
from kspec_models.controllers.pod_gc.decisions import GcNode, GcPod
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "pod-gc"


def answer(given: Given) -> object:
    """What PodGC deletes, and what it first marks as failed."""
    match given["op"]:
        case "terminated":
            return _answer(decisions.terminated(_pods(given), given["threshold"]))
        case "out-of-service":
            pods, nodes = _pods(given, terminating=True), tuple(_node(each) for each in given["nodes"])
            return _answer(decisions.terminating_out_of_service(pods, nodes))
        case "unscheduled":
            return _answer(decisions.unscheduled_terminating(_pods(given)))
        case "orphaned":
            return _orphaned(given)
        case op:
            raise Skip(f"unknown op {op}")


def _orphaned(given: Given) -> object:
    """Two passes, with the changes of what exists between them."""
    cached, existing = frozenset(given["informer_nodes"]), frozenset(given["api_nodes"])
    first = decisions.orphan_pass(_pods(given), cached, existing, (), now=0)
    cached = (cached | set(given["informer_added"])) - set(given["informer_deleted"])
    existing = (existing | set(given["api_added"])) - set(given["api_deleted"])
    return _answer(
        decisions.orphan_pass(_pods(given), cached, existing, first.quarantine, now=given["delay_s"]).orphans
    )


def _answer(deleted: tuple[GcPod, ...]) -> object:
    """Names, sorted."""
    return {
        "deleted": sorted(pod.name for pod in deleted),
        "failed_first": sorted(pod.name for pod in deleted if decisions.fails_first(pod.phase)),
    }


def _pods(given: Given, *, terminating: bool = False) -> tuple[GcPod, ...]:
    return tuple(_pod(each, terminating) for each in given["pods"])


def _pod(raw: Given, terminating: bool) -> GcPod:
    return GcPod(
        raw["name"],
        Phase(raw["phase"]) if raw.get("phase") else None,
        raw.get("reason") or "",
        raw.get("nodeName") or raw.get("node") or "",
        raw.get("created_order") or 0,
        raw.get("terminating", terminating),
    )


def _node(raw: Given) -> GcNode:
    return GcNode(
        raw["name"], raw["readyCondition"] == "True", tuple(_objects.taint(each) for each in raw.get("taints") or ())
    )
