"""The two levels of detail: what other components see of a kubelet is the same, but for what the thin one says."""

from __future__ import annotations

from kspec.engines.common import laid_out_again
from kspec.kernel.errors import Grew
from kspec.kernel.world import World
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import Container, Phase, Pod, PodSpec
from kspec_models import users
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.life import Life
from kspec_models.kubelet.programs import programs
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import node

Seen = tuple[Phase, bool, bool]
"""Phase, readiness and whether it is being deleted: what others ask of a pod that a kubelet changes."""
GONE = None


def commits(*kubelets: Component) -> set[tuple[Seen | None, Seen | None]]:
    """Every change of a pod that these kubelets can commit: before and after."""
    pod = Pod(spec=PodSpec((Container("web", "web:1"), Container("log", "log:1"))))
    components = (users.apply([pod]), users.delete_a_pod(), scheduler(), *kubelets)
    scope = Scope(slots={Pod: 1}, nodes=(node(),))
    system = Cluster("levels", components, scope, (), kinds_used=(Pod,)).system()
    while True:
        try:
            return committed(World(system))
        except Grew:
            system = laid_out_again(system)


def committed(world: World) -> set[tuple[Seen | None, Seen | None]]:
    place = world.position["pods", 0]
    found: set[tuple[Seen | None, Seen | None]] = set()
    reached, queue = {world.initial}, [world.initial]
    for state in queue:
        for step in world.steps(state):
            after = world.apply(state, step)
            pair = seen(state[place].latest), seen(after[place].latest)
            if step.action.actor == "kubelet" and pair[0] != pair[1]:
                found.add(pair)
            if after not in reached:
                reached.add(after)
                queue.append(after)
    return found


def seen(pod: Pod | None) -> Seen | None:
    return GONE if pod is None else (pod.phase, pod.ready, pod.deleting)


def test_the_full_level_commits_what_the_thin_one_does_and_final_phases_before_a_pod_goes() -> None:
    thin, full = commits(kubelet()), commits(kubelet(detail=Life()), programs())

    starts = {((Phase.PENDING, False, False), (Phase.RUNNING, True, False))}
    assert thin == starts | {
        ((phase, ready, True), GONE) for phase, ready in ((Phase.PENDING, False), (Phase.RUNNING, True))
    }
    assert starts <= full
    ends = {(before, after) for before, after in full if after is GONE}
    assert ends == {((phase, False, True), GONE) for phase in (Phase.SUCCEEDED, Phase.FAILED)}
    assert {before[0] for before, after in thin - full if before is not None} == {Phase.PENDING, Phase.RUNNING}
    assert all(after is GONE for _, after in thin - full)
