"""Whether a rollout gets on, and what Progressing says: `op` complete, progressing, timed-out, rollout-status.

Of the new ReplicaSet a case of rollout-status gives the name alone; the status is then what it counts. Times that the
model sets to now are null: no case says when now is. So are times that are not set.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kspec_models.controllers.deployment import conditions, status
from tests.conformance.interface import Given, Skip

TOPIC = "deployment-status"

_NOW = int(datetime.fromisoformat("2026-01-01T00:00:00Z").timestamp())
_UNSET = 0


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "complete":
            observed = given["status"].get("observedGeneration", 0) >= given["generation"]
            return {"complete": status.is_complete(given["replicas"], _counts(given["status"]), observed)}
        case "progressing":
            return {"progressing": status.is_progressing(_counts(given["before"]), _counts(given["after"]))}
        case "timed-out":
            now = _seconds(given["now"])
            progressing = _progressing(given)
            return {"timed_out": conditions.is_timed_out(progressing, given.get("progressDeadlineSeconds"), now)}
        case "rollout-status":
            return _rollout_status(given)
    raise Skip(f"op {given['op']}")


def _rollout_status(given: Given) -> Any:
    before = _counts(given["status"])
    old = tuple(_counts(rs["status"]) for rs in given["replica_sets"])
    others = status.summed(None, old)
    new = status.Counts(before.updated, before.ready - others.ready, before.available - others.available)
    after = status.summed(None if given["new"] is None else new, old)
    deadline = given["progressDeadlineSeconds"]
    found = conditions.progressing_after(
        _progressing(given["status"]), given["replicas"], before, after, deadline, _NOW
    )
    if found is None:
        return None
    return {
        "type": "Progressing",
        "status": found.status.value,
        "reason": found.reason.value,
        "lastUpdate_unchanged_or": _text(found.updated),
        "lastTransition": _text(found.transitioned),
    }


def _progressing(given: Given) -> conditions.Condition | None:
    for raw in given.get("conditions") or ():
        if raw["type"] == "Progressing":
            return conditions.Condition(
                conditions.Truth(raw["status"]),
                conditions.Reason(raw["reason"]),
                _seconds(raw.get("lastUpdateTime")),
                _seconds(raw.get("lastTransitionTime")),
            )
    return None


def _counts(given: Given) -> status.Counts:
    names = ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas")
    return status.Counts(*(given.get(name, 0) for name in names))


def _seconds(text: str | None) -> int:
    return _UNSET if text is None else int(datetime.fromisoformat(text).timestamp())


def _text(seconds: int) -> str | None:
    if seconds in (_NOW, _UNSET):
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
