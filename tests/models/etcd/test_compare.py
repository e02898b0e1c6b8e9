"""Compares, and that the compare-and-swap of the API server is the compare of a transaction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kernel import settings
from kspec_models.etcd import compare, transaction
from kspec_models.etcd.compare import Compare, Operator, Target
from kspec_models.etcd.store import Keys, KeyValue, Refusal, Store

A = Keys("a")
NUMBERS = st.sampled_from([Target.MOD, Target.CREATE, Target.VERSION, Target.LEASE])


@given(NUMBERS, st.sampled_from(Operator), st.integers(0, 3))
def test_numbers_of_an_absent_key_are_zero(target: Target, operator: Operator, operand: int) -> None:
    condition = Compare(A, target, operator, operand)
    assert compare.compare_key(condition, None) == compare.compare_key(condition, KeyValue("a"))
    assert transaction.holds(condition, Store()) == compare.compare_key(condition, None)


@pytest.mark.parametrize("operator", Operator)
def test_no_compare_of_an_absent_value_holds(operator: Operator) -> None:
    assert not compare.compare_key(Compare(A, Target.VALUE, operator, ""), None)


@pytest.mark.parametrize("setting", ["real", "off", "not-newer"])
@given(expected=st.integers(0, 6), updates=st.integers(0, 4))
def test_an_update_of_the_store_is_the_compare_and_swap_of_the_api_server(
    setting: str, expected: int, updates: int
) -> None:
    store = Store()
    for _ in range(updates):
        done = transaction.run(store, transaction.Txn(then=(transaction.Put("a", "1"),)))
        assert not isinstance(done, Refusal)
        store = done[1]
    found = store.get("a")
    stored = 0 if found is None else found.mod_revision
    with settings.applied({} if setting == "real" else {"store.compare": setting}):
        done = transaction.update(store, "a", "2", expected)
        succeeded, version = compare.compare_and_swap(stored, expected)
    assert not isinstance(done, Refusal)
    after = done[1].get("a")
    assert done[0].succeeded == succeeded
    if updates:
        assert after is not None and after.mod_revision == version
