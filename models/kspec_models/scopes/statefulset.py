"""Closed scopes of the StatefulSet controller: order, rollouts, and what becomes of a name when a node is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kspec.kernel.actions import Role
from kspec.kernel.properties import Property
from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.actor import Actor, Here
from kspec.kube.apps import ControllerRevision, PodManagement, StatefulSet
from kspec.kube.cache import Api, Cache
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import LabelSelector, Node, Pod, labels
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.client.history import Largest
from kspec_models.controllers.node_lifecycle.lifecycle import node_lifecycle
from kspec_models.controllers.node_lifecycle.silence import time
from kspec_models.controllers.statefulset.reconcile import statefulset
from kspec_models.controllers.taint_eviction.eviction import taint_eviction
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.heartbeat import CONNECTED, PLACED, cuts_off
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import node, template

KINDS = (StatefulSet, ControllerRevision, Pod)
FIRST, SECOND = "web:1", "web:2"
BROKEN = "web:broken"
"""An image whose containers never become ready."""


def a_statefulset(replicas: int, **more: Any) -> StatefulSet:
    """A StatefulSet as a user posts it."""
    return StatefulSet("web", LabelSelector(labels(app="web")), template("web", FIRST), replicas, **more)


# ---- users


def changes_the_image(image: str, *, back: bool = False) -> Actor:
    """Once the set is complete, the user changes its image; with `back` he puts the first one back in the end."""
    actor = Actor(
        "user",
        own={"image": FIRST},
        role=Role.USER,
        assumes=(
            "the image is changed at most once, and taken back in the end"
            if back
            else "the image is changed at most once",
        ),
    )

    @actor.once()
    def rollout(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        wanted = here.live(StatefulSet, "web", "replicas")
        if here.image == FIRST and wanted and here.live(StatefulSet, "web", "available_replicas") == wanted:
            yield f"image {image}", api.patch(a_statefulset(1), template=template("web", image)), here.set(image=image)

    if back:

        @actor.once(fair=True)
        def undo(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
            if here.image == image:
                first = api.patch(a_statefulset(1), template=template("web", FIRST))
                yield f"back to {FIRST}", first, here.set(image="done")

    return actor


def deletes_a_pod_of_a_lost_node(*, force: bool) -> Actor:
    """Once, the administrator gives up a pod on a node that is cut off; with `force` as `kubectl delete --force`."""
    actor = Actor(
        "administrator",
        watches=(Pod,),
        there={Node: dict(CONNECTED), Pod: dict(PLACED)},
        own={"deleted": False},
        role=Role.USER,
        assumes=("one pod of a lost node is deleted, at most once",),
    )

    @actor.each(Pod)
    def delete(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is None or pod.node is None or here.deleted or here.at(pod.node, "alive"):
            return
        how = "without waiting for its kubelet" if force else "and waits for its kubelet"
        yield how, api.delete(pod, grace_period_seconds=0 if force else None), here.set(deleted=True)

    return actor


# ---- systems


def cluster(
    name: str,
    people: Sequence[Component],
    *,
    pods: int,
    promises: Sequence[Property] = (),
    caches: Mapping[str, str] | None = None,
    broken_images: frozenset[str] = frozenset(),
    **more: Any,
) -> Cluster:
    """A StatefulSet's controller, a scheduler, the kubelet of one node, and these users."""
    return Cluster(
        name,
        (*people, statefulset, scheduler(), kubelet(broken_images=broken_images)),
        Scope(slots={Pod: pods}, nodes=(node(),), caches=caches or {}),
        properties=(*load().properties.values(), *promises),
        kinds_used=KINDS,
        not_modelled=NOT_MODELLED,
        **more,
    )


@system("statefulset.ordered", quick=True)
def statefulset_ordered() -> System:
    """Two pods, web-0 before web-1; the user deletes one, which comes back under its name, and scales down to none.

    What is created goes up, what is not wanted any more goes down, and each waits for the one before it.
    """
    people = (users.apply([a_statefulset(2)]), users.scale(a_statefulset(2), 0), users.delete_a_pod())
    return cluster("statefulset.ordered", people, pods=2).system()


@system("statefulset.stale", quick=True)
def statefulset_stale() -> System:
    """The same behind a cache as late as before 1.36: a pod not seen yet is created again; its name is taken (409)."""
    people = (users.apply([a_statefulset(2)]), users.scale(a_statefulset(2), 1))
    return cluster("statefulset.stale", people, pods=3, caches={"statefulset": "delayed"}).system()


