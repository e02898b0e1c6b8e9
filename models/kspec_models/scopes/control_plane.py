"""A closed scope of the control plane itself: four static pods that a kubelet starts from files, and what needs them.

Which component is a process of which static pod is said here, and nowhere else: the components know nothing of it, and
the API server answers while it and etcd run (`Cluster.processes`).
"""

from __future__ import annotations

from collections.abc import Mapping

from kspec.kernel.actions import Reader
from kspec.kernel.registry import load, system
from kspec.kernel.settings import broken_twin
from kspec.kernel.system import System
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import Container, Pod, PodSpec, ReplicaSet
from kspec.kube.processes import API_SERVER, Runs
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.client.history import monitors
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.exits import Exits, is_running
from kspec_models.kubelet.static import Static, StaticPod
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import a_replicaset, node


def control_plane_pod(name: str, image: str) -> StaticPod:
    """A file of /etc/kubernetes/manifests."""
    return StaticPod(name, PodSpec((Container(name, image),)))


ETCD = control_plane_pod("etcd", "etcd:3.6")
APISERVER = control_plane_pod("kube-apiserver", "kube-apiserver:v1.36")
CONTROLLER_MANAGER = control_plane_pod("kube-controller-manager", "kube-controller-manager:v1.36")
SCHEDULER = control_plane_pod("kube-scheduler", "kube-scheduler:v1.36")
CONTROL_PLANE = (ETCD, APISERVER, CONTROLLER_MANAGER, SCHEDULER)

HOSTED = {CONTROLLER_MANAGER.name: ("replicaset",), SCHEDULER.name: ("scheduler",)}
"""Which components are processes of which static pod."""

NOTES = (
    "control plane: mirror pods (see kubelet.static); leader election; more than one etcd member",
    "control plane: a request that commits although its answer is lost; a process that is up and not ready yet",
)


def answers(api_server: bool, etcd: bool) -> bool:
    """Whether the API server answers: it runs, and so does the store (without it every request ends in 503)."""
    return api_server and etcd


def processes() -> Mapping[str, Runs]:
    """Of each component that is a process here, the question whether it runs."""

    def api_server_answers(see: Reader) -> bool:
        return answers(is_running(APISERVER)(see), is_running(ETCD)(see))

    return {
        API_SERVER: api_server_answers,
        "replicaset": is_running(CONTROLLER_MANAGER),
        "scheduler": is_running(SCHEDULER),
    }


def a_cluster(name: str, *, losses: int = 1, caches: Mapping[str, str] | None = None) -> Cluster:
    """A cluster whose control plane is made of static pods, of which so many processes end at any time."""
    components: tuple[Component, ...] = (
        users.apply([a_replicaset("web", 1)]),
        users.delete_a_pod(),
        replicaset,
        scheduler(),
        kubelet(static=Static("node-1", CONTROL_PLANE, mirrors=False)),
        Exits(CONTROL_PLANE, losses, HOSTED),
        *monitors((ReplicaSet, Pod)),
    )
    return Cluster(
        name,
        components,
        Scope(slots={Pod: 2}, nodes=(node(),), caches=caches or {}),
        (*load().properties.values(), *load().parts["control plane"]),
        kinds_used=(ReplicaSet, Pod),
        not_modelled=(*NOT_MODELLED, *NOTES),
        processes=processes(),
        idle=("kubelet.stop static pod",),
    )


@system("control_plane.bootstrap", quick=True)
def control_plane_bootstrap() -> System:
    """A kubelet starts the control plane from files; one of its processes may end; a user wants one pod.

    Nothing answers before etcd and the API server run. Without the scheduler nothing is bound, without the controller
    manager nothing is replaced, without the API server or etcd nothing changes at all: and containers run on.
    """
    return a_cluster("control_plane.bootstrap").system()


@system("control_plane.two_losses")
def control_plane_two_losses() -> System:
    """The same with two processes that end, at once or one after the other."""
    return a_cluster("control_plane.two_losses", losses=2).system()


@system("control_plane.late")
def control_plane_late() -> System:
    """The same with a late controller and a late scheduler, which list anew whenever they have been started again."""
    return a_cluster("control_plane.late", caches={"replicaset": "delayed", "scheduler": "delayed"}).system()


# ---- broken twins


@broken_twin(
    "control-plane.store",
    "not-needed",
    "kspec_models.scopes.control_plane:answers",
    "the API server answers while etcd does not run",
)
def answers_without_etcd(api_server: bool, etcd: bool) -> bool:
    """Answers from memory."""
    return api_server


@broken_twin(
    "control-plane.processes",
    "not-needed",
    "kspec_models.scopes.control_plane:processes",
    "components act whether their process runs or not",
)
def nothing_is_a_process() -> Mapping[str, Runs]:
    """Every component acts always."""
    return {}
