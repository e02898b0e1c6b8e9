"""The store at work: somebody who writes, the compactor of the API server, and a client that lists and watches.

The plumbing of a system of the store alone: every act here is one request to etcd, answered by the decisions beside
this module. The writer stands for any number of writers. The compactor is kube-apiserver's: at each interval it
compacts to the revision that it saw one interval before (S52; staging/src/k8s.io/apiserver/pkg/storage/etcd3/
compact.go). The watching client does what the API server's cache does: list, watch from the next revision on, and list
anew when the watch is cancelled because of compaction (S40 to S44; storage/cacher, client-go tools/cache/reflector.go).
It asks for the key before each change; a change at the very revision that is compacted comes without, and that ends its
watch too (S45; storage/etcd3/event.go parseEvent).

Simplified: an interval may end at any time. One client watches, since watchers change nothing and so cannot hinder each
other; it is as slow as it likes. That a watch breaks and starts again where it was is no act of its own: it is the same
as being slow (S43).
That several API servers act as one compactor is shown in kspec_models.etcd.compacting.
Not modelled: filters, fragments of large revisions.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kernel import settings
from kspec.kernel.actions import Action, Reader, Role, Set, Step, StepKind
from kspec.kernel.settings import declare
from kspec_models.etcd import store as mvcc
from kspec_models.etcd import watch
from kspec_models.etcd.acting import STORE, change
from kspec_models.etcd.compare import Compare, Operator, Target
from kspec_models.etcd.store import Event, EventType, Keys, KeyValue, Refusal, Store
from kspec_models.etcd.transaction import Delete, Put, Txn

WRITTEN, FOLLOWER, SEEN = "written", "follower", "compactor"
"""The variables: every change ever made, which only properties read; the watching client; the compactor."""

PREV_KV = "watcher.prev-kv"
declare(PREV_KV, ("on", "off"), "a client that watches asks for the key before each change, as the API server does")

ALL = Keys("a", "z")
"""Every key."""

_ABSENT = Compare(Keys("b"), Target.CREATE, Operator.EQUAL, 0)

WRITES = (
    ("Put a", Txn(then=(Put("a", "1"),))),
    ("DeleteRange a", Txn(then=(Delete(Keys("a")),))),
    (
        "Txn: if b is absent put a and b, else delete b",
        Txn((_ABSENT,), (Put("a", "1"), Put("b", "1")), (Delete(Keys("b")),)),
    ),
)
"""What is written: one key, two keys at one revision, deletions, and a compare that chooses."""


@attrs.frozen
class Follower:
    """What a client that lists and watches knows.

    `watcher` None: it has to list. `since`: the first revision that its watch asked for; `told`: all that it was told
    from there on. `keys`: the keys as it knows them, in key order. `cancelled`: the compact revision with which its
    last watch ended, 0 if it did not.
    """

    watcher: watch.Watcher | None = None
    since: int = 0
    told: tuple[Event, ...] = ()
    keys: tuple[KeyValue, ...] = ()
    cancelled: int = 0

    @property
    def upto(self) -> int:
        """The revision up to which it knows everything; 0: it has to list."""
        return 0 if self.watcher is None else self.watcher.next - 1


@attrs.frozen
class Append:
    """More changes were made."""

    events: tuple[Event, ...]

    def __call__(self, written: tuple[Event, ...]) -> tuple[Event, ...]:
        return (*written, *self.events)


def applied(keys: Iterable[KeyValue], events: Iterable[Event]) -> tuple[KeyValue, ...]:
    """The keys after these changes, in key order."""
    known = {kv.key: kv for kv in keys}
    for event in events:
        if event.type is EventType.PUT:
            known[event.kv.key] = event.kv
        else:
            known.pop(event.kv.key, None)
    return tuple(known[key] for key in sorted(known))


def writer() -> Action:
    """Whoever writes, while the budget lasts."""

    def write(see: Reader) -> Iterable[Step]:
        for name, txn in WRITES:
            yield from change(see, name, txn, lambda events: (WRITTEN, Append(events)))

    return Action("client", "write", write, role=Role.USER)


def compactor() -> Action:
    """The compactor of the API server: at each interval it compacts to what it saw one interval before."""

    def interval(see: Reader) -> Iterable[Step]:
        store: Store = see(STORE)
        seen: int = see(SEEN)
        if seen == store.revision <= store.compacted:
            return
        after = mvcc.compact(store, seen)
        compacted = store if isinstance(after, Refusal) else after
        answer = after.value if isinstance(after, Refusal) else ""
        writes = [(STORE, Set(compacted)), (SEEN, Set(store.revision))]
        yield Step(writes, action=f"Compact {seen}", says="an interval is over", answer=answer, kind=StepKind.CALL)

    return Action("apiserver", "compact", interval)


def list_keys(store: Store) -> Follower:
    """What a client knows once it has listed: all keys at one revision, and it watches from the next one on."""
    found = mvcc.range_keys(store, ALL)
    if isinstance(found, Refusal):
        raise AssertionError(f"the keys as they are now: {found.value}")
    since = found.revision + 1
    return Follower(watch.start(store, ALL, since), since, keys=found.kvs)


def when_cancelled(follower: Follower, store: Store, cancelled: watch.Cancelled) -> Follower:
    """After a watch was cancelled because of compaction: what was missed cannot be told any more, so list anew."""
    return Follower(keys=follower.keys, cancelled=cancelled.compacted)


def be_given(known: Follower, watcher: watch.Watcher, events: tuple[Event, ...]) -> Follower:
    """What a client knows after the changes of one revision."""
    return attrs.evolve(known, watcher=watcher, told=(*known.told, *events), keys=applied(known.keys, events))


def without_previous(known: Follower, store: Store, watcher: watch.Watcher, events: tuple[Event, ...]) -> Follower:
    """After changes that came without the key before them: an error, the watch ends, list anew."""
    return Follower(keys=known.keys)


def follower() -> tuple[Action, ...]:
    """The client that lists and watches."""
    asks_previous = settings.on(PREV_KV)

    def list_anew(see: Reader) -> Iterable[Step]:
        if see(FOLLOWER).watcher is None:
            known = list_keys(see(STORE))
            answer = f"{len(known.keys)} keys at revision {known.since - 1}"
            yield Step([(FOLLOWER, Set(known))], action="Range", answer=answer, kind=StepKind.CALL)

    def be_told(see: Reader) -> Iterable[Step]:
        known: Follower = see(FOLLOWER)
        store: Store = see(STORE)
        if known.watcher is None or known.watcher.next > store.revision:
            return
        given = watch.deliver(store, known.watcher)
        if isinstance(given, watch.Cancelled):
            after = when_cancelled(known, store, given)
            answer = f"cancelled: compacted at revision {given.compacted}"
        else:
            events, watcher = given
            answer = ", ".join(f"{event.type.value} {event.kv.key}" for event in events)
            if asks_previous and any(watch.lacks_previous(store, event) for event in events):
                after = without_previous(known, store, watcher, events)
                answer = f"{answer} without the key before: it is compacted"
            else:
                after = be_given(known, watcher, events)
        action = f"Watch from revision {known.watcher.next}"
        yield Step([(FOLLOWER, Set(after))], action=action, answer=answer, kind=StepKind.DELIVER)

    return Action("watcher", "list", list_anew), Action("watcher", "watch", be_told)
