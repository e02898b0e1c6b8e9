"""What must hold of static pods, and of a cluster whose control plane is made of them.

- `the_end_of_a_mirror_pod_ends_nothing`: only a file that goes ends a static pod, or its process itself (K47).
- `nothing_is_stored_while_the_api_server_is_away`: the API server answers while it and etcd run; that is asked here of
  what runs, not of the model of its availability.
- `containers_run_on_whatever_the_control_plane_does`: containers of pods that nobody deletes never end.
- `the_cluster_recovers` needs that processes end finitely often.
"""

from __future__ import annotations

from kspec.kernel.properties import Broken, Happened, eventually_always, quiescence, step_invariant
from kspec.kernel.registry import offer
from kspec.kube.lenses import LatestField
from kspec.kube.objects import Phase, Pod, ReplicaSet
from kspec.kube.truth import Truth
from kspec_models.kubelet import Containers
from kspec_models.kubelet.restart import RuntimeState
from kspec_models.kubelet.static import phase_of
from kspec_properties.replicas import active_pods

RUNNING = RuntimeState.RUNNING


def static_pods(truth: Truth) -> dict[str, RuntimeState]:
    """What runs of each static pod, by its name."""
    prefix = "kubelet/containers of "
    own = truth.cluster.component("kubelet").variables(truth.cluster)
    return {name.removeprefix(prefix): truth.variable(name) for name in own if name.startswith(prefix)}


def has_file(truth: Truth, static: str) -> bool:
    """Whether the file of a static pod is there."""
    return bool(truth.variable(f"kubelet/file of {static}"))


# ---- static pods


def a_mirror_pod_is_being_deleted(truth: Truth) -> bool:
    """Some mirror pod is marked as deleted while its static pod runs."""
    return RUNNING in static_pods(truth).values() and any(
        mirror and deleting for mirror, deleting in truth.all(Pod, "mirror", "deleting")
    )


