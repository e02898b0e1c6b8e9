"""Closed scopes of the garbage collector: an owner is deleted, and what becomes of its dependents.

No scheduler and no kubelet are needed to tell it: `pods_end` stands for the kubelet of a node, which removes a pod that
is being deleted at any time later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Role
from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.cluster import DELAYED, RELISTED, Cluster, Component, Scope
from kspec.kube.objects import Deployment, Phase, Pod, ReplicaSet
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.controllers.deployment.reconcile import bounds_of, deployment, new_replica_set
from kspec_models.controllers.garbage_collector.collector import garbage_collector
from kspec_models.controllers.replicaset.reconcile import new_pod, replicaset
from kspec_models.scopes.workloads import a_deployment, a_replicaset, node
from kspec_models.users import apply

POLICIES = ("Background", "Foreground", "Orphan")
"""propagationPolicy: what a deletion does to dependents."""


def pods_end() -> Actor:
    """The kubelet, as far as it matters here: a pod that is being deleted is removed some time later."""
    actor = Actor("node", watches=(Pod,), not_modelled=("containers: a pod that is being deleted may end at once",))

    @actor.each(Pod)
    def remove(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is not None and pod.deleting and not pod.grace_over:
            yield "nothing of it runs any more", api.delete(pod, grace_period_seconds=0)

    return actor


def deletes(thing: Any, *policies: str) -> Actor:
    """A user who deletes an object at any time, once, with one of these propagation policies."""
    actor = Actor("user", own={"policy": ""}, role=Role.USER, assumes=("a user deletes one object, once",))

    @actor.once()
    def delete(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not here.policy:
            for policy in policies:
                yield policy, api.delete(thing, propagation_policy=policy), here.set(policy=policy)

    return actor


UNPLACED = (
    "a_pod_is_bound_once_and_where_it_fits",
    "no_pod_stays_pending_for_ever",
    "reports_are_true_when_all_is_quiet",
)
"""Promises that have nothing to speak of where no pod is bound to a node, and nothing stays that reports."""

ORPHANING = ("garbage-collector.orphan", "garbage-collector.release")
"""What the collector does only where somebody wants orphans."""


def cluster(
    name: str,
    components: Sequence[Component],
    kinds: tuple[type, ...],
    *,
    silent: Sequence[str] = (),
    expected: tuple[str, ...] = (),
    idle: tuple[str, ...] = (),
    caches: str = DELAYED,
    **scope: Any,
) -> Cluster:
    """These components and a collector whose caches are late. `silent`: promises that are not asked for."""
    promises = (*load().properties.values(), *load().parts[name])
    return Cluster(
        name,
        (*components, garbage_collector(*kinds)),
        Scope(slots={Pod: 2}, caches={"garbage-collector": caches}, **scope),
        properties=[promise for promise in promises if promise.name not in silent],
        kinds_used=kinds,
        not_modelled=NOT_MODELLED,
        not_applicable=tuple(silent),
        expected=expected,
        idle=idle,
    )


def rolled_out(web: Deployment) -> tuple[Deployment, ReplicaSet, Pod]:
    """The Deployment, its ReplicaSet, and one of its pods on the only node, once all is rolled out."""
    number = web.replicas
    counted: dict[str, Any] = {"status_replicas": number, "ready_replicas": number, "available_replicas": number}
    made = attrs.evolve(new_replica_set(web, number, bounds_of(web), 1), **counted)
    pod = attrs.evolve(new_pod(made), node=Ref("nodes", 0), phase=Phase.RUNNING, ready=True)
    return attrs.evolve(web, updated_replicas=number, **counted), made, pod


@system("garbage.collector", quick=True)
def garbage_collector_story() -> System:
    """A Deployment of two is deleted at any time: in the background, in the foreground, or leaving orphans.

    It is rolled out from the start. Its controllers go on meanwhile, and the collector's caches are late.
    """
    web, made, pod = rolled_out(a_deployment("web", 2))
    return cluster(
        "garbage.collector",
        (deletes(web, *POLICIES), deployment, replicaset, pods_end()),
        (Deployment, ReplicaSet, Pod),
        silent=("no_pod_stays_pending_for_ever",),
        nodes=(node(),),
        stored=(web, made, pod, pod),
        whole=frozenset({"deployment", "replicaset"}),
    ).system()


def deletes_and_thinks_again(thing: Any, *policies: str) -> Actor:
    """A user who deletes an object with one policy after the other, at any times: the last one counts (A76)."""
    actor = Actor(
        "user", own={"deletions": 0}, role=Role.USER, assumes=("a user deletes one object, once with each policy",)
    )

    @actor.once()
    def delete(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.deletions < len(policies):
            policy = policies[here.deletions]
            yield policy, api.delete(thing, propagation_policy=policy), here.set(deletions=here.deletions + 1)

    return actor


@system("garbage.reconsidered", quick=True)
def garbage_reconsidered() -> System:
    """A ReplicaSet of one is deleted in the foreground, and then the user wants its pod to be left after all.

    Its controller has nothing to do in it. The collector may be about to delete the pod while it takes the owner off
    it: it deletes only the version that it has read, and looks again when there is another.
    """
    _, made, pod = rolled_out(a_deployment("web", 1))
    web = attrs.evolve(made, owner=None)
    return cluster(
        "garbage.reconsidered",
        (deletes_and_thinks_again(web, "Foreground", "Orphan"), pods_end()),
        (ReplicaSet, Pod),
        silent=("no_pod_stays_pending_for_ever",),
        nodes=(node(),),
        stored=(web, pod),
    ).system()


def posts_deletes_and_posts_again(thing: Any) -> Actor:
    """A user who posts an object, deletes it at any time, and posts it again at any time after."""
    actor = Actor(
        "user",
        own={"done": 0},
        role=Role.USER,
        assumes=("a user posts one object, deletes it, and posts it again, once",),
    )

    @actor.once()
    def post(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.done in (0, 2):
            yield api.create(thing), here.set(done=here.done + 1)

    @actor.once()
    def delete(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.done == 1:
            yield api.delete(thing, propagation_policy="Background"), here.set(done=2)

    return actor


@system("garbage.recreated", quick=True)
def garbage_recreated() -> System:
    """A ReplicaSet of one is deleted and posted again under the same name, while the collector sees it all late.

    The pod of the first is garbage, the pod of the second is not: they differ by the uid in their owner references.
    """
    return cluster(
        "garbage.recreated",
        (posts_deletes_and_posts_again(a_replicaset("web", 1)), replicaset),
        (ReplicaSet, Pod),
        idle=ORPHANING,
        silent=UNPLACED,
        whole=frozenset({"replicaset"}),
        recreated=frozenset({ReplicaSet}),
    ).system()


@system("garbage.relisted")
def garbage_relisted() -> System:
    """Expected to fail: the collector lists anew after its watch broke, and misses that an owner was replaced.

    What it had seen of the first ReplicaSet and what the list shows of the second come to it as one update, of an
    object with another uid: informers promise no more (kubernetes/kubernetes pull requests 84453, 133565). It makes a
    new node, and lets the old one be (processGraphChanges): nothing tells it that the owner of the first one's pod is
    gone, until it restarts.
    """
    return cluster(
        "garbage.relisted",
        (posts_deletes_and_posts_again(a_replicaset("web", 1)), replicaset),
        (ReplicaSet, Pod),
        idle=ORPHANING,
        silent=(*UNPLACED, "replicas_converge"),
        expected=("no_garbage_is_left",),
        caches=RELISTED,
        whole=frozenset({"replicaset"}),
        recreated=frozenset({ReplicaSet}),
    ).system()


@system("garbage.orphans", quick=True)
def garbage_orphans() -> System:
    """Expected to fail: the user wants orphans, and one that the collector has not seen yet is deleted.

    A ReplicaSet of two is deleted with the policy Orphan soon after it was posted. The collector takes the owner off
    the pods that it knows, and lets the ReplicaSet go; a pod that it sees only later refers to an owner that is gone
    (W125; kubernetes/kubernetes issue 26120).
    """
    web = a_replicaset("web", 2)
    return cluster(
        "garbage.orphans",
        (apply([web]), deletes(web, "Orphan"), replicaset),
        (ReplicaSet, Pod),
        silent=(*UNPLACED, "replicas_converge"),
        whole=frozenset({"replicaset"}),
        expected=("orphans_survive",),
    ).system()
