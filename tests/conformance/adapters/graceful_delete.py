"""Graceful deletion: `op` before-delete, pod-grace."""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import Phase
from kspec_models.apiserver import deletion
from tests.conformance.interface import Given, Skip

TOPIC = "graceful-delete"


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "before-delete":
            return _before_delete(given)
        case "pod-grace":
            finished = Phase(given["phase"]) in (Phase.SUCCEEDED, Phase.FAILED)
            scheduled = given["nodeName"] != ""
            period = deletion.pod_grace_period(given["requested"], given.get("specPeriod"), scheduled, finished)
            return {"gracePeriodSeconds": period}
    raise Skip(f"op {given['op']}")


def _before_delete(given: Given) -> Any:
    """The object's kind goes gracefully, as long as it is asked to."""
    requested = given["requestedGracePeriodSeconds"]
    stored = deletion.Terminating(given["deletionGracePeriodSeconds"]) if given["alreadyDeleting"] else None
    check = deletion.before_delete(stored, requested, deletion.counted(requested) or 0)
    return {
        "graceful": check.graceful,
        "pending": check.pending,
        "error": False,
        "gracePeriodSeconds": check.requested,
        "deletionGracePeriodSeconds": None if check.terminating is None else check.terminating.grace_period,
    }
