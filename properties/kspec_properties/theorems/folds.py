"""What scaling down the old ReplicaSets keeps, for any number of them.

Both stages go through the old ReplicaSets one by one, oldest first, with what is left to take away; so they are
transition systems, and one old ReplicaSet is a step. `taken` and `seen` are sums over those that were visited.
"""

from __future__ import annotations

import attrs

from kspec.prove import Natural, assume, transition_system
from kspec_models.controllers.deployment import decisions
from kspec_models.controllers.deployment.decisions import Sized


@attrs.frozen
class Visited:
    """Some old ReplicaSets after a stage visited them, and how many pods it may still take of `allowed`.

    `taken`: by how much their sizes went down. `seen`: their available pods before. `kept`: those that stay available
    when each deletes unavailable pods first.
    """

    allowed: int
    rest: int
    taken: Natural
    seen: Natural
    kept: Natural
    left: Natural


def _begin(allowed: int) -> Visited:
    return Visited(allowed, allowed, 0, 0, 0, 0)


def _tell(before: Visited, after: Visited, rs: Sized) -> str:
    gone = after.taken - before.taken
    return f"an old ReplicaSet of size {rs.size} ({rs.available} available) loses {gone}, and may lose {before.rest}"


def _visit(now: Visited, rs: Sized, gone: int) -> Visited:
    size = rs.size - gone
    return Visited(
        allowed=now.allowed,
        rest=now.rest - gone,
        taken=now.taken + gone,
        seen=now.seen + rs.available,
        kept=now.kept + min(rs.available, size),
        left=now.left + size,
    )


def _true_status(rs: Sized) -> None:
    assume(0 <= rs.available <= rs.size, "statuses are true: 0 ≤ available ≤ size")


# ---- by what is available


@transition_system("deployment.scale_down_old", initial=_begin, tell=_tell)
def scale_down_one(now: Visited, rs: Sized) -> Visited:
    """The next old ReplicaSet is scaled down, available pods or not."""
    _true_status(rs)
    return _visit(now, rs, decisions.scale_down_one(rs, now.rest))


@scale_down_one.inductive()
def scaling_down_takes_no_more_than_allowed(now: Visited) -> bool:
    """Scaling down any number of old ReplicaSets takes no more pods than allowed, and none if that is negative."""
    return now.rest == now.allowed - now.taken and now.taken <= max(0, now.allowed)


@scale_down_one.inductive()
def scaling_down_keeps_what_is_not_taken_available(now: Visited) -> bool:
    """Of any number of old ReplicaSets at least as many pods stay available as were, less what is taken."""
    return now.kept >= now.seen - now.taken


@scale_down_one.inductive()
def scaling_down_takes_all_that_may_go(now: Visited) -> bool:
    """Of any number of old ReplicaSets a pod is left only if the allowance is used up."""
    return now.left == 0 or now.rest <= 0


# ---- unhealthy pods first


@transition_system("deployment.clean_up_unhealthy", initial=_begin, tell=_tell)
def clean_up_one(now: Visited, rs: Sized) -> Visited:
    """The next old ReplicaSet loses unavailable pods."""
    _true_status(rs)
    return _visit(now, rs, decisions.clean_up_one(rs, now.rest))


@clean_up_one.inductive()
def cleaning_up_takes_no_more_than_allowed(now: Visited) -> bool:
    """Cleaning up any number of old ReplicaSets takes no more pods than allowed, and none if that is negative."""
    return now.rest == now.allowed - now.taken and now.taken <= max(0, now.allowed)


@clean_up_one.inductive()
def cleaning_up_takes_no_available_pod(now: Visited) -> bool:
    """Cleaning up any number of old ReplicaSets takes no pod that is available."""
    return now.kept == now.seen
