"""Whose object is this? What a controller does with each object that it could own.

Upstream: pkg/controller/controller_ref_manager.go ClaimObject (W06, W07, W08).
"""

from __future__ import annotations

import enum

import attrs


class Owner(enum.Enum):
    """Whom the controller reference of an object names."""

    NONE = "nobody"
    ME = "this controller's object"
    OTHER = "another object"


class Claim(enum.Enum):
    """What to do with an object, and whether it is then ours."""

    KEEP = "it is ours already"
    ADOPT = "patch our reference into it; then it is ours"
    RELEASE = "patch our reference away"
    IGNORE = "leave it alone: it is not ours"

    @property
    def patches(self) -> bool:
        """Whether an API call is needed."""
        return self is Claim.ADOPT or self is Claim.RELEASE

    @property
    def ours(self) -> bool:
        """Whether the object counts as owned, if the patch (if any) succeeds."""
        return self is Claim.KEEP or self is Claim.ADOPT


@attrs.frozen
class Claimed:
    """One object to a claim: whom its controller reference names, and what else decides."""

    owner: Owner
    matches: bool
    deleting: bool = False
    same_namespace: bool = True


def claim(claimed: Claimed, controller_deleting: bool) -> Claim:
    """Keep, adopt, release or ignore one object (W06, ClaimObject).

    `controller_deleting` is what the cache says; before the first adoption of a sync see `may_adopt`.
    """
    if claimed.owner is Owner.OTHER:
        return Claim.IGNORE
    if claimed.owner is Owner.ME:
        if claimed.matches:
            return Claim.KEEP
        return Claim.IGNORE if controller_deleting else Claim.RELEASE
    if controller_deleting or not claimed.matches or claimed.deleting or not claimed.same_namespace:
        return Claim.IGNORE
    return Claim.ADOPT


def may_adopt(found: bool, same_uid: bool, deleting: bool) -> bool:
    """What the one live GET of the controller's own object allows before the first adoption of a sync (W07).

    A stale cache could else adopt again what an orphaning delete has just released.
    """
    return found and same_uid and not deleting


def owned_by_same(controllers: tuple[str | None, ...], of: str | None) -> tuple[int, ...]:
    """The positions of the objects with this controller (their references' uids; deleted ones too); none of None.

    Upstream: pkg/controller/replicaset/replica_set.go getReplicaSetsWithSameController.
    """
    if of is None:
        return ()
    return tuple(i for i, uid in enumerate(controllers) if uid == of)
