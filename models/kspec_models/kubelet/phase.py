"""A pod's phase from the statuses of its containers.

Upstream: pkg/kubelet/kubelet_pods.go getPhase. The kubelet then lets no pod leave a terminal phase (K06) and publishes
none before containers are stopped (K39): `published`, after generateAPIPodStatus and mergePodStatus.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import Phase
from kspec_models.kubelet.restart import UNSET, Restarts, may_restart

RESTARTING_ALL_CONTAINERS = "RestartingAllContainers"
"""The reason of a container that ended because a rule of another one restarts the whole pod: it will run again."""


class State(enum.Enum):
    """status.containerStatuses[].state."""

    WAITING = "waiting"
    RUNNING = "running"
    TERMINATED = "terminated"


@attrs.frozen
class End:
    """How a container ended: `terminated` of its state or of its lastState."""

    exit_code: int
    reason: str = ""


@attrs.frozen
class Status:
    """One container's status. `state` None: it says nothing. `end`: of its state if terminated, else of lastState."""

    state: State | None = State.WAITING
    end: End | None = None
    started: bool = False


@attrs.frozen
class Observed:
    """A container of the spec and its status, None if there is none. `sidecar`: an init container that goes on."""

    status: Status | None
    restarts: Restarts = UNSET
    sidecar: bool = False

    @property
    def ended(self) -> End | None:
        """How it ended, if it is stopped: a container that waits to be restarted counts as stopped (K02)."""
        if self.status is None or self.status.state not in (State.TERMINATED, State.WAITING):
            return None
        return self.status.end

    @property
    def state(self) -> State | None:
        """Its state, None if there is no status or the status says nothing."""
        return None if self.status is None else self.status.state

    @property
    def waits_for_first_start(self) -> bool:
        """Waiting, and it never ran."""
        return self.state is State.WAITING and self.ended is None

    @property
    def may_run_again(self) -> bool:
        """Stopped, and its policy, a rule or a restart of the whole pod starts it again (K07)."""
        if self.ended is None:
            return False
        return self.ended.reason == RESTARTING_ALL_CONTAINERS or may_restart(self.restarts, self.ended.exit_code)


def failed(container: Observed) -> bool:
    """Whether a container ended in an error."""
    return container.ended is not None and container.ended.exit_code != 0


def initialization_pending(container: Observed) -> bool:
    """Whether a regular init container has not succeeded yet; one that waits after a success has (K01)."""
    return container.ended is None or container.ended.exit_code != 0


def sidecar_pending(container: Observed) -> bool:
    """Whether a sidecar has not started yet. One without a status, or that ended, holds nobody up (K05)."""
    if container.status is None or container.ended is not None:
        return False
    return container.state is not State.RUNNING or not container.status.started


def phase(
    init_containers: tuple[Observed, ...],
    containers: tuple[Observed, ...],
    *,
    terminal: bool = False,
    initialized: bool = False,
    static: bool = False,
) -> Phase:
    """The phase of a pod (K01-K05, getPhase).

    `terminal`: the pod is being torn down, nothing of it starts again. `initialized`: a regular container has started.
    `static`: the pod is not from the API server; it is restarted by its policy even when it is terminal.
    """
    regular = tuple(each for each in init_containers if not each.sidecar)
    sidecars = tuple(each for each in init_containers if each.sidecar)
    # Sidecars that ended count for nothing from here on (K05).
    alive = (*(each for each in sidecars if each.ended is None), *containers)

    if any(failed(each) and not each.may_run_again for each in regular):
        return Phase.FAILED
    if any(initialization_pending(each) for each in regular):
        return Phase.PENDING
    if not initialized and any(sidecar_pending(each) for each in sidecars):
        return Phase.PENDING
    if any(each.waits_for_first_start for each in alive) or any(each.state is None for each in alive):
        return Phase.PENDING
    if any(each.state is State.RUNNING for each in alive):
        return Phase.RUNNING
    if not containers:
        return Phase.PENDING
    return _phase_of_stopped(containers, terminal and not static)


def _phase_of_stopped(containers: tuple[Observed, ...], torn_down: bool) -> Phase:
    """Every regular container is stopped: restarting, or decided by the exit codes (K03, K04)."""
    if not torn_down and any(each.may_run_again for each in containers):
        return Phase.RUNNING
    # One that waits to be restarted has not succeeded, whatever its last exit code.
    succeeded = all(each.state is State.TERMINATED and not failed(each) for each in containers)
    return Phase.SUCCEEDED if succeeded else Phase.FAILED


def published(before: Phase, now: Phase, may_be_running: bool) -> Phase:
    """What the kubelet writes: a terminal phase stays (K06), and none is written while containers may run (K39)."""
    finished = (Phase.SUCCEEDED, Phase.FAILED)
    if before in finished:
        return before
    return before if now in finished and may_be_running else now