@step_invariant(witness=a_mirror_pod_is_being_deleted, about=(Pod,))
def the_end_of_a_mirror_pod_ends_nothing(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A kubelet ends a static pod only when its file is gone, whatever becomes of its mirror pod."""
    now = static_pods(after)
    for name, was in static_pods(before).items():
        if happened.actor == "kubelet" and was is RUNNING and now[name] is not RUNNING and has_file(before, name):
            return Broken(f"{name} is ended, and its file is there")
    return True


def a_static_pod_runs(truth: Truth) -> bool:
    """Some static pod runs."""
    return RUNNING in static_pods(truth).values()


@eventually_always(witness=a_static_pod_runs, about=(Pod,))
def static_pods_run_while_their_files_are_there(truth: Truth) -> bool | Broken:
    """In the end every static pod runs whose file is there, and no other."""
    for name, state in static_pods(truth).items():
        if (state is RUNNING) is not has_file(truth, name):
            return Broken(f"{name} {'does not run' if state is not RUNNING else 'runs without a file'}")
    return True


def a_mirror_pod_is_running(truth: Truth) -> bool:
    """Some mirror pod says that its static pod runs."""
    return any(mirror and phase is Phase.RUNNING for mirror, phase in truth.all(Pod, "mirror", "phase"))


@quiescence(witness=a_mirror_pod_is_running, about=(Pod,))
def mirror_pods_are_true_when_all_is_quiet(truth: Truth) -> bool | Broken:
    """When no component can change anything any more, the mirror pods show the static pods, and nothing else."""
    shown = sorted((owner.name, phase.value) for m, owner, phase in truth.all(Pod, "mirror", "owner", "phase") if m)
    nodes = {owner for owner, _ in shown}
    found = static_pods(truth)
    true = sorted(phase_of(state).value for name, state in found.items() if has_file(truth, name))
    if [phase for _, phase in shown] != true:
        return Broken(f"the mirror pods on {', '.join(nodes) or 'the node'} say {shown}, and the truth is {true}")
    return True


# ---- the control plane


def away(truth: Truth, *names: str) -> bool:
    """Whether one of these static pods does not run."""
    found = static_pods(truth)
    return any(found[name] is not RUNNING for name in names)


def api_server_is_away(truth: Truth) -> bool:
    """Whether the API server cannot answer."""
    return away(truth, "kube-apiserver", "etcd")


def something_was_stored_before_the_api_server_went(truth: Truth) -> bool:
    """The API server is away, and the store is not empty."""
    return api_server_is_away(truth) and bool(truth.names(ReplicaSet))


@step_invariant(witness=something_was_stored_before_the_api_server_went, about=(ReplicaSet,))
def nothing_is_stored_while_the_api_server_is_away(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """Nothing is committed while the API server or etcd does not run."""
    if api_server_is_away(before) and any(update == "Put" for _, update in happened.writes):
        return Broken(f"{happened.actor}: {happened.action} is committed, and the API server cannot answer")
    return True


def containers_run_without_a_control_plane(truth: Truth) -> bool:
    """The API server is away, and containers run."""
    return api_server_is_away(truth) and Containers.RUNNING in truth.each("containers")


@step_invariant(witness=containers_run_without_a_control_plane, about=(Pod,))
def containers_run_on_whatever_the_control_plane_does(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """The containers of a pod that nobody deletes run on, whichever process of the control plane is away."""
    rows = zip(
        before.each("pods", LatestField("deleting")), before.each("containers"), after.each("containers"), strict=True
    )
    for member, (deleting, was, now) in enumerate(rows):
        if deleting is False and was is Containers.RUNNING and now is not Containers.RUNNING:
            return Broken("the containers of a pod end, and nobody deletes it", (f"Pod pods#{member}",))
    return True


def a_pod_waits_for_the_scheduler_to_come_back(truth: Truth) -> bool:
    """The scheduler is away while the API server answers, and a pod has no node."""
    waits = any(node is None for node in truth.all(Pod, "node"))
    return waits and away(truth, "kube-scheduler") and not api_server_is_away(truth)


@step_invariant(witness=a_pod_waits_for_the_scheduler_to_come_back, about=(Pod,))
def no_pod_is_bound_without_the_scheduler(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """While the process of the scheduler is away, no pod gets a node."""
    lens = LatestField("node")
    if away(before, "kube-scheduler"):
        for member, (was, now) in enumerate(zip(before.each("pods", lens), after.each("pods", lens), strict=True)):
            if was is None and now is not None:
                return Broken("a pod is bound, and the scheduler does not run", (f"Pod pods#{member}",))
    return True


def pods_that_exist(truth: Truth) -> int:
    """How many pods there are."""
    return len(truth.all(Pod, "node"))


def a_pod_is_missing_without_a_controller(truth: Truth) -> bool:
    """The controller manager is away while the API server answers, and a ReplicaSet has too few pods."""
    wanted = sum(truth.all(ReplicaSet, "replicas"))
    missing = sum(active_pods(truth, name) for name in truth.names(ReplicaSet)) < wanted
    return missing and away(truth, "kube-controller-manager") and not api_server_is_away(truth)


@step_invariant(witness=a_pod_is_missing_without_a_controller, about=(ReplicaSet, Pod))
def no_pod_is_replaced_without_the_controller_manager(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """While the process of the controllers is away, no pod is created."""
    if away(before, "kube-controller-manager") and pods_that_exist(after) > pods_that_exist(before):
        return Broken("a pod is created, and the controller manager does not run")
    return True


def all_runs(truth: Truth) -> bool:
    """The whole control plane runs, and every ReplicaSet that exists has its pods, ready."""
    ready = sum(1 for is_ready, deleting in truth.all(Pod, "ready", "deleting") if is_ready and not deleting)
    return not away(truth, *static_pods(truth)) and ready == sum(truth.all(ReplicaSet, "replicas"))


def all_runs_with_pods(truth: Truth) -> bool:
    """The same, and some ReplicaSet exists."""
    return bool(truth.names(ReplicaSet)) and all_runs(truth)


@eventually_always(witness=all_runs_with_pods, about=(ReplicaSet, Pod))
def the_cluster_recovers(truth: Truth) -> bool | Broken:
    """In the end the control plane runs again, and every ReplicaSet has as many ready pods as it wants, for ever."""
    if all_runs(truth):
        return True
    gone = [name for name, state in static_pods(truth).items() if state is not RUNNING]
    return Broken(f"{', '.join(gone)} does not run" if gone else "a ReplicaSet has not got its pods back")


OF_STATIC_PODS = (
    the_end_of_a_mirror_pod_ends_nothing,
    static_pods_run_while_their_files_are_there,
    mirror_pods_are_true_when_all_is_quiet,
)
"""What is promised of static pods."""

OF_THE_CONTROL_PLANE = (
    nothing_is_stored_while_the_api_server_is_away,
    containers_run_on_whatever_the_control_plane_does,
    no_pod_is_bound_without_the_scheduler,
    no_pod_is_replaced_without_the_controller_manager,
    the_cluster_recovers,
)
"""What is promised of a cluster with a control plane of static pods."""

offer(*OF_STATIC_PODS, of="static pods")
offer(*OF_THE_CONTROL_PLANE, of="control plane")
