"""Amounts given as a number or as a percentage of another number (upstream: apimachinery/pkg/util/intstr)."""

from __future__ import annotations

from kspec.kube.objects import IntOrPercent, Percent
from kspec_models.helpers.integers import parse_int64

_INT32 = range(-(2**31), 2**31)


def resolve(value: IntOrPercent, of: int, *, up: bool) -> int:
    """A number as it is, or the percentage of `of`, rounded up or down (GetScaledValueFromIntOrPercent; W35)."""
    if isinstance(value, Percent):
        return -(-value.value * of // 100) if up else value.value * of // 100
    return value


def parse(text: str) -> int | str:
    """Text as an IntOrString field takes it: an int32, or else the text unchanged (intstr.Parse)."""
    number = parse_int64(text)
    return number if number is not None and number in _INT32 else text


def parse_percent(text: str) -> Percent:
    """`25%` as `Percent(25)`. Raises ValueError for anything else: a bare number in quotes is no percentage."""
    number = parse_int64(text[:-1]) if text.endswith("%") else None
    if number is None:
        raise ValueError(f"{text!r} is neither a whole number nor a whole percentage such as 25%")
    return Percent(number)


def int_or_percent(value: int | str) -> IntOrPercent:
    """What a manifest says as a value: 3 is a number, "25%" a percentage. Raises ValueError, also for "3" in quotes."""
    return parse_percent(value) if isinstance(value, str) else value
