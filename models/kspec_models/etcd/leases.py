"""Leases: keys that go together when nobody keeps them alive.

Upstream: server/lease/lessor.go Grant, Revoke (S30 to S33, S36). Expiry is a revoke that nobody asked for: when it
comes is for the lessor to say (kspec_models.etcd.lessor). Which keys a lease holds is said by the keys: each has at
most one (S31).
"""

from __future__ import annotations

import attrs

from kspec_models.etcd import store as mvcc
from kspec_models.etcd.store import Event, EventType, KeyValue, Refusal, Store


def minimum_ttl(election_milliseconds: int) -> int:
    """The shortest TTL in seconds: half as much again as an election timeout, rounded up (S30)."""
    return -(-3 * election_milliseconds // 2000)


def grant(store: Store, lease: int, ttl: int, shortest: int = 2) -> Store | Refusal:
    """A new lease; a TTL below the shortest is raised to it (S30). Changes no key and no revision."""
    if store.has_lease(lease):
        return Refusal.LEASE_EXISTS
    return attrs.evolve(store, leases=tuple(sorted((*store.leases, (lease, max(ttl, shortest))))))


def attached(store: Store, lease: int) -> tuple[str, ...]:
    """The keys that go with the lease, in key order."""
    return tuple(kv.key for kv in store.at(store.revision) if kv.lease == lease)


def revoke(store: Store, lease: int) -> Store | Refusal:
    """The lease and all its keys are gone, in one revision; without keys there is no new revision (S33)."""
    if not store.has_lease(lease):
        return Refusal.LEASE_NOT_FOUND
    left = attrs.evolve(store, leases=tuple(pair for pair in store.leases if pair[0] != lease))
    keys = attached(store, lease)
    if not keys:
        return left
    revision = mvcc.next_revision(store.revision)
    gone = tuple(Event(EventType.DELETE, KeyValue(key, mod_revision=revision)) for key in keys)
    return attrs.evolve(left, history=(*store.history, *gone), revision=revision)
