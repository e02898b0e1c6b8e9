"""What must hold of a kubelet that shows the life of every container (`kspec_models.kubelet.life`).

They compare reports with the ground truth, so they speak of clusters whose kubelet has this level of detail only.

- `a_final_phase_is_final`: Succeeded and Failed stay, whoever wrote them (K06).
- `a_pod_is_removed_only_when_nothing_of_it_runs` is about the kubelet's own DELETE (K36). Whoever else deletes a pod
  with grace 0 takes it from the API while its containers run (K37).
- `a_pod_is_reported_ready_only_after_its_readiness_probe_succeeded`: at the moment of the report, by the results that
  the kubelet has; what the program does by then is another matter.
- `a_pod_gets_ready_or_ends` and `a_deleted_pod_goes` need that programs which hang or exit do so finitely often.
"""

from __future__ import annotations

from collections.abc import Iterator

from kspec.kernel.properties import Broken, Happened, invariant, leads_to, step_invariant
from kspec.kernel.registry import offer
from kspec.kube.lenses import LatestField, LatestFields
from kspec.kube.objects import Phase, Pod, PodSpec
from kspec.kube.truth import Truth
from kspec_models.kubelet.life import containers_of, is_sidecar
from kspec_models.kubelet.memory import Memory
from kspec_models.kubelet.probes import Result
from kspec_models.kubelet.runtime import Process, Runtime

ABOUT = (Pod,)
FINAL = (Phase.SUCCEEDED, Phase.FAILED)


def a_container_runs(truth: Truth) -> bool:
    """Some container runs."""
    return any(runtime.runs for runtime in truth.each("runtime"))


@invariant(witness=a_container_runs, about=ABOUT)
def no_container_runs_twice(truth: Truth) -> bool | Broken:
    """There are never two running instances of one container."""
    for member, runtime in enumerate(truth.each("runtime")):
        for i, process in runtime.running():
            if process.running > 1:
                spec = truth.each("pods", LatestField("spec"))[member]
                name = f"container {containers_of(spec)[i].name}" if spec is not None else "a container"
                return Broken(f"{name} runs {process.running} times", (f"Pod pods#{member}",))
    return True


def known_pods(truth: Truth) -> Iterator[tuple[int, PodSpec, Runtime]]:
    """The pods that exist, with their specs and what runs of them."""
    specs = truth.each("pods", LatestField("spec"))
    for member, (spec, runtime) in enumerate(zip(specs, truth.each("runtime"), strict=True)):
        if spec is not None and runtime.containers:
            yield member, spec, runtime


def regular(spec: PodSpec, runtime: Runtime) -> tuple[Process, ...]:
    """The containers that are no init containers."""
    return runtime.containers[len(spec.init_containers) :]


def a_container_runs_after_init_containers(truth: Truth) -> bool:
    """A regular container of a pod with init containers runs."""
    pods = known_pods(truth)
    return any(spec.init_containers and started(regular(spec, runtime)) for _, spec, runtime in pods)


