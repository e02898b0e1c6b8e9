"""maxSurge and maxUnavailable in pods: `op` resolve, max-unavailable, min-available."""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import IntOrPercent, StrategyType
from kspec_models.controllers.deployment import decisions
from kspec_models.helpers.int_or_percent import int_or_percent
from tests.conformance.interface import Given, Skip

TOPIC = "resolve-fenceposts"


def answer(given: Given) -> Any:
    """What the model says."""
    try:
        surge, unavailable = (_parsed(given[key]) for key in ("maxSurge", "maxUnavailable"))
    except ValueError:
        return {"error": True}
    if given["op"] == "resolve":
        bounds = decisions.resolve_fenceposts(surge, unavailable, given["desired"])
        return {"surge": bounds.surge, "unavailable": bounds.unavailable}
    strategy, replicas = StrategyType(given["strategy"]), given["replicas"] or 0
    bounds = decisions.resolve_fenceposts(surge, unavailable, replicas)
    match given["op"]:
        case "max-unavailable":
            return {"value": decisions.max_unavailable(strategy, bounds, replicas)}
        case "min-available":
            return {"value": decisions.min_available(strategy, bounds, replicas)}
    raise Skip(f"op {given['op']}")


def _parsed(value: int | str | None) -> IntOrPercent | None:
    return None if value is None else int_or_percent(value)
