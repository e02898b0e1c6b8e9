"""What differs between two versions of an object, field by field, in the words of manifests."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

import attrs

from kspec.kube.objects import Percent, Toleration


def differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """`spec.priority: 0 → 1000` for each field that differs."""
    if before == after:
        return
    if attrs.has(type(before)) and type(before) is type(after):
        for field in attrs.fields(type(before)):
            yield from differences(getattr(before, field.name), getattr(after, field.name), _below(path, field.name))
    elif isinstance(before, tuple) and isinstance(after, tuple) and _is_records(before) and len(before) == len(after):
        for position, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, f"{path}[{getattr(old, 'name', position)}]")
    elif isinstance(before, tuple) and isinstance(after, tuple) and _is_mapping((*before, *after)):
        old, new = dict(before), dict(after)
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                yield f"{path}[{key}]: {_amount(key, old.get(key))} → {_amount(key, new.get(key))}"
    elif isinstance(before, tuple) and isinstance(after, tuple):
        yield from _of_lists(before, after, path)
    else:
        yield f"{path}: {shown(before)} → {shown(after)}"


def _of_lists(before: tuple[Any, ...], after: tuple[Any, ...], path: str) -> Iterator[str]:
    gone = [shown(each) for each in before if each not in after]
    new = [shown(each) for each in after if each not in before]
    if gone:
        yield f"{path}: without {', '.join(gone)}"
    if new:
        yield f"{path}: with {', '.join(new)}"


def _is_records(items: tuple[Any, ...]) -> bool:
    return bool(items) and all(attrs.has(type(item)) and hasattr(item, "name") for item in items)


def _is_mapping(items: tuple[Any, ...]) -> bool:
    return bool(items) and all(isinstance(each, tuple) and len(each) == 2 for each in items)


def _amount(key: str, value: Any) -> str:
    return f"{value}m" if key.endswith("cpu") and isinstance(value, int) else shown(value)


def shown(value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Percent):
        return f"{value.value}%"
    if isinstance(value, Toleration):
        effect = "" if value.effect is None else f":{value.effect.value}"
        seconds = "" if value.toleration_seconds is None else f" for {value.toleration_seconds} s"
        return f"{value.key}{effect}{seconds}"
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return f"{value[0]} {shown(value[1])}"
    if isinstance(value, tuple):
        return ", ".join(shown(each) for each in value) or "nothing"
    return "nothing" if value in (None, "") else str(value)


def _below(path: str, field: str) -> str:
    first, *rest = field.split("_")
    name = first + "".join(word.capitalize() for word in rest)
    return f"{path}.{name}" if path else name
