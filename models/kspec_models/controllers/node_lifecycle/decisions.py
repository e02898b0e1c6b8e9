"""Which taints a node's conditions give it: NoSchedule at once, NoExecute at the zone's rate.

Models pkg/controller/nodelifecycle/node_lifecycle_controller.go, doNoScheduleTaintingPass, processTaintBaseEviction,
doNoExecuteTaintingPass and markNodeAsReachable (W143). Whether a node is alive is decided in `health`, how fast nodes
are tainted in `zones`.

Not modelled: the time at which a taint was added, and the order in which the zone's queue gives nodes out.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import Effect, Taint
from kspec_models.controllers.node_lifecycle.health import READY, Conditions, Status

_DOMAIN = "node.kubernetes.io/"
NOT_READY, UNREACHABLE, UNSCHEDULABLE = _DOMAIN + "not-ready", _DOMAIN + "unreachable", _DOMAIN + "unschedulable"

BY_CONDITION = {
    (READY, Status.FALSE): NOT_READY,
    (READY, Status.UNKNOWN): UNREACHABLE,
    ("MemoryPressure", Status.TRUE): _DOMAIN + "memory-pressure",
    ("DiskPressure", Status.TRUE): _DOMAIN + "disk-pressure",
    ("NetworkUnavailable", Status.TRUE): _DOMAIN + "network-unavailable",
    ("PIDPressure", Status.TRUE): _DOMAIN + "pid-pressure",
}
"""The key of the NoSchedule taint that a condition with this status means."""

OWNED = frozenset({UNSCHEDULABLE, *BY_CONDITION.values()})
"""The keys of NoSchedule taints that this controller adds, and takes away from anybody."""


class How(enum.Enum):
    """When NoExecute taints change."""

    AT_ONCE = "in this pass"
    IN_TURN = "when the zone's rate allows"


@attrs.frozen
class NoExecuteChange:
    """Which NoExecute taint a node is to have of `NOT_READY` and `UNREACHABLE` (None: neither), and when."""

    key: str | None
    how: How


def wanted_no_schedule(conditions: Conditions, *, unschedulable: bool) -> tuple[str, ...]:
    """The keys of the NoSchedule taints that a node should have of `OWNED`, in the order of its conditions."""
    keys = tuple(
        BY_CONDITION[each.type, each.status] for each in conditions if (each.type, each.status) in BY_CONDITION
    )
    return (*keys, UNSCHEDULABLE) if unschedulable else keys


def with_no_schedule(
    taints: tuple[Taint, ...], conditions: Conditions, *, unschedulable: bool = False
) -> tuple[Taint, ...]:
    """The node's taints after the pass for NoSchedule; all others stay (W143, doNoScheduleTaintingPass)."""
    wanted = wanted_no_schedule(conditions, unschedulable=unschedulable)
    kept = tuple(taint for taint in taints if not _is_owned(taint) or taint.key in wanted)
    there = {taint.key for taint in kept if taint.effect is Effect.NO_SCHEDULE}
    return (*kept, *(Taint(key, effect=Effect.NO_SCHEDULE) for key in wanted if key not in there))


def no_execute_key(ready: Status) -> str | None:
    """The key of the NoExecute taint that Ready means (W143)."""
    if ready is Status.FALSE:
        return NOT_READY
    return UNREACHABLE if ready is Status.UNKNOWN else None


def no_execute_change(ready: Status, taints: tuple[Taint, ...]) -> NoExecuteChange:
    """What Ready, as observed, does to the NoExecute taints (W143, processTaintBaseEviction).

    A node that comes back loses both at once; one that has the other of the two has it swapped at once; any other waits
    for its turn, and then gets what its condition says by then.
    """
    key = no_execute_key(ready)
    other = {NOT_READY: UNREACHABLE, UNREACHABLE: NOT_READY}.get(key or "")
    swap = any(taint.effect is Effect.NO_EXECUTE and taint.key == other for taint in taints)
    return NoExecuteChange(key, How.AT_ONCE if key is None or swap else How.IN_TURN)


def with_no_execute(taints: tuple[Taint, ...], key: str | None) -> tuple[Taint, ...]:
    """The node's taints with this one of the two NoExecute taints and without the other; None: without both."""
    ours = (NOT_READY, UNREACHABLE)
    kept = tuple(
        taint for taint in taints if taint.effect is not Effect.NO_EXECUTE or taint.key not in ours or taint.key == key
    )
    if key is None or any(taint.effect is Effect.NO_EXECUTE and taint.key == key for taint in kept):
        return kept
    return (*kept, Taint(key, effect=Effect.NO_EXECUTE))


def _is_owned(taint: Taint) -> bool:
    return taint.effect is Effect.NO_SCHEDULE and taint.key in OWNED
