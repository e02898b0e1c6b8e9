"""Saved traces as the replay reads them: ITF JSON, written by `kspec.report.itf`.

What is read: `#meta.how` and `#meta.property` of the file, `loop`, the states, and of each state but the first the
label of the step that leads to it (`#meta.label`). Values stay as they are written; what the spec gives now is
written the same way, and the two are compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from kspec.kernel.errors import UsageError
from kspec.kernel.trace import Trace
from kspec.kernel.world import State, World


@attrs.frozen
class Saved:
    """What a file says: the steps' labels, and the states as they are written."""

    how: Mapping[str, Any]
    property: str
    reading: Any
    labels: tuple[str, ...]
    states: tuple[Mapping[str, Any], ...]
    loop: int | None

    def claim(self, world: World) -> Trace:
        """The claim of the file as a trace that has no states yet."""
        return Trace(
            world.system.name, self.property, "", (), (), self.loop, world=world, reading=self.reading, how=self.how
        )

    def difference(self, number: int, now: Mapping[str, Any]) -> str:
        """The first field in which a written state differs from what the spec gives now."""
        old = self.states[number]
        for name in sorted({*old, *now}):
            if name not in old or name not in now:
                return f"{name} is " + ("new" if name in now else "gone")
            path = _first_written_difference(old[name], now[name])
            if path is not None:
                return f"{name}{path[0]} is {_shown(path[2])} and not {_shown(path[1])}"
        return ""


def encoded(trace: Trace, state: State) -> Mapping[str, Any]:
    """One state as it is written."""
    from kspec.report.itf import itf

    document = json.loads(json.dumps(itf(attrs.evolve(trace, states=(state,), steps=(), loop_at=None))))
    return {name: value for name, value in document["states"][0].items() if name != "#meta"}


def _first_written_difference(old: Any, new: Any) -> tuple[str, Any, Any] | None:
    """The path to the first part in which two written values differ, with both parts; None: they are equal."""
    if old == new and type(old) is type(new):
        return None
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys() != {"#bigint"}:
        of_record = old.keys() == {"tag", "value"}
        parts = [("" if of_record or key.startswith("#") else f".{key}", old[key], new[key]) for key in sorted(old)]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        parts = [(f"[{i}]", a, b) for i, (a, b) in enumerate(zip(old, new, strict=True))]
    else:
        parts = []
    for step, a, b in parts:
        inner = _first_written_difference(a, b)
        if inner is not None:
            return step + inner[0], inner[1], inner[2]
    return "", old, new


def _shown(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"#bigint"}:
        return str(value["#bigint"])
    return json.dumps(value, sort_keys=True)


def read(path: Path) -> Saved:
    """The parts of a saved trace that matter here. Raises UsageError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # no UTF-8, or no JSON
        raise UsageError(f"{path}: no trace in ITF (JSON): {error}") from error
    meta = _part(path, document, "#meta", dict, "the file")
    states = _part(path, document, "states", list, "the file")
    how = _part(path, meta, "how", dict, "#meta")
    name = _part(path, meta, "property", str, "#meta")
    reading = meta.get("reading", "counterexample")
    if reading not in ("counterexample", "witness", "run"):
        raise UsageError(f"{path}: #meta.reading is {reading!r}; it is counterexample, witness or run")
    if not states:
        raise UsageError(f"{path}: states is empty; a trace has at least the initial state")
    labels, written = [], []
    for number, state in enumerate(states):
        of = f"state {number}"
        inner = _part(path, state, "#meta", dict, of) if number else None
        if inner is not None:
            labels.append(_part(path, inner, "label", str, f"#meta of {of}"))
        if not isinstance(state, dict):
            raise UsageError(f"{path}: {of} is no object")
        written.append({key: value for key, value in state.items() if key != "#meta"})
    return Saved(how, name, reading, tuple(labels), tuple(written), _loop_of(path, document, len(states)))


def _loop_of(path: Path, document: Mapping[str, Any], length: int) -> int | None:
    loop = document.get("loop")
    if loop is None:
        return None
    if type(loop) is not int or not 0 <= loop < length:
        raise UsageError(f"{path}: loop is {loop!r}; it is the index of one of {length} states")
    return loop


def _part(path: Path, whole: Any, key: str, kind: type, of: str) -> Any:
    if not isinstance(whole, dict):
        raise UsageError(f"{path}: {of} is no JSON object; is it a trace that kspec wrote?")
    if not isinstance(whole.get(key), kind):
        what = "has no" if key not in whole else "has a wrong"
        raise UsageError(f"{path}: {of} {what} {key}; is it a trace that kspec wrote?")
    return whole[key]
