"""Is a node still there? What the controller remembers of it, and when it declares its conditions unknown.

Models pkg/controller/nodelifecycle/node_lifecycle_controller.go, tryUpdateNodeHealth and the part of monitorNodeHealth
that marks pods (W140 to W144). The node's own clock is never compared with the controller's: what counts is whether a
heartbeat or a lease has *changed* since it was last looked at (W141). Memory is lost with a restart, which gives every
node a fresh grace period.

Times are whole seconds. Not modelled: messages, the condition NetworkUnavailable (others manage it), writes that fail.
"""

from __future__ import annotations

import enum

import attrs

GRACE = 50
"""--node-monitor-grace-period, in seconds (W140)."""

STARTUP_GRACE = 60
"""--node-startup-grace-period: for a node whose kubelet never reported."""

READY = "Ready"
WATCHED = (READY, "MemoryPressure", "DiskPressure", "PIDPressure")
"""The conditions that become unknown, in this order."""

NEVER_UPDATED, STOPPED = "NodeStatusNeverUpdated", "NodeStatusUnknown"


class Status(enum.Enum):
    """Status of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


@attrs.frozen
class Condition:
    """One of status.conditions of a node. `heartbeat`, `transition`: lastHeartbeatTime, lastTransitionTime."""

    type: str
    status: Status
    reason: str = ""
    heartbeat: int | None = None
    transition: int | None = None


Conditions = tuple[Condition, ...]


@attrs.frozen
class Beat:
    """The node's own times of a Ready condition, which are only compared with each other, look to look."""

    heartbeat: int | None
    transition: int | None


@attrs.frozen
class Memory:
    """What the controller remembers of a node.

    `ready`: its Ready condition when the heartbeat last changed; `renewed`: its lease's renewTime; `probed`: when, by
    the controller's clock, either was last seen to change; `transitioned`: the same of Ready's transition.
    """

    ready: Beat | None
    probed: int
    transitioned: int
    renewed: int | None = None


@attrs.frozen
class Look:
    """What one look at a node gives.

    `written`: the conditions that are written to the API, None if none are. `before`, `after`: the status of Ready as
    observed, and as it then is; `after` None: it has none.
    """

    memory: Memory
    written: Conditions | None
    before: Status
    after: Status | None


def condition(conditions: Conditions, type_: str) -> Condition | None:
    """The condition of this type (GetNodeCondition)."""
    for each in conditions:
        if each.type == type_:
            return each
    return None


def beat(ready: Condition | None) -> Beat | None:
    """What is remembered of a Ready condition; None: there is none."""
    return None if ready is None else Beat(ready.heartbeat, ready.transition)


def remembered(memory: Memory | None, ready: Beat | None, created: int, renewed: int | None, now: int) -> Memory:
    """The memory after a look at a node with this Ready condition and lease (W141, tryUpdateNodeHealth).

    A new memory of the condition forgets the lease, unless that was renewed as well: the next look then takes the old
    renewal for a new one. A Ready condition that disappears is no sign of life.
    """
    saved_renewed = None if memory is None else memory.renewed
    if ready is None:
        found = Memory(None, created, created) if memory is None else attrs.evolve(memory, ready=None)
    elif memory is None or memory.ready is None:
        found = Memory(ready, now, now)
    elif memory.ready.heartbeat != ready.heartbeat:
        moved = memory.ready.transition != ready.transition
        found = Memory(ready, now, now if moved else memory.transitioned)
    else:
        found = memory
    if renewed is not None and (saved_renewed is None or saved_renewed < renewed):
        return attrs.evolve(found, renewed=renewed, probed=now)
    return found


def is_silent(probed: int, grace: int, now: int) -> bool:
    """Whether a node has shown no sign of life for longer than its grace period (W141)."""
    return now > probed + grace


def declared_unknown(conditions: Conditions, created: int, now: int) -> Conditions:
    """The conditions of a silent node: each that is watched is Unknown; one that is missing is added (W142)."""
    changed = tuple(_unknown(each, now) if each.type in WATCHED else each for each in conditions)
    missing = tuple(
        Condition(type_, Status.UNKNOWN, NEVER_UPDATED, created, now)
        for type_ in WATCHED
        if condition(conditions, type_) is None
    )
    return (*changed, *missing)


def look(
    memory: Memory | None,
    conditions: Conditions,
    created: int,
    renewed: int | None,
    now: int,
    *,
    grace: int = GRACE,
    startup_grace: int = STARTUP_GRACE,
) -> Look:
    """One look at a node (tryUpdateNodeHealth). `renewed`: its lease's renewTime, None without a lease.

    Only a change of Ready is written: other conditions of a node that is Unknown already stay as they are.
    """
    ready = condition(conditions, READY)
    before = Status.UNKNOWN if ready is None else ready.status
    found = remembered(memory, beat(ready), created, renewed, now)
    if not is_silent(found.probed, startup_grace if ready is None else grace, now):
        return Look(found, None, before, None if ready is None else ready.status)
    declared = declared_unknown(conditions, created, now)
    changed = condition(declared, READY)
    if changed == ready:
        return Look(found, None, before, before)
    return Look(Memory(beat(changed), found.probed, now, renewed), declared, before, Status.UNKNOWN)


def marks_pods_not_ready(before: Status, after: Status | None, *, retry: bool = False) -> bool:
    """Whether all pods of the node become not ready, which takes them out of services (W144).

    When the node leaves Ready by this controller's own doing, or (`retry`) if that failed the last time.
    """
    if after is None:
        return False
    if before is Status.TRUE:
        return after is not Status.TRUE
    return retry


def _unknown(each: Condition, now: int) -> Condition:
    if each.status is Status.UNKNOWN:
        return each
    return attrs.evolve(each, status=Status.UNKNOWN, reason=STOPPED, transition=now)
