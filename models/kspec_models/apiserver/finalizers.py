"""Finalizers: what keeps an object that is being deleted, and which of them a deletion adds or removes.

Upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go shouldOrphanDependents,
shouldDeleteDependents, deletionFinalizersForGarbageCollection, ShouldDeleteDuringUpdate;
staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go ValidateNoNewFinalizers.

Not modelled: stores for which garbage collection is switched off (Events and their like: `GCPolicy.UNSUPPORTED`).
"""

from __future__ import annotations

import enum

ORPHAN = "orphan"
"""The garbage collector takes this object out of its dependents' owners first (W125)."""

FOREGROUND = "foregroundDeletion"
"""The garbage collector deletes its blocking dependents first (W124)."""


class Propagation(enum.Enum):
    """propagationPolicy: what a deletion does to dependents (A76)."""

    ORPHAN = "Orphan"
    BACKGROUND = "Background"
    FOREGROUND = "Foreground"


class GCPolicy(enum.Enum):
    """What a kind does to dependents when nobody says anything (A77)."""

    DELETE_DEPENDENTS = "DeleteDependents"
    ORPHAN_DEPENDENTS = "OrphanDependents"
    UNSUPPORTED = "Unsupported"


def should_orphan(
    finalizers: tuple[str, ...], kind: GCPolicy, policy: Propagation | None, orphan_dependents: bool | None
) -> bool:
    """Whether the deleted object is to carry the finalizer orphan (A76, shouldOrphanDependents).

    What the request says decides, the deprecated `orphan_dependents` first; then the first of the two finalizers that
    the object has; then its kind.
    """
    if kind is GCPolicy.UNSUPPORTED:
        return False
    if orphan_dependents is not None:
        return orphan_dependents
    if policy is not None:
        return policy is Propagation.ORPHAN
    held = _first_held(finalizers)
    return held == ORPHAN if held else kind is GCPolicy.ORPHAN_DEPENDENTS


def should_delete_dependents(
    finalizers: tuple[str, ...], kind: GCPolicy, policy: Propagation | None, orphan_dependents: bool | None
) -> bool:
    """Whether the deleted object is to carry the finalizer foregroundDeletion (A76, shouldDeleteDependents).

    No kind asks for it by itself.
    """
    if kind is GCPolicy.UNSUPPORTED or orphan_dependents is not None:
        return False
    if policy is not None:
        return policy is Propagation.FOREGROUND
    return _first_held(finalizers) == FOREGROUND


def on_deletion(
    finalizers: tuple[str, ...],
    kind: GCPolicy,
    policy: Propagation | None = None,
    orphan_dependents: bool | None = None,
) -> tuple[str, ...]:
    """An object's finalizers once its deletion was asked for (A76, deletionFinalizersForGarbageCollection).

    In their order if they stay the same; else the garbage collector's come last.
    """
    new = tuple(name for name in finalizers if name not in (ORPHAN, FOREGROUND))
    if should_orphan(finalizers, kind, policy, orphan_dependents):
        new = (*new, ORPHAN)
    if should_delete_dependents(finalizers, kind, policy, orphan_dependents):
        new = (*new, FOREGROUND)
    return finalizers if set(new) == set(finalizers) else new


def removed_by_update(deleting: bool, grace_period: int | None, left: int) -> bool:
    """Whether an update removes the object instead of storing it (A74, A75, ShouldDeleteDuringUpdate).

    `left`: how many finalizers the update leaves; `deleting`, `grace_period`: the stored deletionTimestamp is set, and
    its deletionGracePeriodSeconds. A pod that still terminates gracefully stays for its kubelet.
    """
    if left > 0 or not deleting:
        return False
    return grace_period is None or grace_period == 0


def forbidden_additions(deleting: bool, stored: tuple[str, ...], updated: tuple[str, ...]) -> tuple[str, ...]:
    """The finalizers because of which an update is refused (422): none is added to what is being deleted (A58)."""
    return tuple(name for name in updated if name not in stored) if deleting else ()


def _first_held(finalizers: tuple[str, ...]) -> str:
    return next((name for name in finalizers if name in (ORPHAN, FOREGROUND)), "")
