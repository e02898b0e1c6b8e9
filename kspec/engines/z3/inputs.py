"""One builder of inputs, three sources: symbolic, the numbers of a model, drawn by Hypothesis.

An input is named by the way to it: `replicas`, `old[0].size`, `surge?` (which variant of a union, counted from 0).
Every choice that is no number (a variant, a member of an enumeration, a bool) is a number with such a name; from a
symbolic source it is a question, asked when the field is first read.
"""

from __future__ import annotations

import enum
import functools
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Protocol, get_args, get_origin, get_type_hints

import attrs
import z3

from kspec.engines.z3.fork import Refusal, Run
from kspec.engines.z3.numbers import Number, ask
from kspec.prove import AtLeast, AtMost, Dropped, Parameters

_SMALL = 3


@attrs.frozen
class Range:
    """The bounds of a number; None: unbounded."""

    low: int | None = None
    high: int | None = None


@attrs.frozen
class AnyNumber:
    """A mark of a type, `Annotated[State, AnyNumber()]`: the bounds in it are not taken for granted."""


class Source(Protocol):
    """Where inputs come from. `lazy`: a record's fields are made when they are read."""

    lazy: bool

    def number(self, name: str, bounds: Range) -> Any:
        """The number of this name."""

    def choice(self, name: str, count: int) -> int:
        """One of 0 .. count - 1."""


class Symbolic:
    """Symbolic numbers of the run that is going on; a choice is a question."""

    lazy = True

    def number(self, name: str, bounds: Range) -> Any:
        """A symbolic number; its bounds are axioms (see `axioms`)."""
        return Number(self._input(name))

    def choice(self, name: str, count: int) -> int:
        """One path for each."""
        tag = self._input(name)
        for i in range(count - 1):
            if ask(tag == i):
                return i
        return count - 1

    def _input(self, name: str) -> Any:
        if Run.current is None:
            raise Refusal("a field of a symbolic record is read after its run")
        return Run.current.inputs.setdefault(name, z3.Int(name))


class Values:
    """Plain numbers by name. A name that is missing makes no difference to anything: it gets the smallest."""

    lazy = False

    def __init__(self, values: Mapping[str, int]) -> None:
        self.values = values

    def number(self, name: str, bounds: Range) -> int:
        """The number of this name."""
        if name in self.values:
            return self.values[name]
        if bounds.low is not None and bounds.low > 0:
            return bounds.low
        return bounds.high if bounds.high is not None and bounds.high < 0 else 0

    def choice(self, name: str, count: int) -> int:
        """The choice of this name."""
        return self.values.get(name, 0)


class Drawn:
    """Numbers drawn by Hypothesis, noted by name. Unbounded ones are drawn between -size and size."""

    lazy = False

    def __init__(self, draw: Callable[..., Any], size: int = 30) -> None:
        self._draw, self._size = draw, size
        self.values: dict[str, int] = {}

    def number(self, name: str, bounds: Range) -> int:
        """A number within its bounds."""
        low = -self._size if bounds.low is None else bounds.low
        high = low + 2 * self._size if bounds.high is None else bounds.high
        return self._note(name, low, high)

    def choice(self, name: str, count: int) -> int:
        """One of 0 .. count - 1."""
        return self._note(name, 0, count - 1)

    def _note(self, name: str, low: int, high: int) -> int:
        from hypothesis import strategies

        numbers = strategies.integers(low, high)
        if low <= 0 and high >= _SMALL:  # near each other, so that equal ones are met as well
            numbers = strategies.integers(max(low, -1), _SMALL) | numbers
        value = self.values[name] = int(self._draw(numbers))
        return value


# ---- building


def arguments(parameters: Parameters, source: Source) -> dict[str, Any]:
    """A value for each parameter.

    Raises Refusal for a type of which there is no symbolic value, and Dropped for numbers that a record refuses itself.
    """
    return {name: build(kind, name, source) for name, kind in parameters.items()}


