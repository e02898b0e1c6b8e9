"""What the kubelet does next for a pod: its sandbox, and which containers to start and to kill.

Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions; kuberuntime_container.go
computeInitContainerActions. Not modelled: resizes in place, the restart of all containers by a rule, and the order in
which the runtime then works. Simplified: whether a lost sandbox is given up for good goes by the pod's policy alone.
"""

from __future__ import annotations

import attrs

from kspec_models.kubelet.probes import Result
from kspec_models.kubelet.restart import UNSET, RestartPolicy, Restarts, RuntimeState, may_restart, should_be_started


@attrs.frozen
class Container:
    """A container of the spec and what is known of it.

    `exit_code`: of an exited one. `changed`: its definition is not what runs. `liveness`, `startup`: probe results,
    None if there are none. `has_startup_probe`: a sidecar with one has started only once it succeeded.
    """

    name: str
    state: RuntimeState = RuntimeState.NONE
    exit_code: int = 0
    restarts: Restarts = UNSET
    sidecar: bool = False
    changed: bool = False
    liveness: Result | None = None
    startup: Result | None = None
    has_startup_probe: bool = False

    @property
    def succeeded(self) -> bool:
        """It exited with code 0."""
        return self.state is RuntimeState.EXITED and self.exit_code == 0

    @property
    def fails_a_probe(self) -> bool:
        """Its liveness or startup probe has failed (K21)."""
        return Result.FAILURE in (self.liveness, self.startup)


@attrs.frozen
class Pod:
    """A pod to these decisions. `sandbox_lost`: it has no usable sandbox; `attempt`: the number of the next one."""

    restart_policy: RestartPolicy = RestartPolicy.ALWAYS
    init_containers: tuple[Container, ...] = ()
    containers: tuple[Container, ...] = ()
    ephemeral: tuple[Container, ...] = ()
    sandbox_lost: bool = False
    attempt: int = 0
    deleting: bool = False


@attrs.frozen
class Actions:
    """What to do. `kill_pod`: stop everything; `*_start`: indices in the spec's order; `kill`: names."""

    kill_pod: bool = False
    create_sandbox: bool = False
    init_start: tuple[int, ...] = ()
    start: tuple[int, ...] = ()
    kill: tuple[str, ...] = ()
    ephemeral_start: tuple[int, ...] = ()


@attrs.frozen
class Initialization:
    """What to do for init containers. `done`: regular containers may start; `failed`: the pod is lost (K26)."""

    done: bool = False
    failed: bool = False
    start: tuple[int, ...] = ()
    kill: tuple[str, ...] = ()


@attrs.frozen
class _Turn:
    """One init container's part: what to start, whether to kill it, what it shows of the initialization."""

    start: tuple[int, ...] = ()
    kill: bool = False
    done: bool = False
    failed: bool = False


def actions(pod: Pod) -> Actions:
    """What the kubelet does next (computePodActions)."""
    if pod.sandbox_lost:
        return sandbox_actions(pod)
    # Ephemeral containers are started once, whatever the initialization is at.
    ephemeral = tuple(i for i, each in enumerate(pod.ephemeral) if each.state is RuntimeState.NONE)
    init = initialization(pod)
    if init.failed:
        return Actions(kill_pod=True, kill=init.kill, ephemeral_start=ephemeral)
    if not init.done:
        return Actions(init_start=init.start, kill=init.kill, ephemeral_start=ephemeral)
    start = tuple(i for i, each in enumerate(pod.containers) if _starts(each, pod.deleting))
    kept = any(each.state is RuntimeState.RUNNING and not _killed(each) for each in pod.containers)
    kill = (*init.kill, *(each.name for each in pod.containers if _killed(each)))
    if not kept and not start:
        # Nothing but sidecars is left: they end with the pod, so none is started again (K35).
        return Actions(kill_pod=True, kill=kill, ephemeral_start=ephemeral)
    return Actions(False, False, init.start, start, kill, ephemeral)


