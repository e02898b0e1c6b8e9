"""Broken twins of the store, chosen by `--set`: mistakes that some property or theorem must notice."""

from __future__ import annotations

import attrs

from kspec.kernel.settings import broken_twin
from kspec_models.etcd import watch, watching
from kspec_models.etcd.compactor import Known
from kspec_models.etcd.compare import Operator
from kspec_models.etcd.lessor import Lessor
from kspec_models.etcd.store import Event, EventType, Keys, KeyValue, Refusal, Store
from kspec_models.etcd.watch import Cancelled, Watcher
from kspec_models.etcd.watching import Follower

_ETCD = "kspec_models.etcd"
_COMPARE = f"{_ETCD}.compare:compare_number"


@broken_twin("store.compare", "off", _COMPARE, "an update succeeds whatever it expects")
def always(operator: Operator, found: int, operand: int) -> bool:
    """The compare is left out."""
    return True


@broken_twin("store.compare", "not-newer", _COMPARE, "an update succeeds that expects this version or an older one")
def not_newer(operator: Operator, found: int, operand: int) -> bool:
    """The compare is `<=`."""
    return operand <= found


@broken_twin("store.revision", "kept", f"{_ETCD}.store:next_revision", "an update does not raise the version")
def kept(revision: int) -> int:
    """The put does not raise the revision."""
    return revision


# ---- watches and compaction


@broken_twin("store.watch", "one-late", f"{_ETCD}.watch:start", "a watch begins one revision late")
def starts_one_late(store: Store, keys: Keys, revision: int = 0) -> Watcher:
    """A watch from a revision on leaves that one out."""
    return Watcher(keys, (revision or store.revision + 1) + 1)


@broken_twin(
    "store.watch",
    "newest-first",
    f"{_ETCD}.watch:pending",
    "a slow watcher is told the latest changes first",
)
def newest_first(store: Store, watcher: Watcher) -> tuple[Event, ...] | Cancelled:
    """What is pending, in the wrong order."""
    if watcher.next <= store.revision and watcher.next < store.compacted:
        return Cancelled(store.compacted)
    return tuple(e for e in reversed(store.history) if e.revision >= watcher.next and e.kv.key in watcher.keys)


@broken_twin(
    "store.watch",
    "never-cancelled",
    f"{_ETCD}.watch:pending",
    "a watcher behind the compaction is told what is left",
)
def what_is_left(store: Store, watcher: Watcher) -> tuple[Event, ...]:
    """Compaction is not looked at."""
    return tuple(e for e in store.history if e.revision >= watcher.next and e.kv.key in watcher.keys)


@broken_twin(
    "store.compaction", "forgets-live", f"{_ETCD}.store:compact", "compaction forgets keys that nobody wrote since"
)
def forgets_live(store: Store, revision: int) -> Store | Refusal:
    """Everything up to the compacted revision is gone."""
    if revision <= store.compacted:
        return Refusal.COMPACTED
    kept = tuple(event for event in store.history if event.revision > revision)
    return attrs.evolve(store, history=kept, compacted=revision)


@broken_twin(
    "store.compaction",
    "drops-tombstone",
    f"{_ETCD}.store:compact",
    "compaction takes the deletion at the compacted revision too, as etcd once did (etcd-io/etcd issue 18089)",
)
def drops_tombstone(store: Store, revision: int) -> Store | Refusal:
    """Nothing is left of a key that is deleted."""
    if revision <= store.compacted:
        return Refusal.COMPACTED
    live = store.at(revision)
    kept = tuple(event for event in store.history if event.revision > revision or event.kv in live)
    return attrs.evolve(store, history=kept, compacted=revision)


@broken_twin(
    "watcher.previous",
    "passed-over",
    f"{_ETCD}.watching:without_previous",
    "a deletion without the key before it is passed over, as the API server once did (kubernetes issue 76624)",
)
def passes_over(known: Follower, store: Store, watcher: Watcher, events: tuple[Event, ...]) -> Follower:
    """There is no object to tell the deletion of."""
    told = (e for e in events if e.type is EventType.PUT or not watch.lacks_previous(store, e))
    return watching.be_given(known, watcher, tuple(told))


@broken_twin(
    "watcher.cancelled",
    "resumes",
    f"{_ETCD}.watching:when_cancelled",
    "after a compaction a client watches on from the compacted revision, and does not list",
)
def resumes(follower: Follower, store: Store, cancelled: Cancelled) -> Follower:
    """What was missed is passed over."""
    since = cancelled.compacted
    return Follower(watch.start(store, watching.ALL, since), since, keys=follower.keys, cancelled=since)


@broken_twin(
    "watcher.cancelled",
    "retries",
    f"{_ETCD}.watching:when_cancelled",
    "after a compaction a client asks for the same revision again",
)
def retries(follower: Follower, store: Store, cancelled: Cancelled) -> Follower:
    """It tries again."""
    return follower


@broken_twin(
    "compactor.revision", "current", f"{_ETCD}.compactor:compacts_to", "the API server compacts all but the latest"
)
def compacts_to_current(known: Known, now: Known) -> int:
    """The revision of now."""
    return now.revision


@broken_twin(
    "compactor.version", "forgotten", f"{_ETCD}.compactor:learned", "an API server that lost does not look who won"
)
def learns_nothing(known: Known, version: int) -> int:
    """What it knew before."""
    return known.version


# ---- leases


@broken_twin("store.put", "keeps-lease", f"{_ETCD}.store:put", "a put without a lease keeps the one that the key had")
def put_that_keeps_the_lease(store: Store, revision: int, key: str, value: str, lease: int = 0) -> Store:
    """The old lease stays."""
    old = store.get(key)
    created, version, before = (revision, 1, 0) if old is None else (old.create_revision, old.version + 1, old.lease)
    kv = KeyValue(key, value, created, revision, version, lease or before)
    return attrs.evolve(store, history=(*store.history, Event(EventType.PUT, kv)), revision=revision)


@broken_twin("store.revoke", "leaves-keys", f"{_ETCD}.leases:attached", "a revoked lease leaves its keys behind")
def none_attached(store: Store, lease: int) -> tuple[str, ...]:
    """No key goes."""
    return ()


@broken_twin("store.keep-alive", "unheard", f"{_ETCD}.lessor:renew", "a keep-alive is answered, and changes nothing")
def unheard(lessor: Lessor, store: Store, lease: int) -> Lessor | Refusal | None:
    """The time goes on."""
    left = lessor.left(lease)
    return Refusal.LEASE_NOT_FOUND if left is None else None if left == 0 else lessor


@broken_twin("store.keep-alive", "revives", f"{_ETCD}.lessor:renew", "a keep-alive brings back what has expired")
def revives(lessor: Lessor, store: Store, lease: int) -> Lessor | Refusal | None:
    """It asks only whether the lease was revoked."""
    ttl = dict(store.leases).get(lease)
    return Refusal.LEASE_NOT_FOUND if ttl is None else lessor.given(lease, ttl)


@broken_twin("store.expiry", "never", f"{_ETCD}.lessor:expired", "no lease is ever found to have expired")
def none_expired(lessor: Lessor) -> tuple[int, ...]:
    """Time does nothing."""
    return ()
