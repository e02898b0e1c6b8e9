"""Values: immutable, hashable, compared with their class.

A value is `None`, a `bool`, an `int`, a `str`, a member of an enumeration, or a tuple, a frozenset or a frozen
attrs class of values. `Ref` mentions a member of a family (a pod, a node); `Uid` mentions an incarnation of a
name. Only these two are ever renamed.
"""

from __future__ import annotations

import abc
import enum
import types
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from kspec.kernel.errors import SpecError

Value = Any

ME = -1
"""The index by which an action of *each* member mentions the member itself."""


@attrs.frozen(order=True)
class Ref:
    """A mention of one member of a family: `Ref("pods", 2)`."""

    family: str
    index: int

    def __repr__(self) -> str:
        return f"{self.family}#{'me' if self.index == ME else self.index}"


@attrs.frozen(order=True)
class Uid:
    """An incarnation of a fixed name. Labels are given by first appearance over the whole state."""

    label: int


class Opaque(abc.ABC):
    """A value that compares by identity (the layout of a kind inside a lens): `identity` orders it."""

    @property
    @abc.abstractmethod
    def identity(self) -> str:
        """What orders it among values."""


_FIELDS: dict[type, tuple[str, ...]] = {}


def fields_of(cls: type) -> tuple[str, ...]:
    """The field names of a frozen attrs class, in order."""
    names = _FIELDS.get(cls)
    if names is None:
        names = _FIELDS[cls] = tuple(a.name for a in attrs.fields(cls))
    return names


def is_record(value: Value) -> bool:
    """Whether this is an instance of an attrs class that compares by its fields."""
    cls = type(value)
    return attrs.has(cls) and cls.__eq__ is not object.__eq__


def children(value: Value) -> Iterator[Value]:
    """The values directly inside this one, in a fixed order."""
    if isinstance(value, tuple):
        yield from value
    elif isinstance(value, frozenset):
        yield from sorted(value, key=order_key)
    elif is_record(value):
        for name in fields_of(type(value)):
            yield getattr(value, name)


def transform(value: Value, change: Callable[[Value], Value | None]) -> Value:
    """The value with every part for which `change` returns something replaced by it (parents first)."""
    new = change(value)
    if new is not None:
        return new
    if isinstance(value, tuple):
        parts = tuple([transform(x, change) for x in value])
        return value if all(a is b for a, b in zip(parts, value, strict=True)) else parts
    if isinstance(value, frozenset):
        members = frozenset(transform(x, change) for x in value)
        return value if members == value else members
    if is_record(value) and type(value) not in (Ref, Uid):
        changed = {}
        for name in fields_of(type(value)):
            old = getattr(value, name)
            part = transform(old, change)
            if part is not old:
                changed[name] = part
        if not changed:
            return value
        new = attrs.evolve(value, **changed)
        resort = getattr(new, "canonical", None)
        return new if resort is None else resort()
    return value


def rename(value: Value, family: str, to: Callable[[int], int]) -> Value:
    """The value with the indices of every mention of this family mapped."""

    def change(part: Value) -> Value | None:
        if type(part) is Ref:
            return Ref(family, to(part.index)) if part.family == family else part
        return None

    return transform(value, change)


def relabel(value: Value, labels: dict[int, int]) -> Value:
    """The value with its incarnations labelled anew."""

    def change(part: Value) -> Value | None:
        return Uid(labels[part.label]) if type(part) is Uid else None

    return transform(value, change)


def alike(one: Value, two: Value) -> bool:
    """Whether two values differ in nothing but the labels of incarnations, which mean nothing across states."""

    def unlabelled(value: Value) -> Value:
        return transform(value, lambda part: Uid(0) if type(part) is Uid else None)

    return one == two or bool(unlabelled(one) == unlabelled(two))


def loose(value: Value) -> Value:
    """The value without the orders in which things that look alike were met.

    A record that has such an order has a method `loose` that gives it without.
    """

    def change(part: Value) -> Value | None:
        loosen = getattr(part, "loose", None)
        return None if loosen is None else loosen()

    return transform(value, change)


def mentions(value: Value, family: str) -> frozenset[int]:
    """The indices of the members of this family that the value mentions."""
    found: set[int] = set()

    def walk(part: Value) -> None:
        if type(part) is Ref:
            if part.family == family:
                found.add(part.index)
            return
        for child in children(part):
            walk(child)

    walk(value)
    return frozenset(found)


def incarnations(value: Value) -> tuple[int, ...]:
    """The labels of the incarnations in a value, in order of first appearance."""
    found: dict[int, None] = {}

    def walk(part: Value) -> None:
        if type(part) is Uid:
            found.setdefault(part.label)
            return
        for child in children(part):
            walk(child)

    walk(value)
    return tuple(found)


def order_key(value: Value) -> Any:
    """A total order over values that does not depend on hashing: by class, then by content."""
    if isinstance(value, bool):
        return ("bool", int(value))
    if isinstance(value, int):
        return ("int", value)
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        return ("str", value)
    if value is None:
        return ("None",)
    if isinstance(value, enum.Enum):
        return ("enum", type(value).__qualname__, value.name)
    if isinstance(value, tuple):
        return ("tuple", len(value), tuple([order_key(x) for x in value]))
    if isinstance(value, frozenset):
        return ("set", len(value), tuple(sorted(order_key(x) for x in value)))
    if isinstance(value, Opaque):
        return ("opaque", value.identity)
    if isinstance(value, types.FunctionType):
        return ("function", value.__qualname__)
    if is_record(value):
        cls = type(value)
        return ("record", cls.__qualname__, tuple([order_key(getattr(value, f)) for f in fields_of(cls)]))
    raise SpecError(_no_value(value))


def same(a: Value, b: Value) -> bool:
    """Equality that never confuses classes: `True` and `1` differ."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, frozenset):
        return a == b and same(tuple(children(a)), tuple(children(b)))
    if is_record(a):
        return all(same(getattr(a, name), getattr(b, name)) for name in fields_of(type(a)))
    return bool(a == b)


def check_value(value: Value, where: str) -> None:
    """Raise `SpecError` naming `where` unless this is a value."""
    if value is None or isinstance(value, (bool, int, str, enum.Enum, Opaque, types.FunctionType)):
        return
    if isinstance(value, (tuple, frozenset)):
        for part in value:
            check_value(part, where)
        return
    if is_record(value):
        if getattr(type(value), "__setattr__", None) is object.__setattr__:
            raise SpecError(f"{where}: {type(value).__qualname__} is mutable; declare it with attrs.frozen")
        for name in fields_of(type(value)):
            check_value(getattr(value, name), f"{where}.{name}")
        return
    raise SpecError(f"{where}: {_no_value(value)}")


def _no_value(value: Any) -> str:
    instead: dict[type, str] = {list: "a tuple", dict: "a tuple of pairs, or an attrs class", set: "a frozenset"}
    hint = instead.get(type(value))
    return f"{value!r} is a {type(value).__name__}, which is no value" + (f"; use {hint}" if hint else "")
