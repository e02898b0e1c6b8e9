"""What a kubelet remembers of a pod: what it last saw of the runtime, back-off, hooks, probe workers.

Upstream: `pkg/kubelet/container/cache.go` (fed by `pkg/kubelet/pleg`), `pkg/kubelet/prober`, the back-off of
`pkg/kubelet/kubelet.go`. All of it is in memory only and lost when the kubelet ends (K13, K32); then it looks anew at
what the runtime has, and finds the containers running.

Simplified: times are abstract, so a back-off is over at any time after it began, and only whether a restart has to wait
is kept. The run of equal probe results is counted up to its threshold: more make no difference.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import attrs

from kspec.kube.objects import Container, ContainerProbe
from kspec_models.kubelet import conditions, probes
from kspec_models.kubelet.probes import ContainerState, Outcome, Probe, Result, Seen, Settings, Worker
from kspec_models.kubelet.runtime import Health, Process, Runtime

CONTAINER = "container"
"""Stands for the id of the present container of that name: its workers are told when it is another one."""


class BackOff(enum.Enum):
    """Of restarts: NONE, the next one is at once; NEXT_WAITS, it has to wait; WAITS, it does; OVER, it has (K12)."""

    NONE = "none"
    NEXT_WAITS = "next waits"
    WAITS = "CrashLoopBackOff"
    OVER = "over"


IDLE = Worker()
"""A worker that has seen no container yet."""


@attrs.frozen
class Remembered:
    """Of one container. `hook`: its preStop hook was begun; `replace`: it was killed in order to be started again."""

    back_off: BackOff = BackOff.NONE
    hook: bool = False
    replace: bool = False
    liveness: Worker = IDLE
    readiness: Worker = IDLE
    startup: Worker = IDLE

    def __str__(self) -> str:
        parts = [self.back_off.value] if self.back_off is not BackOff.NONE else []
        parts += ["preStop"] if self.hook else []
        results = [(p.value, self.worker(p).published) for p in Probe]
        return " ".join([*parts, *[f"{name} {found.value}" for name, found in results if found is not None]]) or "-"

    def worker(self, probe: Probe) -> Worker:
        """The worker of one kind of probe."""
        worker: Worker = getattr(self, probe.value)
        return worker

    def with_worker(self, probe: Probe, worker: Worker) -> Remembered:
        """With another memory of one worker."""
        match probe:
            case Probe.LIVENESS:
                return attrs.evolve(self, liveness=worker)
            case Probe.READINESS:
                return attrs.evolve(self, readiness=worker)
            case Probe.STARTUP:
                return attrs.evolve(self, startup=worker)

    def after_a_start(self, container: Container, again: bool) -> Remembered:
        """A new container of that name: the workers of its probes begin anew, but for the results in a row (K16)."""
        back_off = BackOff.NEXT_WAITS if again else self.back_off
        new = attrs.evolve(self, back_off=back_off, hook=False, replace=False)
        for probe in [probe for probe in Probe if probe_of(container, probe) is not None]:
            another = attrs.evolve(self.worker(probe), container=None)
            new = new.with_worker(probe, probes.met(another, probe, CONTAINER))
        return new


@attrs.frozen
class Memory:
    """Of one pod. `seen`: what the runtime had when it was last asked; None: not since the kubelet last acted (K44).

    `ending`: the whole pod is being killed, and nothing of it is started until that is done.
    """

    seen: Runtime | None = None
    containers: tuple[Remembered, ...] = ()
    ending: bool = False

    def __str__(self) -> str:
        looked = "must look again" if self.seen is None else f"saw {self.seen}"
        return "; ".join([looked, *[str(each) for each in self.containers]])

    def replaced(self, i: int, remembered: Remembered, seen: Runtime | None) -> Memory:
        """With another memory of one container."""
        return attrs.evolve(self, seen=seen, containers=(*self.containers[:i], remembered, *self.containers[i + 1 :]))


def look(memory: Memory, runtime: Runtime, was_ready: bool) -> Memory:
    """What a kubelet remembers once it has asked the runtime (PLEG, K45).

    Containers that it does not remember it finds: one that runs keeps the readiness that was reported (K23).
    """
    seen = runtime.visible
    if len(memory.containers) == len(seen.containers):
        return attrs.evolve(memory, seen=seen)
    return Memory(seen, tuple([found(was_ready) if p.running else Remembered() for p in seen.containers]))


def found(was_ready: bool) -> Remembered:
    """A running container that another kubelet process started."""
    if not was_ready:
        return Remembered()
    good = Worker(container=CONTAINER, published=Result.SUCCESS)
    return Remembered(readiness=good, startup=attrs.evolve(good, on_hold=True))


# ---- probes


def probe_of(container: Container, probe: Probe) -> ContainerProbe | None:
    """The container's probe of this kind."""
    found: ContainerProbe | None = getattr(container, f"{probe.value}_probe")
    return found


def has_probes(container: Container) -> bool:
    """Whether anybody asks how the container does."""
    return any(probe_of(container, probe) is not None for probe in Probe)


def result(container: Container, remembered: Remembered, probe: Probe) -> Result | None:
    """The result that the kubelet goes by (before the first one: the initial one); None: no such probe."""
    if probe_of(container, probe) is None:
        return None
    published = remembered.worker(probe).published
    return probes.initial(probe) if published is None else published


def succeeded(container: Container, remembered: Remembered, probe: Probe) -> bool | None:
    """Whether a probe has succeeded; None: there is no such probe."""
    found = result(container, remembered, probe)
    return None if found is None else found is Result.SUCCESS


def is_started(container: Container, remembered: Remembered, running: bool) -> bool:
    """`started` in its status."""
    return conditions.container_started(running, succeeded(container, remembered, Probe.STARTUP))


def is_ready(container: Container, remembered: Remembered, running: bool) -> bool:
    """`ready` in its status."""
    started = is_started(container, remembered, running)
    return conditions.container_ready(running, started, succeeded(container, remembered, Probe.READINESS))


def answered(probe: Probe, health: Health) -> Outcome | None:
    """What a program that runs answers; None: it does not matter, the probe is repeated in time.

    Simplified: a program that starts does so before its startup probe (or its initial delay) gives it up.
    """
    if health is Health.HUNG:
        return Outcome.FAILURE
    if health is Health.STARTING:
        return Outcome.FAILURE if probe is Probe.READINESS else None
    return Outcome.FAILURE if health is Health.BUSY and probe is Probe.READINESS else Outcome.SUCCESS


def probed(
    container: Container, remembered: Remembered, process: Process, deleting: bool
) -> Iterator[tuple[str, Remembered]]:
    """What one turn of one of the container's probe workers changes, and in words why. It runs."""
    started = is_started(container, remembered, True)
    for probe in Probe:
        spec = probe_of(container, probe)
        outcome = answered(probe, process.health)
        if spec is None or outcome is None:
            continue
        settings = Settings(probe, spec.success_threshold, spec.failure_threshold)
        seen = Seen(deleting=deleting, container=CONTAINER, state=ContainerState.RUNNING, started=started)
        worker = _capped(probes.step(remembered.worker(probe), settings, seen, outcome).worker, settings)
        if worker != remembered.worker(probe):
            says = f"the {probe.value} probe of {container.name} answers {outcome.value}"
            yield says, remembered.with_worker(probe, worker)


def _capped(worker: Worker, settings: Settings) -> Worker:
    """Equal results in a row, counted up to the threshold."""
    if worker.last is None:
        return worker
    return attrs.evolve(worker, run=min(worker.run, probes.threshold(settings, worker.last)))