@step_invariant(witness=a_container_runs_after_init_containers, about=ABOUT)
def init_containers_succeed_before_containers_start(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """No container is started before, in the same sandbox, every init container succeeded and every sidecar has run."""
    was = {member: runtime for member, _, runtime in known_pods(before)}
    for member, spec, runtime in known_pods(after):
        if member not in was or started(regular(spec, runtime)) <= started(regular(spec, was[member])):
            continue
        for i, container in enumerate(spec.init_containers):
            process = runtime.containers[i]
            done = process.has_run if is_sidecar(spec, i) else process.exit_code == 0
            if not done:
                clause = f"a container is started, and init container {container.name} has not succeeded"
                return Broken(clause, (f"Pod pods#{member}",))
    return True


def started(processes: tuple[Process, ...]) -> int:
    """How many processes run."""
    return sum(process.running for process in processes)


def a_pod_is_ready(truth: Truth) -> bool:
    """Some pod is reported ready."""
    return any(truth.all(Pod, "ready"))


@step_invariant(witness=a_pod_is_ready, about=ABOUT)
def a_pod_is_reported_ready_only_after_its_readiness_probe_succeeded(
    before: Truth, happened: Happened, after: Truth
) -> bool | Broken:
    """A pod becomes ready only when each of its readiness probes has succeeded for a container that runs."""
    lens = LatestFields(("ready", "spec"))
    pairs = zip(before.each("pods", lens), after.each("pods", lens), before.each("memory"), strict=True)
    for member, (was, now, memory) in enumerate(pairs):
        if was is None or now is None or was[0] or not now[0]:
            continue
        for i, container in enumerate(containers_of(now[1])):
            if container.readiness_probe is not None and not has_succeeded(memory, i):
                clause = f"a pod becomes ready, and the readiness probe of {container.name} has not succeeded"
                return Broken(clause, (f"Pod pods#{member}",))
    return True


def has_succeeded(memory: Memory, i: int) -> bool:
    """Whether the kubelet has seen a container running, and its readiness probe succeed."""
    if memory.seen is None or not memory.seen.containers[i].running:
        return False
    return memory.containers[i].readiness.published is Result.SUCCESS


def a_pod_has_finished(truth: Truth) -> bool:
    """Some pod has a final phase."""
    return any(phase in FINAL for phase in truth.all(Pod, "phase"))


@step_invariant(witness=a_pod_has_finished, about=ABOUT)
def a_final_phase_is_final(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A pod never leaves the phases Succeeded and Failed."""
    lens = LatestField("phase")
    for member, (was, now) in enumerate(zip(before.each("pods", lens), after.each("pods", lens), strict=True)):
        if was in FINAL and now not in (was, None):
            return Broken(f"a pod that was {was.value} becomes {now.value}", (f"Pod pods#{member}",))
    return True


def a_pod_is_being_deleted(truth: Truth) -> bool:
    """Some pod is marked as deleted."""
    return any(truth.all(Pod, "deleting"))


@step_invariant(witness=a_pod_is_being_deleted, about=ABOUT)
def a_pod_is_removed_only_when_nothing_of_it_runs(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """The kubelet removes a pod from the API only when nothing of it runs and its final phase is written."""
    if happened.actor != "kubelet":
        return True
    lens = LatestField("phase")
    rows = zip(before.each("pods", lens), after.each("pods", lens), before.each("runtime"), strict=True)
    for member, (was, now, runtime) in enumerate(rows):
        if was is not None and now is None and (was not in FINAL or not runtime.is_nothing):
            runs = "something of it runs" if not runtime.is_nothing else f"it is {was.value}"
            return Broken(f"a pod is removed while {runs}", (f"Pod pods#{member}",))
    return True


def pods_that_could_be_ready(truth: Truth) -> int:
    """How many pods are bound, neither ready nor finished, and not being deleted."""
    pods = truth.all(Pod, "node", "ready", "finished", "deleting")
    return sum(
        1 for node, ready, finished, deleting in pods if node is not None and not (ready or finished or deleting)
    )


def a_pod_could_be_ready(truth: Truth) -> bool:
    """Some pod is bound, and not ready yet (or not any more)."""
    return pods_that_could_be_ready(truth) > 0


@leads_to(a_pod_could_be_ready, about=ABOUT)
def a_pod_gets_ready_or_ends(truth: Truth) -> bool | Broken:
    """A pod that is bound becomes ready in the end, or finishes, or is deleted."""
    left = pods_that_could_be_ready(truth)
    return not left or Broken(f"{left} bound pod{'s are' if left > 1 else ' is'} neither ready nor finished")


@leads_to(a_pod_is_being_deleted, about=ABOUT)
def a_deleted_pod_goes(truth: Truth) -> bool | Broken:
    """A pod that is marked as deleted goes in the end."""
    return not a_pod_is_being_deleted(truth) or Broken("a pod is marked as deleted, and stays")


OF_CONTAINERS = (
    no_container_runs_twice,
    init_containers_succeed_before_containers_start,
    a_pod_is_reported_ready_only_after_its_readiness_probe_succeeded,
    a_final_phase_is_final,
    a_pod_is_removed_only_when_nothing_of_it_runs,
    a_pod_gets_ready_or_ends,
    a_deleted_pod_goes,
)
"""What is promised of containers, in the order of reports."""

offer(*OF_CONTAINERS, of="kubelet")
