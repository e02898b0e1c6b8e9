"""The garbage collector: what goes when its owner goes, what stays, and who waits for whom."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec_models.controllers.garbage_collector import builder, decisions, worker
from kspec_models.controllers.garbage_collector.builder import Change, ChangeType
from kspec_models.controllers.garbage_collector.decisions import Fate, Policy, Resource, Standing
from kspec_models.controllers.garbage_collector.graph import (
    FOREGROUND,
    ORPHAN,
    Identity,
    Memory,
    Metadata,
    NodeKey,
    OwnerReference,
)
from kspec_models.controllers.garbage_collector.worker import Answer, Call, Failure, Left, Verb

OWNER = Identity("apps/v1", "ReplicaSet", "ns", "web", "r")
POD = Identity("v1", "Pod", "ns", "web-1", "p")
NODE = Identity("v1", "Node", "", "n1", "n")


def reference(to: Identity, block: bool = False) -> OwnerReference:
    return OwnerReference(to.api_version, to.kind, to.name, to.uid, block)


def served(api_version: str, kind: str) -> Resource | None:
    return {
        "ReplicaSet": Resource("apps/v1", "replicasets"),
        "Pod": Resource("v1", "pods"),
        "Node": Resource("v1", "nodes", namespaced=False),
    }.get(kind)


def seen(*objects: Metadata, memory: Memory | None = None) -> Memory:
    """The memory after these objects were seen for the first time."""
    memory = memory or Memory()
    for each in objects:
        memory = builder.process(memory, Change(ChangeType.ADD, each)).memory
    return memory


def attempt(memory: Memory, key: NodeKey, *answers: Answer) -> tuple[list[Call], Left]:
    """The calls of a worker that is given these answers, and what it leaves."""
    return finish(worker.attempt_to_delete(memory, key, served), answers)


def finish(run: worker.Calls, answers: Sequence[Answer]) -> tuple[list[Call], Left]:
    calls, coming = list[Call](), iter(answers)
    try:
        calls.append(next(run))
        while True:
            calls.append(run.send(next(coming)))
    except StopIteration as end:
        assert isinstance(end.value, Left)
        return calls, end.value


POD_OF_OWNER = Metadata(POD, (reference(OWNER),), resource_version="7")


def test_an_owner_that_was_never_seen_is_looked_for_and_its_absence_remembered() -> None:
    memory = seen(POD_OF_OWNER)
    virtual = memory.find("r")
    assert virtual is not None and virtual.virtual and virtual.dependents == ("p",)
    _, left = attempt(memory, virtual.key, Failure.NOT_FOUND)
    assert left.change == builder.virtual_deletion(OWNER)
    after = builder.process(memory, left.change).memory
    assert after.find("r") is None and after.absent == {OWNER}
    calls, _ = attempt(after, ("p", 0), POD_OF_OWNER, None)
    assert [call.verb for call in calls] == [Verb.GET, Verb.DELETE]
    assert (calls[1].uid, calls[1].resource_version, calls[1].policy) == ("p", "7", Policy.BACKGROUND)


def test_an_owner_that_is_there_but_was_not_seen_yet_is_looked_for_again() -> None:
    memory = seen(POD_OF_OWNER)
    _, left = attempt(memory, ("r", 0), Metadata(OWNER))
    assert left.again
    _, queue = memory.to_delete.get()
    assert worker.settle(attrs.evolve(memory, to_delete=queue), ("r", 0), left).to_delete.waiting == (("r", 0),)


def test_when_an_owner_goes_its_dependents_are_looked_at() -> None:
    memory = seen(Metadata(OWNER), POD_OF_OWNER)
    assert memory.to_delete.waiting == ()
    after = builder.process(memory, Change(ChangeType.DELETE, Metadata(OWNER))).memory
    assert after.to_delete.waiting == (("p", 0),) and OWNER in after.absent


def test_a_foreground_deletion_waits_for_the_dependents_that_block_it() -> None:
    blocking = attrs.evolve(POD_OF_OWNER, owners=(reference(OWNER, block=True),))
    marked = Metadata(OWNER, finalizers=(FOREGROUND,), deleting=True)
    memory = seen(Metadata(OWNER), blocking)
    memory = builder.process(memory, Change(ChangeType.UPDATE, marked, old=Metadata(OWNER))).memory
    assert memory.to_delete.waiting == (("p", 0), ("r", 0))
    _, left = attempt(memory, ("r", 0), marked)
    assert left == Left(look_at=(("p", 0),))
    calls, _ = attempt(memory, ("p", 0), blocking, marked, None)
    assert [call.verb for call in calls] == [Verb.GET, Verb.GET, Verb.DELETE]
    gone = builder.process(memory, Change(ChangeType.DELETE, blocking)).memory
    calls, left = attempt(gone, ("r", 0), marked, marked, None)
    assert (calls[-1].verb, calls[-1].finalizer, left) == (Verb.PATCH, FOREGROUND, Left())


def test_a_dependent_that_does_not_block_does_not_hold_its_owner() -> None:
    marked = Metadata(OWNER, finalizers=(FOREGROUND,), deleting=True)
    memory = seen(marked, POD_OF_OWNER)
    calls, left = attempt(memory, ("r", 0), marked, marked, None)
    assert calls[-1].finalizer == FOREGROUND and not left.again


def test_a_reference_that_stops_blocking_lets_its_owner_go() -> None:
    marked = Metadata(OWNER, finalizers=(FOREGROUND,), deleting=True)
    blocking = attrs.evolve(POD_OF_OWNER, owners=(reference(OWNER, block=True),))
    memory = attrs.evolve(seen(marked, blocking), to_delete=Memory().to_delete)
    change = Change(ChangeType.UPDATE, POD_OF_OWNER, old=blocking)
    assert builder.process(memory, change).memory.to_delete.waiting == (("r", 0),)


def test_orphaning_takes_the_owner_off_the_dependents_that_are_known_and_then_lets_it_go() -> None:
    marked = Metadata(OWNER, finalizers=(ORPHAN,), deleting=True)
    memory = seen(Metadata(OWNER), POD_OF_OWNER)
    memory = builder.process(memory, Change(ChangeType.UPDATE, marked, old=Metadata(OWNER))).memory
    assert memory.to_orphan.waiting == (("r", 0),) and memory.to_delete.waiting == ()
    calls, left = finish(worker.attempt_to_orphan(memory, ("r", 0), served), [None, marked, None])
    assert [(call.name, call.unreference, call.finalizer) for call in calls] == [
        ("web-1", ("r",), ""),
        ("web", (), ""),
        ("web", (), ORPHAN),
    ]
    assert left == Left()
    _, left = finish(worker.attempt_to_orphan(memory, ("r", 0), served), [Failure.OTHER])
    assert left.again


def test_a_dependent_that_the_collector_has_not_seen_yet_is_not_orphaned_but_deleted() -> None:
    marked = Metadata(OWNER, finalizers=(ORPHAN,), deleting=True)
    memory = seen(marked)
    calls, _ = finish(worker.attempt_to_orphan(memory, ("r", 0), served), [marked, None])
    assert all(not call.unreference for call in calls)
    late = seen(POD_OF_OWNER, memory=builder.process(memory, Change(ChangeType.DELETE, marked)).memory)
    calls, _ = attempt(late, ("p", 0), POD_OF_OWNER, Failure.NOT_FOUND, None)
    assert calls[-1].verb is Verb.DELETE


def test_an_owner_in_another_namespace_counts_as_absent_and_is_warned_about() -> None:
    stranger = attrs.evolve(OWNER, namespace="other")
    memory = seen(Metadata(stranger))
    built = builder.process(memory, Change(ChangeType.ADD, POD_OF_OWNER))
    assert built.warned == (POD,)
    calls, left = attempt(built.memory, ("p", 0), POD_OF_OWNER, Failure.NOT_FOUND, None)
    assert calls[1].namespace == "ns" and calls[2].verb is Verb.DELETE
    assert left.absent == (OWNER,)


def test_an_object_without_a_namespace_is_never_collected_for_an_owner_with_one() -> None:
    bad = Metadata(NODE, (reference(POD),))
    memory = seen(bad)
    calls, left = attempt(memory, ("p", 0))
    assert calls == [] and not left.again
    calls, left = attempt(memory, ("n", 0), bad)
    assert [call.verb for call in calls] == [Verb.GET] and not left.again


def test_an_owner_of_a_kind_that_is_not_served_is_retried_for_ever_and_nothing_is_deleted() -> None:
    unknown = Metadata(POD, (OwnerReference("example.com/v1", "Thing", "x", "t"),))
    memory = seen(unknown)
    assert attempt(memory, ("t", 0)) == ([], Left(again=True))
    calls, left = attempt(memory, ("p", 0), unknown)
    assert [call.verb for call in calls] == [Verb.GET] and left.again


def test_after_a_conflict_it_deletes_whatever_version_has_the_same_owners() -> None:
    memory = attrs.evolve(seen(POD_OF_OWNER), absent=frozenset({OWNER}))
    newer = attrs.evolve(POD_OF_OWNER, resource_version="8")
    calls, left = attempt(memory, ("p", 0), POD_OF_OWNER, Failure.CONFLICT, newer, None)
    assert [call.verb for call in calls] == [Verb.GET, Verb.DELETE, Verb.GET, Verb.DELETE]
    assert (calls[-1].uid, calls[-1].resource_version, left.again) == ("p", "", False)
    adopted = attrs.evolve(newer, owners=(reference(NODE),))
    calls, left = attempt(memory, ("p", 0), POD_OF_OWNER, Failure.CONFLICT, adopted)
    assert len(calls) == 3 and left.again


def test_another_incarnation_in_its_place_is_not_deleted() -> None:
    memory = attrs.evolve(seen(POD_OF_OWNER), absent=frozenset({OWNER}))
    calls, left = attempt(memory, ("p", 0), attrs.evolve(POD_OF_OWNER, identity=attrs.evolve(POD, uid="p2")))
    assert [call.verb for call in calls] == [Verb.GET]
    assert left.change == builder.virtual_deletion(POD)


def test_an_object_with_one_owner_left_loses_the_references_to_the_others() -> None:
    both = Metadata(POD, (reference(OWNER), reference(NODE)))
    memory = seen(both)
    calls, _ = attempt(memory, ("p", 0), both, Failure.NOT_FOUND, Metadata(NODE), None)
    assert (calls[-1].verb, calls[-1].unreference) == (Verb.PATCH, ("r",))


@given(*[st.integers(0, 3)] * 5)
def test_nothing_with_a_solid_owner_or_without_an_owner_is_ever_deleted(
    solid: int, dangling: int, waiting: int, dependents: int, in_foreground: int
) -> None:
    fate = decisions.fate(solid, dangling, waiting, dependents, in_foreground)
    kept = fate in (Fate.KEEP, Fate.UNREFERENCE)
    assert kept == (solid > 0 or dangling + waiting == 0)
    if fate is Fate.UNBLOCK:
        assert waiting > 0 and in_foreground > 0


@pytest.mark.parametrize(
    ("finalizers", "policy"),
    [((), Policy.BACKGROUND), ((FOREGROUND,), Policy.FOREGROUND), ((FOREGROUND, ORPHAN), Policy.ORPHAN)],
)
def test_a_finalizer_that_an_object_has_already_says_how_it_is_deleted(
    finalizers: tuple[str, ...], policy: Policy
) -> None:
    assert decisions.policy(finalizers) is policy


def test_an_owner_that_waits_for_its_dependents_is_no_solid_one() -> None:
    assert decisions.standing(Metadata(OWNER), "r") is Standing.SOLID
    assert decisions.standing(Metadata(OWNER, deleting=True), "r") is Standing.SOLID
    assert decisions.standing(Metadata(OWNER, (), (FOREGROUND,), deleting=True), "r") is Standing.WAITING
    assert decisions.standing(Metadata(OWNER), "another") is Standing.DANGLING
    assert decisions.standing(None, "r") is Standing.DANGLING


IDENTITIES = (OWNER, attrs.evolve(OWNER, namespace="other"), attrs.evolve(OWNER, kind="Deployment"), NODE, POD)
CHANGES = st.builds(
    lambda type, identity, owners, virtual: Change(type, Metadata(identity, tuple(map(reference, owners))), virtual),
    st.sampled_from([ChangeType.ADD, ChangeType.UPDATE, ChangeType.DELETE]),
    st.sampled_from(IDENTITIES),
    st.lists(st.sampled_from(IDENTITIES), max_size=2, unique_by=lambda identity: str(identity.uid)),
    st.booleans(),
)


@given(st.lists(CHANGES, max_size=8))
def test_whatever_is_seen_the_graph_knows_each_uid_once_and_owners_and_dependents_agree(changes: list[Change]) -> None:
    memory = Memory()
    for change in changes:
        virtual = change.virtual and change.type is ChangeType.DELETE
        memory = builder.process(memory, attrs.evolve(change, virtual=virtual)).memory
        uids = [node.identity.uid for node in memory.nodes]
        assert len(set(uids)) == len(uids)
        keys = [node.key for node in (*memory.nodes, *memory.outdated)]
        assert len(set(keys)) == len(keys)
        assert all(memory.queued(key) is not None for key in memory.to_delete.waiting)
        for node in memory.nodes:
            for dependent in memory.dependents_of(node):
                assert node.identity.uid in {owner.uid for owner in dependent.owners}
