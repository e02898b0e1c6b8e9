"""What must hold of the store alone: what watches, compaction and leases of etcd promise.

They speak of the variables of kspec_models.etcd.watching and leasing, and are judged in the systems `etcd.*`. What the
store was asked for is remembered beside it (`written`, `asked`), so that no decision is compared with itself.

- `a_watch_tells_every_change_once_and_in_order`: from the revision on that was asked for, for as long as the watch
  lasts (S40, S42). It may be told late.
- `what_a_client_knows_was_true`: a client that lists and watches has the keys of some revision exactly, if not of the
  latest.
- `compaction_changes_no_later_read`: reads at the compacted revision and after it answer as before (S50, S51).
- `a_watch_from_before_the_compaction_is_cancelled_with_its_revision`: and is told nothing else (S41).
- `a_client_that_watches_catches_up`: once nobody writes any more.
- `keys_go_with_their_lease`, `only_the_keys_of_a_lease_go_with_it`: by the lease that each key was put with last (S31,
  S33).
- `no_lease_expires_before_its_ttl`: by the holder's own clock, which begins anew with each answered keep-alive (S35).
- `what_has_expired_is_kept_alive_no_more`: though it is not revoked yet (S34). A new leader may still give it time.
- `the_lease_of_a_crashed_holder_ends`: in the end, with its keys.
- `what_was_current_an_interval_ago_is_kept`: so a watch that is told once in an interval is never cancelled (S52).
- `one_api_server_compacts_in_an_interval`: though each of them tries.
- `what_is_older_than_three_intervals_is_compacted`: two intervals, or three when the compacting server crashes.
"""

from __future__ import annotations

from collections.abc import Iterable

from kspec.kernel.actions import Reader
from kspec.kernel.properties import Broken, Happened, eventually_always, invariant, leads_to, step_invariant
from kspec.kernel.registry import offer
from kspec_models.etcd import compacting, compactor, leasing, watching
from kspec_models.etcd.acting import STORE
from kspec_models.etcd.leasing import Life
from kspec_models.etcd.store import Event, EventType, KeyValue, Store
from kspec_models.etcd.watching import Follower

# ---- watches and compaction


def something_was_told_twice(see: Reader) -> bool:
    """A client was told of changes of two revisions."""
    return len({event.revision for event in see(watching.FOLLOWER).told}) > 1


@invariant(witness=something_was_told_twice)
def a_watch_tells_every_change_once_and_in_order(see: Reader) -> bool | Broken:
    """A watch tells every change from the revision on that it began with, once and in order."""
    known: Follower = see(watching.FOLLOWER)
    made = tuple(e for e in see(watching.WRITTEN) if known.since <= e.revision <= known.upto)
    if known.watcher is None or known.told == made:
        return True
    return Broken(
        f"from revision {known.since} to {known.upto} it was told {_said(known.told)}: made were {_said(made)}"
    )


def a_client_knows_a_key(see: Reader) -> bool:
    """A client that was told something has a key."""
    known: Follower = see(watching.FOLLOWER)
    return bool(known.told and known.keys)


@invariant(witness=a_client_knows_a_key)
def what_a_client_knows_was_true(see: Reader) -> bool | Broken:
    """A client that lists and watches has exactly the keys of the revision up to which it was told."""
    known: Follower = see(watching.FOLLOWER)
    were = _keys_at(see(watching.WRITTEN), known.upto)
    if known.watcher is None or known.keys == were:
        return True
    return Broken(f"at revision {known.upto} there were the keys {_keyed(were)}, and it has {_keyed(known.keys)}")


def something_was_forgotten(see: Reader) -> bool:
    """Compaction has taken a change."""
    return len(see(STORE).history) < len(see(watching.WRITTEN))


@invariant(witness=something_was_forgotten)
def compaction_changes_no_later_read(see: Reader) -> bool | Broken:
    """What the keys are at the compacted revision and at later ones is as if nothing were compacted."""
    store: Store = see(STORE)
    for revision in range(max(1, store.compacted), store.revision + 1):
        were, read = _keys_at(see(watching.WRITTEN), revision), store.at(revision)
        if were != read:
            return Broken(f"at revision {revision} there were the keys {_keyed(were)}, and read are {_keyed(read)}")
    return True


def a_watch_was_cancelled(see: Reader) -> bool:
    """A watch was cancelled because of compaction."""
    return bool(see(watching.FOLLOWER).cancelled)