def sandbox_actions(pod: Pod) -> Actions:
    """The sandbox is lost: kill what is left, and begin anew from the first init container (K28, K29)."""
    everything = (*pod.init_containers, *pod.containers, *pod.ephemeral)
    ran_before = any(each.state is not RuntimeState.NONE for each in everything)
    if pod.restart_policy is RestartPolicy.NEVER and pod.attempt != 0 and ran_before:
        return Actions(kill_pod=True)
    start = tuple(i for i, each in enumerate(pod.containers) if not _is_finished(each))
    if not start and any(each.state in _WAS_CREATED for each in pod.containers):
        return Actions(kill_pod=True)
    if pod.init_containers:
        return Actions(kill_pod=True, create_sandbox=True, init_start=(0,))
    return Actions(kill_pod=True, create_sandbox=True, start=start)


_WAS_CREATED = (RuntimeState.CREATED, RuntimeState.RUNNING, RuntimeState.EXITED)


def _is_finished(container: Container) -> bool:
    """It succeeded, and only a failure would start it again."""
    return container.restarts.policy is RestartPolicy.ON_FAILURE and container.succeeded


def _starts(container: Container, deleting: bool) -> bool:
    """Whether a regular container is started: a running one only after it is killed (K11, K21)."""
    if container.state is not RuntimeState.RUNNING:
        return should_be_started(container.restarts, container.state, container.exit_code, deleting)
    if container.changed:
        return True
    return container.fails_a_probe and container.restarts.policy is not RestartPolicy.NEVER


def _killed(container: Container) -> bool:
    """Whether a regular container is killed: a changed or failing one, or one that may run without our knowing."""
    if container.state is RuntimeState.RUNNING:
        return container.changed or container.fails_a_probe
    return container.state is RuntimeState.UNKNOWN


# ---- init containers


def initialization(pod: Pod) -> Initialization:
    """What to do for the init containers, last one first: records of earlier ones may be gone (K25-K27).

    The last one that left a record shows how far the initialization came. Before it, only sidecars matter.
    """
    containers = pod.init_containers
    if not containers:
        return Initialization(done=True)
    # An exited regular container proves nothing: it may be of a sandbox before this one (K27b).
    done = any(each.state in (RuntimeState.CREATED, RuntimeState.RUNNING) for each in pod.containers)
    passed = done
    start: tuple[int, ...] = ()
    kill: tuple[str, ...] = ()
    for i in reversed(range(len(containers))):
        container = containers[i]
        if container.state is RuntimeState.NONE:
            if passed and container.sidecar:
                start = (i, *start)
            continue
        if passed and not container.sidecar:
            continue
        turn = _sidecar(container, i) if container.sidecar else _regular(container, i)
        if turn.failed:
            return Initialization(failed=True, kill=kill)
        if turn.done and not passed:
            done = i == len(containers) - 1
            start = start if done else (i + 1, *start)
        start = (*turn.start, *start)
        kill = (container.name, *kill) if turn.kill else kill
        passed = True
    return Initialization(done, False, start if passed else (0, *start), kill)


def _sidecar(container: Container, i: int) -> _Turn:
    """A sidecar: it is done once it has started, and is kept running whatever the pod's policy (K25, K27)."""
    match container.state:
        case RuntimeState.CREATED | RuntimeState.EXITED:
            return _Turn(start=(i,))
        case RuntimeState.UNKNOWN:
            return _Turn(start=(i,), kill=True)
    if container.has_startup_probe and container.startup is not Result.SUCCESS:
        failed = container.startup is Result.FAILURE
        return _Turn(start=(i,) if failed else (), kill=failed)
    again = container.changed or container.liveness is Result.FAILURE
    return _Turn(start=(i,) if again else (), kill=again, done=True)


def _regular(container: Container, i: int) -> _Turn:
    """A regular init container: it is done once it succeeded; a failure ends the pod if it may not be retried (K26)."""
    match container.state:
        case RuntimeState.RUNNING:
            return _Turn()
        case RuntimeState.CREATED:
            return _Turn(start=(i,))
        case RuntimeState.EXITED if container.exit_code == 0:
            return _Turn(done=True)
    if not _retried(container):
        return _Turn(failed=True)
    return _Turn(start=(i,), kill=container.state is RuntimeState.UNKNOWN)


def _retried(container: Container) -> bool:
    """Whether an init container that failed, or that nobody knows of, runs again (K26)."""
    if container.state is RuntimeState.UNKNOWN:
        return container.restarts.policy is not RestartPolicy.NEVER
    return may_restart(container.restarts, container.exit_code)
