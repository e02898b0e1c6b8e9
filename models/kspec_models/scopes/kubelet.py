"""Closed scopes of the kubelet at its full level of detail, container by container, and of static pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Role, Set
from kspec.kernel.properties import Property
from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.actor import Actor, Effect, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import Container, ContainerProbe, Phase, Pod, PodSpec, ReplicaSet
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.client.history import monitors
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.exits import Exits
from kspec_models.kubelet.life import Life
from kspec_models.kubelet.programs import programs
from kspec_models.kubelet.static import Static, StaticPod
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import a_replicaset, node

NO_INIT = "init_containers_succeed_before_containers_start"
NO_END = ("a_final_phase_is_final", "a_pod_is_removed_only_when_nothing_of_it_runs", "a_deleted_pod_goes")


def a_pod(*containers: Container, init: Sequence[Container] = (), **more: Any) -> Pod:
    """A pod as a user posts it."""
    return Pod(spec=PodSpec(containers, tuple(init), **more))


def one_node(
    name: str,
    people: Sequence[Component],
    *others: Component,
    crashes: Mapping[str, int] | None = None,
    pods: int = 1,
    kinds: tuple[type, ...] = (Pod,),
    silent: Sequence[str] = (),
    **more: Any,
) -> Cluster:
    """One node with a kubelet that shows every container, a scheduler, and whoever else there is.

    `silent`: promises about containers that have nothing to speak of here.
    """
    components = (*people, scheduler(), kubelet(detail=Life()), *others)
    scope = Scope(slots={Pod: pods}, nodes=(node(),), crashes=crashes or {})
    of_containers = [promise for promise in load().parts["kubelet"] if promise.name not in silent]
    return Cluster(
        name,
        components,
        scope,
        (*load().properties.values(), *of_containers),
        kinds_used=kinds,
        not_modelled=NOT_MODELLED,
        not_applicable=tuple(silent),
        **more,
    )


def marks_a_pod_as_failed() -> Actor:
    """Somebody else writes the phase Failed, once: as the pod garbage collector does, or an eviction."""
    actor = Actor(
        "evictor",
        watches=(Pod,),
        own={"done": False},
        role=Role.ENVIRONMENT,
        assumes=("somebody else writes Failed at most once",),
    )

    @actor.each(Pod, fair=False)
    def fail(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and pod.node is not None and not pod.finished and not here.done:
            yield "the pod is given up", api.patch_status(pod, phase=Phase.FAILED, ready=False), here.set(done=True)

    return actor


@system("kubelet.containers", quick=True)
def kubelet_containers() -> System:
    """An init container, a sidecar and a job, restarted on failure; programs may fail twice, a user may delete it.

    The job is started once the init container has succeeded and the sidecar runs; when it is done, the sidecar is ended
    too and the pod has Succeeded. What fails is started again.
    """
    job = a_pod(
        Container("job", "job:1", pre_stop=True),
        init=[Container("setup", "setup:1"), Container("proxy", "proxy:1", restart_policy="Always")],
        restart_policy="OnFailure",
    )
    people = (users.apply([job]), users.delete_a_pod(running=True))
    environment = programs(exits=2, exit_codes=(1,), ending=frozenset({"job:1"}))
    idle = ("kubelet.probe", "kubelet.forget", "programs.serve")
    return one_node("kubelet.containers", people, environment, idle=idle).system()


@system("kubelet.crash_loop", quick=True)
def kubelet_crash_loop() -> System:
    """A web server that exits again and again, with 0 or 1: restarted at once, then after a back-off; then deleted."""
    web = a_pod(Container("web", "web:1"))
    people = (users.apply([web]), users.delete_a_pod())
    others = (programs(exits=3), marks_a_pod_as_failed())
    idle = ("kubelet.probe", "programs.serve")
    return one_node("kubelet.crash_loop", people, *others, idle=idle, silent=(NO_INIT,)).system()


@system("kubelet.probes", quick=True)
def kubelet_probes() -> System:
    """A web server with all three probes: busy for a while it gets no traffic, hung it is restarted."""
    once, twice = ContainerProbe(1), ContainerProbe(2)
    web = Container("web", "web:1", liveness_probe=twice, readiness_probe=once, startup_probe=once)
    idle = ("kubelet.remove", "kubelet.forget", "kubelet.back off is over")
    people = (users.apply([a_pod(web)]),)
    return one_node("kubelet.probes", people, programs(troubles=1), idle=idle, silent=(NO_INIT, *NO_END)).system()


@system("kubelet.restart", quick=True)
def kubelet_restart() -> System:
    """The kubelet ends once at any time and comes back: it finds the containers running, and starts none twice."""
    web = a_pod(
        Container("web", "web:1", readiness_probe=ContainerProbe(1), pre_stop=True),
        init=[Container("setup", "setup:1")],
    )
    people = (users.apply([web]), users.delete_a_pod())
    idle = ("kubelet.forget", "kubelet.back off is over")
    return one_node("kubelet.restart", people, programs(), crashes={"kubelet": 1}, idle=idle).system()


@system("kubelet.sandbox", quick=True)
def kubelet_sandbox() -> System:
    """The sandbox is lost once, with all that runs in it: the init container runs again, although the other had run."""
    web = a_pod(Container("web", "web:1"), init=[Container("setup", "setup:1")])
    idle = ("kubelet.probe", "kubelet.back off is over", "kubelet.forget", "programs.serve")
    people = (users.apply([web]), users.delete_a_pod(running=True))
    return one_node("kubelet.sandbox", people, programs(losses=1), idle=idle).system()


@system("kubelet.replaced")
def kubelet_replaced() -> System:
    """A ReplicaSet of one, container by container: its pod is deleted, and another one starts while that one ends."""
    web = a_replicaset("web", 1)
    spec = PodSpec((Container("web", "web:1", readiness_probe=ContainerProbe(1)),))
    web = attrs.evolve(web, template=attrs.evolve(web.template, spec=spec))
    people = (users.apply([web]), users.delete_a_pod(), replicaset)
    others = (programs(), *monitors((ReplicaSet, Pod)))
    more: dict[str, Any] = {"silent": (NO_INIT,), "idle": ("kubelet.forget", "kubelet.back off is over")}
    return one_node("kubelet.replaced", people, *others, pods=2, kinds=(ReplicaSet, Pod), **more).system()


# ---- static pods


def without(*names: str) -> list[Property]:
    """The promises of every cluster but these, which have nothing to speak of."""
    return [promise for promise in load().properties.values() if promise.name not in names]


ETCD = StaticPod("etcd", PodSpec((Container("etcd", "etcd:3.6"),)))


def removes_the_file(pod: StaticPod) -> Actor:
    """Once, somebody on the node removes the file of a static pod."""
    actor = Actor(
        "administrator",
        own={"removed": False},
        role=Role.USER,
        assumes=("the file of one static pod is removed at most once",),
    )

    @actor.once()
    def remove_the_file(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not here.removed:
            yield f"the file of {pod.name}", Effect(f"kubelet/{pod.file}", Set(False)), here.set(removed=True)

    return actor


@system("kubelet.static", quick=True)
def kubelet_static() -> System:
    """A static pod: run from a file, shown by a mirror pod. Its process may end, the mirror be deleted, the file go."""
    components = (
        users.delete_a_pod(),
        removes_the_file(ETCD),
        kubelet(static=Static("node-1", (ETCD,))),
        Exits((ETCD,)),
    )
    return Cluster(
        "kubelet.static",
        components,
        Scope(slots={Pod: 1}, nodes=(node(),)),
        (*without("no_pod_stays_pending_for_ever"), *load().parts["static pods"]),
        kinds_used=(Pod,),
        not_modelled=NOT_MODELLED,
        not_applicable=("no_pod_stays_pending_for_ever",),
        idle=("kubelet.start", "kubelet.report", "kubelet.stop", "kubelet.remove"),
    ).system()
