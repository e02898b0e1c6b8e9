"""Broken twins of the kubelet: mistakes that a real one could make, chosen by `--set`; some property notices each."""

from __future__ import annotations

from typing import Any

from kspec.kernel.settings import broken_twin
from kspec.kube.objects import Phase
from kspec_models.kubelet.memory import Memory, Remembered
from kspec_models.kubelet.pod_actions import Container, Initialization, Pod
from kspec_models.kubelet.restart import RuntimeState
from kspec_models.kubelet.runtime import Process, Runtime
from kspec_models.kubelet.static import Mirroring

_KUBELET = "kspec_models.kubelet"


@broken_twin(
    "kubelet.pleg", "after-a-start-unasked", f"{_KUBELET}.life:after_a_start", "it acts again on what it saw before"
)
def not_asked_again(memory: Memory, i: int, remembered: Remembered) -> Memory:
    """Keeps what it saw before it started a container."""
    return memory.replaced(i, remembered, memory.seen)


@broken_twin(
    "kubelet.found", "nothing", f"{_KUBELET}.memory:look", "after its own restart it takes it that nothing runs"
)
def finds_nothing(memory: Memory, runtime: Runtime, was_ready: bool) -> Memory:
    """Looks at what it remembers, not at the runtime, when it has just begun."""
    if len(memory.containers) == len(runtime.containers):
        return Memory(runtime.visible, memory.containers, memory.ending)
    nothing = tuple([Process()] * len(runtime.containers))
    return Memory(Runtime(runtime.sandbox, nothing), tuple([Remembered()] * len(nothing)))


@broken_twin(
    "kubelet.init", "not-waited-for", f"{_KUBELET}.pod_actions:initialization", "containers do not wait for init ones"
)
def all_at_once(pod: Pod) -> Initialization:
    """Starts init containers, and says that they are done."""
    start = [i for i, each in enumerate(pod.init_containers) if not each.succeeded and each.state.value == "none"]
    return Initialization(True, False, tuple(start))


@broken_twin(
    "kubelet.readiness", "ignored", f"{_KUBELET}.conditions:container_ready", "a container is ready once it runs"
)
def ready_once_started(running: bool, started: bool, readiness_succeeded: bool | None) -> bool:
    """Takes a container that has started for one that is ready."""
    return running and started


@broken_twin(
    "kubelet.phase", "computed-anew", f"{_KUBELET}.life:published", "a final phase is written over by the present one"
)
def present_phase(before: Phase, now: Phase, may_be_running: bool) -> Phase:
    """The phase of the containers, whatever the API says."""
    return now


@broken_twin("kubelet.remove", "at-once", f"{_KUBELET}.life:removable", "a deleted pod is removed while it ends")
def at_once(seen: Runtime | None, phase: Phase) -> bool:
    """Removes what is marked as deleted."""
    return True


@broken_twin("kubelet.liveness", "ignored", f"{_KUBELET}.pod_actions:_killed", "a container that hangs is left alone")
def never_killed(container: Container) -> bool:
    """Kills nothing for its probes."""
    return False


@broken_twin("kubelet.kill", "never", f"{_KUBELET}.life:ended", "a pod that is deleted is never told to end")
def never_ended(*_: Any) -> Any:
    """Ends nothing."""
    return iter(())


@broken_twin("kubelet.stop", "unready", f"{_KUBELET}.together:must_end", "a pod that is not reported ready is ended")
def ends_what_is_not_ready(pod: Any) -> bool:
    """Ends what no status calls ready, as if nobody wanted it."""
    return pod is None or bool(pod.deleting) or not pod.ready


@broken_twin(
    "kubelet.stop", "only-deleted", f"{_KUBELET}.together:must_end", "what runs of a pod that is gone goes on running"
)
def only_deleted(pod: Any) -> bool:
    """Ends pods that are marked as deleted, and does not look for what runs without one."""
    return pod is not None and bool(pod.deleting)


@broken_twin("kubelet.static", "once", f"{_KUBELET}.static:must_run", "a static pod that exited is not started again")
def started_once(file: bool, state: RuntimeState) -> bool:
    """Starts what never ran."""
    return file and state is RuntimeState.NONE


@broken_twin(
    "kubelet.mirror", "ends-the-pod", f"{_KUBELET}.static:must_end", "a static pod ends when its mirror pod is deleted"
)
def ends_with_its_mirror(file: bool, mirror_deleting: bool) -> bool:
    """Takes the mirror pod for the pod."""
    return not file or mirror_deleting


@broken_twin(
    "kubelet.mirror", "created-once", f"{_KUBELET}.static:mirroring", "a mirror pod that is gone stays so once it runs"
)
def mirrored_once(file: bool, there: bool, deleting: bool, reported: Phase, true: Phase) -> Mirroring:
    """Creates a mirror pod only for what does not run yet."""
    if not there:
        return Mirroring.CREATE if file and true is Phase.PENDING else Mirroring.NOTHING
    if deleting or not file:
        return Mirroring.DELETE
    return Mirroring.NOTHING if reported is true else Mirroring.REPORT
