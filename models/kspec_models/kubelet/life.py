"""The full level of detail: sandbox, init containers, sidecars, restarts, probes, hooks, and a final phase.

Models `pkg/kubelet/kuberuntime` (SyncPod, computePodActions, killContainer), `pkg/kubelet/prober` and
`pkg/kubelet/status` for one pod: the kubelet looks at the runtime (PLEG), does the next thing that `pod_actions` says,
and looks again before it does more (K44). A status is written as soon as it differs: a pod whose containers have a
readiness probe is Running in one write and Ready in a later one. A deleted pod ends container by container: preStop,
signal, SIGKILL once its grace is over; its final phase is written, and only then is it removed (K30, K36).

Simplified: containers are started one in a step, so that anything may happen between two of them. Back-off and grace
period may be over at any time after they began. Of a pod that is gone from the API its spec is no longer known: its
containers are told to end all at once, without hooks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from kspec.kernel.values import Value
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Container, Phase, Pod, PodSpec
from kspec_models.kubelet import conditions, memory, pod_actions
from kspec_models.kubelet.conditions import ContainerReport
from kspec_models.kubelet.detail import Alternatives
from kspec_models.kubelet.memory import BackOff, Memory, Remembered
from kspec_models.kubelet.phase import End, Observed, State, Status, phase, published
from kspec_models.kubelet.pod_actions import Actions
from kspec_models.kubelet.probes import Probe
from kspec_models.kubelet.restart import RestartPolicy, Restarts, RuntimeState
from kspec_models.kubelet.runtime import KILLED, Health, Process, Runtime

NOT_MODELLED = (
    "admission and eviction at the node, images that cannot be pulled, postStart hooks",
    "restart rules of containers, readiness gates, ephemeral containers, a grace period that a later DELETE shortens",
    "a back-off that is reset after 10 minutes: the first restart is at once, every further one waits",
)
ALWAYS = "Always"


def containers_of(spec: PodSpec) -> tuple[Container, ...]:
    """All containers, init containers first."""
    return (*spec.init_containers, *spec.containers)


def is_init(spec: PodSpec, i: int) -> bool:
    """Whether the container at this place is an init container (or a sidecar)."""
    return i < len(spec.init_containers)


def is_sidecar(spec: PodSpec, i: int) -> bool:
    """Whether it is an init container that goes on."""
    return is_init(spec, i) and containers_of(spec)[i].restart_policy == ALWAYS


def restarts_of(spec: PodSpec, container: Container) -> Restarts:
    """How a container is restarted."""
    own = RestartPolicy(container.restart_policy) if container.restart_policy else None
    return Restarts(RestartPolicy(spec.restart_policy), own)


# ---- what the kubelet knows, in the words of its decisions


@attrs.frozen
class Known:
    """A pod, what was last seen of it at the runtime, and what is remembered."""

    spec: PodSpec
    seen: Runtime
    remembered: tuple[Remembered, ...]
    deleting: bool

    def process(self, i: int) -> Process:
        """A container as it was last seen."""
        return self.seen.containers[i] if i < len(self.seen.containers) else Process()

    def memory(self, i: int) -> Remembered:
        """What is remembered of a container."""
        return self.remembered[i] if i < len(self.remembered) else Remembered()

    def for_actions(self, i: int) -> pod_actions.Container:
        """A container, to the decision what to do next."""
        spec, process, known = containers_of(self.spec)[i], self.process(i), self.memory(i)
        # One that was killed for a probe in order to be started again is, whatever it then exited with (K21).
        state = RuntimeState.CREATED if known.replace and not process.running else process.state
        running = process.running > 0
        return pod_actions.Container(
            spec.name,
            state,
            process.exit_code or 0,
            restarts_of(self.spec, spec),
            is_sidecar(self.spec, i),
            liveness=memory.result(spec, known, Probe.LIVENESS) if running else None,
            startup=memory.result(spec, known, Probe.STARTUP) if running else None,
            has_startup_probe=spec.startup_probe is not None,
        )

    @property
    def actions(self) -> Actions:
        """What to do next (computePodActions)."""
        inits = len(self.spec.init_containers)
        found = [self.for_actions(i) for i in range(len(containers_of(self.spec)))]
        has_run = any(process.has_run for process in self.seen.containers)
        return pod_actions.actions(
            pod_actions.Pod(
                RestartPolicy(self.spec.restart_policy),
                tuple(found[:inits]),
                tuple(found[inits:]),
                sandbox_lost=not self.seen.sandbox,
                attempt=int(has_run),
                deleting=self.deleting,
            )
        )

    def observed(self, i: int) -> Observed:
        """A container's status, to the decision about the phase."""
        spec, process, known = containers_of(self.spec)[i], self.process(i), self.memory(i)
        started = memory.is_started(spec, known, process.running > 0)
        end = None if process.exit_code is None else End(process.exit_code)
        state = State.WAITING
        if process.running:
            state = State.RUNNING
        elif end is not None and known.back_off is not BackOff.WAITS:
            state = State.TERMINATED
        return Observed(Status(state, end, started), restarts_of(self.spec, spec), is_sidecar(self.spec, i))

    def report(self, i: int) -> ContainerReport:
        """A container's status, to the decisions about conditions."""
        spec, process, known = containers_of(self.spec)[i], self.process(i), self.memory(i)
        running = process.running > 0
        ready = memory.is_ready(spec, known, running)
        if is_init(self.spec, i) and not is_sidecar(self.spec, i):
            ready = process.exit_code == 0
        started = memory.is_started(spec, known, running)
        return ContainerReport(True, ready, started, process.has_run, is_sidecar(self.spec, i))

    @property
    def ends_by_itself(self) -> bool:
        """Nothing of it is to be kept or started any more (K35)."""
        todo = self.actions
        return todo.kill_pod and not todo.create_sandbox


