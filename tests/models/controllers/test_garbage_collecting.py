"""The garbage collector in a cluster: what it sees of objects, what its calls become, and in which orders it works."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kernel.values import ME, Ref, Uid, rename
from kspec.kube.core import ServiceAccount
from kspec.kube.objects import Deployment, Node, OwnerReference, Pod, ReplicaSet
from kspec.kube.requests import Code, Response
from kspec.kube.requests import Verb as ApiVerb
from kspec.kube.watch import Kind, Learned
from kspec_models.client.work_queue import WorkQueue
from kspec_models.controllers.garbage_collector import builder, objects
from kspec_models.controllers.garbage_collector.attempt import Attempt
from kspec_models.controllers.garbage_collector.builder import Change, ChangeType
from kspec_models.controllers.garbage_collector.collector import Finished, Saw, Taken, to_delete, to_orphan
from kspec_models.controllers.garbage_collector.decisions import Policy, Resource
from kspec_models.controllers.garbage_collector.graph import FOREGROUND, ORPHAN, Memory, Metadata
from kspec_models.controllers.garbage_collector.worker import DONE, Call, Failure, Verb
from kspec_models.scopes.garbage import rolled_out
from kspec_models.scopes.workloads import a_deployment, a_replicaset

PODS = Kind(Pod, "pods", (), Learned(), slots=2)
REPLICASETS = Kind(ReplicaSet, "replicasets", (), Learned())
WEB, MADE, POD = rolled_out(a_deployment("web", 2))


def meta(kind: Kind, name: str | Ref, thing: Any) -> Metadata:
    return objects.metadata(kind, name, thing)


def listed(*found: Metadata) -> Memory:
    memory = Memory()
    for each in found:
        memory = builder.process(memory, Change(ChangeType.ADD, each)).memory
    return memory.canonical()


def both_pods(owner: Any = MADE) -> Memory:
    """The graph of a ReplicaSet with two pods."""
    pods = [meta(PODS, Ref("pods", i), POD) for i in range(2)]
    return listed(meta(REPLICASETS, owner.name, owner), *pods)


# ---- what it sees


def test_a_pod_is_its_own_uid_and_refers_to_its_owner_by_name() -> None:
    seen = meta(PODS, Ref("pods", 1), POD)
    assert (seen.identity.name, seen.identity.uid) == (Ref("pods", 1), Ref("pods", 1))
    assert [(owner.kind, owner.uid) for owner in seen.owners] == [("ReplicaSet", f"ReplicaSet {MADE.name}")]
    assert seen.owners[0].block_owner_deletion


def test_where_names_are_given_again_owners_are_told_apart_by_uid() -> None:
    first, second = (attrs.evolve(a_replicaset("web", 1), uid=Uid(i)) for i in range(2))
    seen = [meta(REPLICASETS, "web", each).identity for each in (first, second)]
    assert seen[0] != seen[1]
    reference = objects.reference(OwnerReference("ReplicaSet", "web", Uid(0)))
    assert [identity.is_meant_by(reference) for identity in seen] == [True, False]


def test_kinds_without_owners_finalizers_or_namespaces_are_seen_as_they_are() -> None:
    account = meta(Kind(ServiceAccount, "serviceaccounts", (), Learned()), "default", ServiceAccount("default", "team"))
    assert (account.identity.namespace, account.owners, account.finalizers) == ("team", (), ())
    assert meta(Kind(Node, "nodes", (), Learned()), "a", Node("a")).identity.namespace == ""
    assert meta(Kind(Deployment, "deployments", (), Learned()), "web", WEB).identity.uid == "Deployment web"


def test_an_event_about_a_member_is_about_that_member_once_it_is_renamed() -> None:
    update = Saw(Change(ChangeType.ADD, meta(PODS, Ref("pods", ME), POD)))
    memory = rename(update, "pods", lambda i: 1 if i == ME else i)(Memory())
    assert memory is not None and memory.find(Ref("pods", 1)) is not None


def test_before_it_has_listed_everything_events_mean_nothing() -> None:
    assert Saw(Change(ChangeType.ADD, meta(PODS, Ref("pods", 0), POD)))(None) is None


# ---- calls as requests


def call(verb: Verb, name: str | Ref = "web", **more: Any) -> Call:
    return Call(verb, Resource("", "pods" if isinstance(name, Ref) else "replicasets"), "default", name, **more)


def test_a_deletion_says_which_version_and_which_uid_it_means() -> None:
    made = objects.request(
        call(Verb.DELETE, uid=Uid(3), resource_version="read", policy=Policy.BACKGROUND),
        None,
        "gc",
        "gc/deleting",
        False,
    )
    assert (made.verb, made.reader, made.uid) == (ApiVerb.DELETE, "gc/deleting", Uid(3))
    assert made.changes == (("propagation_policy", "Background"),)


def test_without_a_version_whichever_it_is_is_deleted_if_it_is_this_object() -> None:
    made = objects.request(call(Verb.DELETE, uid=Uid(3), policy=Policy.FOREGROUND), None, "gc", "gc/deleting", False)
    assert (made.reader, made.uid) == ("", Uid(3))


def test_a_patch_takes_off_the_owner_that_it_names_and_no_other() -> None:
    owner = objects.reference(OwnerReference("ReplicaSet", MADE.name)).uid
    patch = call(Verb.PATCH, Ref("pods", 0), unreference=(owner,))
    adopted = attrs.evolve(POD, owner=OwnerReference("ReplicaSet", "another"))
    assert objects.merged(patch, POD) == (("owner", None),)
    assert objects.merged(patch, adopted) == objects.merged(patch, None) == ()
    assert objects.merged(call(Verb.PATCH, unblock=True), MADE) == ()


def test_a_patch_takes_off_one_finalizer() -> None:
    held = attrs.evolve(MADE, finalizers=("example.com/a", ORPHAN))
    assert objects.merged(call(Verb.PATCH, finalizer=ORPHAN), held) == (("finalizers", ("example.com/a",)),)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [(Code.NOT_FOUND, Failure.NOT_FOUND), (Code.CONFLICT, Failure.CONFLICT), (Code.FORBIDDEN, Failure.OTHER)],
)
def test_a_refusal_is_told_to_the_worker(code: Code, wanted: Failure) -> None:
    assert objects.answer(call(Verb.DELETE), Response(code), REPLICASETS) is wanted


def test_of_a_read_the_worker_gets_the_metadata() -> None:
    found = objects.answer(call(Verb.GET, MADE.name), Response(Code.OK, MADE), REPLICASETS)
    assert isinstance(found, Metadata) and found.identity.name == MADE.name
    assert objects.answer(call(Verb.DELETE), Response(Code.OK), REPLICASETS) is None


# ---- orders


def test_any_node_that_waits_may_be_next() -> None:
    memory = both_pods()
    waiting = memory.attempt(*memory.nodes)
    assert {attempt.key for attempt in to_delete(waiting)} == {node.key for node in memory.nodes}


def test_dependents_are_released_in_any_order() -> None:
    memory = both_pods()
    owner = memory.find(f"ReplicaSet {MADE.name}")
    assert owner is not None
    memory = attrs.evolve(memory, to_orphan=WorkQueue().add(owner.key))
    pods = (Ref("pods", 0), Ref("pods", 1))
    orphaning = list(to_orphan(memory))
    assert all(attempt.orphans for attempt in orphaning)
    assert [attempt.order for attempt in orphaning] == [pods, pods[::-1]]

    first = [attempt.next(lambda version, kind: Resource("", kind)) for attempt in orphaning]
    assert [made.name for made in first if isinstance(made, Call)] == list(pods)


def test_what_is_remembered_does_not_tell_pods_apart() -> None:
    swapped = rename(both_pods(), "pods", lambda i: 1 - i)
    assert swapped == both_pods()


def test_a_node_that_was_taken_and_is_done_waits_no_more() -> None:
    memory = both_pods()
    waiting = memory.attempt(*memory.nodes)
    key = memory.nodes[0].key
    taken = Taken(key, orphans=False)(waiting)
    assert key not in taken.to_delete.waiting and key in taken.to_delete.processing
    after = Finished(key, False, DONE)(taken)
    assert key not in after.to_delete.waiting and key not in after.to_delete.processing


def test_an_attempt_goes_on_where_its_answers_leave_off() -> None:
    owner = attrs.evolve(MADE, deleting=True, finalizers=(FOREGROUND,))
    memory = both_pods(owner)
    pod = Ref("pods", 0)
    node = memory.find(pod)
    assert node is not None
    kinds = {"Pod": objects.resource(PODS), "ReplicaSet": objects.resource(REPLICASETS)}
    attempt = Attempt(node.key, False, memory)
    asked = []
    for found in (meta(PODS, pod, POD), meta(REPLICASETS, owner.name, owner)):
        made = attempt.next(lambda version, kind: kinds.get(kind))
        assert isinstance(made, Call)
        asked.append((made.verb, made.name))
        attempt = attempt.answered(found)
    last = attempt.next(lambda version, kind: kinds.get(kind))
    assert asked == [(Verb.GET, pod), (Verb.GET, owner.name)]
    assert isinstance(last, Call) and (last.verb, last.name, last.policy) == (Verb.DELETE, pod, Policy.BACKGROUND)
    assert attempt.place == ("Pod", pod)