def build(kind: Any, name: str, source: Source) -> Any:
    """A value of this type."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return source.number(name, _range(args[1:])) if args[0] is int else build(args[0], name, source)
    if kind is int:
        return source.number(name, Range())
    if kind is bool:
        return source.choice(name, 2) == 1
    if kind is None or kind is type(None):
        return None
    if _is_union(origin):
        i = source.choice(f"{name}?", len(args))
        return build(args[i], name, source)
    if origin is typing.Literal:
        return args[source.choice(name, len(args))]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        members = list(kind)
        return members[source.choice(name, len(members))]
    if origin is tuple:
        if Ellipsis in args:
            raise Refusal(f"{name} is a tuple of any length", "give it a fixed length, tuple[X, X]")
        return tuple(build(part, f"{name}[{i}]", source) for i, part in enumerate(args))
    if isinstance(kind, type) and attrs.has(kind):
        return _record(kind, name, source)
    raise Refusal(
        f"there is no symbolic value of type {getattr(kind, '__name__', kind)} (parameter {name})",
        "use int, bool, an enumeration, Literal, None, unions, frozen attrs records and tuples of fixed length",
    )


def _is_union(origin: Any) -> bool:
    return origin is typing.Union or origin is types.UnionType


def _range(marks: tuple[Any, ...]) -> Range:
    low = [m.least for m in marks if isinstance(m, AtLeast)]
    high = [m.most for m in marks if isinstance(m, AtMost)]
    return Range(max(low, default=None), min(high, default=None))


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    return {f.name: hints[f.name] for f in attrs.fields(kind) if f.init}


def _record(kind: Any, name: str, source: Source) -> Any:
    if source.lazy and _is_plain(kind):
        record = _lazy_class(kind).__new__(_lazy_class(kind))
        for slot, value in (("_made", {}), ("_name", name), ("_source", source)):
            object.__setattr__(record, slot, value)
        return record
    alias = {f.name: f.alias for f in attrs.fields(kind)}
    parts = {alias[field]: build(hint, f"{name}.{field}", source) for field, hint in _hints(kind).items()}
    try:
        return kind(**parts)
    except Exception as error:  # what the record itself refuses is no input
        raise Dropped(f"{name}: {error}") from error


def _is_plain(kind: Any) -> bool:
    """Whether making a record does nothing but keep its fields: what runs then must not be left out."""
    hooks = any(hasattr(kind, hook) for hook in ("__attrs_post_init__", "__attrs_pre_init__"))
    return not hooks and all(f.init and f.converter is None and f.validator is None for f in attrs.fields(kind))


@functools.cache
def _lazy_class(kind: Any) -> Any:
    """A subclass whose fields are made when they are first read, and which says that it is `kind`."""

    def reader(field: str) -> property:
        def read(self: Any) -> Any:
            if field not in self._made:
                self._made[field] = build(_hints(kind)[field], f"{self._name}.{field}", self._source)
            return self._made[field]

        return property(read)

    def as_kind(self: Any) -> Any:
        return kind

    body: dict[str, Any] = {field: reader(field) for field in _hints(kind)}
    body |= {
        "__slots__": ("_made", "_name", "_source"),
        "__class__": property(as_kind),
        "__setattr__": kind.__setattr__,
    }
    return type(f"Symbolic{kind.__name__}", (kind,), body)


# ---- bounds, and results


def axioms(parameters: Parameters) -> tuple[Any, ...]:
    """The bounds in the parameters' types, and that each choice is one, as terms: stated once, without a question."""
    found: list[Any] = []
    for name, kind in parameters.items():
        _axioms(kind, name, found, bounded=True)
    return tuple(found)


def _axioms(kind: Any, name: str, found: list[Any], bounded: bool) -> None:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated and args[0] is int:
        bounds = _range(args[1:]) if bounded else Range()
        found += [] if bounds.low is None else [z3.Int(name) >= bounds.low]
        found += [] if bounds.high is None else [z3.Int(name) <= bounds.high]
    elif origin is Annotated:
        _axioms(args[0], name, found, bounded and AnyNumber() not in args[1:])
    elif _is_union(origin):
        tag = z3.Int(f"{name}?")
        found += [tag >= 0, tag < len(args)]
        for i, variant in enumerate(args):
            inner: list[Any] = []
            _axioms(variant, name, inner, bounded)
            found += [z3.Implies(tag == i, c) for c in inner]
    elif origin is typing.Literal:
        found += [z3.Int(name) >= 0, z3.Int(name) < len(args)]
    elif origin is tuple:
        for i, part in enumerate(args):
            _axioms(part, f"{name}[{i}]", found, bounded)
    elif kind is bool:
        found += [z3.Int(name) >= 0, z3.Int(name) < 2]
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        found += [z3.Int(name) >= 0, z3.Int(name) < len(kind)]
    elif isinstance(kind, type) and attrs.has(kind):
        for field, hint in _hints(kind).items():
            _axioms(hint, f"{name}.{field}", found, bounded)


