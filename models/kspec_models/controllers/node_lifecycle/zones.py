"""How much of a zone is down, and what that does to the rate at which its nodes are tainted.

Models pkg/controller/nodelifecycle/node_lifecycle_controller.go, ComputeZoneState, handleDisruption, setLimiterInZone,
ReducedQPSFunc and HealthyQPSFunc (W145); zones as component-helpers/node/topology GetZoneKey names them. When every
zone is down, the fault is taken to be with the control plane, and nothing is evicted.

Rates are nodes per 1000 seconds, shares in hundredths: whole numbers where upstream uses floating point. Not modelled:
the limiter's bucket.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import Labels
from kspec_models.controllers.node_lifecycle.health import Status
from kspec_models.helpers.labels import value_of

EXCLUDED = "node.kubernetes.io/exclude-disruption"
REGION, ZONE = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"

UNHEALTHY_SHARE = 55
"""--unhealthy-zone-threshold, in hundredths."""

LARGE_CLUSTER = 50
"""--large-cluster-size-threshold, in nodes of the zone."""

RATE, SECONDARY_RATE = 100, 10
"""--node-eviction-rate 0.1 and --secondary-node-eviction-rate 0.01 a second, as nodes per 1000 seconds."""

FEW = 2
"""So many nodes that are not ready are never a partial disruption."""


class ZoneState(enum.Enum):
    """How disrupted a zone is. INITIAL: not seen before."""

    INITIAL = "Initial"
    NORMAL = "Normal"
    PARTIAL = "PartialDisruption"
    FULL = "FullDisruption"


class Move(enum.Enum):
    """What a pass does beyond setting each zone's rate."""

    STAY = "everything is down, as before"
    ENTER = "everything is down now: remove the taints of all nodes, and stop tainting"
    EXIT = "something is up again: give all nodes a fresh grace period, and set all rates"
    ADJUST = "set the rates of the zones that changed"


@attrs.frozen
class ZoneNode:
    """A node to its zone. `ready` None: it has no Ready condition, which counts as not ready."""

    zone: str
    ready: Status | None
    excluded: bool = False


ZoneStates = tuple[tuple[str, ZoneState], ...]
"""Zones, sorted by name, with their states."""


def zone_of(labels: Labels) -> str:
    """The name of a node's zone: region and zone; empty if it has neither label (GetZoneKey)."""
    region, zone = value_of(labels, REGION) or "", value_of(labels, ZONE) or ""
    return f"{region}:{zone}" if region or zone else ""


def is_excluded(labels: Labels) -> bool:
    """Whether the node does not count for its zone: the label is there, whatever its value."""
    return value_of(labels, EXCLUDED) is not None


def zone_state(ready: int, not_ready: int, share: int = UNHEALTHY_SHARE) -> ZoneState:
    """The state of a zone with so many nodes ready and not (W145, ComputeZoneState)."""
    if ready == 0 and not_ready > 0:
        return ZoneState.FULL
    if not_ready > FEW and not_ready * 100 >= share * (ready + not_ready):
        return ZoneState.PARTIAL
    return ZoneState.NORMAL


def zone_states(nodes: tuple[ZoneNode, ...], share: int = UNHEALTHY_SHARE) -> ZoneStates:
    """The states of all zones that have a node which counts."""
    counted = [node for node in nodes if not node.excluded]
    result: ZoneStates = ()
    for zone in sorted({node.zone for node in counted}):
        here = [node for node in counted if node.zone == zone]
        ready = sum(1 for node in here if node.ready is Status.TRUE)
        result = (*result, (zone, zone_state(ready, len(here) - ready, share)))
    return result


def move(before: ZoneStates, now: ZoneStates) -> Move:
    """What the change from one pass to the next means (W145, handleDisruption).

    A zone that was not there before counts as not disrupted then; one that is gone counts no more. (Upstream may keep
    such a one a pass longer, as the order of its map has it.)
    """
    earlier = dict(before)
    was_down = all(earlier.get(zone, ZoneState.INITIAL) is ZoneState.FULL for zone, _ in now)
    is_down = all(state is ZoneState.FULL for _, state in now)
    if is_down:
        return Move.STAY if was_down else Move.ENTER
    return Move.EXIT if was_down else Move.ADJUST


def taint_rate(state: ZoneState, size: int) -> int:
    """How fast a zone's nodes are tainted, in nodes per 1000 seconds; `size` counts its nodes (W145).

    A partial disruption slows a large zone and stops a small one; a full one, of not every zone, slows nothing.
    """
    if state is ZoneState.PARTIAL:
        return SECONDARY_RATE if size > LARGE_CLUSTER else 0
    return RATE
