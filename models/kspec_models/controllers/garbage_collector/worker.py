"""The collector's workers: one node from a queue, call by call.

Upstream: pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteWorker, attemptToOrphanWorker;
operations.go.

A worker is a generator: it yields one call, is sent the answer, and returns what is left to do to the memory, which
other workers and the graph builder may have changed meanwhile (`settle`).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator

import attrs

from kspec.kernel.values import Ref, Value
from kspec_models.controllers.garbage_collector import builder, decisions
from kspec_models.controllers.garbage_collector.builder import Change
from kspec_models.controllers.garbage_collector.decisions import Fate, Policy, Resource, Standing
from kspec_models.controllers.garbage_collector.graph import (
    FOREGROUND,
    ORPHAN,
    Identity,
    Memory,
    Metadata,
    Node,
    NodeKey,
    OwnerReference,
)

FINALIZER_TRIES = 4
"""How often the removal of a finalizer is tried when the object has changed meanwhile (retry.DefaultBackoff)."""

Mapper = Callable[[str, str], Resource | None]
"""What the API serves an apiVersion and kind as; None if it does not (W123)."""


class Verb(enum.Enum):
    """What a worker asks of the API server."""

    GET = "get"
    DELETE = "delete"
    PATCH = "patch"


@attrs.frozen
class Call:
    """One call. `uid`, `resource_version`: preconditions of a deletion or patch ("": none).

    A patch takes off the references to `unreference`, a `finalizer`, or blockOwnerDeletion of all references
    (`unblock`).
    """

    verb: Verb
    resource: Resource
    namespace: str
    name: str | Ref
    uid: Value = ""
    resource_version: str = ""
    policy: Policy | None = None
    unreference: tuple[Value, ...] = ()
    unblock: bool = False
    finalizer: str = ""


class Failure(enum.Enum):
    """Why a call was not granted."""

    NOT_FOUND = "NotFound"
    CONFLICT = "Conflict"
    OTHER = "other"


Answer = Metadata | Failure | None
"""Of a read the object; None: granted."""


@attrs.frozen
class Left:
    """What an attempt leaves to do.

    Owners to remember as absent, a virtual deletion for the graph builder, nodes to look at, the node itself again.
    `hopeless`: it cannot be judged, and no retry helps (W122).
    """

    absent: tuple[Identity, ...] = ()
    change: Change | None = None
    look_at: tuple[NodeKey, ...] = ()
    again: bool = False
    hopeless: bool = False


DONE, AGAIN, HOPELESS = Left(), Left(again=True), Left(hopeless=True)

Calls = Generator[Call, Answer, Left]


def settle(memory: Memory, key: NodeKey, left: Left) -> Memory:
    """The memory when a worker is done with a node of `to_delete`. `left.change` goes to the graph builder's queue."""
    memory = attrs.evolve(memory, absent=memory.absent | frozenset(left.absent))
    nodes = (memory.queued(other) for other in left.look_at)
    return memory.attempt(*(node for node in nodes if node is not None)).done(key, left.again)


def attempt_to_delete(memory: Memory, key: NodeKey, served: Mapper) -> Calls:
    """Look at one node (W121, attemptToDeleteWorker, attemptToDeleteItem).

    A kind that is not served comes back for ever (W123), so does a virtual node until it was seen (W120).
    """
    node = memory.queued(key)
    in_graph = memory.find(key[0])
    if node is None or decisions.passes_over(node, in_graph):
        return DONE
    if in_graph is not None:
        kind = (in_graph.identity.api_version, in_graph.identity.kind)
        node = attrs.evolve(node, identity=attrs.evolve(node.identity, api_version=kind[0], kind=kind[1]))
    if decisions.waits_for_the_end(node):
        return DONE
    here = node.identity
    resource = served(here.api_version, here.kind)
    if resource is None:
        return AGAIN
    if not decisions.can_be_read(resource, here.namespace):
        return DONE
    live = yield _call(Verb.GET, resource, here)
    if live is Failure.NOT_FOUND or (isinstance(live, Metadata) and live.identity.uid != here.uid):
        return Left(change=builder.virtual_deletion(here))
    if not isinstance(live, Metadata):
        return AGAIN
    if node.deleting_dependents:
        left = yield from _end_foreground(memory, node, resource)
    else:
        left = yield from _collect(memory, node, live, resource, served)
    unseen = node.virtual and left.change is None and not left.hopeless
    return attrs.evolve(left, again=left.again or unseen)


def attempt_to_orphan(memory: Memory, key: NodeKey, served: Mapper) -> Calls:
    """Take an owner off all its dependents that are known, then its finalizer off the owner (W125)."""
    node = memory.queued(key)
    if node is None:
        return DONE
    failed = False
    for dependent in memory.dependents_of(node):
        resource = served(dependent.identity.api_version, dependent.identity.kind)
        if resource is None:
            failed = True
            continue
        answer = yield _call(Verb.PATCH, resource, dependent.identity, unreference=(node.identity.uid,))
        failed = failed or answer in (Failure.CONFLICT, Failure.OTHER)
    resource = served(node.identity.api_version, node.identity.kind)
    if failed or resource is None:
        return AGAIN
    return (yield from remove_finalizer(node, resource, ORPHAN))


