"""Watches tell every change once; leases take their keys along."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kspec_models.etcd import leases, transaction, watch
from kspec_models.etcd import store as mvcc
from kspec_models.etcd.store import Event, Keys, Refusal, Store
from kspec_models.etcd.transaction import Delete, Operation, Put, Txn

ALL = Keys("a", "z")


def after(store: Store, *operations: Operation) -> Store:
    done = transaction.run(store, Txn(then=operations))
    assert not isinstance(done, Refusal)
    return done[1]


def leased(store: Store, lease: int) -> Store:
    granted = leases.grant(store, lease, ttl=10)
    assert isinstance(granted, Store)
    return granted


@given(st.lists(st.sampled_from(["put a", "put b", "deliver", "deliver"]), max_size=12))
def test_a_watcher_is_told_every_change_once_and_in_order(happens: list[str]) -> None:
    store, told = Store(), list[Event]()
    watcher = watch.start(store, ALL)
    for what in [*happens, *["deliver"] * len(happens)]:
        if what == "deliver":
            events = watch.deliver(store, watcher)
            assert not isinstance(events, watch.Cancelled)
            told.extend(events[0])
            watcher = events[1]
        else:
            store = after(store, Put(what[-1], "1"))
    assert tuple(told) == store.history


def test_the_changes_of_one_revision_come_together() -> None:
    store = after(Store(), Put("a", "1"), Put("b", "1"))
    events = watch.deliver(store, watch.start(store, ALL, 1))
    assert not isinstance(events, watch.Cancelled)
    assert [event.kv.key for event in events[0]] == ["a", "b"]


def test_a_watcher_behind_the_compaction_is_cancelled_and_one_of_the_future_waits() -> None:
    store = after(after(Store(), Put("a", "1")), Put("a", "2"))
    compacted = mvcc.compact(store, 3)
    assert isinstance(compacted, Store)
    assert watch.deliver(compacted, watch.start(compacted, ALL, 2)) == watch.Cancelled(3)
    assert watch.deliver(store, watch.start(store, ALL, 9)) == ((), watch.Watcher(ALL, 9))


def test_the_value_before_a_deletion_is_known_until_it_is_compacted() -> None:
    store = after(after(Store(), Put("a", "1")), Delete(Keys("a")))
    before = watch.previous(store, store.history[-1])
    assert before is not None and before.value == "1"
    compacted = mvcc.compact(store, 3)
    assert isinstance(compacted, Store)
    assert watch.previous(compacted, compacted.history[-1]) is None
    assert watch.lacks_previous(compacted, compacted.history[-1])
    assert not any(watch.lacks_previous(store, event) for event in store.history)


def test_a_lease_takes_all_its_keys_along_in_one_revision() -> None:
    store = after(leased(Store(), 7), Put("b", "1", 7), Put("a", "1", 7), Put("c", "1"))
    gone = leases.revoke(store, 7)
    assert isinstance(gone, Store)
    assert [kv.key for kv in gone.at(gone.revision)] == ["c"]
    assert [(e.kv.key, e.revision) for e in gone.history[-2:]] == [("a", 3), ("b", 3)]
    assert leases.revoke(gone, 7) is Refusal.LEASE_NOT_FOUND


def test_a_put_without_the_lease_takes_its_key_off_it() -> None:
    store = after(after(leased(Store(), 7), Put("a", "1", 7)), Put("a", "2"))
    gone = leases.revoke(store, 7)
    assert isinstance(gone, Store)
    assert gone.history == store.history and gone.revision == store.revision


def test_a_short_ttl_is_raised_and_an_id_is_granted_once() -> None:
    assert leases.minimum_ttl(1000) == 2
    store = leases.grant(Store(), 7, ttl=1, shortest=2)
    assert isinstance(store, Store)
    assert store.leases == ((7, 2),)
    assert leases.grant(store, 7, ttl=5) is Refusal.LEASE_EXISTS
