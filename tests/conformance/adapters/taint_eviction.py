"""taint-eviction: tolerationSeconds, and what one event does to the pods of a node.

The file says "within a few seconds" of an eviction that is expected; A_FEW_SECONDS is what that means here.
"""

from __future__ import annotations

from kspec.kube.objects import Taint, Toleration
from kspec_models.controllers.taint_eviction import decisions
from kspec_models.controllers.taint_eviction.decisions import Timer
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "taint-eviction"

A_FEW_SECONDS = 5


def answer(given: Given) -> object:
    """What the taint eviction decisions say."""
    match given["op"]:
        case "min-toleration":
            seconds = decisions.shortest(tuple(each.toleration_seconds for each in _tolerations(given)))
            return {"seconds": -1 if seconds is None else seconds}
        case "pod":
            return _evicted(_after_pod_event(given["pod"], given["tainted_nodes"], None, 0))
        case "pod-update":
            timer = _after_pod_event(given["before"], given["tainted_nodes"], None, 0)
            return _evicted(_after_pod_event(given["after"], given["tainted_nodes"], timer, 1))
        case "node":
            return _evicted(*(_timer(pod, _taints(given["node"]), None, 0) for pod in given["pods"]))
        case "node-update":
            return _evicted(*(_after_node_update(given, pod) for pod in given["pods"]))
        case "node-update-many":
            return {"deleted_at_s": _by_time(given)}
        case op:
            raise Skip(f"unknown op {op}")


def _after_pod_event(pod: Given, tainted: Given, timer: Timer | None, now: int) -> Timer | None:
    """The timer of a pod on the node that it names; a pod without a node is nobody's."""
    node = pod.get("node")
    return _timer(pod, _taints({"taints": tainted.get(node)}), timer, now) if node else None


def _after_node_update(given: Given, pod: Given) -> Timer | None:
    before = _timer(pod, _taints(given["before"]), None, 0)
    return _timer(pod, _taints(given["after"]), before, 1)


def _timer(pod: Given, taints: tuple[Taint, ...], timer: Timer | None, now: int) -> Timer | None:
    return decisions.next_timer(taints, _tolerations(pod), timer, now)


def _evicted(*timers: Timer | None) -> object:
    return {"evict": any(timer is not None and timer.fires <= A_FEW_SECONDS for timer in timers)}


def _by_time(given: Given) -> list[object]:
    """When which pods are deleted."""
    timers = {pod["name"]: _timer(pod, _taints(given["after"]), None, 0) for pod in given["pods"]}
    times = sorted({timer.fires for timer in timers.values() if timer is not None})
    return [{"at": at, "pods": [n for n, timer in timers.items() if timer and timer.fires == at]} for at in times]


def _taints(raw: Given) -> tuple[Taint, ...]:
    return tuple(_objects.taint(each) for each in raw.get("taints") or ())


def _tolerations(raw: Given) -> tuple[Toleration, ...]:
    return tuple(_objects.toleration(each) for each in raw.get("tolerations") or ())
