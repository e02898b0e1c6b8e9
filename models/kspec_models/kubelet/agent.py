"""The kubelet: what runs on a node is ground truth; a pod's status is its report.

Models `pkg/kubelet/kubelet.go` and `pkg/kubelet/pod_workers.go` (K30) for pods whose containers run until they are
told to end: it starts the containers of a pod that is bound to its node, reports what runs, ends them when the pod is
marked as deleted (or gone), and only then removes the pod from the API with grace 0.

Simplified: all containers of a pod start and end together, in one step each, which neither fails nor times out; a
container is ready as soon as it runs, unless its image is one of those that never become ready. One model stands for
the kubelets of all nodes: a pod belongs to one node for ever, so that no two of them ever look at the same pod.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Phase, Pod, PodSpec

NOT_MODELLED = (
    "containers that fail or restart, probes, init containers, kubelet admission, eviction, node heartbeats",
    "a readiness that changes by itself: an image becomes ready at once or never",
    "a pod that reports Succeeded or Failed before it is removed (so Recreate waits until the old pods are gone)",
)


class Containers(enum.Enum):
    """What runs on the node of a pod: the ground truth."""

    NONE = "none"
    RUNNING = "running"


def bound(pod: Pod) -> bool:
    """A kubelet watches the pods of its node (a field selector on spec.nodeName)."""
    return pod.node is not None


def becomes_ready(spec: PodSpec, broken_images: frozenset[str]) -> bool:
    """Whether all containers become ready (K09, K10)."""
    return all(container.image not in broken_images for container in spec.containers)


def kubelet(*, broken_images: frozenset[str] = frozenset()) -> Actor:
    """The kubelets of all nodes. Containers with one of `broken_images` run and never become ready."""
    actor = Actor(
        "kubelet",
        watches=(Pod,),
        here={"containers": Containers.NONE},
        sees={Pod: bound},
        member=Pod,
        not_modelled=NOT_MODELLED,
    )

    @actor.each(Pod)
    def start(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and not pod.deleting and here.containers is Containers.NONE:
            yield "the pod is bound to this node", here.set(containers=Containers.RUNNING)

    @actor.each(Pod)
    def report(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is None or pod.deleting or here.containers is not Containers.RUNNING:
            return
        ready = becomes_ready(pod.spec, broken_images)
        if pod.phase is not Phase.RUNNING or pod.ready is not ready:
            yield "its containers run", api.patch_status(pod, phase=Phase.RUNNING, ready=ready)

    @actor.each(Pod)
    def stop(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if here.containers is Containers.RUNNING and (pod is None or pod.deleting):
            why = "the pod is gone" if pod is None else "the pod is marked as deleted"
            yield why, here.set(containers=Containers.NONE)

    @actor.each(Pod)
    def remove(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and pod.deleting and here.containers is Containers.NONE:
            yield "nothing of it runs any more", api.delete(pod, grace_period_seconds=0)

    return actor
