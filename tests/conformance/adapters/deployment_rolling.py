"""One step of a rolling update and its parts, Recreate, clean-up of history.

`op` new-size, scale-new, scale-old, cleanup-unhealthy, scale-down-old, step, cleanup, recreate-old-running.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kube.objects import Phase, StrategyType
from kspec_models.controllers.deployment import decisions, history
from kspec_models.controllers.deployment.decisions import Bounds, Rollout, Sized
from kspec_models.helpers.int_or_percent import int_or_percent
from tests.conformance.interface import AtLeast, Given, Skip

TOPIC = "deployment-rolling"


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "new-size":
            return _new_size(given)
        case "scale-new":
            size = decisions.scaled_new_size(
                given["replicas"], _bounds(given).surge, given["new"] + given["old"], given["new"]
            )
            return AtLeast({"scaled": size != given["new"], "new": size})
        case "scale-old":
            now, replicas = _rollout(given), given["replicas"]
            stages = decisions.old_stages(now, replicas, decisions.most_unavailable(_bounds(given), replicas))
            return AtLeast({"scaled": _scaled_old(stages), "old": [rs.size for rs in stages.scaled_down.old]})
        case "cleanup-unhealthy":
            cleaned = decisions.clean_up_unhealthy(_sized(given["old"]), given["maxCleanupCount"])
            return AtLeast({"cleaned": cleaned.taken, "old": [rs.size for rs in cleaned.old]})
        case "scale-down-old":
            return _scale_down_old(given)
        case "step":
            return _step(given)
        case "cleanup":
            return _cleanup(given)
        case "recreate-old-running":
            return _recreate_old_running(given)
    raise Skip(f"op {given['op']}")


def _new_size(given: Given) -> Any:
    strategy, surge = StrategyType(given["strategy"]), _bounds(given).surge
    total = given["total_spec_of_all_rs"]
    return {"size": decisions.initial_size(strategy, given["replicas"], surge, total, given["newRSReplicas"])}


def _scale_down_old(given: Given) -> Any:
    """Here all ReplicaSets are old ones."""
    old, replicas = _sized(given["old"]), given["replicas"]
    unavailable = decisions.most_unavailable(_bounds(given), replicas)
    rest = decisions.scale_down_budget(sum(rs.available for rs in old), replicas, unavailable)
    after = decisions.scale_down_old(old, rest)
    return AtLeast({"scaled": after != old, "old": [rs.size for rs in after]})


def _step(given: Given) -> Any:
    now, bounds, replicas = _rollout(given), _bounds(given), given["replicas"]
    unavailable = decisions.most_unavailable(bounds, replicas)
    stages = decisions.rolling_stages(now, replicas, bounds.surge, unavailable)
    return {
        "resolved": {"surge": bounds.surge, "unavailable": bounds.unavailable},
        "scaled_new": stages.scaled_new != now,
        "scaled_old": _scaled_old(stages),
        "writes": list(_writes(now, stages)),
        "new": stages.scaled_down.new.size,
        "old": [rs.size for rs in stages.scaled_down.old],
    }


def _writes(now: Rollout, stages: decisions.Stages) -> Iterator[str]:
    before = now
    for after in (stages.scaled_new, stages.cleaned_up, stages.scaled_down):
        if after.new.size != before.new.size:
            yield f"new={after.new.size}"
        for number, (was, rs) in enumerate(zip(before.old, after.old, strict=True), 1):
            if rs.size != was.size:
                yield f"old{number}={rs.size}"
        before = after


def _scaled_old(stages: decisions.Stages) -> bool:
    return stages.scaled_down != stages.scaled_new and not stages.failed


def _cleanup(given: Given) -> Any:
    old = tuple(
        history.OldRevision(
            position=i,
            revision=int(rs.get("revision", 0)),
            created=rs.get("created_order", 0),
            size=rs["spec"],
            status_replicas=rs["status"],
            deleting=rs["terminating"],
        )
        for i, rs in enumerate(given["old"])
    )
    gone = history.surplus_history(old, given["revisionHistoryLimit"])
    return AtLeast({"deletions": len(gone), "deleted": [given["old"][i]["name"] for i in gone]})


def _recreate_old_running(given: Given) -> Any:
    new = given["new"]["uid"] if given["new"] else None
    phases = tuple(Phase(pod["phase"]) for uid, pods in given["pods_by_rs_uid"].items() if uid != new for pod in pods)
    return {"old_running": decisions.old_pods_running(sum(rs["status_replicas"] for rs in given["old"]), phases)}


def _bounds(given: Given) -> Bounds:
    surge, unavailable = given.get("maxSurge"), given.get("maxUnavailable")
    return decisions.resolve_fenceposts(
        None if surge is None else int_or_percent(surge),
        None if unavailable is None else int_or_percent(unavailable),
        given["replicas"],
    )


def _rollout(given: Given) -> Rollout:
    return Rollout(_sized([given["new"]])[0], _sized(given["old"]))


def _sized(sets: list[Given]) -> tuple[Sized, ...]:
    return tuple(Sized(rs["spec"], rs["available"]) for rs in sets)
