"""A probe worker: from single probes to the result that the kubelet acts upon.

Upstream: pkg/kubelet/prober/worker.go doProbe, prober.go probe. One worker is for one probe of one container (K24).
Times are not modelled: periods and delays are the caller's, `in_initial_delay` says that the delay is not over; nor are
containers that ran before the kubelet started, which keep their result (K23).
"""

from __future__ import annotations

import enum

import attrs


class Probe(enum.Enum):
    """The kinds of probes."""

    LIVENESS = "liveness"
    READINESS = "readiness"
    STARTUP = "startup"


class Outcome(enum.Enum):
    """What a probe's handler answers. ERROR: the probe could not be carried out."""

    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"
    UNKNOWN = "unknown"
    ERROR = "error"


class Result(enum.Enum):
    """What the kubelet goes by."""

    SUCCESS = "Success"
    FAILURE = "Failure"
    UNKNOWN = "Unknown"


class ContainerState(enum.Enum):
    """The probed container in the pod's status. ABSENT: the status does not have it, or not its id."""

    ABSENT = "absent"
    WAITING = "waiting"
    RUNNING = "running"
    TERMINATED = "terminated"


@attrs.frozen
class Settings:
    """The probe's kind and thresholds."""

    probe: Probe
    success_threshold: int = 1
    failure_threshold: int = 3


@attrs.frozen
class Worker:
    """A worker's memory. `published`: the result stored for the container `container` (None: none yet).

    `last` and `run`: the last counted result, and how many times in a row; both outlive the container.
    """

    container: str | None = None
    published: Result | None = None
    last: Result | None = None
    run: int = 0
    on_hold: bool = False


@attrs.frozen
class Seen:
    """What a worker sees of its pod. `known`: the pod has a status; `finished`: its phase is terminal.

    `may_restart`: the container is started again when it ends.
    """

    known: bool = True
    finished: bool = False
    deleting: bool = False
    container: str = "container"
    state: ContainerState = ContainerState.RUNNING
    may_restart: bool = True
    started: bool = True
    in_initial_delay: bool = False


@attrs.frozen
class Step:
    """The worker after one turn, and whether it goes on."""

    worker: Worker
    goes_on: bool = True


def initial(probe: Probe) -> Result:
    """The result of a container that was not probed yet (K16, newWorker)."""
    match probe:
        case Probe.LIVENESS:
            return Result.SUCCESS
        case Probe.READINESS:
            return Result.FAILURE
        case Probe.STARTUP:
            return Result.UNKNOWN


def counted(outcome: Outcome) -> Result | None:
    """How an outcome counts: a warning is a success, unknown a failure, an error nothing at all (K18, probe)."""
    match outcome:
        case Outcome.SUCCESS | Outcome.WARNING:
            return Result.SUCCESS
        case Outcome.FAILURE | Outcome.UNKNOWN:
            return Result.FAILURE
        case Outcome.ERROR:
            return None


def threshold(settings: Settings, result: Result) -> int:
    """How many equal results in a row it takes to publish this one (K17)."""
    return settings.failure_threshold if result is Result.FAILURE else settings.success_threshold


def holds(probe: Probe, published: Result) -> bool:
    """Whether a published result ends the probing until the container is another one (K20)."""
    return probe is Probe.STARTUP or (probe is Probe.LIVENESS and published is Result.FAILURE)


def record(worker: Worker, settings: Settings, result: Result) -> Worker:
    """The worker after one counted result (K17, K20)."""
    run = worker.run + 1 if worker.last is result else 1
    worker = attrs.evolve(worker, last=result, run=run)
    if run < threshold(settings, result):
        return worker
    if holds(settings.probe, result):
        return attrs.evolve(worker, published=result, on_hold=True, run=0)
    return attrs.evolve(worker, published=result)


def met(worker: Worker, probe: Probe, container: str) -> Worker:
    """The worker when it sees this container: a new one starts with the initial result, off hold (K16)."""
    if worker.container == container:
        return worker
    return attrs.evolve(worker, container=container, published=initial(probe), on_hold=False)


def asks(probe: Probe, seen: Seen) -> bool:
    """Whether this kind of probe runs now: the startup probe until the container has started, then the others (K19)."""
    if seen.in_initial_delay:
        return False
    return seen.started is not (probe is Probe.STARTUP)


def step(worker: Worker, settings: Settings, seen: Seen, outcome: Outcome) -> Step:
    """One turn of the worker (doProbe). `outcome` is what the handler would answer, if it is asked.

    The order matters: a container that does not run fails, and a pod that is being deleted stops only the liveness and
    startup probes of running containers (K22).
    """
    probe = settings.probe
    if not seen.known:
        return Step(worker)
    if seen.finished:
        return Step(worker, goes_on=False)
    if seen.state is ContainerState.ABSENT:
        return Step(worker)
    worker = met(worker, probe, seen.container)
    if worker.on_hold:
        return Step(worker)
    if seen.state is not ContainerState.RUNNING:
        goes_on = seen.state is ContainerState.WAITING or seen.may_restart
        return Step(attrs.evolve(worker, published=Result.FAILURE), goes_on)
    if seen.deleting and probe is not Probe.READINESS:
        return Step(attrs.evolve(worker, published=Result.SUCCESS), goes_on=False)
    result = counted(outcome) if asks(probe, seen) else None
    return Step(worker if result is None else record(worker, settings, result))
