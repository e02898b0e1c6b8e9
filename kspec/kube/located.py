"""Plain mappings and lists that remember the lines they were read from, and paths into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs


class YamlMap(dict[str, Any]):
    """A mapping that knows the line of each of its keys (counted from 1). It compares like a plain dictionary."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class YamlList(list[Any]):
    """A list that knows the line of each of its items (counted from 1). It compares like a plain list."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class MapKey(str):
    """A key that a person chose (a label, a resource name), not a field: paths show it in brackets."""


Path = tuple[str | int, ...]
"""The way from an object to one of its parts: field names, `MapKey`s and positions in lists."""


def path_text(path: Path) -> str:
    """`spec.containers[0].resources.requests[cpu]`, as the API server writes it."""
    text = ""
    for part in path:
        if isinstance(part, (int, MapKey)):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + part
    return text


@attrs.frozen
class Problem:
    """One thing that is wrong with an object: where in it, and what. An empty path is about all of it."""

    path: Path
    message: str

    def __str__(self) -> str:
        where = path_text(self.path)
        return f"{where}: {self.message}" if where else self.message


def line_of(value: Any, path: Path, fallback: int = 1) -> int:
    """The line of the part at the end of the path, or of the nearest one around it that was written down."""
    line = value.line if isinstance(value, (YamlMap, YamlList)) else fallback
    for part in path:
        if isinstance(value, YamlMap) and part in value.lines:
            line, value = value.lines[str(part)], value[str(part)]
        elif isinstance(value, YamlList) and isinstance(part, int) and part < len(value.lines):
            line, value = value.lines[part], value[part]
        else:
            break
    return line


def without_nulls(value: Any) -> Any:
    """A plain copy in which no mapping has a null: for the API server a field that is null is not there."""
    if isinstance(value, Mapping):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [without_nulls(part) for part in value]
    return value


def shown(value: Any) -> str:
    """A value for an error message: short, on one line."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = value if len(value) <= 60 else value[:57] + "..."
        return '"' + text.encode("unicode_escape").decode("ascii") + '"' if not text.isprintable() else f'"{text}"'
    return str(value)
