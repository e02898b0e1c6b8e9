"""How long a node has been silent, without numbers: what the decision about its health (`health`) is given.

The controller counts from the last heartbeat or renewal of the lease that it *saw* (W141). Times are abstract here:
that the grace period is over is something that happens to a node whose kubelet does not reach the API server, at any
time after it was cut off, and in the end (`time`). Whoever is connected renews its lease again and again, and so is
never silent for longer. A renewal is no write of the model, for it would never end; it is the fact that the kubelet is
connected, which the environment alone may look at.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

import attrs

from kspec.kernel.actions import Role
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Node, NodeReady
from kspec_models.controllers.node_lifecycle import health
from kspec_models.controllers.node_lifecycle.health import Beat, Condition, Conditions, Status


class Heard(enum.Enum):
    """What the controller remembers of a node's signs of life. All of it is lost in a crash: a fresh grace period."""

    IN_TIME = "in time"
    SILENT = "silent beyond the grace period"
    DECLARED = "declared Unknown, pods to be marked"
    UNKNOWN = "declared Unknown"


HEARD = {"heard": Heard.IN_TIME}
"""For each node."""

CONNECTED = {"alive": True}
"""For each node, ground truth: its kubelet reaches the API server."""

_BEGAN, _NOW = 0, health.GRACE + 1
_LAST, _LATER = Beat(0, 0), 1


def status_of(ready: NodeReady) -> Status:
    """The status of a node's condition Ready."""
    return Status(ready.value)


def conditions_of(ready: NodeReady) -> Conditions:
    """The conditions of a node: Ready alone."""
    return (Condition(health.READY, status_of(ready)),)


@attrs.frozen
class Looked:
    """What one look at a node gives: what is heard of it, and whether its conditions become Unknown.

    `marks`: its pods are to be marked as not ready.
    """

    heard: Heard
    declares: bool = False
    marks: bool = False


def look(heard: Heard, ready: NodeReady) -> Looked:
    """One look at a node, decided by `health.look` on times that say the same.

    A node that was declared unknown and is not Unknown any more has posted a heartbeat since.
    """
    declared = heard in (Heard.DECLARED, Heard.UNKNOWN)
    beats = _LATER if declared and ready is not NodeReady.UNKNOWN else _BEGAN
    probed = _NOW if heard is Heard.IN_TIME else _BEGAN
    found = health.look(
        health.Memory(_LAST, probed, _BEGAN),
        (Condition(health.READY, status_of(ready), heartbeat=beats, transition=_BEGAN),),
        _BEGAN,
        None,
        _NOW,
    )
    if found.written is not None:
        return Looked(Heard.DECLARED, True, health.marks_pods_not_ready(found.before, found.after))
    if found.memory.probed == _NOW:
        return Looked(Heard.IN_TIME)
    return Looked(heard if declared else Heard.UNKNOWN)


def time() -> Actor:
    """The time that passes: the grace period of a node that is cut off is over at any time, and in the end."""
    actor = Actor("time", watches=(Node,), there={Node: {**CONNECTED, **HEARD}}, role=Role.ENVIRONMENT)

    @actor.each(Node, fair=True)
    def the_grace_period_passes(node: Any, here: Here, api: Api) -> Iterator[Any]:
        if node is not None and not here.alive and here.heard is Heard.IN_TIME:
            heard = Heard.UNKNOWN if node.ready is NodeReady.UNKNOWN else Heard.SILENT
            yield "no heartbeat for longer than the grace period", here.set(heard=heard)

    @actor.each(Node, fair=True)
    def the_lease_is_renewed(node: Any, here: Here, api: Api) -> Iterator[Any]:
        if node is not None and here.alive and here.heard is Heard.SILENT:
            yield "it was cut off, and is not any more", here.set(heard=Heard.IN_TIME)

    return actor
