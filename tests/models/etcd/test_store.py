"""The multi-version store: revisions, reads of the past, compaction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kspec_models.etcd import store as mvcc
from kspec_models.etcd import transaction, watch
from kspec_models.etcd.store import EventType, Keys, Ranged, Refusal, Store
from kspec_models.etcd.transaction import Delete, Put, Txn

ALL = Keys("a", "z")
OPERATIONS = st.one_of(
    st.builds(Put, st.sampled_from("abc"), st.sampled_from("12")),
    st.builds(Delete, st.sampled_from([Keys("a"), Keys("b"), Keys("a", "c")])),
)
HISTORIES = st.lists(st.lists(OPERATIONS, max_size=3), max_size=6)


def after(history: list[list[Put | Delete]]) -> list[Store]:
    """The store after each transaction, the fresh one first."""
    stores = [Store()]
    for operations in history:
        done = transaction.run(stores[-1], Txn((), tuple(operations)))
        assert not isinstance(done, Refusal)
        stores.append(done[1])
    return stores


def read(store: Store, revision: int = 0) -> Ranged | Refusal:
    return mvcc.range_keys(store, ALL, revision)


@given(HISTORIES)
def test_a_transaction_raises_the_revision_by_one_if_and_only_if_it_changes_a_key(
    history: list[list[Put | Delete]],
) -> None:
    for before, now in zip(after(history), after(history)[1:], strict=False):
        changed = now.history != before.history
        assert now.revision == before.revision + changed
        assert {event.revision for event in now.history[len(before.history) :]} <= {now.revision}


@given(HISTORIES)
def test_the_past_stays_as_it_was(history: list[list[Put | Delete]]) -> None:
    stores = after(history)
    for store in stores:
        found = read(stores[-1], store.revision)
        assert isinstance(found, Ranged) and found.kvs == store.at(store.revision)


@given(HISTORIES, st.integers(0, 8))
def test_compaction_changes_no_read_and_no_watch_from_its_revision_on(
    history: list[list[Put | Delete]], revision: int
) -> None:
    store = after(history)[-1]
    compacted = mvcc.compact(store, revision)
    if revision > store.revision:
        assert compacted is Refusal.FUTURE_REVISION
        return
    assert isinstance(compacted, Store)
    assert mvcc.compact(compacted, revision) is Refusal.COMPACTED
    for asked in range(1, store.revision + 1):
        told = watch.pending(compacted, watch.start(compacted, ALL, asked))
        if asked < revision:
            assert read(compacted, asked) is Refusal.COMPACTED
            assert told == watch.Cancelled(revision)
        else:
            assert read(compacted, asked) == read(store, asked)
            superseded = [e for e in store.history if e.revision == asked == revision and e not in compacted.history]
            wanted = watch.pending(store, watch.start(store, ALL, asked))
            assert isinstance(wanted, tuple)
            assert told == tuple(event for event in wanted if event not in superseded)


def test_the_same_value_again_is_a_new_version_and_a_deleted_key_starts_anew() -> None:
    puts: list[list[Put | Delete]] = [[Put("a", "1")], [Put("a", "1")], [Delete(Keys("a"))], [Put("a", "1")]]
    found = [store.get("a") for store in after(puts)[1:]]
    assert [kv and (kv.create_revision, kv.mod_revision, kv.version) for kv in found] == [
        (2, 2, 1),
        (2, 3, 2),
        None,
        (5, 5, 1),
    ]


def test_a_tombstone_at_the_compacted_revision_is_kept_until_the_next_compaction() -> None:
    store = after([[Put("a", "1")], [Delete(Keys("a"))], [Put("b", "1")]])[-1]
    once = mvcc.compact(store, 3)
    assert isinstance(once, Store)
    assert [event.type for event in once.history] == [EventType.DELETE, EventType.PUT]
    twice = mvcc.compact(once, 4)
    assert isinstance(twice, Store)
    assert [event.kv.key for event in twice.history] == ["b"]


def test_a_limit_cuts_the_answer_but_not_the_count() -> None:
    store = after([[Put("a", "1"), Put("b", "1")]])[-1]
    found = mvcc.range_keys(store, ALL, limit=1)
    assert isinstance(found, Ranged)
    assert (len(found.kvs), found.count, found.more) == (1, 2, True)
    assert mvcc.range_keys(store, ALL, revision=3) is Refusal.FUTURE_REVISION
