"""Numbers and percentages."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Percent
from kspec_models.helpers import int_or_percent


@given(st.integers(-300, 300), st.integers(0, 10**9))
def test_a_percentage_is_exact_before_it_is_rounded(percent: int, of: int) -> None:
    exact = Fraction(percent * of, 100)
    assert int_or_percent.resolve(Percent(percent), of, up=True) == ceil(exact)
    assert int_or_percent.resolve(Percent(percent), of, up=False) == floor(exact)


@given(st.integers(), st.integers(), st.booleans())
def test_a_number_stays_as_it_is(number: int, of: int, up: bool) -> None:
    assert int_or_percent.resolve(number, of, up=up) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-1", -1),
        ("+5", 5),
        ("007", 7),
        ("2147483647", 2147483647),
        ("2147483648", "2147483648"),
        ("-2147483648", -2147483648),
        ("-2147483649", "-2147483649"),
        ("50%", "50%"),
        ("", ""),
        ("1_000", "1_000"),
        ("5\n", "5\n"),
    ],
)
def test_text_is_a_number_only_if_it_is_an_int32(text: str, value: int | str) -> None:
    assert int_or_percent.parse(text) == value


@pytest.mark.parametrize(("text", "percent"), [("25%", 25), ("0%", 0), ("-5%", -5), ("+5%", 5)])
def test_a_percentage_is_a_whole_number_and_a_percent_sign(text: str, percent: int) -> None:
    assert int_or_percent.int_or_percent(text) == Percent(percent)


@pytest.mark.parametrize("text", ["25", "%", "", "a%", "1.5%", "40%%", "30%0", "25 %", "#%"])
def test_anything_else_is_refused_with_a_message_that_quotes_it(text: str) -> None:
    with pytest.raises(ValueError, match="neither a whole number nor a whole percentage") as error:
        int_or_percent.int_or_percent(text)
    assert repr(text) in str(error.value)


def test_a_number_of_a_manifest_is_a_number() -> None:
    assert int_or_percent.int_or_percent(3) == 3
