"""Which pods go first: `op` before, equal, order, delete."""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import Phase, Pod
from kspec_models.controllers.replicaset import deletion
from tests.conformance.interface import Given, Skip
from tests.conformance.times import seconds_ago

TOPIC = "replicaset-delete-rank"


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "before":
            return {"first_deleted_first": _order(given) is deletion.Order.FIRST}
        case "equal":
            return {"equal": _order(given) is deletion.Order.OPEN}
        case "order":
            backwards = given["pods"][::-1]  # so that a rank in which all are equal does not pass
            ordered = sorted(backwards, key=lambda pod: deletion.deletion_rank(_candidate(given, pod)))
            return {"order": [pod["name"] for pod in ordered]}
        case "delete":
            pods, surplus = given["pods"], given["diff"]
            if deletion.must_rank(surplus, len(pods)):
                pods = sorted(pods, key=lambda pod: deletion.deletion_rank(_candidate(given, pod)))
            return {"deleted": pods[:surplus]}
    raise Skip(f"op {given['op']}")


def _order(given: Given) -> deletion.Order:
    return deletion.deletion_order(_candidate(given, given["first"]), _candidate(given, given["second"]))


def _candidate(given: Given, pod: Given) -> deletion.Candidate:
    def since(key: str) -> deletion.Since:
        seconds = seconds_ago(pod.get(key))
        if seconds is None:
            return deletion.Since()
        logarithmic = given.get("log_scale_down", True)
        return deletion.Since(deletion.age_bucket(seconds * 10**9, logarithmic=logarithmic), moment=seconds)

    related = tuple((other.get("node"), _pod(other).active) for other in given.get("related", ()))
    return deletion.Candidate(
        assigned=bool(pod.get("node")),
        phase=Phase(pod["phase"]),
        ready=pod.get("ready", False),
        deletion_cost=deletion.deletion_cost(pod.get("deletion_cost"), gate=given.get("deletion_cost_gate", True)),
        related=pod.get("rank", deletion.related_on_node(pod.get("node"), related)),
        ready_since=since("ready_since"),
        restarts=deletion.most_restarts(tuple(pod.get("restarts", ()))),
        sidecar_restarts=deletion.most_restarts(tuple(pod.get("sidecar_restarts", ()))),
        created=since("created"),
    )


def _pod(pod: Given) -> Pod:
    return Pod(phase=Phase(pod["phase"]), deleting=pod.get("terminating", False))
