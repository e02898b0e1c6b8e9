"""Finalizers in deletion and update: `op` delete, update."""

from __future__ import annotations

from typing import Any

from kspec_models.apiserver import deletion, finalizers
from tests.conformance.interface import Given, Skip

TOPIC = "finalizers"


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "delete":
            options = given.get("options") or {}
            policy = options.get("propagationPolicy")
            deleted = deletion.delete(
                tuple(given.get("finalizers") or ()),
                None,
                deletion.DeleteOptions(
                    policy=None if policy is None else finalizers.Propagation(policy),
                    orphan_dependents=options.get("orphanDependents"),
                ),
                finalizers.GCPolicy(given["default"]),
            )
            removed = deleted.outcome is deletion.Outcome.REMOVED
            return {"notFound": removed, "finalizers": list(deleted.finalizers)}
        case "update":
            stored = given["stored"]
            left = len(given["update"]["finalizers"])
            grace = stored["deletionGracePeriodSeconds"]
            return {"removed": finalizers.removed_by_update(stored["deletionTimestamp"], grace, left)}
    raise Skip(f"op {given['op']}")
