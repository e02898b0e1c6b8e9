"""The graph builder: what a change that was seen, or a virtual deletion, does to the graph and the queues.

Upstream: pkg/controller/garbagecollector/graph_builder.go processGraphChanges, addDependentToOwners,
processTransitions, partitionDependents, getAlternateOwnerIdentity (W120, W122 to W126).
"""

from __future__ import annotations

import enum
from typing import Any

import attrs

from kspec.kernel.values import order_key
from kspec_models.controllers.garbage_collector.graph import (
    FOREGROUND,
    ORPHAN,
    Identity,
    Memory,
    Metadata,
    Node,
    OwnerReference,
)


class ChangeType(enum.Enum):
    """What happened to an object."""

    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


@attrs.frozen
class Change:
    """One change. `virtual`: nobody saw it, a live read found nothing there; `old`: the object before an update."""

    type: ChangeType
    object: Metadata
    virtual: bool = False
    old: Metadata | None = None


def virtual_deletion(identity: Identity) -> Change:
    """The change that a live read which found nothing asks for (W121)."""
    return Change(ChangeType.DELETE, Metadata(identity), virtual=True)


@attrs.frozen
class Built:
    """The memory after a change, and the objects that were warned about: OwnerRefInvalidNamespace (W122)."""

    memory: Memory
    warned: tuple[Identity, ...] = ()


def process(memory: Memory, change: Change) -> Built:
    """What one change does (processGraphChanges)."""
    seen = change.object.identity
    node = memory.find(seen.uid)
    warned: tuple[Identity, ...] = ()
    if node is not None and node.virtual and not change.virtual:
        memory, warned = _observe(memory, node, seen)
        node = memory.find(seen.uid)
    if change.type is ChangeType.DELETE:
        return Built(memory if node is None else _delete(memory, node, change), warned)
    built = _insert(memory, change.object) if node is None else _update(memory, node, change.object)
    return Built(_transitions(built.memory, change), (*warned, *built.warned))