@step_invariant(witness=a_watch_was_cancelled)
def a_watch_from_before_the_compaction_is_cancelled_with_its_revision(
    before: Reader, happened: Happened, after: Reader
) -> bool | Broken:
    """A watch that wants changes from before the compacted revision is cancelled with that revision, told nothing."""
    known: Follower = before(watching.FOLLOWER)
    compacted = before(STORE).compacted
    if happened.actor != "watcher" or known.watcher is None or known.watcher.next >= compacted:
        return True
    then: Follower = after(watching.FOLLOWER)
    if then.watcher is None and then.cancelled == compacted and then.keys == known.keys:
        return True
    wants = f"it wants the changes from revision {known.watcher.next}, compacted is {compacted}"
    return Broken(f"{wants}, and it is not cancelled with that revision")


def _why_it_lags(see: Reader) -> tuple[tuple[str, str, str], ...]:
    known: Follower = see(watching.FOLLOWER)
    store: Store = see(STORE)
    return (("watcher", f"revision {known.upto + 1}", f"compacted at {store.compacted}, now {store.revision}"),)


@eventually_always(witness=a_client_knows_a_key, waits=_why_it_lags)
def a_client_that_watches_catches_up(see: Reader) -> bool | Broken:
    """Once nobody writes any more, a client that lists and watches knows all keys as they are, for ever."""
    known, now = see(watching.FOLLOWER).upto, see(STORE).revision
    return known == now or Broken(f"the client knows all up to revision {known}, and the store is at {now}")


WATCH = (
    a_watch_tells_every_change_once_and_in_order,
    what_a_client_knows_was_true,
    compaction_changes_no_later_read,
    a_watch_from_before_the_compaction_is_cancelled_with_its_revision,
    a_client_that_watches_catches_up,
)
"""Of the system `etcd.watch`."""

# ---- leases


def a_key_went_with_its_lease(see: Reader) -> bool:
    """A lease is gone and a key with it."""
    store: Store = see(STORE)
    return not store.leases and any(event.type is EventType.DELETE for event in store.history)


@invariant(witness=a_key_went_with_its_lease)
def keys_go_with_their_lease(see: Reader) -> bool | Broken:
    """No key is there that was put with a lease last which is gone."""
    store: Store = see(STORE)
    asked = dict(see(leasing.ASKED))
    left = [kv.key for kv in store.at(store.revision) if asked[kv.key] and not store.has_lease(asked[kv.key])]
    return not left or Broken(f"the lease is gone and {', '.join(left)} is there", left)


def a_key_outlived_its_first_lease(see: Reader) -> bool:
    """A lease is gone and a key is left."""
    store: Store = see(STORE)
    return see(leasing.HOLDER).life is Life.LOST and bool(store.at(store.revision))


@step_invariant(witness=a_key_outlived_its_first_lease)
def only_the_keys_of_a_lease_go_with_it(before: Reader, happened: Happened, after: Reader) -> bool | Broken:
    """No key goes but with the lease that it was put with last."""
    had, has = (frozenset(kv.key for kv in s.at(s.revision)) for s in (before(STORE), after(STORE)))
    asked = dict(before(leasing.ASKED))
    wrong = sorted(key for key in had - has if not asked[key])
    return not wrong or Broken(f"{', '.join(wrong)} was put without a lease, and goes ({happened.kind})", wrong)


def a_holder_has_lost_its_lease_unawares(see: Reader) -> bool:
    """A lease is gone which its holder believes to hold."""
    return see(leasing.HOLDER).life is Life.HOLDS and not see(STORE).leases


@step_invariant(witness=a_holder_has_lost_its_lease_unawares)
def no_lease_expires_before_its_ttl(before: Reader, happened: Happened, after: Reader) -> bool | Broken:
    """No lease expires while its holder was answered less than its TTL ago."""
    if happened.kind != "lessor.revoke" or before(STORE).leases == after(STORE).leases:
        return True
    silence = before(leasing.HOLDER).silence
    said = f"the last keep-alive was answered {silence} s ago, the TTL is {leasing.TTL} s"
    return silence >= leasing.TTL or Broken(f"the lease expires although {said}")


def a_lease_has_expired(see: Reader) -> bool:
    """A lease has expired and is not revoked yet."""
    return bool(see(leasing.LESSOR).left(leasing.LEASE) == 0)


