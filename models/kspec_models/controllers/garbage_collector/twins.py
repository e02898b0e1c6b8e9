"""Broken twins of the garbage collector, chosen by `--set`: some property notices each."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec.kernel.values import Uid, Value
from kspec_models.controllers.garbage_collector import builder, decisions, worker
from kspec_models.controllers.garbage_collector.graph import ORPHAN, Memory, Node, NodeKey
from kspec_models.controllers.garbage_collector.worker import AGAIN, DONE, Call, Calls, Left, Mapper

_HERE = "kspec_models.controllers.garbage_collector"
_attempt_to_delete = worker.attempt_to_delete


@broken_twin(
    "garbage-collector.virtual",
    "unchecked",
    f"{_HERE}.worker:attempt_to_delete",
    "an owner that was never seen is taken for gone, without a live read",
)
def unchecked(memory: Memory, key: NodeKey, served: Mapper) -> Calls:
    """What was never seen is not there."""
    node = memory.queued(key)
    if node is not None and node.virtual and not decisions.passes_over(node, memory.find(key[0])):
        return Left(change=builder.virtual_deletion(node.identity))
    return (yield from _attempt_to_delete(memory, key, served))


@broken_twin(
    "garbage-collector.owner",
    "by-name",
    f"{_HERE}.objects:incarnation",
    "whatever has the owner's name is the owner, whichever uid it has",
)
def by_name(kind: str, name: str, uid: Uid | None) -> Value:
    """The uid is not asked."""
    return f"{kind} {name}"


@broken_twin(
    "garbage-collector.foreground",
    "at-once",
    f"{_HERE}.decisions:blocking",
    "an owner that is deleted in the foreground waits for nobody",
)
def at_once(owner: Value, dependents: tuple[Node, ...]) -> tuple[Node, ...]:
    """Nothing blocks."""
    return ()


@broken_twin(
    "garbage-collector.orphans",
    "kept",
    f"{_HERE}.worker:attempt_to_orphan",
    "the finalizer is taken off an owner whose dependents still refer to it",
)
def kept(memory: Memory, key: NodeKey, served: Mapper) -> Calls:
    """No dependent is released."""
    node = memory.queued(key)
    resource = None if node is None else served(node.identity.api_version, node.identity.kind)
    if node is None:
        return DONE
    if resource is None:
        return AGAIN
    return (yield from worker.remove_finalizer(node, resource, ORPHAN))


@broken_twin(
    "garbage-collector.precondition",
    "none",
    f"{_HERE}.objects:condition",
    "what was read is deleted, whatever has become of it since",
)
def none(call: Call, reader: str) -> str:
    """No version is asked for."""
    return ""
