"""What a plain scalar means in a Kubernetes manifest.

Kubernetes reads YAML with go-yaml v2 (through sigs.k8s.io/yaml) and hands JSON to the API server. Its rules are neither
YAML 1.1 nor 1.2: `y`, `yes`, `on` are booleans, `012` is ten, but `12:30:45` and dates stay text. What is modelled:
go.yaml.in/yaml/v2 resolve.go, and the conversion of keys in sigs.k8s.io/yaml yaml.go.
"""

from __future__ import annotations

import json
import math
import re

from kspec.kube.located import YamlList, YamlMap

Scalar = str | int | float | bool | None

_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **dict.fromkeys(_NULL, None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGER = re.compile(
    r"([+-]?)(?:(0[xX]_?)([0-9a-fA-F_]+)|(0[bB]_?)([01_]+)|(0[oO]_?)([0-7_]+)|(0)([0-7_]+)|()(0|[1-9][0-9_]*))"
)
_BASES = {"x": 16, "b": 2, "o": 8}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING = frozenset("+-.0123456789")
_LONGEST = 70
"""More characters than any 64-bit integer has in any base."""
_EXACT = 10.0**21
"""From here on Go prints a float with an exponent, which no integer field reads."""


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _LEADING:
        return text
    digits = text if text[0] == "." else text.replace("_", "")
    integer = _INTEGER.fullmatch(digits)
    if integer is not None and len(digits) <= _LONGEST:
        number = _integer(integer)
        if -(2**63) <= number < 2**64:
            return number
    if _FLOAT.fullmatch(digits) and math.isfinite(float(digits)):
        return _as_json(float(digits))
    return text


def _integer(match: re.Match[str]) -> int:
    sign, *pairs = match.groups()
    prefix, digits = next((a, b) for a, b in zip(pairs[::2], pairs[1::2], strict=True) if b is not None)
    base = 10 if not prefix else 8 if prefix == "0" else _BASES[prefix[1].lower()]
    number = int(digits, base)
    return -number if sign == "-" else number


def _as_json(number: float) -> int | float:
    """A float as it arrives at the API server: `3.0` is written as `3` on the way, and read as an integer."""
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with an explicit tag. Raises ValueError when the text does not fit it."""
    name = tag.removeprefix("tag:yaml.org,2002:")
    value = plain(text)
    fits = {
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, (int, float)) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
        "null": value is None,
    }
    if name not in fits:
        return text
    if not fits[name]:
        raise ValueError(f"`{text}` cannot be read as !!{name}")
    return value


def json_number(text: str) -> Scalar:
    """The value of an unquoted scalar of a JSON document: it is known to be JSON."""
    value: Scalar = json.loads(text)
    return value


def key_text(key: Scalar | YamlMap | YamlList) -> str | None:
    """A key as JSON has it, always text; None if it cannot be one (null, a mapping, a list)."""
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(key)
    if isinstance(key, float):
        return f"{key:g}"
    return None