def known(pod: Any, here: Here) -> Known | None:
    """What the kubelet knows of a pod; None: it has not looked at the runtime since it last acted."""
    remembered: Memory = here.memory
    if remembered.seen is None:
        return None
    return Known(pod.spec, remembered.seen, remembered.containers, pod.deleting)


def status_of(pod: Known, before: Phase, terminal: bool) -> dict[str, Value]:
    """Phase and conditions, as they would be written now."""
    inits, every = len(pod.spec.init_containers), len(containers_of(pod.spec))
    statuses = [pod.observed(i) for i in range(every)]
    has_begun = any(pod.process(i).has_run for i in range(inits, every))
    now = phase(tuple(statuses[:inits]), tuple(statuses[inits:]), terminal=terminal, initialized=has_begun)
    if terminal and not pod.seen.runs and now in (Phase.PENDING, Phase.RUNNING):
        now = Phase.FAILED  # what never ran, or vanished, counts as failed (K38)
    now = published(before, now, may_be_running=pod.seen.runs)
    reports = [pod.report(i) for i in range(every)]
    init_reports, other_reports = tuple(reports[:inits]), tuple(reports[inits:])
    containers = conditions.containers_ready(init_reports, other_reports, now)
    return {
        "phase": now,
        "ready": conditions.ready(containers, ()).status,
        "initialized": conditions.initialized(init_reports, other_reports, now).status,
    }


# ---- the level of detail