def _call(
    verb: Verb, resource: Resource, at: Identity, policy: Policy | None = None, unreference: tuple[Value, ...] = ()
) -> Call:
    namespace = at.namespace if resource.namespaced else ""
    uid = "" if verb is Verb.GET else at.uid
    return Call(verb, resource, namespace, at.name, uid, policy=policy, unreference=unreference)


def _end_foreground(memory: Memory, node: Node, resource: Resource) -> Calls:
    """Dependents that block are looked at; without any the finalizer goes (W124, processDeletingDependentsItem)."""
    blocking = decisions.blocking(node.identity.uid, memory.dependents_of(node))
    if not blocking:
        return (yield from remove_finalizer(node, resource, FOREGROUND))
    return Left(look_at=tuple(dependent.key for dependent in blocking if not dependent.deleting_dependents))


def _collect(memory: Memory, node: Node, live: Metadata, resource: Resource, served: Mapper) -> Calls:
    standings: list[tuple[OwnerReference, Standing]] = []
    absent: tuple[Identity, ...] = ()
    for reference in live.owners:
        found = yield from _standing(memory.absent | set(absent), reference, node.identity.namespace, served)
        if isinstance(found, Left):
            return attrs.evolve(found, absent=absent)
        absent = (*absent, *found[1])
        standings.append((reference, found[0]))
    solid, dangling, waiting = (sum(s is which for _, s in standings) for which in Standing)
    dependents = memory.dependents_of(node)
    fate = decisions.fate(solid, dangling, waiting, len(dependents), sum(d.deleting_dependents for d in dependents))
    left = yield from _carry_out(fate, node, live, resource, tuple(standings))
    return attrs.evolve(left, absent=absent)


def _standing(
    absent: frozenset[Identity], reference: OwnerReference, namespace: str, served: Mapper
) -> Generator[Call, Answer, tuple[Standing, tuple[Identity, ...]] | Left]:
    """What a reference is worth, and what is to be remembered as absent (W121, W122, isDangling)."""
    without, within = decisions.absent_keys(reference, namespace)
    if without in absent or within in absent:
        return Standing.DANGLING, ()
    resource = served(reference.api_version, reference.kind)
    if resource is None:
        return AGAIN
    if not decisions.can_be_read(resource, namespace):
        return HOPELESS
    owner = yield _call(Verb.GET, resource, within)
    if not isinstance(owner, Metadata) and owner is not Failure.NOT_FOUND:
        return AGAIN
    standing = decisions.standing(owner if isinstance(owner, Metadata) else None, reference.uid)
    place = within if resource.namespaced else without
    return standing, (place,) if standing is Standing.DANGLING else ()


def _carry_out(
    fate: Fate, node: Node, live: Metadata, resource: Resource, standings: tuple[tuple[OwnerReference, Standing], ...]
) -> Calls:
    if fate is Fate.KEEP:
        return DONE
    if fate is Fate.UNREFERENCE:
        loose = tuple(
            r.uid for which in (Standing.DANGLING, Standing.WAITING) for r, standing in standings if standing is which
        )
        answer = yield _call(Verb.PATCH, resource, node.identity, unreference=loose)
        return AGAIN if isinstance(answer, Failure) else DONE
    if fate is Fate.UNBLOCK:
        answer = yield attrs.evolve(_call(Verb.PATCH, resource, node.identity), unblock=True)
        if isinstance(answer, Failure):
            return AGAIN
    how = decisions.policy(live.finalizers) if fate is Fate.DELETE else Policy.FOREGROUND
    return (yield from _delete(node, live, resource, how))


def _delete(node: Node, live: Metadata, resource: Resource, how: Policy) -> Calls:
    """Delete the version that was read; after a conflict whatever version it is, if its owners are the same (W121)."""
    deletion = _call(Verb.DELETE, resource, node.identity, how)
    answer = yield attrs.evolve(deletion, resource_version=live.resource_version)
    if answer is Failure.CONFLICT and live.resource_version != "":
        now = yield _call(Verb.GET, resource, node.identity)
        if now is Failure.NOT_FOUND or (isinstance(now, Metadata) and now.identity.uid != node.identity.uid):
            return DONE
        if not isinstance(now, Metadata) or not decisions.deletes_again(now, live.owners):
            return AGAIN
        answer = yield deletion
    if answer is Failure.NOT_FOUND:
        return Left(change=builder.virtual_deletion(node.identity))
    return AGAIN if isinstance(answer, Failure) else DONE


def remove_finalizer(node: Node, resource: Resource, finalizer: str) -> Calls:
    """Take a finalizer off the version that was read, and read again if there is a newer one."""
    for _ in range(FINALIZER_TRIES):
        live = yield _call(Verb.GET, resource, node.identity)
        if live is Failure.NOT_FOUND or (isinstance(live, Metadata) and finalizer not in live.finalizers):
            return DONE
        if not isinstance(live, Metadata):
            return AGAIN
        patch = _call(Verb.PATCH, resource, node.identity)
        answer = yield attrs.evolve(patch, resource_version=live.resource_version, finalizer=finalizer)
        if answer is not Failure.CONFLICT:
            return AGAIN if isinstance(answer, Failure) else DONE
    return AGAIN