@step_invariant(witness=a_lease_has_expired)
def what_has_expired_is_kept_alive_no_more(before: Reader, happened: Happened, after: Reader) -> bool | Broken:
    """No keep-alive brings back a lease that has expired."""
    if happened.kind != "holder.keep-alive" or before(leasing.LESSOR).left(leasing.LEASE) != 0:
        return True
    left = after(leasing.LESSOR).left(leasing.LEASE)
    return left == 0 or Broken(f"the lease had expired, and a keep-alive gives it {left} s")


def a_holder_crashed_with_a_key(see: Reader) -> bool:
    """The holder has crashed and a key is with its lease."""
    return see(leasing.HOLDER).life is Life.CRASHED and _keys_of_the_lease(see) > 0


@leads_to(a_holder_crashed_with_a_key)
def the_lease_of_a_crashed_holder_ends(see: Reader) -> bool | Broken:
    """After its holder has crashed, a lease ends, and its keys go."""
    if not see(STORE).leases and _keys_of_the_lease(see) == 0:
        return True
    return Broken(
        f"the lease has {see(leasing.LESSOR).left(leasing.LEASE)} s left, {_keys_of_the_lease(see)} keys are with it"
    )


LEASE = (
    keys_go_with_their_lease,
    only_the_keys_of_a_lease_go_with_it,
    no_lease_expires_before_its_ttl,
    what_has_expired_is_kept_alive_no_more,
    the_lease_of_a_crashed_holder_ends,
)
"""Of the system `etcd.lease`."""

# ---- who compacts


def something_was_compacted(see: Reader) -> bool:
    """Somebody has compacted something that clients wrote."""
    return bool(see(STORE).compacted > 1)


@invariant(witness=something_was_compacted)
def what_was_current_an_interval_ago_is_kept(see: Reader) -> bool | Broken:
    """No revision is compacted that was followed by another less than an interval ago."""
    compacted, past = see(STORE).compacted, see(compacting.PAST)[: compacting.INTERVAL]
    if compacted <= past[-1]:
        return True
    return Broken(f"revision {compacted} is compacted, and an interval ago the store was at {past[-1]}")


def a_tick_was_won_again(see: Reader) -> bool:
    """API servers have won two ticks."""
    return any(see(name).known.version > 1 for name in compacting.SERVERS)


@step_invariant(witness=a_tick_was_won_again)
def one_api_server_compacts_in_an_interval(before: Reader, happened: Happened, after: Reader) -> bool | Broken:
    """In an interval one API server compacts, once."""
    (was, now) = (see(STORE).get(compactor.KEY) for see in (before, after))
    if was is None or was == now:
        return True
    since = before(compacting.SINCE)
    said = f"{happened.actor} puts {compactor.KEY} {since} half intervals after it was put"
    return since >= compacting.INTERVAL or Broken(said, (happened.actor,))


def another_server_took_over(see: Reader) -> bool:
    """One API server has crashed, and the other has won a tick since."""
    servers = [see(name) for name in compacting.SERVERS]
    dead = [server.known.version for server in servers if not server.alive]
    return bool(dead) and max(server.known.version for server in servers) > dead[0] + 1


@invariant(witness=another_server_took_over)
def what_is_older_than_three_intervals_is_compacted(see: Reader) -> bool | Broken:
    """What was followed by another revision three intervals ago is compacted, also if an API server crashes."""
    past, compacted = see(compacting.PAST), see(STORE).compacted
    if len(past) < compacting.LONGEST or max(1, compacted) >= past[-1]:
        return True
    return Broken(f"three intervals ago the store was at {past[-1]}, and compacted is {max(0, compacted)}")


COMPACTION = (
    what_was_current_an_interval_ago_is_kept,
    one_api_server_compacts_in_an_interval,
    what_is_older_than_three_intervals_is_compacted,
)
"""Of the system `etcd.compaction`."""

offer(*COMPACTION, of="etcd.compaction")
offer(*WATCH, of="etcd.watch")
offer(*LEASE, of="etcd.lease")


def _keys_of_the_lease(see: Reader) -> int:
    store: Store = see(STORE)
    return sum(dict(see(leasing.ASKED))[kv.key] == leasing.LEASE for kv in store.at(store.revision))


def _keys_at(written: Iterable[Event], revision: int) -> tuple[KeyValue, ...]:
    return watching.applied((), (event for event in written if event.revision <= revision))


def _said(events: Iterable[Event]) -> str:
    return ", ".join(f"{e.type.value} {e.kv.key} at {e.revision}" for e in events) or "nothing"


def _keyed(keys: Iterable[KeyValue]) -> str:
    return ", ".join(f"{kv.key} of revision {kv.mod_revision}" for kv in keys) or "none"
