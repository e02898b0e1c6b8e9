"""quantity: parsing, canonical form, Go's int64 views, comparison, sums."""

from __future__ import annotations

from kspec.kube import quantity
from tests.conformance.interface import Given, Skip

TOPIC = "quantity"


def answer(given: Given) -> object:
    """What kspec.kube.quantity says."""
    match given["op"]:
        case "parse":
            return _parsed(given["text"])
        case "cmp":
            a, b = quantity.parse(given["a"]), quantity.parse(given["b"])
            return {"cmp": (a > b) - (a < b)}
        case "addsub":
            a, b = quantity.parse(given["a"]), quantity.parse(given["b"])
            return {"add": str(a + b), "sub": str(a - b)}
        case op:
            raise Skip(f"unknown op {op}")


def _parsed(text: str) -> object:
    try:
        parsed = quantity.parse(text)
    except ValueError:
        return {"valid": False}
    return {
        "valid": True,
        "canonical": str(parsed),
        "format": parsed.format.value,
        "value": parsed.value(),
        "milli": parsed.milli_value(),
        "sign": parsed.sign,
    }
