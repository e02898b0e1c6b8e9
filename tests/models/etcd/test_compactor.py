"""API servers that agree on who compacts: one wins each tick of the clock that a key's version is."""

from __future__ import annotations

from kspec_models.etcd import compactor, transaction
from kspec_models.etcd.compactor import Known
from kspec_models.etcd.store import Refusal, Store
from kspec_models.etcd.transaction import Put, Txn


def written(store: Store) -> Store:
    done = transaction.run(store, Txn(then=(Put("a", "1"),)))
    assert not isinstance(done, Refusal)
    return done[1]


def test_the_first_try_puts_the_key_and_compacts_nothing() -> None:
    known, store, won = compactor.compact(Store(), Known())
    assert (known, store.compacted, won) == (Known(1, 2), -1, True)
    kv = store.get(compactor.KEY)
    assert kv is not None and (kv.value, kv.version) == ("0", 1)


def test_the_next_try_compacts_to_what_was_seen_at_the_first() -> None:
    known, store, _ = compactor.compact(Store(), Known())
    known, store, won = compactor.compact(written(store), known)
    assert (known, store.compacted, won) == (Known(2, 4), 2, True)


def test_who_loses_learns_the_version_and_wins_when_the_other_is_gone() -> None:
    _, store, _ = compactor.compact(Store(), Known())
    loser, after, won = compactor.compact(written(store), Known())
    assert (loser, won) == (Known(1, 3), False)
    assert after == written(store)
    loser, after, won = compactor.compact(after, loser)
    assert (won, after.compacted) == (True, 3)
