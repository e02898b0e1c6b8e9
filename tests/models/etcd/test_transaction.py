"""Transactions: compares, branches, and the three that Kubernetes makes of them."""

from __future__ import annotations

from kspec_models.etcd import transaction
from kspec_models.etcd.compare import Compare, Operator, Target
from kspec_models.etcd.store import Keys, Ranged, Refusal, Store
from kspec_models.etcd.transaction import Answered, Delete, Put, Range, Txn

A = Keys("a")


def run(store: Store, txn: Txn) -> tuple[Answered, Store]:
    done = transaction.run(store, txn)
    assert not isinstance(done, Refusal)
    return done


def test_two_updates_that_read_the_same_version_never_both_succeed() -> None:
    _, store = run(Store(), Txn(then=(Put("a", "0"),)))
    first = transaction.update(store, "a", "1", expected=2)
    assert not isinstance(first, Refusal)
    second = transaction.update(first[1], "a", "2", expected=2)
    assert not isinstance(second, Refusal)
    assert (first[0].succeeded, second[0].succeeded) == (True, False)
    assert second[1] == first[1]
    found = second[0].answers[0]
    assert isinstance(found, Ranged) and found.kvs[0].value == "1"


def test_create_is_for_absent_keys_and_remove_for_the_version_that_was_read() -> None:
    made = transaction.create(Store(), "a", "1")
    assert not isinstance(made, Refusal) and made[0].succeeded
    again = transaction.create(made[1], "a", "2")
    assert not isinstance(again, Refusal) and not again[0].succeeded
    stale, fresh = transaction.remove(made[1], "a", 1), transaction.remove(made[1], "a", 2)
    assert not isinstance(stale, Refusal) and not stale[0].succeeded
    assert not isinstance(fresh, Refusal) and fresh[1].get("a") is None


def test_a_compare_of_a_range_must_hold_for_every_key_in_it() -> None:
    _, store = run(Store(), Txn(then=(Put("a", "1"), Put("b", "2"))))
    both = Compare(Keys("a", "z"), Target.VALUE, Operator.EQUAL, "1")
    assert not transaction.holds(both, store)
    assert transaction.holds(Compare(Keys("a", "b"), Target.VALUE, Operator.EQUAL, "1"), store)


def test_operations_see_what_their_transaction_wrote_before() -> None:
    answered, store = run(Store(), Txn(then=(Put("a", "1"), Range(A), Delete(A), Range(A))))
    first, last = answered.answers[1], answered.answers[3]
    assert isinstance(first, Ranged) and first.kvs[0].value == "1"
    assert isinstance(last, Ranged) and last.count == 0
    assert store.revision == 2


def test_one_transaction_changes_a_key_at_most_once() -> None:
    put = Put("a", "1")
    branches = Txn(then=(put,), orelse=(put,))
    assert transaction.checked(Txn(then=(branches,))) is None
    assert transaction.checked(Txn(then=(put,), orelse=(put,))) is None
    for operations in ((put, put), (put, Delete(Keys("a", "b"))), (branches, put), (branches, Delete(A))):
        assert transaction.checked(Txn(then=operations)) is Refusal.DUPLICATE_KEY
    assert transaction.checked(Txn(then=(Delete(A), Delete(A)))) is None


def test_an_unknown_lease_refuses_the_whole_transaction_if_its_branch_is_taken() -> None:
    leased = (Put("b", "1"), Put("a", "1", lease=7))
    assert transaction.run(Store(), Txn(then=leased)) is Refusal.LEASE_NOT_FOUND
    assert transaction.run(Store(), Txn(then=(Txn(then=leased),))) is Refusal.LEASE_NOT_FOUND
    assert not isinstance(transaction.run(Store(), Txn(orelse=leased)), Refusal)
