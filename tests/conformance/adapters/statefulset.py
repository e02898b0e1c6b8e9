"""One sync of a StatefulSet, its limit, and owners of claims: `op` sync, max-unavailable, claim-owner."""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import Phase
from kspec_models.controllers.statefulset import decisions, sync
from kspec_models.helpers.int_or_percent import int_or_percent
from tests.conformance.interface import Given, Skip

TOPIC = "statefulset"

_PHASES = {
    "pending": Phase.PENDING,
    "running": Phase.RUNNING,
    "ready": Phase.RUNNING,
    "failed": Phase.FAILED,
    "succeeded": Phase.SUCCEEDED,
}


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "sync":
            return _sync(given)
        case "max-unavailable":
            return {"value": decisions.max_unavailable(_limit(given), given["replicas"])}
        case "claim-owner":
            condemned = not decisions.in_range(given["ordinal"], given.get("start", 0), given["replicas"])
            owners = decisions.claim_owners(
                given["whenScaled"] == "Delete", given["whenDeleted"] == "Delete", condemned
            )
            return {"pod_ref": owners.pod, "set_ref": owners.set}
    raise Skip(f"op {given['op']}")


def _sync(given: Given) -> Any:
    spec = decisions.Spec(
        replicas=given["replicas"],
        management=decisions.PodManagement(given["policy"]),
        strategy=decisions.UpdateStrategy(given["strategy"]),
        partition=given["partition"] if given["rolling_update"] else None,
        start=given["start"],
        status_current_replicas=given.get("status_current_replicas", 0),
        max_unavailable=_limit(given),
    )
    outcome = sync.sync(spec, tuple(_pod(each) for each in given["pods"]))
    operations = [_text(each) for each in outcome.operations]
    parallel = spec.management is decisions.PodManagement.PARALLEL
    status = outcome.status
    return {
        "ops": sorted(operations) if parallel else operations,
        "status": {
            "available": status.available,
            "current": status.current,
            "ready": status.ready,
            "replicas": status.replicas,
            "updated": status.updated,
        },
    }


def _pod(raw: Given) -> decisions.Identity:
    ready = raw["state"] == "ready"
    return decisions.Identity(
        raw["ordinal"],
        decisions.Revision(raw["rev"]),
        _PHASES[raw["state"]],
        ready,
        ready,
        raw.get("terminating", False),
    )


def _text(operation: sync.Operation) -> str:
    revision = "" if operation.revision is None else f" {operation.revision.value}"
    return f"{operation.verb.value} foo-{operation.ordinal}{revision}"


def _limit(given: Given) -> Any:
    value = given.get("maxUnavailable")
    return None if value is None else int_or_percent(value)
