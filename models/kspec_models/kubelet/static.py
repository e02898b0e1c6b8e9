"""Static pods: pods that a kubelet runs from files on its node, and the mirror pods by which it shows them.

Models `pkg/kubelet/config/file.go`, tryReconcileMirrorPods of `pkg/kubelet/kubelet.go` and
`pkg/kubelet/pod/mirror_client.go` (K47, K48). What the files say is run whether or not there is an API server; their
containers are restarted always. In the API a static pod shows as a mirror pod, which is only a report: whoever deletes
it stops nothing, and the kubelet creates it anew. A static pod ends when its file goes.

Simplified: all containers of a static pod start and end together. A file does not change, it can only be removed. A
restart is at once (no back-off). A static pod ends in one step, without grace.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from kspec.kernel.values import Ref, Value
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.objects import OwnerReference, Phase, Pod, PodSpec
from kspec_models.kubelet.phase import End, Observed, State, Status, phase
from kspec_models.kubelet.restart import UNSET, RuntimeState, should_be_started

NOT_MODELLED = (
    "static pods: files that change, their sources other than files, back-off and grace, containers one by one",
    "static pods: a control plane process that exits by itself when it cannot reach the API server or the store",
)


@attrs.frozen
class StaticPod:
    """A file with a pod."""

    name: str
    spec: PodSpec

    def mirror_name(self, node: str) -> str:
        """What its mirror pod is called."""
        return f"{self.name}-{node}"

    @property
    def containers(self) -> str:
        """The variable that says what runs of it: the ground truth."""
        return f"containers of {self.name}"

    @property
    def file(self) -> str:
        """The variable that says whether its file is there."""
        return f"file of {self.name}"


class Mirroring(enum.Enum):
    """What a kubelet does about the mirror pod of a static pod."""

    NOTHING = "nothing"
    CREATE = "create"
    DELETE = "delete"
    REPORT = "report"


def must_run(file: bool, state: RuntimeState) -> bool:
    """Whether a static pod is started now: its file is there, and it does not run (K11)."""
    return file and should_be_started(UNSET, state, exit_code=1, pod_deleting=False)


def must_end(file: bool, mirror_deleting: bool) -> bool:
    """Whether a static pod ends: what becomes of its mirror pod does not matter (K47)."""
    return not file


def mirroring(file: bool, there: bool, deleting: bool, reported: Phase, true: Phase) -> Mirroring:
    """What to do about a mirror pod. `there`: it is seen; `reported`: its phase there, `true`: the real one."""
    if not there:
        return Mirroring.CREATE if file else Mirroring.NOTHING
    if deleting or not file:
        return Mirroring.DELETE
    return Mirroring.NOTHING if reported is true else Mirroring.REPORT


def phase_of(state: RuntimeState) -> Phase:
    """The phase of a static pod: one that has exited is restarted, and so is Running (K02)."""
    found = {RuntimeState.RUNNING: State.RUNNING, RuntimeState.EXITED: State.TERMINATED}.get(state, State.WAITING)
    end = End(1) if state is RuntimeState.EXITED else None
    return phase((), (Observed(Status(found, end, started=found is State.RUNNING)),), static=True)


@attrs.frozen
class Static:
    """The static pods of one node, and whether they have mirror pods."""

    node: str
    pods: tuple[StaticPod, ...]
    mirrors: bool = True
    not_modelled: tuple[str, ...] = NOT_MODELLED

    @property
    def variables(self) -> Mapping[str, Value]:
        """What runs of each static pod, and whether its file is there."""
        truth = {pod.containers: RuntimeState.NONE for pod in self.pods}
        return {**truth, **{pod.file: True for pod in self.pods}}

    def find(self, pod: StaticPod, cache: Cache) -> Any:
        """The mirror pod of a static pod, as it is seen; None if there is none."""
        if not self.mirrors:
            return None
        name = pod.mirror_name(self.node)
        return next((each for each in cache.list(Pod) if each.mirror and each.name == name), None)

    def give_to(self, actor: Actor) -> None:
        """Give the kubelet its actions for static pods."""

        @actor.once()
        def start_static_pod(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
            for pod in self.pods:
                state = getattr(here, pod.containers)
                if must_run(getattr(here, pod.file), state):
                    says = f"{pod.name} is started" + (" again" if state is RuntimeState.EXITED else ", from its file")
                    yield says, here.set(**{pod.containers: RuntimeState.RUNNING})

        @actor.once()
        def stop_static_pod(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
            for pod in self.pods:
                if getattr(here, pod.containers) is RuntimeState.NONE:
                    continue
                mirror = self.find(pod, cache)
                if must_end(getattr(here, pod.file), mirror is not None and mirror.deleting):
                    yield f"{pod.name} is ended", here.set(**{pod.containers: RuntimeState.NONE})

        if not self.mirrors:
            return

        @actor.once()
        def mirror(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
            for pod in self.pods:
                mirror, true = self.find(pod, cache), phase_of(getattr(here, pod.containers))
                there = mirror is not None
                deleting, reported = (mirror.deleting, mirror.phase) if there else (False, Phase.PENDING)
                match mirroring(getattr(here, pod.file), there, deleting, reported, true):
                    case Mirroring.CREATE:
                        yield f"{pod.name} has no mirror pod", api.create(mirror_pod(pod, self.node, here))
                    case Mirroring.DELETE:
                        yield f"the mirror pod of {pod.name} is to go", api.delete(mirror, grace_period_seconds=0)
                    case Mirroring.REPORT:
                        status = {"phase": true, "ready": true is Phase.RUNNING}
                        yield f"what runs of {pod.name}", api.patch_status(mirror, **status)


def mirror_pod(pod: StaticPod, node: str, here: Here) -> Pod:
    """What shows a static pod in the API: its node is its owner."""
    ref = next((ref for ref, each in here.nodes if each.name == node), Ref("nodes", 0))
    return Pod(spec=pod.spec, owner=OwnerReference("Node", node), node=ref, name=pod.mirror_name(node), mirror=True)