def partition(dependents: tuple[Node, ...], identity: Identity) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The dependents that mean the owner by this identity, and those that mean it by another (partitionDependents).

    One with several references to the uid may be in both. A dependent in another namespace than its owner's never
    means it.
    """
    strangers = tuple(d for d in dependents if identity.namespace not in ("", d.identity.namespace))
    near = tuple(d for d in dependents if d not in strangers)
    matching = tuple(d for d in near if any(identity.is_meant_by(r) for r in d.owners))
    others = tuple(d for d in near if any(r.uid == identity.uid and not identity.is_meant_by(r) for r in d.owners))
    return matching, tuple(d for d in dependents if d in strangers or d in others)


def alternative(dependents: tuple[Node, ...], absent: Identity) -> Identity | None:
    """By which identity to look for an owner that is not at `absent` (getAlternateOwnerIdentity).

    Of those that dependents name, the next one in the order of kind, version, namespace and name; after the last the
    first.
    """
    named = {
        identity
        for dependent in dependents
        for reference in dependent.owners
        if reference.uid == absent.uid
        for identity in [_named(reference, dependent, absent)]
        if identity != absent and not (absent.is_meant_by(reference) and absent.namespace == "")
    }
    if not named:
        return None
    return min(named, key=lambda identity: (_order(identity) <= _order(absent), _order(identity)))


def starts_waiting(old: Metadata | None, new: Metadata, finalizer: str) -> bool:
    """Whether a deletion begins to wait for this finalizer with this change (deletionStartsWithFinalizer)."""
    return new.waits_with(finalizer) and not (old is not None and old.waits_with(finalizer))


def _named(reference: OwnerReference, dependent: Node, absent: Identity) -> Identity:
    """What a reference means; a kind that is known to be without namespaces has none."""
    same_kind = (reference.api_version, reference.kind) == (absent.api_version, absent.kind)
    namespace = "" if absent.namespace == "" and same_kind else dependent.identity.namespace
    return Identity(reference.api_version, reference.kind, namespace, reference.name, reference.uid)


def _order(identity: Identity) -> tuple[str, str, str, Any]:
    return identity.kind, identity.api_version, identity.namespace, order_key(identity.name)


def _observe(memory: Memory, node: Node, seen: Identity) -> tuple[Memory, tuple[Identity, ...]]:
    """A virtual node was seen. If elsewhere than its dependents said, those who said otherwise are looked at."""
    if seen == node.identity:
        return memory.with_node(attrs.evolve(node, virtual=False)), ()
    _, doubtful = partition(memory.dependents_of(node), seen)
    wrong = tuple(d.identity for d in doubtful if seen.namespace not in ("", d.identity.namespace))
    memory = memory.attempt(*doubtful).replaced(node, seen)
    copy = memory.find(seen.uid)
    assert copy is not None
    return memory.with_node(attrs.evolve(copy, virtual=False)), wrong


def _insert(memory: Memory, seen: Metadata) -> Built:
    waits = seen.waits_with(FOREGROUND)
    copy = memory.free_copy(seen.identity.uid)
    node = Node(seen.identity, seen.owners, deleting=seen.deleting, deleting_dependents=waits, copy=copy)
    return _add_to_owners(memory.with_node(node), node, seen.owners)


def _update(memory: Memory, node: Node, seen: Metadata) -> Built:
    if (node.identity.api_version, node.identity.kind) != (seen.identity.api_version, seen.identity.kind):
        moved = attrs.evolve(node.identity, api_version=seen.identity.api_version, kind=seen.identity.kind)
        memory = memory.replaced(node, moved)
    old = {reference.uid: reference for reference in node.owners}
    new = {reference.uid: reference for reference in seen.owners}
    removed = tuple(reference for uid, reference in old.items() if uid not in new)
    added = tuple(reference for reference in seen.owners if reference.uid not in old)
    released = [r.uid for r in removed if r.block_owner_deletion]
    released += [u for u, r in new.items() if u in old and old[u].block_owner_deletion and not r.block_owner_deletion]
    memory = memory.attempt(*(owner for uid in released for owner in [memory.find(uid)] if owner is not None))
    current = memory.find(node.identity.uid)
    assert current is not None
    current = attrs.evolve(current, owners=seen.owners, deleting=current.deleting or seen.deleting)
    built = _add_to_owners(memory.with_node(current), current, added)
    return attrs.evolve(built, memory=built.memory.without_dependent(node.identity.uid, removed))


def _add_to_owners(memory: Memory, node: Node, owners: tuple[OwnerReference, ...]) -> Built:
    """The node becomes a dependent of these owners; one that may be wrong about an owner is looked at (W120, W122)."""
    warned: tuple[Identity, ...] = ()
    doubtful = False
    for reference in owners:
        owner = memory.find(reference.uid)
        if owner is None:
            place = (reference.api_version, reference.kind, node.identity.namespace, reference.name, reference.uid)
            copy = memory.free_copy(reference.uid)
            owner = Node(Identity(*place), dependents=(node.identity.uid,), virtual=True, copy=copy)
            memory = memory.with_node(owner).attempt(owner)
            continue
        memory = memory.with_dependent(owner, node.identity.uid)
        if not doubtful:
            doubtful = _doubtful(owner, node, reference)
            elsewhere = owner.identity.namespace not in ("", node.identity.namespace)
            warned = (node.identity,) if elsewhere and not owner.virtual else warned
    current = memory.find(node.identity.uid)
    assert current is not None
    return Built(memory.attempt(current) if doubtful else memory, warned)


def _doubtful(owner: Node, node: Node, reference: OwnerReference) -> bool:
    """Whether the owner that is known may not be the one that is meant (W122, W123).

    In another namespace; of another kind or name; or without a namespace only because somebody without one said so.
    """
    here, there = node.identity.namespace, owner.identity.namespace
    if there not in ("", here) or not owner.identity.is_meant_by(reference):
        return True
    return there == "" and here != "" and owner.virtual


def _transitions(memory: Memory, change: Change) -> Memory:
    """An object that begins to wait for its dependents is taken up: to orphan, or to delete them (W124, W125)."""
    node = memory.find(change.object.identity.uid)
    assert node is not None
    if starts_waiting(change.old, change.object, ORPHAN):
        return attrs.evolve(memory, to_orphan=memory.to_orphan.add(node.key))
    if starts_waiting(change.old, change.object, FOREGROUND):
        node = attrs.evolve(node, deleting_dependents=True)
        memory = memory.with_node(node)
        return memory.attempt(*memory.dependents_of(node), node)
    return memory


def _delete(memory: Memory, node: Node, change: Change) -> Memory:
    """A deletion: of what was seen, or of an identity under which a live read found nothing (W121, W126)."""
    gone = change.object.identity
    if change.virtual:
        matching, others = partition(memory.dependents_of(node), gone)
        if (node.virtual and others) or (not node.virtual and node.identity != gone):
            if matching:
                memory = attrs.evolve(memory, absent=memory.absent | {gone}).attempt(*matching)
            return _rename(memory, node, gone, others) if node.virtual else memory
    memory = memory.without_node(node)
    dependents = memory.dependents_of(node)
    if node.dependents:
        memory = attrs.evolve(memory, absent=memory.absent | {gone})
    waiting = (memory.find(reference.uid) for reference in node.owners)
    owners = tuple(owner for owner in waiting if owner is not None and owner.deleting_dependents)
    return memory.attempt(*dependents, *owners)


def _rename(memory: Memory, node: Node, gone: Identity, others: tuple[Node, ...]) -> Memory:
    """A virtual node that is not where it was thought to be is looked for where others of its dependents say."""
    place = alternative(others, gone) if node.identity == gone else None
    if place is None:
        return memory
    memory = memory.replaced(node, place)
    renamed = memory.find(node.identity.uid)
    assert renamed is not None
    return memory.attempt(renamed)
