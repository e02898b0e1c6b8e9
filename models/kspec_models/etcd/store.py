"""The store as a value: every change that compaction has left, and what follows from them at each revision.

Upstream: server/storage/mvcc/kvstore.go, kvstore_txn.go, key_index.go (S01 to S07, S20 to S22, S50, S51).
"""

from __future__ import annotations

import enum

import attrs


class Refusal(enum.Enum):
    """Why the store does not do what it was asked."""

    COMPACTED = "required revision has been compacted"
    FUTURE_REVISION = "required revision is a future revision"
    LEASE_NOT_FOUND = "requested lease not found"
    LEASE_EXISTS = "lease already exists"
    DUPLICATE_KEY = "duplicate key given in txn request"


@attrs.frozen
class KeyValue:
    """A key at one revision. Revisions and `version` count from 1; 0 and "" where there is nothing; `lease` 0: none."""

    key: str
    value: str = ""
    create_revision: int = 0
    mod_revision: int = 0
    version: int = 0
    lease: int = 0


class EventType(enum.Enum):
    """What a change did to its key."""

    PUT = "PUT"
    DELETE = "DELETE"


@attrs.frozen
class Event:
    """One change. A deletion carries the key and mod_revision only (S45)."""

    type: EventType
    kv: KeyValue

    @property
    def revision(self) -> int:
        """The store-wide revision that it is part of."""
        return self.kv.mod_revision


@attrs.frozen
class Keys:
    """One key, or from `start` up to but without `end`."""

    start: str
    end: str = ""

    def __contains__(self, key: str) -> bool:
        """Whether the key is one of them."""
        return key == self.start if self.end == "" else self.start <= key < self.end


@attrs.frozen
class Store:
    """The store. A fresh one is at revision 1 (S07); `compacted` -1: never; `leases`: pairs of id and TTL in seconds.

    `history`: changes in the order of their revisions; those of one revision in the order in which they were made
    (S02).
    """

    revision: int = 1
    compacted: int = -1
    history: tuple[Event, ...] = ()
    leases: tuple[tuple[int, int], ...] = ()

    def at(self, revision: int) -> tuple[KeyValue, ...]:
        """The live keys at a revision that is not compacted, in key order."""
        live: dict[str, KeyValue] = {}
        for event in self.history:
            if event.revision > revision:
                break
            if event.type is EventType.PUT:
                live[event.kv.key] = event.kv
            else:
                live.pop(event.kv.key, None)
        return tuple(live[key] for key in sorted(live))

    def get(self, key: str) -> KeyValue | None:
        """The key as it is now, None if it is absent."""
        last = next((event for event in reversed(self.history) if event.kv.key == key), None)
        return None if last is None or last.type is EventType.DELETE else last.kv

    def has_lease(self, lease: int) -> bool:
        """Whether the lease was granted and neither revoked nor expired."""
        return any(known == lease for known, _ in self.leases)


@attrs.frozen
class Ranged:
    """What a range answers. `count`: all that match; `more`: the limit cut some off; `revision`: the store's (S22)."""

    kvs: tuple[KeyValue, ...]
    count: int
    more: bool
    revision: int


def next_revision(revision: int) -> int:
    """The revision of the next change: there is one counter for the whole store (S01)."""
    return revision + 1


def put(store: Store, revision: int, key: str, value: str, lease: int = 0) -> Store:
    """The store with one more change at this revision: the same value is a change too (S03, S04, S05).

    A put without a lease takes the key off the one that it had (S31).
    """
    old = store.get(key)
    created, version = (revision, 1) if old is None else (old.create_revision, old.version + 1)
    kv = KeyValue(key, value, created, revision, version, lease)
    return attrs.evolve(store, history=(*store.history, Event(EventType.PUT, kv)), revision=revision)


def delete(store: Store, revision: int, keys: Keys) -> tuple[int, Store]:
    """How many live keys were deleted, in key order, and the store: the same one if there were none (S04, S06)."""
    gone = [kv.key for kv in store.at(revision) if kv.key in keys]
    if not gone:
        return 0, store
    tombstones = tuple(Event(EventType.DELETE, KeyValue(key, mod_revision=revision)) for key in gone)
    return len(gone), attrs.evolve(store, history=(*store.history, *tombstones), revision=revision)


def range_keys(store: Store, keys: Keys, revision: int = 0, limit: int = 0) -> Ranged | Refusal:
    """The keys at a revision (0: now), at most `limit` of them (0: all); the compacted one is still served (S21)."""
    if revision > store.revision:
        return Refusal.FUTURE_REVISION
    if 0 < revision < store.compacted:
        return Refusal.COMPACTED
    found = tuple(kv for kv in store.at(revision or store.revision) if kv.key in keys)
    cut = 0 < limit < len(found)
    return Ranged(found[:limit] if cut else found, len(found), cut, store.revision)


def compact(store: Store, revision: int) -> Store | Refusal:
    """Forget what no read at `revision` or later needs (S50, S51).

    Of each key the newest version up to there is kept, if it is live; a tombstone only if it is at that very revision.
    """
    if revision <= store.compacted:
        return Refusal.COMPACTED
    if revision > store.revision:
        return Refusal.FUTURE_REVISION
    live = set(store.at(revision))
    kept = tuple(
        event
        for event in store.history
        if event.revision > revision
        or event.kv in live
        or (event.type is EventType.DELETE and event.revision == revision and event is _last(store, event, revision))
    )
    return attrs.evolve(store, history=kept, compacted=revision)


def _last(store: Store, event: Event, revision: int) -> Event:
    return [e for e in store.history if e.kv.key == event.kv.key and e.revision <= revision][-1]
