"""The thin level of detail: all containers of a pod start and end together, and run until they are told to end.

A container is ready as soon as it runs, unless its image is one of those that never become ready. It is the full level
(`life`) for pods without init containers, probes and hooks whose containers never exit by themselves, with everything
between two reports in one step. No other component can tell, since all that it sees is the status; but no final phase
is reported before the pod is removed.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

import attrs

from kspec.kernel.values import Value
from kspec.kube.actor import Actor, Here
from kspec.kube.objects import Phase, PodSpec
from kspec_models.kubelet import conditions
from kspec_models.kubelet.conditions import ContainerReport
from kspec_models.kubelet.detail import Alternatives
from kspec_models.kubelet.phase import Observed, State, Status, phase

NOT_MODELLED = (
    "containers that fail or restart, probes, init containers, admission and eviction at the node",
    "a readiness that changes by itself: an image becomes ready at once or never",
    "a pod that reports Succeeded or Failed before it is removed (so Recreate waits until the old pods are gone)",
)


class Containers(enum.Enum):
    """What runs on the node of a pod: the ground truth."""

    NONE = "none"
    RUNNING = "running"


def becomes_ready(spec: PodSpec, broken_images: frozenset[str]) -> bool:
    """Whether all containers become ready (K09, K10)."""
    reports = [ContainerReport(True, each.image not in broken_images, True, True) for each in spec.containers]
    return conditions.ready(conditions.containers_ready((), tuple(reports), Phase.RUNNING), ()).status


RUNNING = phase((), (Observed(Status(State.RUNNING, started=True)),))
"""The phase of a pod of which all containers run."""


def must_end(pod: Any) -> bool:
    """Whether the containers of a pod are told to end: it is marked as deleted, or gone (K43)."""
    return pod is None or bool(pod.deleting)


@attrs.frozen
class Together:
    """All containers of a pod at once. Those with one of `broken_images` run and never become ready."""

    broken_images: frozenset[str] = frozenset()
    variables: Mapping[str, Value] = attrs.field(factory=lambda: {"containers": Containers.NONE})
    forgets: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = NOT_MODELLED
    reports: str = "its containers run"

    def start(self, pod: Any, here: Here) -> Alternatives:
        """All containers start."""
        if here.containers is Containers.NONE:
            yield "the pod is bound to this node", here.set(containers=Containers.RUNNING)

    def stop(self, pod: Any, here: Here) -> Alternatives:
        """All containers end."""
        if here.containers is Containers.RUNNING and must_end(pod):
            why = "the pod is gone" if pod is None else "the pod is marked as deleted"
            yield why, here.set(containers=Containers.NONE)

    def status(self, pod: Any, here: Here) -> Mapping[str, Value] | None:
        """Running, and ready or not."""
        if pod.deleting or here.containers is not Containers.RUNNING:
            return None
        return {"phase": RUNNING, "ready": becomes_ready(pod.spec, self.broken_images)}

    def may_be_removed(self, pod: Any, here: Here) -> bool:
        """Nothing of it runs."""
        return self.is_nothing(here)

    def is_nothing(self, here: Here) -> bool:
        """Nothing of it runs."""
        return bool(here.containers is Containers.NONE)

    def forgotten(self, here: Here) -> tuple[Any, ...]:
        """There is nothing else to forget."""
        return ()

    def further(self, actor: Actor) -> None:
        """It has no further actions."""
