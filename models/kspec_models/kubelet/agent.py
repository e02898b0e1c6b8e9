"""The kubelet's plumbing: the actions by which it brings what runs on a node to what pods say, and reports it.

Models `pkg/kubelet/kubelet.go` and `pkg/kubelet/pod_workers.go` (K30): it starts the containers of a pod that is bound
to its node, reports what runs, ends them when the pod is marked as deleted (or gone), and only then removes the pod
from the API with grace 0. How finely the life of the containers is told is its level of detail: `together` (the thin
one) or `life`; what is not modelled is said there.

Simplified: one model stands for the kubelets of all nodes. A pod belongs to one node for ever, so that no two of them
ever look at the same pod; a crash is one of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Pod
from kspec_models.kubelet.detail import Detail
from kspec_models.kubelet.together import Together


def bound(pod: Pod) -> bool:
    """A kubelet watches the pods of its node (a field selector on spec.nodeName)."""
    return pod.node is not None


def kubelet(*, broken_images: frozenset[str] = frozenset(), detail: Detail | None = None) -> Actor:
    """The kubelets of all nodes, thin unless another level of detail is given.

    Containers with one of `broken_images` run and never become ready (of the thin level).
    """
    level = Together(broken_images) if detail is None else detail
    actor = Actor(
        "kubelet",
        watches=(Pod,),
        here=level.variables,
        sees={Pod: bound},
        member=Pod,
        not_modelled=level.not_modelled,
        forgets=level.forgets,
    )

    @actor.each(Pod)
    def start(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and not pod.deleting:
            yield from level.start(pod, here)

    @actor.each(Pod)
    def report(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        status = None if pod is None else level.status(pod, here)
        if status is not None and any(getattr(pod, field) is not value for field, value in status.items()):
            yield level.reports, api.patch_status(pod, **status)

    @actor.each(Pod)
    def stop(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        yield from level.stop(pod, here)

    @actor.each(Pod)
    def remove(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and pod.deleting and level.may_be_removed(pod, here):
            yield "nothing of it runs any more", api.delete(pod, grace_period_seconds=0), level.forgotten(here)

    level.further(actor)
    return actor
