"""Closed scopes of claims and volumes: who gets which, who may take it back, and who waits for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kspec.kernel.actions import Role
from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import Container, Phase, Pod, PodSpec, labels
from kspec.kube.storage import (
    AccessMode,
    BindingMode,
    PersistentVolume,
    PersistentVolumeClaim,
    ReclaimPolicy,
    StorageClass,
)
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.controllers.volume_binder.protection import FINALIZER, pvc_protection
from kspec_models.controllers.volume_binder.provisioner import provisioner
from kspec_models.controllers.volume_binder.reconcile import claim_binder, volume_binder
from kspec_models.kubelet import kubelet
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import node

KINDS = (Pod, PersistentVolumeClaim, PersistentVolume, StorageClass)
ONCE = frozenset({AccessMode.READ_WRITE_ONCE})
GIB = 2**30
DISK = "example.com/disk"
FAST = StorageClass("fast", BindingMode.WAIT_FOR_FIRST_CONSUMER, DISK)


def a_claim(name: str, storage_class: str = "") -> PersistentVolumeClaim:
    """A claim as the API server stores it: the plugin StorageObjectInUseProtection has put its finalizer on it."""
    return PersistentVolumeClaim(name, GIB, ONCE, storage_class=storage_class, finalizers=(FINALIZER,))


def a_volume(name: str) -> PersistentVolume:
    """A volume that an administrator made, and whose data is to be kept."""
    return PersistentVolume(name, GIB, ONCE, phase=None, reclaim=ReclaimPolicy.RETAIN)


def a_pod(claim: str) -> Pod:
    """A pod that uses a claim."""
    return Pod(labels(app="db"), PodSpec((Container("db", "db:1"),), claims=(claim,)), name="db")


def lets_go(claim: str) -> Actor:
    """Once the pod runs the user deletes the claim, and after that the pod."""
    actor = Actor(
        "user",
        watches=(Pod,),
        own={"let go": 0},
        role=Role.USER,
        assumes=("the claim and its pod are deleted at most once",),
    )

    @actor.once()
    def delete_the_claim(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if getattr(here, "let go") == 0 and any(pod.phase is Phase.RUNNING for pod in cache.list(Pod)):
            yield "it is not needed any more", api.delete(a_claim(claim)), here.set(**{"let go": 1})

    @actor.once()
    def delete_the_pod(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        for pod in cache.list(Pod) if getattr(here, "let go") == 1 else ():
            yield api.delete(pod), here.set(**{"let go": 2})

    return actor


def recreates(claim: PersistentVolumeClaim) -> Actor:
    """The user deletes the claim once it has a volume, and posts another one of the same name when it is gone."""
    actor = Actor("user", own={"posted": 0}, role=Role.USER, assumes=("the claim is posted at most twice",))

    @actor.once()
    def post(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        phase = here.live(PersistentVolumeClaim, claim.name, "phase")
        if phase is None and here.posted < 2:
            yield api.create(claim), here.set(posted=here.posted + 1)

    @actor.once()
    def delete(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        name = here.live(PersistentVolumeClaim, claim.name, "volume_name")
        deleting = here.live(PersistentVolumeClaim, claim.name, "deleting")
        if name and not deleting and here.posted == 1:
            yield api.delete(claim)

    return actor


def storage(
    name: str,
    *components: Component,
    stored: tuple[Any, ...] = (),
    pods: int = 0,
    caches: Mapping[str, str] | None = None,
    expected: tuple[str, ...] = (),
    idle: tuple[str, ...] = (),
) -> Cluster:
    """A cluster with claims and volumes. The promises about pods are for where a provisioner lets them start."""
    known, names = load(), {component.name for component in components}
    general = [p for p in known.properties.values() if not p.about or (Pod in p.about and "provisioner" in names)]
    return Cluster(
        name,
        (*components, claim_binder, volume_binder, pvc_protection),
        Scope(
            slots={Pod: max(pods, 1)},
            nodes=(node(),),
            stored=stored,
            caches=caches or {},
            recreated=frozenset({PersistentVolumeClaim}),
            whole=frozenset({"pvc-protection"}),
        ),
        kinds_used=KINDS,
        properties=(*general, *known.parts[name]),
        not_modelled=NOT_MODELLED,
        expected=expected,
        idle=idle,
    )


@system("storage.claim", quick=True)
def storage_claim() -> System:
    """A pod waits for its claim, the claim for a node, a provisioner makes a volume; then all is deleted again."""
    people = (users.apply([FAST, a_claim("data", "fast"), a_pod("data")]), lets_go("data"))
    parts = (*people, provisioner(DISK), scheduler(volumes=True), kubelet())
    caches = {"volume-binder": "delayed"}
    return storage("storage.claim", *parts, pods=1, caches=caches).system()


@system("storage.race", quick=True)
def storage_race() -> System:
    """Two claims want the only volume, and the controller's caches are late: one gets it, the other waits."""
    parts = (users.apply([a_claim("one"), a_claim("two")]),)
    caches = {"volume-binder": "delayed"}
    idle = ("pvc-protection.reconcile one", "pvc-protection.reconcile two")
    return storage("storage.race", *parts, stored=(a_volume("disk"),), caches=caches, idle=idle).system()


@system("storage.recreated", quick=True)
def storage_recreated() -> System:
    """A claim is deleted and made again under its name: with Retain the volume is not given to the new one."""
    return storage("storage.recreated", recreates(a_claim("data")), stored=(a_volume("disk"),)).system()


@system("storage.unprovisioned", quick=True)
def storage_unprovisioned() -> System:
    """Expected to fail: the class has a provisioner that is not installed, so the claim and its pod wait for ever."""
    parts = (users.apply([FAST, a_claim("data", "fast"), a_pod("data")]), scheduler(volumes=True), kubelet())
    expected = ("every_claim_that_a_pod_uses_is_bound_in_the_end",)
    idle = ("kubelet.start", "kubelet.report", "kubelet.stop", "kubelet.remove", "pvc-protection.reconcile data")
    return storage("storage.unprovisioned", *parts, pods=1, expected=expected, idle=idle).system()
