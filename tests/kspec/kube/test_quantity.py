"""Quantities: exact, printed as the real API server prints them, refused in words."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.quantity import Format, Quantity, from_yaml, parse, resource_amount

NUMBERS = st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{0,12})?", fullmatch=True)
SUFFIXES = st.sampled_from(["n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "e3", "E-2"])
QUANTITIES = st.builds(str.__add__, NUMBERS, SUFFIXES)


@pytest.mark.parametrize(
    ("text", "milli", "units"),
    [
        ("1", 1000, 1),
        ("250m", 250, 1),
        ("0.5", 500, 1),
        ("-1500m", -1500, -2),
        ("1.5Gi", 1536 * 2**20 * 1000, 1536 * 2**20),
        ("1k", 1_000_000, 1000),
        ("1e3", 1_000_000, 1000),
        ("0.1n", 1, 1),
    ],
)
def test_amounts_are_exact_and_fractions_are_rounded_away_from_zero(text: str, milli: int, units: int) -> None:
    assert (parse(text).milli, parse(text).units) == (milli, units)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1000m", "1"),
        ("0.5Gi", "512Mi"),
        ("1000M", "1G"),
        ("1.1Ki", "1126400m"),
        ("100Ki", "100Ki"),
        ("512", "512"),
        ("-0", "0"),
        ("1E3", "1E3"),
        ("1000e3", "1e6"),
        ("1.500", "1.500"),
        ("1.50", "1500m"),
        ("1000E", "1000E"),
    ],
)
def test_the_canonical_form_has_no_fraction_and_the_largest_suffix(text: str, printed: str) -> None:
    assert str(parse(text)) == printed


@given(QUANTITIES)
def test_what_is_printed_is_read_as_the_same_amount(text: str) -> None:
    quantity = parse(text)
    assert parse(str(quantity)) == quantity


@given(NUMBERS, st.sampled_from([("Ki", 2**10), ("Mi", 2**20), ("k", 10**3), ("m", Fraction(1, 1000)), ("", 1)]))
def test_parsing_agrees_with_exact_fractions_up_to_a_billionth(number: str, suffix: tuple[str, int]) -> None:
    exact = Fraction(number.rstrip(".")) * suffix[1]
    if suffix[0].endswith("i"):
        exact = max(min(exact, Fraction(2**63 - 1)), Fraction(-(2**63 - 1)))
    parsed = Fraction(parse(number + suffix[0]).nanos, 10**9)
    assert abs(parsed) >= abs(exact)
    assert abs(parsed - exact) < Fraction(1, 10**9)


@given(QUANTITIES, QUANTITIES)
def test_sums_and_differences_are_exact(a: str, b: str) -> None:
    left, right = parse(a), parse(b)
    assert (left + right).nanos == left.nanos + right.nanos
    assert left + right - right == left
    assert (left < right) == (left.nanos < right.nanos)


def test_a_sum_takes_the_format_of_its_left_operand_unless_that_is_zero() -> None:
    assert str(parse("1Gi") + parse("1G")) == "2073741824"
    assert (parse("0") + parse("1Gi")).format is Format.BINARY_SI
    assert str(parse("0") - parse("1Gi")) == "-1Gi"


@pytest.mark.parametrize(
    ("text", "value", "milli"),
    [
        ("9223372036854775808", -(2**63), 0),
        ("8Ei", 2**63 - 1, -1000),
        ("3Ei", 3 * 2**60, -(2**63)),
        ("5E", 5 * 10**18, 0),
        ("-1.5", -2, -1500),
    ],
)
def test_the_view_of_go_overflows_as_an_int64_does(text: str, value: int, milli: int) -> None:
    quantity = parse(text)
    assert (quantity.value(), quantity.milli_value()) == (value, milli)


def test_binary_quantities_are_capped_and_decimal_ones_are_not() -> None:
    assert parse("100Ei").units == 2**63 - 1
    assert parse("100E").units == 10**20


def test_equal_amounts_are_equal_however_they_are_written() -> None:
    assert parse("1") == parse("1000m")
    assert hash(parse("1Gi")) == hash(parse("1024Mi"))
    assert parse("1E") < parse("1Ei")


@pytest.mark.parametrize("text", ["", " 1", "1 ", "1KI", "1kk", "0x10", "1e", "1.1.M", "Pi", "1e1000", "9" * 5000, "x"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        parse(text)


@pytest.mark.parametrize(("text", "meant"), [("512MB", "M"), ("1K", "k"), ("2gib", "Gi"), ("1KI", "Ki")])
def test_a_suffix_that_is_nearly_right_is_named(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=rf"did you mean {meant}\?"):
        parse(text)


def test_an_absurd_negative_exponent_is_a_billionth() -> None:
    assert parse("1e-99999999999").nanos == 1


def test_a_manifest_may_hold_a_plain_number() -> None:
    assert resource_amount("cpu", 0.5) == 500
    assert resource_amount("cpu", 2) == 2000
    assert resource_amount("memory", " 64Mi ") == 64 * 2**20
    assert from_yaml("1") == Quantity(10**9, Format.DECIMAL_SI, 1, 0, False)


@pytest.mark.parametrize("value", [True, None, ["1"]])
def test_a_manifest_may_hold_nothing_else(value: object) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        from_yaml(value)
