"""Numbers and percentages: `op` scale, percent-or-int, parse, fenceposts.

A `value` of scale and of fenceposts is text as a person writes it; of percent-or-int it is the field's own string.
"""

from __future__ import annotations

from typing import Any

from kspec_models.controllers.deployment import decisions
from kspec_models.helpers import int_or_percent
from tests.conformance.interface import Given, Skip

TOPIC = "int-or-percent"


def answer(given: Given) -> Any:
    """What the model says."""
    try:
        match given["op"]:
            case "scale":
                value = int_or_percent.int_or_percent(_typed(given["value"]))
                return {"result": int_or_percent.resolve(value, given["total"], up=given["roundUp"])}
            case "percent-or-int":
                value = int_or_percent.int_or_percent(given["value"])
                return {"value": getattr(value, "value", value), "isPercent": not isinstance(value, int)}
            case "parse":
                parsed = int_or_percent.parse(given["text"])
                return {"type": "int" if isinstance(parsed, int) else "string", "value": parsed}
            case "fenceposts":
                surge, unavailable = (
                    int_or_percent.int_or_percent(_typed(given[key])) for key in ("maxSurge", "maxUnavailable")
                )
                bounds = decisions.resolve_fenceposts(surge, unavailable, given["replicas"])
                return {"surge": bounds.surge, "unavailable": bounds.unavailable}
    except ValueError:
        return {"error": True}
    raise Skip(f"op {given['op']}")


def _typed(value: int | str) -> int | str:
    return int_or_percent.parse(value) if isinstance(value, str) else value
