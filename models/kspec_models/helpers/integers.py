"""Integers as Kubernetes reads them from strings: the values of labels, taints and tolerations."""

from __future__ import annotations

import re

_INT64 = range(-(2**63), 2**63)


def parse_int64(text: str) -> int | None:
    """strconv.ParseInt(text, 10, 64): a sign, digits, leading zeros allowed. None: no integer, or out of range."""
    if len(text) > 100 or re.fullmatch(r"[+-]?[0-9]+", text) is None:
        return None
    number = int(text)
    return number if number in _INT64 else None


def parse_decimal_integer(text: str) -> int | None:
    """The same in strict form (content.IsDecimalInteger): no plus sign, no leading zeros, no minus zero."""
    return parse_int64(text) if re.fullmatch(r"0|-?[1-9][0-9]*", text) else None
