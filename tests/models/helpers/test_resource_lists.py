"""Arithmetic of resource lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.quantity import parse
from kspec_models.helpers import resource_lists
from kspec_models.helpers.resource_lists import ResourceList

LISTS = st.dictionaries(st.sampled_from("abc"), st.integers(-5, 5)).map(lambda found: tuple(sorted(found.items())))
Amounts = ResourceList[int]


@given(LISTS, LISTS)
def test_what_is_added_can_be_taken_away(left: Amounts, right: Amounts) -> None:
    back = resource_lists.subtract(resource_lists.add(left, right), right)
    assert resource_lists.without_zeros(back) == resource_lists.without_zeros(left)


@given(LISTS, LISTS)
def test_the_larger_is_below_neither(left: Amounts, right: Amounts) -> None:
    most = resource_lists.largest(left, right)
    assert resource_lists.exceeding(left, most) == resource_lists.exceeding(right, most) == ()
    assert set(most) <= {*left, *right}


@given(LISTS, LISTS)
def test_a_clipped_difference_is_never_negative(left: Amounts, right: Amounts) -> None:
    clipped = resource_lists.subtract_not_below_zero(left, right)
    assert resource_lists.negative(clipped) == ()
    assert resource_lists.names(clipped) == resource_lists.names(resource_lists.subtract(left, right))


def test_only_resources_in_both_lists_can_exceed() -> None:
    assert resource_lists.exceeding((("cpu", 9),), (("memory", 1),)) == ()


def test_zero_and_missing_are_not_the_same_list() -> None:
    assert not resource_lists.equals((("cpu", 0),), ())
    assert resource_lists.is_zero((("cpu", 0),))


def test_amounts_may_be_exact_quantities() -> None:
    found = resource_lists.subtract((), (("memory", parse("1Gi")),))
    assert [(name, str(amount)) for name, amount in found] == [("memory", "-1Gi")]
