"""Small checks that several parts of an object need: each yields what is wrong.

What is modelled: the label selectors of staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation, Kubernetes 1.36.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kspec.kube import formats
from kspec.kube.located import MapKey, Path, Problem, shown

Object = Mapping[str, Any]
Problems = Iterator[Problem]


def one_of(value: str, allowed: Sequence[str], path: Path) -> Problems:
    """The value is one of a closed list."""
    if value not in allowed:
        given = f"{shown(value)} is not supported" if value else "is required"
        yield Problem(path, f"{given}: it must be {', '.join(allowed[:-1])} or {allowed[-1]}")


def at_least(holder: Object, field: str, lowest: int, path: Path) -> Problems:
    """The number, if it is given, is not too small."""
    if holder.get(field, lowest) < lowest:
        yield Problem((*path, field), f"{holder[field]} must not be less than {lowest}")


def well_formed(holder: Object, field: str, check: Callable[[str], str | None], path: Path) -> Problems:
    """The text, if it is given and not empty, has a format."""
    text = holder.get(field, "")
    problem = check(text) if text else None
    if problem:
        yield Problem((*path, field), f"{shown(text)} {problem}")


def required(holder: Object, field: str, path: Path, why: str = "") -> Problems:
    """The field is given and not empty."""
    if not holder.get(field):
        yield Problem((*path, field), "is required" + (f": {why}" if why else ""))


def no_duplicates(values: Sequence[tuple[str, Path]]) -> Problems:
    """No value is given twice. Each value comes with the place where it was given."""
    seen: set[str] = set()
    for value, path in values:
        if value and value in seen:
            yield Problem(path, f"{shown(value)} is given twice")
        seen.add(value)


def labels(pairs: Mapping[str, str], path: Path) -> Problems:
    """Keys are qualified names, values label values."""
    for key, value in pairs.items():
        problem = formats.qualified_name(key)
        if problem:
            yield Problem((*path, MapKey(key)), f"the key {problem}")
        problem = formats.label_value(value)
        if problem:
            yield Problem((*path, MapKey(key)), f"the value {shown(value)} {problem}")


def label_selector(selector: Object, path: Path) -> Problems:
    """matchLabels and matchExpressions."""
    yield from labels(selector.get("matchLabels", {}), (*path, "matchLabels"))
    for position, expression in enumerate(selector.get("matchExpressions", [])):
        here: Path = (*path, "matchExpressions", position)
        operator = expression.get("operator", "")
        values = expression.get("values", [])
        yield from one_of(operator, ("In", "NotIn", "Exists", "DoesNotExist"), (*here, "operator"))
        if operator in ("In", "NotIn") and not values:
            yield Problem((*here, "values"), f"is required with the operator {operator}")
        if operator in ("Exists", "DoesNotExist") and values:
            yield Problem((*here, "values"), f"must not be given with the operator {operator}")
        problem = formats.qualified_name(expression.get("key", ""))
        if problem:
            yield Problem((*here, "key"), problem)
        for index, value in enumerate(values):
            problem = formats.label_value(value)
            if problem:
                yield Problem((*here, "values", index), f"{shown(value)} {problem}")


def selects(selector: Object, pairs: Mapping[str, str]) -> bool:
    """Whether a (valid) label selector matches these labels."""
    if any(pairs.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for expression in selector.get("matchExpressions", []):
        key, operator = expression.get("key", ""), expression.get("operator", "")
        values = expression.get("values", [])
        if operator == "In" and pairs.get(key) not in values:
            return False
        if operator == "NotIn" and key in pairs and pairs[key] in values:
            return False
        if operator in ("Exists", "DoesNotExist") and (key in pairs) != (operator == "Exists"):
            return False
    return True
