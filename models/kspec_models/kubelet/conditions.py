"""The pod conditions Initialized, ContainersReady and Ready.

Upstream: pkg/kubelet/status/generate.go; pkg/kubelet/prober/prober_manager.go UpdatePodStatus for `ready` and `started`
of one container. Messages and transition times are not modelled.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Phase

UNKNOWN_CONTAINER_STATUSES = "UnknownContainerStatuses"
POD_COMPLETED = "PodCompleted"
POD_FAILED = "PodFailed"
CONTAINERS_NOT_READY = "ContainersNotReady"
CONTAINERS_NOT_INITIALIZED = "ContainersNotInitialized"
READINESS_GATES_NOT_READY = "ReadinessGatesNotReady"


@attrs.frozen
class Condition:
    """Status and reason of a condition; a true one mostly has no reason."""

    status: bool
    reason: str = ""


@attrs.frozen
class ContainerReport:
    """What conditions need of a container. `known`: it has a status; `has_run`: it runs or has ended."""

    known: bool = True
    ready: bool = False
    started: bool = False
    has_run: bool = False
    sidecar: bool = False


def container_started(running: bool, startup_succeeded: bool | None) -> bool:
    """A container's `started`: it runs, and its startup probe has succeeded (None: it has no such probe) (K10)."""
    return running and startup_succeeded is not False


def container_ready(running: bool, started: bool, readiness_succeeded: bool | None) -> bool:
    """A container's `ready`: it runs, has started, and the last readiness result is good (None: no probe) (K10)."""
    return running and started and readiness_succeeded is not False


def containers_ready(
    init_containers: tuple[ContainerReport, ...],
    containers: tuple[ContainerReport, ...],
    phase: Phase,
    statuses: bool = True,
) -> Condition:
    """ContainersReady: every container and every sidecar is ready (K09, GenerateContainersReadyCondition).

    `statuses`: the pod has a list of container statuses at all.
    """
    if not statuses:
        return Condition(False, UNKNOWN_CONTAINER_STATUSES)
    asked = (*(each for each in init_containers if each.sidecar), *containers)
    if phase is Phase.SUCCEEDED and all(each.known for each in asked):
        return Condition(False, POD_COMPLETED)
    if phase is Phase.FAILED:
        return Condition(False, POD_FAILED)
    if all(each.known and each.ready for each in asked):
        return Condition(True)
    return Condition(False, CONTAINERS_NOT_READY)


def ready(containers: Condition, gates: tuple[bool, ...]) -> Condition:
    """Ready: ContainersReady, and every readiness gate's condition is True (K09, GeneratePodReadyCondition)."""
    if not containers.status:
        return containers
    return Condition(True) if all(gates) else Condition(False, READINESS_GATES_NOT_READY)


def initialized(
    init_containers: tuple[ContainerReport, ...],
    containers: tuple[ContainerReport, ...],
    phase: Phase,
    statuses: bool = True,
) -> Condition:
    """Initialized: init containers have succeeded and sidecars have started, or a regular container has run already.

    A regular init container's `ready` says that it succeeded (GeneratePodInitializedCondition; K08, K27).
    """
    if not statuses and init_containers:
        return Condition(False, UNKNOWN_CONTAINER_STATUSES)
    if phase is Phase.SUCCEEDED and all(each.known for each in init_containers):
        return Condition(True, POD_COMPLETED)
    if any(each.known and each.has_run for each in containers):
        return Condition(True)
    if all(each.known and (each.started if each.sidecar else each.ready) for each in init_containers):
        return Condition(True)
    return Condition(False, CONTAINERS_NOT_INITIALIZED)
