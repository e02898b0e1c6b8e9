"""Closed scopes of namespaces: one that is deleted goes away, or does not.

The pods in it are bound to a node from the start: no scheduler is needed to tell it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Reader, Role
from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.core import ConfigMap, Namespace, ServiceAccount
from kspec.kube.objects import OwnerReference, Pod, ReplicaSet
from kspec.kube.requests import Verb
from kspec_models.apiserver import NOT_MODELLED, namespace_lifecycle
from kspec_models.apiserver.write import Operation, Write
from kspec_models.controllers.namespace.reconcile import namespace_controller
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.controllers.serviceaccount.reconcile import serviceaccount
from kspec_models.kubelet import kubelet
from kspec_models.scopes.apiserver import FINALIZER, Bucket, operator
from kspec_models.scopes.workloads import a_replicaset, node, template

TEAM = Namespace("team")
LOGS = Bucket("logs", (FINALIZER,), namespace=TEAM.name)
"""A custom resource that its operator has protected."""


def a_pod(name: str = "", of: OwnerReference | None = None) -> Pod:
    """A pod of the team that is bound to the only node."""
    made_from = template("web", "web:1")
    return Pod(made_from.labels, made_from.spec, of, Ref("nodes", 0), namespace=TEAM.name, name=name)


def deletes_the_namespace() -> Actor:
    """`kubectl delete namespace team`, at any time."""
    actor = Actor("user", own={"deleted": False}, role=Role.USER, assumes=("the namespace is deleted at most once",))

    @actor.once()
    def delete(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not here.deleted:
            yield api.delete(TEAM), here.set(deleted=True)

    return actor


def uninstalls_the_operator_first() -> Actor:
    """`helm uninstall`, and some time later `kubectl delete namespace team`.

    With the chart the operator's Deployment goes, but not the objects that the operator looks after.
    """
    actor = Actor(
        "user",
        own={"uninstalled": False, "deleted": False},
        role=Role.USER,
        assumes=("the operator is uninstalled at most once, and then the namespace is deleted",),
    )

    @actor.once()
    def uninstall(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not here.uninstalled:
            yield "the bucket operator", here.set(uninstalled=True)

    @actor.once()
    def delete(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.uninstalled and not here.deleted:
            yield api.delete(TEAM), here.set(deleted=True)

    return actor


def is_installed(see: Reader) -> bool:
    """Whether the operator runs."""
    return not see("user/uninstalled")


def posts(thing: Any) -> Actor:
    """A user who posts an object at any time, and tries until it is granted."""
    actor = Actor(
        "user", own={"posted": False}, role=Role.USER, assumes=("a user posts one object, until it is granted once",)
    )

    @actor.once()
    def post(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not here.posted:
            yield api.create(thing), here.set(posted=True)

    return actor


def cluster(
    name: str,
    components: Sequence[Component],
    contents: Sequence[type],
    *,
    silent: Sequence[str] = (),
    parts: Sequence[str] = ("namespaces",),
    scope: Mapping[str, Any],
    **more: Any,
) -> Cluster:
    """A cluster with the namespace of a team. `silent`: promises that are not asked for."""
    promises = [*load().properties.values(), *[promise for part in parts for promise in load().parts[part]]]
    return Cluster(
        name,
        components,
        Scope(nodes=(node(),), **scope),
        properties=[promise for promise in promises if promise.name not in silent],
        kinds_used=(Namespace, *contents),
        not_modelled=NOT_MODELLED,
        not_applicable=tuple(silent),
        **more,
    )


@system("namespace.stuck", quick=True)
def namespace_stuck() -> System:
    """Expected to fail: a namespace is deleted with an object in it whose finalizer nobody takes off any more.

    A custom resource has the finalizer of its operator, and a pod runs beside it. The user uninstalls the operator, and
    then deletes the namespace: the pod ends, the custom resource stays, and the namespace is Terminating for ever.
    """
    contents = (Pod, Bucket)
    return cluster(
        "namespace.stuck",
        (uninstalls_the_operator_first(), operator(), namespace_controller(*contents), kubelet()),
        contents,
        parts=("namespaces", "namespace.deleted"),
        scope={"slots": {Pod: 1}, "stored": (TEAM, LOGS, a_pod("web"))},
        processes={"bucket-operator": is_installed},
        expected=("a_namespace_goes_away",),
        silent=("no_pod_stays_pending_for_ever", "nothing_is_left_in_a_namespace_that_is_gone"),
        idle=("bucket-operator.protect logs", "bucket-operator.clean logs", "bucket-operator.release logs"),
    ).system()


@system("namespace.deleted", quick=True)
def namespace_deleted() -> System:
    """A namespace goes: first its pods, then the rest; nothing new is let in, and a finalizer is waited for.

    There are a ReplicaSet of one, whose controller wants a new pod as soon as the old one goes, and a custom resource
    with its operator; a user may post another one at any time.
    """
    web = attrs.evolve(a_replicaset("web", 1), namespace=TEAM.name, status_replicas=1)
    contents = (Pod, ReplicaSet, Bucket)
    return cluster(
        "namespace.deleted",
        (
            deletes_the_namespace(),
            posts(Bucket("more", namespace=TEAM.name)),
            operator(),
            namespace_controller(*contents),
            replicaset,
            kubelet(),
        ),
        contents,
        parts=("namespaces", "namespace.deleted"),
        scope={
            "slots": {Pod: 1},
            "stored": (TEAM, LOGS, web, a_pod(of=OwnerReference("ReplicaSet", "web"))),
            "whole": frozenset({"replicaset"}),
        },
        silent=("no_pod_stays_pending_for_ever",),
        idle=("bucket-operator.protect logs",),
    ).system()


def takes_a_finalizer_off() -> Actor:
    """Somebody who finds the custom resource being deleted, and takes a finalizer off by hand, once.

    Its own, or the namespace's: `kubectl replace --raw /api/v1/namespaces/team/finalize`.
    """
    actor = Actor(
        "user", own={"forced": False}, role=Role.USER, assumes=("a finalizer is taken off by hand at most once",)
    )

    @actor.once(fair=True)
    def force(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.forced or not here.live(Bucket, LOGS.name, "deleting"):
            return
        yield "the object's finalizer", api.patch(LOGS, finalizers=()), here.set(forced=True)
        put = attrs.evolve(api.patch(TEAM, finalizers=()), verb=Verb.UPDATE, subresource="finalize")
        yield "the namespace's finalizer", put, here.set(forced=True)

    return actor


@system("namespace.forced", quick=True)
def namespace_forced() -> System:
    """Expected to fail: a namespace that is stuck is made to go by hand, and something is left behind.

    Who takes the finalizer off the object, leaves what it stood for: the bucket in the cloud. Who takes the finalizer
    off the namespace, leaves the object: in a namespace that is no longer there.
    """
    return cluster(
        "namespace.forced",
        (uninstalls_the_operator_first(), takes_a_finalizer_off(), operator(), namespace_controller(Bucket)),
        (Bucket,),
        parts=("namespaces", "namespace.forced"),
        scope={"stored": (TEAM, LOGS)},
        processes={"bucket-operator": is_installed},
        expected=("nothing_is_left_in_a_namespace_that_is_gone", "no_bucket_is_left_in_the_cloud"),
        idle=("bucket-operator.protect logs", "bucket-operator.clean logs", "bucket-operator.release logs"),
    ).system()


def admits_and_then_stores(bucket: Bucket) -> Actor:
    """One create, as the API server takes it in two steps: admission looks at the namespace, and later it is stored."""
    actor = Actor("apiserver", own={"admitted": False, "stored": False})

    @actor.once(fair=False)
    def admit(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.admitted:
            return
        phase = here.live(Namespace, bucket.namespace, "phase")
        found = None if phase is None else Namespace(bucket.namespace, phase=phase)
        write = Write(Operation.CREATE, "buckets", bucket, namespace=bucket.namespace, name=bucket.name)
        if namespace_lifecycle.refusal(write, found) is None:
            yield f"namespace {bucket.namespace} is Active", here.set(admitted=True)

    @actor.once()
    def store(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.admitted and not here.stored:
            yield "it was admitted", api.create(bucket), here.set(stored=True)

    return actor


@system("namespace.raced", quick=True)
def namespace_raced() -> System:
    """Expected to fail: a create is admitted just before its namespace is deleted, and stored after it is gone.

    Everywhere else a request is one step. Here admission and the store are two, as no lock holds them together (A38):
    the controller lists until nothing is left, but what is stored after its last look stays (W132).
    """
    return cluster(
        "namespace.raced",
        (
            deletes_the_namespace(),
            admits_and_then_stores(Bucket("late", namespace=TEAM.name)),
            namespace_controller(ConfigMap, Bucket),
        ),
        (ConfigMap, Bucket),
        scope={"stored": (TEAM, ConfigMap("settings", namespace=TEAM.name))},
        settings={"apiserver.admission.NamespaceLifecycle": "off"},
        expected=("nothing_is_left_in_a_namespace_that_is_gone", "no_object_is_created_in_a_terminating_namespace"),
    ).system()


# ---- service accounts


def a_new_team() -> Actor:
    """A user who posts a namespace and a pod in it, again and again until that is granted.

    At any time, once, the user deletes the account `default`; and at last, perhaps, the namespace.
    """
    actor = Actor(
        "user",
        own={"posted": 0, "account": True, "deleted": False},
        role=Role.USER,
        assumes=("a user posts one namespace and one pod, and deletes the account at most once",),
    )
    things = (TEAM, Pod(template("web", "web:1").labels, template("web", "web:1").spec, namespace=TEAM.name))

    @actor.once()
    def post(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.posted < len(things):
            yield api.create(things[here.posted]), here.set(posted=here.posted + 1)

    @actor.once()
    def delete_the_account(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.account:
            yield api.delete(ServiceAccount("default", TEAM.name)), here.set(account=False)

    @actor.once()
    def delete_the_namespace(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.posted == len(things) and not here.deleted:
            yield api.delete(TEAM), here.set(deleted=True)

    return actor


@system("serviceaccount.default", quick=True)
def serviceaccount_default() -> System:
    """A new namespace gets its account `default`, also again after it was deleted; without it no pod is let in.

    The controller's caches are late. In a namespace that is being deleted, the account is not created again.
    """
    contents = (Pod, ServiceAccount)
    return cluster(
        "serviceaccount.default",
        (a_new_team(), serviceaccount, namespace_controller(*contents)),
        contents,
        parts=("namespaces", "service accounts"),
        scope={"slots": {Pod: 1}, "caches": {"serviceaccount": "delayed"}},
        silent=("a_pod_is_bound_once_and_where_it_fits", "no_pod_stays_pending_for_ever"),
    ).system()
