"""Quantities: `500m`, `1.5Gi`, `1e3`, parsed to exact integers and printed in canonical form.

What is modelled: resource.Quantity of Kubernetes 1.36 (quantity.go, amount.go, math.go and suffix.go in
staging/src/k8s.io/apimachinery/pkg/api/resource). A quantity is an exact decimal number: whatever is finer than a
billionth is rounded away from zero. It is offered in two views, which differ only beyond the range of an int64:

- `units` and `milli` are exact integers, which is what manifests and models want;
- `value()` and `milli_value()` are what Go's `Value()` and `MilliValue()` return, int64 overflow included.

Bounds: a decimal exponent above 999 is refused, and so is a text longer than 1000 characters. One difference in
printing: upstream forgets the suffix of numbers from 10^21 on (`1000E` becomes `1`) or from 2^70 on; here they keep the
largest suffix that exists.
"""

from __future__ import annotations

import enum
import re

import attrs

MAX_INT64 = 2**63 - 1
LARGEST_EXPONENT = 999
LONGEST_TEXT = 1000

_NANO = -9
_SHAPE = re.compile(r"([+-]?)([0-9]*)(?:(\.)([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)")
_DECIMAL_SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_SUFFIXES = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_SUFFIX_OF_DECIMAL = {exponent: suffix for suffix, exponent in _DECIMAL_SUFFIXES.items()}
_SUFFIX_OF_BINARY = {0: "", **{exponent: suffix for suffix, exponent in _BINARY_SUFFIXES.items()}}


class Format(enum.Enum):
    """How a quantity was written, which is how it is printed."""

    DECIMAL_EXPONENT = "DecimalExponent"
    BINARY_SI = "BinarySI"
    DECIMAL_SI = "DecimalSI"


@attrs.frozen(order=True)
class Quantity:
    """An exact amount, compared by its amount alone: `1` equals `1000m`.

    `nanos`: the amount in billionths. `unscaled` and `scale`: the same amount as upstream holds it,
    unscaled × 10^scale, as int64 or (`decimal`) as an arbitrary-precision decimal: only int64 overflow depends on it.
    `text`: what was parsed, where upstream prints that back unchanged.
    """

    nanos: int
    format: Format = attrs.field(eq=False, order=False)
    unscaled: int = attrs.field(eq=False, order=False)
    scale: int = attrs.field(eq=False, order=False)
    decimal: bool = attrs.field(eq=False, order=False)
    text: str = attrs.field(default="", eq=False, order=False)

    @property
    def units(self) -> int:
        """The amount in units, a fraction rounded away from zero."""
        return _divide_away_from_zero(self.nanos, 10**9)

    @property
    def milli(self) -> int:
        """The amount in thousandths, a finer fraction rounded away from zero."""
        return _divide_away_from_zero(self.nanos, 10**6)

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.nanos > 0) - (self.nanos < 0)

    def value(self) -> int:
        """Quantity.Value(): the int64 that Go computes, wrapped or zero where it overflows."""
        return _scaled(self, 0)

    def milli_value(self) -> int:
        """Quantity.MilliValue(): the int64 that Go computes, wrapped or zero where it overflows."""
        return _scaled(self, -3)

    def __add__(self, other: Quantity) -> Quantity:
        return _combined(self, other, 1)

    def __sub__(self, other: Quantity) -> Quantity:
        return _combined(self, other, -1)

    def __str__(self) -> str:
        """The canonical form: no fraction, the largest suffix that loses nothing; parsed canonical text is kept."""
        return self.text or _canonical(self.nanos, self.format)


def parse(text: str) -> Quantity:
    """Parse a quantity (ParseQuantity). Raises ValueError with a message for people."""
    if not text:
        raise _refused(text, "it is empty")
    if len(text) > LONGEST_TEXT:
        raise _refused(text[:20] + "...", f"it is longer than {LONGEST_TEXT} characters")
    match = _SHAPE.fullmatch(text)
    if match is None:
        rest = text.lstrip("+-0123456789.")
        raise _refused(text, "it is not a number followed by a suffix" + _meant(rest))
    sign, integer, point, fraction, suffix = match.groups(default="")
    integer = integer.lstrip("0")
    if not integer and not point and not suffix:
        return Quantity(0, Format.DECIMAL_SI, 0, 0, False, text if text == "0" else "")
    format_, exponent = _interpret(text, suffix)
    positive = sign != "-"
    fast = _small(text, positive, integer or "0", fraction, format_, exponent)
    if fast is not None:
        return fast
    if not re.search("[0-9]", text[: match.start(5)]):
        raise _refused(text, "it has no digits")
    return _large(positive, integer, fraction, format_, exponent)


