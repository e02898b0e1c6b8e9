"""Where manifests come from: files, folders and standard input, as text.

A folder stands for every `*.yaml`, `*.yml` and `*.json` below it, sorted by path; folders whose name starts with a dot
are left out, and links to folders are not followed. A file may be 16 MiB long.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from kspec.kernel.errors import UsageError

STDIN = "-"
SUFFIXES = frozenset({".yaml", ".yml", ".json"})
MAX_FILE = 16 * 2**20


@attrs.frozen
class Source:
    """One text. `name`: how messages call it. `asked_for`: it was named itself, not found in a folder."""

    name: str
    text: str
    asked_for: bool


def read_sources(paths: Sequence[str]) -> Iterator[Source | UsageError]:
    """The texts behind the paths in order, each file once. What cannot be read comes as an error in its place."""
    seen: set[Path] = set()
    for path in paths:
        try:
            if path == STDIN:
                yield Source("<stdin>", _decoded("<stdin>", sys.stdin.buffer.read(MAX_FILE + 1)), True)
                continue
            for file in _files(Path(path)):
                if file.resolve() not in seen:
                    seen.add(file.resolve())
                    yield _read(file, not Path(path).is_dir())
        except UsageError as error:
            yield error
        except OSError as error:
            yield UsageError(f"{path}: cannot be read: {error.strerror or error}")


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder" + _close_match(path))
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(folder, name) for name in files if Path(name).suffix.lower() in SUFFIXES]
    if not found:
        raise UsageError(f"{path}: there is no *.yaml, *.yml or *.json file in this folder or below it")
    return sorted(found)


def _close_match(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, names, n=2)
    return f"; did you mean {' or '.join(str(path.parent / name) for name in close)}?" if close else ""


def _read(file: Path, asked_for: bool) -> Source:
    """One file. Raises UsageError or OSError."""
    with file.open("rb") as stream:
        return Source(str(file), _decoded(str(file), stream.read(MAX_FILE + 1)), asked_for)


def _decoded(name: str, data: bytes) -> str:
    if len(data) > MAX_FILE:
        raise UsageError(f"{name}: longer than {MAX_FILE // 2**20} MiB: give manifests in smaller files")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x} on line {line}"
        raise UsageError(f"{name}:{line}: this is not UTF-8 text ({found}): save it as UTF-8") from error
