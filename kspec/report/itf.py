"""Traces as ITF JSON, the format that Apalache and Quint share, so that their viewers open them.

How a value is written:

- a boolean, a string as itself; an integer as `{"#bigint": "3"}`, which is the format's form for every integer;
- a tuple as `{"#tup": [...]}`, a frozenset as `{"#set": [...]}` in the kernel's order of values;
- a member of an enumeration as a string: its value where all members of the class have strings, else its name;
- an attrs record as a variant, `{"tag": "Pod", "value": {"phase": "Pending", ...}}` (the format reserves names that
  begin with `#`, so a class cannot be a field of its own); mentions of members and incarnations are such records too;
- None as the variant `{"tag": "Nothing", "value": "none"}`;
- a layout or a function inside a value, which no reader could use, as `{"#unserializable": "its name"}`.

A variable is called as in the spec with every character but letters, digits and `_` replaced by `_`; a member's has
its index behind: `pods_0`. `names` of the trace's `#meta` maps back those that differ.

The trace's `#meta` has what it is about, and in `how` what it takes to lay its system out again. The `#meta` of each
state but the first has the step that led to it: `step` (its number, from 1), `actor`, `action`, `label` (see
`Occurrence.label`), `member` (an index, or null), `choice` (which of the steps of that action), `says` and `answer`.
A lasso has `loop`: the index of the state to which the last one returns (the last state equals that one).
"""

from __future__ import annotations

import enum
import json
import re
import types
from pathlib import Path
from typing import Any

from kspec.kernel.actions import Var
from kspec.kernel.errors import SpecError
from kspec.kernel.trace import Trace
from kspec.kernel.values import Opaque, Value, children, fields_of, is_record
from kspec.kernel.world import Occurrence, State, World

DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"

NOTHING = {"tag": "Nothing", "value": "none"}
"""None: no record is written so, for the value of one is an object (and `None` is a name that not all readers take)."""

LINES_DEEP = 3
"""How deep a trace is broken into lines: trace, states, variables."""


def encode(value: Value) -> Any:
    """A value as plain data for JSON. Raises SpecError for what is no value.

    Different values are written differently, but for a member of an enumeration and the string that it is written as.
    """
    if isinstance(value, enum.Enum):
        return _member(value)
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"#bigint": str(value)}
    if value is None:
        return dict(NOTHING)
    if isinstance(value, (tuple, frozenset)):
        return {"#tup" if isinstance(value, tuple) else "#set": [encode(part) for part in children(value)]}
    if isinstance(value, Opaque):
        return {"#unserializable": value.identity}
    if isinstance(value, types.FunctionType):
        return {"#unserializable": value.__qualname__}
    if is_record(value):
        cls = type(value)
        return {"tag": _called(cls), "value": {name: encode(getattr(value, name)) for name in fields_of(cls)}}
    raise SpecError(f"{value!r} of type {type(value).__name__} is no value, and cannot be written to a trace")


def _member(value: enum.Enum) -> str:
    told = [member.value for member in type(value)]
    return str(value.value) if all(isinstance(found, str) for found in told) else value.name


def _called(cls: type) -> str:
    """The name of a class as one identifier, without the function that it may have been made in."""
    return cls.__qualname__.rpartition("<locals>.")[2].replace(".", "_")


def variables(world: World) -> tuple[str, ...]:
    """The names of a world's variables in a trace, in the order of its states."""
    found: dict[str, None] = {}
    for var in world.names:
        name = re.sub(r"\W", "_", _spoken(var), flags=re.ASCII)
        while name in found:
            name += "_"
        found[name] = None
    return tuple(found)


def _spoken(var: Var) -> str:
    return var if isinstance(var, str) else f"{var[0]}_{var[1]}"


def itf(trace: Trace) -> dict[str, Any]:
    """The whole trace as plain data for JSON."""
    names = variables(trace.world)
    document: dict[str, Any] = {
        "#meta": _about(trace, names),
        "vars": list(names),
        "states": [_state(trace, i, names) for i in range(len(trace.states))],
    }
    if trace.loop_at is not None:
        document["loop"] = trace.loop_at
    return document


def _about(trace: Trace, names: tuple[str, ...]) -> dict[str, Any]:
    differing = {name: _spoken(var) for name, var in zip(names, trace.world.names, strict=True) if name != _spoken(var)}
    return {
        "format": "ITF",
        "format-description": DESCRIPTION,
        "source": trace.system,
        "status": "violation" if trace.reading == "counterexample" else "ok",
        "system": trace.system,
        "property": trace.property,
        "sentence": trace.sentence,
        "reading": trace.reading,
        "clause": trace.clause,
        "objects": list(trace.objects),
        "waits": [{"actor": actor, "for": what, "because": why} for actor, what, why in trace.waits],
        "names": differing,
        "how": plain(trace.how),
    }


def _state(trace: Trace, i: int, names: tuple[str, ...]) -> dict[str, Any]:
    state: State = trace.states[i]
    step = _step(i, trace.steps[i - 1]) if i else {}
    return {"#meta": {"index": i, **step}} | {n: encode(value) for n, value in zip(names, state, strict=True)}


def _step(number: int, occurrence: Occurrence) -> dict[str, Any]:
    return {
        "step": number,
        "actor": occurrence.action.actor,
        "action": occurrence.action.kind,
        "label": occurrence.label,
        "member": occurrence.member,
        "choice": occurrence.choice,
        "says": occurrence.step.says,
        "answer": occurrence.step.answer,
    }


def plain(value: Any) -> Any:
    """Data of any kind (settings, scopes) as plain data for JSON: sets sorted, what JSON does not have as text."""
    if value is None or isinstance(value, (bool, int, float)) or type(value) is str:
        return value
    if isinstance(value, enum.Enum):
        return _member(value)
    if isinstance(value, (set, frozenset)):
        return sorted((plain(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if hasattr(value, "items"):
        return {str(plain(key)): plain(part) for key, part in value.items()}
    return str(value)


def dumped(trace: Trace) -> str:
    """The trace as text, the same in every run: keys sorted, each variable of each state on a line of its own."""
    return _indented(itf(trace), 0) + "\n"


def _indented(value: Any, depth: int) -> str:
    """JSON with what lies deeper than the variables of a state on one line."""
    if depth == LINES_DEEP or not value or not isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(k, ensure_ascii=False)}: {_indented(part, depth + 1)}" for k, part in sorted(value.items())
        ]
    else:
        parts = [_indented(part, depth + 1) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    inner = ",\n".join(" " * (depth + 1) + part for part in parts)
    return f"{opening}\n{inner}\n{' ' * depth}{closing}"


def write_itf(trace: Trace, path: Path | str) -> None:
    """Write the trace to a file. Raises OSError."""
    # a half of a surrogate pair (of a path that is no UTF-8) becomes `\\udc80`, which JSON reads as the same
    Path(path).write_text(dumped(trace), encoding="utf-8", errors="backslashreplace", newline="\n")
