"""The node's heartbeat: a kubelet renews its lease and posts that its node is ready, for as long as it is connected.

Models `pkg/kubelet/nodestatus` and the lease of `pkg/kubelet/kubelet.go` (K57) as one write: the condition Ready turns
True when it is seen not to be. That it is renewed again and again is not written, for it would never end: a wait for a
heartbeat can be in vain only while the kubelet is not connected, which is ground truth, and nobody's to read but the
environment's that lets time pass.

`cuts_off` is the fault: a node loses its connection to the API server. Its containers go on running (K59); its kubelet
hears of nothing, reports nothing, starts and ends nothing, until it is connected again.

Not modelled: what a kubelet without connection still does of what it had been told before; restarts of containers go on
only as far as its level of detail shows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.actions import Role
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Node, NodeReady

CONNECTED = {"alive": True}
"""For each node: whether its kubelet reaches the API server."""

PLACED: dict[str, Ref | None] = {"placed": None}
"""For each pod: the node on which something of it runs, also when the pod is gone from the API."""


def beats(actor: Actor) -> None:
    """Give the kubelet the action by which it posts that its node is ready."""

    @actor.each(Node)
    def heartbeat(node: Any, here: Here, api: Api) -> Iterator[Any]:
        if node is not None and here.alive and node.ready is not NodeReady.TRUE:
            yield "it renews its lease", api.patch_status(node, ready=NodeReady.TRUE)


def connected(pod: Any, here: Here) -> bool:
    """Whether the kubelet of a pod's node reaches the API server (one that has no node yet concerns no kubelet)."""
    node = here.placed if pod is None else pod.node
    return node is None or bool(here.at(node, "alive"))


def cuts_off(times: int = 1, *, comes_back: bool = True) -> Actor:
    """So often a node loses its connection; it may come back (if `comes_back`), and need not."""
    actor = Actor(
        "network",
        watches=(Node,),
        own={"cut off": 0},
        there={Node: dict(CONNECTED)},
        role=Role.FAULT,
        assumes=(f"nodes that are cut off: at most {times}",),
    )

    @actor.each(Node)
    def cut_off(node: Any, here: Here, api: Api) -> Iterator[Any]:
        count = getattr(here, "cut off")
        if node is not None and here.alive and count < times:
            yield "the node loses its connection", here.set(alive=False), here.set(**{"cut off": count + 1})

    if comes_back:

        @actor.each(Node, heals=True)
        def connect(node: Any, here: Here, api: Api) -> Iterator[Any]:
            if not here.alive:
                yield "the node is connected again", here.set(alive=True)

    return actor
