"""How an answer is compared with what a case expects."""

from __future__ import annotations

from tests.conformance.interface import AnyOrder, AtLeast, difference


def test_a_list_in_any_order_has_the_same_items_each_as_often() -> None:
    assert difference(AnyOrder([1, 2]), [2, 1]) is None
    assert difference(AnyOrder([AtLeast({"a": 1, "b": 2}), {"a": 3}]), [{"a": 3}, {"b": 2}]) is None
    for items, expected in (([1, 2], [2, 3]), ([1], [1, 1]), ([1, 1], [1]), ([1], {"a": 1}), ([True], [1])):
        assert difference(AnyOrder(items), expected, "here") is not None
