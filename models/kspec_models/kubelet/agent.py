"""The kubelet's plumbing: the actions by which it brings what runs on a node to what pods say, and reports it.

Models `pkg/kubelet/kubelet.go` and `pkg/kubelet/pod_workers.go` (K30): it starts the containers of a pod that is bound
to its node, reports what runs, ends them when the pod is marked as deleted (or gone), and only then removes the pod
from the API with grace 0. How finely the life of the containers is told is its level of detail: `together` (the thin
one) or `life`; what is not modelled is said there.

Simplified: one model stands for the kubelets of all nodes. A pod belongs to one node for ever, so that no two of them
ever look at the same pod; a crash is one of all of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Node, Pod
from kspec_models.kubelet import heartbeat
from kspec_models.kubelet.detail import Detail
from kspec_models.kubelet.static import Static
from kspec_models.kubelet.together import Together

Act = Callable[..., Iterable[Any]]


def bound(pod: Pod) -> bool:
    """A kubelet watches the pods of its node (a field selector on spec.nodeName)."""
    return pod.node is not None


def kubelet(
    *,
    broken_images: frozenset[str] = frozenset(),
    detail: Detail | None = None,
    heartbeats: bool = False,
    static: Static | None = None,
) -> Actor:
    """The kubelets of all nodes, thin unless another level of detail is given.

    Containers with one of `broken_images` run and never become ready (of the thin level). `heartbeats`: they post that
    their nodes are ready, and can be cut off from the API server (nodes must be objects: slots for Node). `static`: one
    of them runs pods from files.
    """
    level = Together(broken_images) if detail is None else detail
    actor = Actor(
        "kubelet",
        watches=(Pod, Node) if heartbeats else (Pod,),
        here={**level.variables, **(heartbeat.PLACED if heartbeats else {})},
        own={} if static is None else static.variables,
        keeps=() if static is None else tuple(static.variables),
        there={Node: dict(heartbeat.CONNECTED)} if heartbeats else {},
        sees={Pod: bound},
        member=Pod,
        not_modelled=(
            *level.not_modelled,
            *(() if heartbeats else ("node heartbeats",)),
            *(() if static is None else static.not_modelled),
        ),
        forgets=level.forgets,
    )
    guards = [heartbeat.connected] if heartbeats else []
    guards += [no_mirror] if static is not None and static.mirrors else []
    each_pod: Callable[[Act], Act] = only_if(actor, guards) if guards else actor.each(Pod)

    @each_pod
    def start(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and not pod.deleting:
            for why, *changes in level.start(pod, here):
                yield why, *changes, placed(here, pod.node) if heartbeats else ()

    @each_pod
    def report(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        status = None if pod is None else level.status(pod, here)
        if status is not None and any(getattr(pod, field) is not value for field, value in status.items()):
            yield level.reports, api.patch_status(pod, **status)

    @each_pod
    def stop(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        yield from level.stop(pod, here)

    @each_pod
    def remove(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and pod.deleting and level.may_be_removed(pod, here):
            forgotten = (level.forgotten(here), placed(here, None) if heartbeats else ())
            yield "nothing of it runs any more", api.delete(pod, grace_period_seconds=0), forgotten

    level.further(actor)
    if static is not None:
        static.give_to(actor)
    if heartbeats:
        heartbeat.beats(actor)

        @actor.each(Pod)
        def leave(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            if pod is None and here.placed is not None and level.is_nothing(here):
                yield "the pod is gone, and nothing of it runs", placed(here, None)

    return actor


def placed(here: Here, node: Ref | None) -> Any:
    """Where something of the pod runs."""
    return () if here.placed == node else here.set(placed=node)


def no_mirror(pod: Any, here: Here) -> bool:
    """Whether a pod is no mirror pod: what that shows is run from a file."""
    return pod is None or not pod.mirror


def only_if(actor: Actor, guards: Sequence[Callable[[Any, Here], bool]]) -> Callable[[Act], Act]:
    """Actions of each pod which a kubelet takes only if all of these hold."""

    def decorate(act: Act) -> Act:
        @functools.wraps(act)
        def guarded(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            if all(guard(pod, here) for guard in guards):
                yield from act(pod, here, api)

        actor.each(Pod)(guarded)
        return act

    return decorate