def in_order(parameters: Parameters, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs in the order in which the parameters and their fields are declared, not that of the questions."""
    names: list[str] = []

    def walk(kind: Any, name: str) -> None:
        origin, args = get_origin(kind), get_args(kind)
        if origin is Annotated:
            walk(args[0], name)
        elif _is_union(origin):
            names.append(f"{name}?")
            for variant in args:
                walk(variant, name)
        elif origin is tuple:
            for i, part in enumerate(args):
                walk(part, f"{name}[{i}]")
        elif isinstance(kind, type) and attrs.has(kind):
            for field, hint in _hints(kind).items():
                walk(hint, f"{name}.{field}")
        else:
            names.append(name)

    for parameter, kind in parameters.items():
        walk(kind, parameter)
    return {name: inputs[name] for name in names if name in inputs}


def bounds_in_words(parameters: Parameters) -> list[str]:
    """The bounds in the parameters' types, as premises: `replicas ≥ 0`. Those of a record are its fields'."""
    found: dict[tuple[str, int], list[str]] = {}

    def walk(kind: Any, name: str) -> None:
        origin, args = get_origin(kind), get_args(kind)
        if origin is Annotated and args[0] is int:
            bounds = _range(args[1:])
            for sign, bound in (("≥", bounds.low), ("≤", bounds.high)):
                if bound is not None:
                    found.setdefault((sign, bound), []).append(name)
        elif origin is Annotated:
            if AnyNumber() not in args[1:]:
                walk(args[0], name)
        elif isinstance(kind, type) and attrs.has(kind):
            for field, hint in _hints(kind).items():
                walk(hint, f"{name}.{field}")
        else:
            for part in args:
                walk(part, name)

    for name, kind in parameters.items():
        walk(kind, name)
    return [f"{', '.join(dict.fromkeys(names))} {sign} {bound}" for (sign, bound), names in found.items()]


def within(kind: Any, value: Any) -> bool:
    """Whether every number in a value of this type keeps to the bounds in the type (a question, if it is symbolic)."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated and args[0] is int:
        bounds = _range(args[1:])
        return (bounds.low is None or value >= bounds.low) and (bounds.high is None or value <= bounds.high)
    if origin is Annotated:
        return within(args[0], value)
    if _is_union(origin):
        return all(within(variant, value) for variant in args if _is_of(variant, value))
    if origin is tuple:
        return all(within(part, inner) for part, inner in zip(args, value, strict=True))
    if isinstance(kind, type) and attrs.has(kind):
        return all(within(hint, getattr(value, field)) for field, hint in _hints(kind).items())
    return True


def _is_of(variant: Any, value: Any) -> bool:
    base = get_args(variant)[0] if get_origin(variant) is Annotated else variant
    base = get_origin(base) or base
    return isinstance(base, type) and isinstance(value, base)


def forced(value: Any) -> Any:
    """A value with every field read, while its path is still open."""
    if type(value) is tuple:
        return tuple(forced(part) for part in value)
    if _is_record(value):
        kind = value.__class__
        return kind(**{f.alias: forced(getattr(value, f.name)) for f in attrs.fields(kind) if f.init})
    return value


def _is_record(value: Any) -> bool:
    return type(value) is not Number and not isinstance(value, type) and attrs.has(value.__class__)


def holds(condition: Any, values: Mapping[str, int], inputs: Mapping[str, Any]) -> bool:
    """Whether a condition over the inputs is true at these numbers."""
    pairs = [(term, z3.IntVal(values.get(name, 0))) for name, term in inputs.items()]
    return bool(z3.is_true(z3.simplify(z3.substitute(condition, *pairs))))


def at(value: Any, values: Mapping[str, int], inputs: Mapping[str, Any]) -> Any:
    """A symbolic result at these numbers."""
    pairs = [(term, z3.IntVal(values.get(name, 0))) for name, term in inputs.items()]

    def evaluate(part: Any) -> Any:
        if type(part) is Number:
            return z3.simplify(z3.substitute(part.term, *pairs)).as_long()
        if type(part) is tuple:
            return tuple(evaluate(inner) for inner in part)
        if _is_record(part):
            kind = part.__class__
            return kind(**{f.alias: evaluate(getattr(part, f.name)) for f in attrs.fields(kind) if f.init})
        return part

    return evaluate(value)
