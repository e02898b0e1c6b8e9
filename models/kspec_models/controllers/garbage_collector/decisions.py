"""What becomes of an object: it stays, loses references, or is deleted; and when a foreground deletion is over.

Upstream: pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteItem, isDangling, classifyReferences,
processDeletingDependentsItem; operations.go apiResource, getObject, deleteObject (W121 to W124).
"""

from __future__ import annotations

import enum

import attrs

from kspec.kernel.values import Value
from kspec_models.controllers.garbage_collector.graph import (
    FOREGROUND,
    ORPHAN,
    Identity,
    Metadata,
    Node,
    OwnerReference,
)


@attrs.frozen
class Resource:
    """What the API serves a kind as: `("apps/v1", "deployments")`."""

    api_version: str
    name: str
    namespaced: bool = True


class Standing(enum.Enum):
    """What a reference is worth. WAITING: its owner is being deleted and waits for its dependents."""

    SOLID = "solid"
    DANGLING = "dangling"
    WAITING = "waiting"


class Fate(enum.Enum):
    """What is done with an object that was looked at.

    UNREFERENCE: references that are not solid are taken off. FOREGROUND: deleted, its own dependents first; and if one
    of these does the same already, its references stop blocking, lest they wait for each other in a circle (UNBLOCK).
    """

    KEEP = "keep"
    UNREFERENCE = "unreference"
    FOREGROUND = "delete in the foreground"
    UNBLOCK = "stop blocking, then delete in the foreground"
    DELETE = "delete"


class Policy(enum.Enum):
    """propagationPolicy of the collector's deletions."""

    ORPHAN = "Orphan"
    FOREGROUND = "Foreground"
    BACKGROUND = "Background"


def can_be_read(resource: Resource, namespace: str) -> bool:
    """Whether an identity can be read: a namespaced kind without a namespace cannot, and no retry helps (W122)."""
    return namespace != "" or not resource.namespaced


def absent_keys(reference: OwnerReference, namespace: str) -> tuple[Identity, Identity]:
    """Where a missing owner may have been remembered: without a namespace, or in its dependent's (W126)."""
    kind = (reference.api_version, reference.kind)
    return (
        Identity(*kind, "", reference.name, reference.uid),
        Identity(*kind, namespace, reference.name, reference.uid),
    )


def standing(owner: Metadata | None, uid: Value) -> Standing:
    """What a reference to `uid` is worth, given what a live read found in its place (W121, classifyReferences)."""
    if owner is None or owner.identity.uid != uid:
        return Standing.DANGLING
    return Standing.WAITING if owner.waits_with(FOREGROUND) else Standing.SOLID


def fate(solid: int, dangling: int, waiting: int, dependents: int, in_foreground: int) -> Fate:
    """What to do with an object with so many references of each standing (W121, W124, attemptToDeleteItem).

    `dependents`: how many it has itself, `in_foreground`: how many of them wait for their own dependents.
    """
    if solid + dangling + waiting == 0:
        return Fate.KEEP
    if solid > 0:
        return Fate.KEEP if dangling + waiting == 0 else Fate.UNREFERENCE
    if waiting > 0 and dependents > 0:
        return Fate.UNBLOCK if in_foreground > 0 else Fate.FOREGROUND
    return Fate.DELETE


def policy(finalizers: tuple[str, ...]) -> Policy:
    """How an object without a solid owner is deleted: as its finalizers say, else in the background (W121)."""
    if ORPHAN in finalizers:
        return Policy.ORPHAN
    return Policy.FOREGROUND if FOREGROUND in finalizers else Policy.BACKGROUND


def passes_over(node: Node, in_graph: Node | None) -> bool:
    """Whether a queued node needs nothing any more: a virtual one that was seen meanwhile, or is gone (W120)."""
    return node.virtual and (in_graph is None or not in_graph.virtual)


def waits_for_the_end(node: Node) -> bool:
    """Whether a node is being deleted and nothing but its end is to come."""
    return node.deleting and not node.deleting_dependents


def blocking(owner: Value, dependents: tuple[Node, ...]) -> tuple[Node, ...]:
    """The dependents for which a foreground deletion of the owner has to wait (W124)."""
    return tuple(dependent for dependent in dependents if dependent.blocks(owner))


def deletes_again(live: Metadata, owners: tuple[OwnerReference, ...]) -> bool:
    """Whether a deletion that met a conflict is tried without its resourceVersion: who owns it is the same (W121)."""
    return live.owners == owners
