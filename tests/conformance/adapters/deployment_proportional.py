"""Scaling in the middle of a rollout: `op` scale, fraction."""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import StrategyType
from kspec_models.controllers.deployment import decisions, scaling
from kspec_models.helpers.int_or_percent import int_or_percent
from tests.conformance.interface import Given, Skip

TOPIC = "deployment-proportional"


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "fraction":
            annotation = given["max_replicas_annotation"]
            before = scaling.most_before(None if annotation is None else int(annotation), given["status_replicas"])
            surge = _surge(given, given["replicas"])
            return {"change": scaling.fraction(given["rs_size"], before, given["replicas"], surge)}
        case "scale":
            return _scale(given)
    raise Skip(f"op {given['op']}")


def _scale(given: Given) -> Any:
    new, old, replicas = given["new"], given["old"], given["replicas"]
    sets = [*old, new] if new else old
    ages = sorted(rs["created"] for rs in sets)
    shares = tuple(_share(given, rs, ages) for rs in sets)
    saturated = new is not None and scaling.is_saturated(
        shares[-1], _desired(given, new), new.get("available", 0), replicas
    )
    sizes = scaling.scaled_sizes(shares, replicas, _surge(given, replicas), saturated, StrategyType.ROLLING_UPDATE)
    named = dict(zip((rs["name"] for rs in sets), sizes, strict=True))
    return {"new": named[new["name"]] if new else None, "old": {rs["name"]: named[rs["name"]] for rs in old}}


def _share(given: Given, rs: Given, ages: list[str]) -> scaling.Share:
    annotation = _desired(given, rs) + _surge(given, given["before"])
    return scaling.Share(
        size=rs["size"],
        most_before=scaling.most_before(annotation, 0),
        created=ages.index(rs["created"]),
        new=rs is given["new"],
    )


def _desired(given: Given, rs: Given) -> int:
    return int(given.get("desired_annotation", {}).get(rs["name"], given["before"]))


def _surge(given: Given, replicas: int) -> int:
    unavailable = int_or_percent(given.get("maxUnavailable", 0))
    return decisions.resolve_fenceposts(int_or_percent(given["maxSurge"]), unavailable, replicas).surge
