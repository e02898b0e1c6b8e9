"""Watches: which changes a watcher is given, and what one that starts too far back is told.

Upstream: server/storage/mvcc/watchable_store.go watch, syncWatchers, notify; watcher_group.go chooseAll (S40 to S46).

A watcher is how far it has come: every change from `next` on, in order, each exactly once, those of one revision
together (S42). A slow one is never dropped (S43), and two are not ordered with each other (S44). Not modelled:
fragmentation, filters.
"""

from __future__ import annotations

import attrs

from kspec_models.etcd.store import Event, EventType, Keys, KeyValue, Store


@attrs.frozen
class Watcher:
    """`next`: the first revision that it has yet to be told about."""

    keys: Keys
    next: int


@attrs.frozen
class Cancelled:
    """The watcher wants changes that compaction has taken; it may start again from `compacted` (S41)."""

    compacted: int


def start(store: Store, keys: Keys, revision: int = 0) -> Watcher:
    """A new watcher: from a revision on, that one included; 0: from the next change on (S40)."""
    return Watcher(keys, revision or store.revision + 1)


def pending(store: Store, watcher: Watcher) -> tuple[Event, ...] | Cancelled:
    """All that the watcher has yet to be told. Once it is behind what was compacted there is nothing for it (S41)."""
    if watcher.next <= store.revision and watcher.next < store.compacted:
        return Cancelled(store.compacted)
    return tuple(event for event in store.history if event.revision >= watcher.next and event.kv.key in watcher.keys)


def deliver(store: Store, watcher: Watcher) -> tuple[tuple[Event, ...], Watcher] | Cancelled:
    """The changes of the next revision that concerns the watcher, all of them, and the watcher afterwards (S42).

    Without any it is complete up to the store's revision, which is what a progress notification says (S46).
    """
    events = pending(store, watcher)
    if isinstance(events, Cancelled):
        return events
    if not events:
        return (), attrs.evolve(watcher, next=max(watcher.next, store.revision + 1))
    revision = events[0].revision
    return tuple(event for event in events if event.revision == revision), attrs.evolve(watcher, next=revision + 1)


def previous(store: Store, event: Event) -> KeyValue | None:
    """The key before a change (prevKV, as Kubernetes always asks); None if there was none, or it is compacted (S45)."""
    if event.revision - 1 < store.compacted:
        return None
    before = [e for e in store.history if e.kv.key == event.kv.key and e.revision < event.revision]
    return before[-1].kv if before and before[-1].type is EventType.PUT else None


def lacks_previous(store: Store, event: Event) -> bool:
    """Whether a change that is no creation comes without the key before it, because of compaction (S45)."""
    created = event.type is EventType.PUT and event.kv.create_revision == event.revision
    return not created and previous(store, event) is None
