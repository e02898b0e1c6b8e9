"""Broken twins of the node lifecycle controller, chosen by `--set`: some property notices each."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec_models.controllers.node_lifecycle.health import Status
from kspec_models.controllers.node_lifecycle.zones import Move, ZoneStates

_CONTROLLER = "kspec_models.controllers.node_lifecycle"


@broken_twin(
    "node-lifecycle.grace", "ignored", f"{_CONTROLLER}.health:is_silent", "a node is declared Unknown at every look"
)
def always_silent(probed: int, grace: int, now: int) -> bool:
    """No grace period."""
    return True


@broken_twin(
    "node-lifecycle.no-execute", "never", f"{_CONTROLLER}.decisions:no_execute_key", "no node gets a NoExecute taint"
)
def no_key(ready: Status) -> str | None:
    """Pods stay on nodes that are gone."""
    return None


@broken_twin(
    "node-lifecycle.disruption",
    "unnoticed",
    f"{_CONTROLLER}.zones:move",
    "that every zone is down makes no difference: nodes are tainted all the same",
)
def never_moves(before: ZoneStates, now: ZoneStates) -> Move:
    """Only rates change."""
    return Move.ADJUST
