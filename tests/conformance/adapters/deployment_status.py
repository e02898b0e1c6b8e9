"""Complete and progressing: `op` complete, progressing. Conditions and deadlines are not modelled."""

from __future__ import annotations

from typing import Any

from kspec_models.controllers.deployment import status
from tests.conformance.interface import Given, Skip

TOPIC = "deployment-status"


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "complete":
            observed = given["status"].get("observedGeneration", 0) >= given["generation"]
            return {"complete": status.is_complete(given["replicas"], _counts(given["status"]), observed)}
        case "progressing":
            return {"progressing": status.is_progressing(_counts(given["before"]), _counts(given["after"]))}
    raise Skip(f"op {given['op']}: conditions and deadlines are not modelled")


def _counts(given: Given) -> status.Counts:
    names = ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas")
    return status.Counts(*(given.get(name, 0) for name in names))