@attrs.frozen
class Life:
    """Container by container. What the programs in them do is the environment's: see `programs`."""

    variables: Mapping[str, Value] = attrs.field(factory=lambda: {"runtime": Runtime(), "memory": Memory()})
    forgets: tuple[str, ...] = ("memory",)
    not_modelled: tuple[str, ...] = NOT_MODELLED
    reports: str = "by what it saw last"

    def start(self, pod: Any, here: Here) -> Alternatives:
        """The next thing that is to be started: the sandbox, or one container."""
        found = known(pod, here)
        if found is None or pod.finished or here.memory.ending:
            return
        todo = found.actions
        if todo.create_sandbox:
            number = len(containers_of(found.spec))
            again = any(process.has_run for process in found.seen.containers)
            made = here.runtime.with_sandbox(number, len(found.spec.init_containers))
            remembered = Memory(None, found.remembered or (Remembered(),) * number)
            says = "its sandbox is lost: another one" if again else "the pod is bound to this node: its sandbox"
            yield says, here.set(runtime=made, memory=remembered)
            return
        inits = len(found.spec.init_containers)
        for i in (*todo.init_start, *[inits + i for i in todo.start]):
            if not found.process(i).running and found.memory(i).back_off is not BackOff.WAITS:
                yield begun(found, here, i)
                return

    def stop(self, pod: Any, here: Here) -> Alternatives:
        """What is killed next: everything of a pod that has to end, or a container that fails a probe."""
        if here.memory.seen is None:
            return
        if pod is None:
            yield from ended(here.memory.seen, (), here, "the pod is gone", None)
            return
        found = known(pod, here)
        assert found is not None
        if pod.deleting or pod.finished or here.memory.ending or found.ends_by_itself:
            why = "the pod is marked as deleted" if pod.deleting else "nothing of it goes on"
            yield from ended(found.seen, sidecars_that_wait(found), here, why, found)
            return
        names = [container.name for container in containers_of(found.spec)]
        todo, inits = found.actions, len(found.spec.init_containers)
        for name in todo.kill:
            i = names.index(name)
            again = i in todo.init_start or i - inits in todo.start
            yield from killed(i, found.process(i), here, f"{name} fails a probe", found, replace=again)

    def status(self, pod: Any, here: Here) -> Mapping[str, Value] | None:
        """Phase and conditions by what was seen last; the phase that they follow is read anew for each write (K40)."""
        found = known(pod, here)
        before = None if found is None else here.live(Pod, pod.identity, "phase")
        if found is None or before is None:
            return None
        return status_of(found, before, pod.deleting or pod.finished)

    def may_be_removed(self, pod: Any, here: Here) -> bool:
        """Nothing of it is left, and its final phase is written (K36)."""
        return removable(here.memory.seen, pod.phase)

    def is_nothing(self, here: Here) -> bool:
        """The runtime has no record of it."""
        return bool(here.runtime == Runtime())

    def forgotten(self, here: Here) -> tuple[Any, ...]:
        """The records of its containers are removed."""
        return here.set(runtime=Runtime(), memory=Memory())

    def further(self, actor: Actor) -> None:
        """Look at the runtime, probe, wait, and forget."""

        @actor.each(Pod)
        def look(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            runtime, remembered = here.runtime, here.memory
            if (pod is not None or runtime != Runtime()) and remembered.seen != runtime.visible:
                seen = memory.look(remembered, runtime, pod is not None and pod.ready)
                yield "it asks the runtime what runs", here.set(memory=seen)

        @actor.each(Pod)
        def probe(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            found = None if pod is None or pod.finished else known(pod, here)
            if found is None:
                return
            for i, process in here.runtime.running():
                if found.process(i).running and i < len(found.remembered):
                    container = containers_of(found.spec)[i]
                    for says, turned in memory.probed(container, found.memory(i), process, pod.deleting):
                        yield says, here.set(memory=here.memory.replaced(i, turned, found.seen))

        @actor.each(Pod)
        def back_off_is_over(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            if pod is None or pod.deleting or pod.finished:
                return
            for i, known in enumerate(here.memory.containers):
                if known.back_off is BackOff.WAITS:
                    over = attrs.evolve(known, back_off=BackOff.OVER)
                    yield "it has waited long enough", here.set(memory=here.memory.replaced(i, over, here.memory.seen))

        @actor.each(Pod)
        def forget(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            runtime, remembered = here.runtime, here.memory
            if pod is not None or not runtime.is_nothing or (runtime, remembered) == (Runtime(), Memory()):
                return
            if runtime == Runtime() or remembered.seen == runtime.visible:
                yield "nothing of it runs, and the pod is gone", self.forgotten(here)


def removable(seen: Runtime | None, phase: Phase) -> bool:
    """Whether a pod that is being deleted may go from the API: nothing runs, its final phase is written (K36)."""
    return seen is not None and seen.is_nothing and phase in (Phase.SUCCEEDED, Phase.FAILED)


def begun(pod: Known, here: Here, i: int) -> tuple[Any, ...]:
    """The start of one container, or the wait before it (K12)."""
    container, process, remembered = containers_of(pod.spec)[i], pod.process(i), pod.memory(i)
    again = process.exit_code is not None
    if again and remembered.back_off is BackOff.NEXT_WAITS:
        waits = attrs.evolve(remembered, back_off=BackOff.WAITS)
        return f"{container.name} waits: CrashLoopBackOff", here.set(memory=here.memory.replaced(i, waits, pod.seen))
    health = Health.STARTING if memory.has_probes(container) else Health.SERVING
    runtime: Runtime = here.runtime
    now = runtime.replaced(i, runtime.containers[i].started(health))
    says = f"{container.name} is started" + (" again" if again else "")
    return says, here.set(runtime=now, memory=after_a_start(here.memory, i, remembered.after_a_start(container, again)))


def after_a_start(memory: Memory, i: int, remembered: Remembered) -> Memory:
    """What is remembered after a start: the runtime must be asked before anything else is done (K44)."""
    return memory.replaced(i, remembered, None)


def sidecars_that_wait(pod: Known) -> tuple[int, ...]:
    """Sidecars that end later: after the other containers, and after the sidecars that were defined later (K33)."""
    running = [i for i, _ in pod.seen.running()]
    sidecars = [i for i in running if is_sidecar(pod.spec, i)]
    return tuple(sidecars if len(sidecars) < len(running) else sidecars[:-1])


def ended(seen: Runtime, later: tuple[int, ...], here: Here, why: str, pod: Known | None) -> Alternatives:
    """The next thing by which a whole pod ends."""
    for i, process in seen.running():
        if i not in later:
            yield from killed(i, process, here, why, pod, ending=True)
    if not seen.runs and seen.sandbox:
        remembered = attrs.evolve(here.memory, seen=seen.without_sandbox(), ending=False)
        yield f"{why}: its sandbox goes", here.set(runtime=here.runtime.without_sandbox(), memory=remembered)


def killed(
    i: int,
    process: Process,
    here: Here,
    why: str,
    pod: Known | None,
    *,
    ending: bool = False,
    replace: bool = False,
) -> Alternatives:
    """The next thing by which one container ends: its hook, the signal, SIGKILL (K30, killContainer).

    `ending`: all of its pod ends; `replace`: it is to be started again.
    """
    truth: Runtime = here.runtime
    remembered: Memory = attrs.evolve(here.memory, ending=ending)
    if remembered.seen is None or not truth.containers[i].running:
        return
    mine = attrs.evolve(remembered.containers[i], replace=replace)
    name = "a container" if pod is None else containers_of(pod.spec)[i].name
    if process.signalled:
        over = truth.replaced(i, truth.containers[i].ended(KILLED))
        yield f"the grace period of {name} is over: SIGKILL", here.set(runtime=over)
    elif pod is not None and has_hook(pod.spec, i) and not mine.hook:
        hooked = attrs.evolve(mine, hook=True)
        yield f"{why}: preStop of {name}", here.set(memory=remembered.replaced(i, hooked, remembered.seen))
    else:
        told = attrs.evolve(truth.containers[i], signalled=True)
        seen = remembered.seen.replaced(i, attrs.evolve(process, signalled=True))
        changes = {"runtime": truth.replaced(i, told), "memory": remembered.replaced(i, mine, seen)}
        yield f"{why}: {name} is told to end", here.set(**changes)


def has_hook(spec: PodSpec, i: int) -> bool:
    """Whether a preStop hook runs: only if there is any grace (K32)."""
    return containers_of(spec)[i].pre_stop and spec.termination_grace_period_seconds > 0