@system("statefulset.rollout", quick=True)
def statefulset_rollout() -> System:
    """Three pods, partition 1: a new image goes from web-2 to web-1, one at a time, and web-0 keeps the first one.

    The user may delete a pod that runs: web-0 comes back as it was, the others as they should be.
    """
    web = a_statefulset(3, partition=1)
    people = (users.apply([web]), changes_the_image(SECOND), users.delete_a_pod(running=True))
    promises = load().parts["statefulset.rollout"]
    return cluster("statefulset.rollout", people, pods=3, promises=promises).system()


@system("statefulset.forced_rollback", quick=True)
def statefulset_forced_rollback() -> System:
    """Expected to fail, a known limit of Kubernetes: a broken image is taken back, and the set stays stuck.

    OrderedReady waits for the broken pod to become ready before it looks at what is out of date (W64): somebody has to
    delete it by hand (kubernetes/kubernetes issue 67250).
    """
    people = (users.apply([a_statefulset(2)]), changes_the_image(BROKEN, back=True))
    return cluster(
        "statefulset.forced_rollback",
        people,
        pods=2,
        promises=load().parts["statefulset.rollout"],
        broken_images=frozenset({BROKEN}),
        expected=("a_statefulset_converges",),
    ).system()


@system("statefulset.parallel", quick=True)
def statefulset_parallel() -> System:
    """Expected to fail: a Parallel set updates one pod while another is away: it does not wait for those below (W62).

    The policy only affects scaling, says its documentation, and updates go one pod at a time; yet two are away at once.
    """
    web = a_statefulset(2, pod_management_policy=PodManagement.PARALLEL)
    people = (users.apply([web]), changes_the_image(SECOND), users.delete_a_pod(running=True))
    return cluster(
        "statefulset.parallel",
        people,
        pods=2,
        promises=load().parts["statefulset.rollout"],
        expected=("an_update_leaves_at_most_one_pod_unavailable",),
    ).system()


def on_a_lost_node(name: str, *, force: bool, **more: Any) -> Cluster:
    """One pod, two nodes of which one is cut off from the API server while its containers run on."""
    known = load()
    components = (
        users.apply([a_statefulset(1)]),
        deletes_a_pod_of_a_lost_node(force=force),
        cuts_off(),
        statefulset,
        scheduler(),
        kubelet(heartbeats=True),
        Largest((StatefulSet,)),
    )
    promises = (known.properties["a_pod_name_is_given_once"], *known.parts["statefulset.split_brain"])
    scope = Scope(slots={Pod: 2, Node: 2}, nodes=(node("node-1"), node("node-2")))
    return Cluster(name, components, scope, promises, kinds_used=KINDS, not_modelled=NOT_MODELLED, **more)


@system("statefulset.cut_off", quick=True)
def statefulset_cut_off() -> System:
    """A node is cut off, its pod is deleted: web-0 comes back only when the node's kubelet has ended the old one."""
    return on_a_lost_node("statefulset.cut_off", force=False, idle=("kubelet.heartbeat", "kubelet.leave")).system()


@system("statefulset.split_brain", quick=True)
def statefulset_split_brain() -> System:
    """Expected to fail: the same, and the pod is deleted by force: a second web-0 runs beside the first (W72)."""
    expected = ("at_most_one_pod_of_a_name_runs",)
    return on_a_lost_node(
        "statefulset.split_brain", force=True, expected=expected, idle=("kubelet.heartbeat", "kubelet.remove")
    ).system()


@system("statefulset.node_lost", quick=True)
def statefulset_node_lost() -> System:
    """Expected to fail, by design: a node is lost, its pod evicted, and no other web-0 comes while it may still run.

    The pod stays Terminating until its kubelet confirms, or somebody says that the node is gone for good: at most one
    web-0 runs, and perhaps none. (A ReplicaSet replaces the pod: see node.fails.)
    """
    known = load()
    components = (
        users.apply([a_statefulset(1)]),
        cuts_off(),
        statefulset,
        scheduler(),
        kubelet(heartbeats=True),
        node_lifecycle(),
        taint_eviction(),
        time(),
        Largest((StatefulSet,)),
    )
    promises = (
        known.properties["a_pod_name_is_given_once"],
        known.properties["a_statefulset_converges"],
        *known.parts["statefulset.split_brain"],
    )
    scope = Scope(slots={Pod: 2, Node: 2}, nodes=(node("node-1"), node("node-2")), whole=frozenset({statefulset.name}))
    return Cluster(
        "statefulset.node_lost",
        components,
        scope,
        promises,
        kinds_used=KINDS,
        not_modelled=NOT_MODELLED,
        expected=("a_statefulset_converges",),
        idle=("kubelet.leave", "node-lifecycle.watch the zones"),
    ).system()