def from_yaml(value: object) -> Quantity:
    """A quantity as a manifest holds it: a string, or a plain number. Raises ValueError with a message for people."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"{value!r} is no quantity; write a number with an optional suffix, such as 500m or 1Gi")
    return parse(value.strip() if isinstance(value, str) else str(value))


def resource_amount(resource: str, value: object) -> int:
    """The amount of one resource: cpu in millicores, everything else in its unit. Raises ValueError."""
    quantity = from_yaml(value)
    return quantity.milli if resource == "cpu" else quantity.units


def _refused(text: str, why: str) -> ValueError:
    return ValueError(
        f"{text!r} is no quantity: {why}; write a number with one of the suffixes n u m k M G T P E, "
        "Ki Mi Gi Ti Pi Ei, or an exponent such as e3"
    )


def _interpret(text: str, suffix: str) -> tuple[Format, int]:
    if suffix in _DECIMAL_SUFFIXES:
        return Format.DECIMAL_SI, _DECIMAL_SUFFIXES[suffix]
    if suffix in _BINARY_SUFFIXES:
        return Format.BINARY_SI, _BINARY_SUFFIXES[suffix]
    if re.fullmatch(r"[eE][+-]?[0-9]+", suffix):
        exponent = int(suffix[1:])
        if exponent > LARGEST_EXPONENT:
            raise _refused(text, f"exponents above {LARGEST_EXPONENT} are not supported")
        return Format.DECIMAL_EXPONENT, exponent
    raise _refused(text, f"there is no suffix {suffix!r}" + _meant(suffix))


def _meant(suffix: str) -> str:
    """The suffix that a person probably meant: `1K`, `512MB`, `1gib`."""
    close = {s.lower(): s for s in (*"kMGTPE", *_BINARY_SUFFIXES)}.get(suffix.lower().removesuffix("b"))
    return f" (did you mean {close}?)" if close else ""


def _small(text: str, positive: bool, integer: str, fraction: str, format_: Format, exponent: int) -> Quantity | None:
    """The quantity as an int64 with a scale, if upstream's fast path takes it."""
    mantissa, scale = 1, exponent
    if format_ is Format.BINARY_SI:
        mantissa, scale = 2**exponent, 0
        if fraction or 14 - len(integer) - exponent * 3 // 10 < 0:
            return None
    elif len(integer) + len(fraction) > 18:
        return None
    scale -= len(fraction)
    if scale < _NANO:
        return None
    digits = integer + fraction
    number = int(digits)
    if format_ is Format.BINARY_SI:
        keeps_text = number % 8 != 0
    else:
        keeps_text = scale % 3 == 0 and not digits.endswith("000") and digits[0] != "0"
    unscaled = number * mantissa * (1 if positive else -1)
    return Quantity(unscaled * 10 ** (scale - _NANO), format_, unscaled, scale, False, text if keeps_text else "")


def _large(positive: bool, integer: str, fraction: str, format_: Format, exponent: int) -> Quantity:
    """The quantity as a decimal: rounded up to a billionth, and capped at int64 if written in binary."""
    number = int((integer + fraction) or "0")
    if format_ is Format.BINARY_SI:
        number, power = number << exponent, -len(fraction)
    else:
        power = exponent - len(fraction)
    shift = power - _NANO
    if shift >= 0:
        nanos = number * 10**shift
    elif -shift > len(str(number)):
        # Far below a billionth: no need to build the divisor of an absurd negative exponent.
        nanos = 1 if number else 0
    else:
        nanos = _divide_away_from_zero(number, 10**-shift)
    unscaled, scale = nanos, _NANO
    if format_ is Format.BINARY_SI and nanos > MAX_INT64 * 10**9:
        unscaled, scale, nanos = MAX_INT64, 0, MAX_INT64 * 10**9
    if format_ is Format.BINARY_SI and 0 < nanos < 10**9:
        format_ = Format.DECIMAL_SI
    direction = 1 if positive else -1
    return Quantity(direction * nanos, format_, direction * unscaled, scale, True)


def _combined(left: Quantity, right: Quantity, direction: int) -> Quantity:
    """left ± right in the format of the left operand, unless that is zero."""
    format_ = right.format if left.nanos == 0 else left.format
    nanos = left.nanos + direction * right.nanos
    scale = min(left.scale, right.scale)
    unscaled = nanos // 10 ** (scale - _NANO)
    decimal = left.decimal or right.decimal or not -MAX_INT64 - 1 <= unscaled <= MAX_INT64
    return Quantity(nanos, format_, unscaled, scale, decimal)


def _canonical(nanos: int, format_: Format) -> str:
    if nanos == 0:
        return "0"
    if format_ is Format.BINARY_SI and nanos % 10**9 == 0 and abs(nanos) >= 1024 * 10**9:
        number, exponent = nanos // 10**9, 0
        while number % 1024 == 0 and exponent < 60:
            number, exponent = number // 1024, exponent + 10
        return f"{number}{_SUFFIX_OF_BINARY[exponent]}"
    number, exponent = nanos, _NANO
    largest = LARGEST_EXPONENT * 2 if format_ is Format.DECIMAL_EXPONENT else 18
    while number % 1000 == 0 and exponent < largest:
        number, exponent = number // 1000, exponent + 3
    if format_ is Format.DECIMAL_EXPONENT:
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_SUFFIX_OF_DECIMAL[exponent]}"


def _divide_away_from_zero(number: int, divisor: int) -> int:
    quotient = -(-abs(number) // divisor)
    return quotient if number >= 0 else -quotient


def _wrap(number: int) -> int:
    """The low 64 bits as a signed number, as Go converts."""
    return (number + 2**63) % 2**64 - 2**63


def _scaled(quantity: Quantity, scale: int) -> int:
    """ScaledValue(scale). An overflow wraps, or is zero where Go multiplies by ten in a loop and gives up."""
    shift = quantity.scale - scale
    if shift < 0:
        divide = _decimal_quotient if quantity.decimal else _divide_away_from_zero
        return divide(quantity.unscaled, 10**-shift)
    exact = quantity.unscaled * 10**shift
    if quantity.decimal or -MAX_INT64 - 1 <= exact <= MAX_INT64 or shift in (1, 2, 3, 6, 9):
        return _wrap(exact)
    return 0


def _decimal_quotient(number: int, divisor: int) -> int:
    """scaledValue of a decimal: truncate and add one, so that a negative fraction is rounded up (until 1.36)."""
    inexact = int(number % divisor != 0)
    if number >= MAX_INT64 or divisor > 10**18:
        return _wrap(number // divisor + inexact)
    small = _wrap(number)
    truncated = small // divisor if small >= 0 else -(-small // divisor)
    return truncated + int(small % divisor != 0)
