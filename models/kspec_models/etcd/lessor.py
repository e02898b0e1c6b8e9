"""The lessor: who counts the time of leases down, and which of them have expired.

Upstream: server/lease/lessor.go Grant, Renew, Promote, Demote, expireExists; server/etcdserver/server.go
revokeExpiredLeases (S30, S33 to S35). Only the leader counts, and what it has counted is no part of the store: an
expired lease is revoked through the log as if somebody had asked for it, and a new leader gives every lease its whole
TTL again.

Simplified: time goes in whole seconds. Not modelled: checkpoints of what remains (off by default), and the pace at
which many expired leases are revoked.
"""

from __future__ import annotations

import attrs

from kspec_models.etcd.store import Refusal, Store


@attrs.frozen
class Lessor:
    """The leader's count: pairs of a lease's id and the seconds that it has left, in the order of ids."""

    remaining: tuple[tuple[int, int], ...] = ()

    def left(self, lease: int) -> int | None:
        """The seconds that a lease has left, None if it is not known."""
        return dict(self.remaining).get(lease)

    def given(self, lease: int, seconds: int) -> Lessor:
        """The count with a lease that begins anew."""
        return Lessor(tuple(sorted({**dict(self.remaining), lease: seconds}.items())))

    def without(self, lease: int) -> Lessor:
        """The count without a lease that was revoked."""
        return Lessor(tuple(pair for pair in self.remaining if pair[0] != lease))


def promoted(store: Store) -> Lessor:
    """A new leader's count: every lease has its whole TTL, so it may live longer than that, never shorter (S35)."""
    return Lessor(store.leases)


def a_second_later(lessor: Lessor) -> Lessor:
    """One second has passed."""
    return Lessor(tuple((lease, max(0, left - 1)) for lease, left in lessor.remaining))


def expired(lessor: Lessor) -> tuple[int, ...]:
    """The leases that are to be revoked, in the order of ids."""
    return tuple(lease for lease, left in lessor.remaining if left == 0)


def renew(lessor: Lessor, store: Store, lease: int) -> Lessor | Refusal | None:
    """A keep-alive: the lease begins its TTL anew, or is not found.

    None: it has expired and is not revoked yet; the answer waits for that, and is then "not found" (S34).
    """
    left, ttl = lessor.left(lease), dict(store.leases).get(lease)
    if left is None or ttl is None:
        return Refusal.LEASE_NOT_FOUND
    return None if left == 0 else lessor.given(lease, ttl)
