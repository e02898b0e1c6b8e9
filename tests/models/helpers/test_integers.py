"""Integers in strings: Go's ParseInt, and the strict form that tolerations ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec_models.helpers.integers import parse_decimal_integer, parse_int64


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_int64_is_read_in_both_forms(number: int) -> None:
    assert parse_int64(str(number)) == parse_decimal_integer(str(number)) == number


@pytest.mark.parametrize(("text", "number"), [("+7", 7), ("007", 7), ("-0", 0)])
def test_the_loose_form_alone_takes_a_plus_sign_and_leading_zeros(text: str, number: int) -> None:
    assert parse_int64(text) == number
    assert parse_decimal_integer(text) is None


@pytest.mark.parametrize("text", ["", "-", "1.0", " 1", "1_0", "0x1", "٧", str(2**63), str(-(2**63) - 1), "9" * 5000])
def test_nothing_else_is_an_int64(text: str) -> None:
    assert parse_int64(text) is None
    assert parse_decimal_integer(text) is None
