"""Whose code an error came from: the innermost place in a spec, not in the checker that it called."""

from __future__ import annotations

import inspect
import sysconfig
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType
from typing import Any

CHECKER = Path(__file__).resolve().parents[1]


def spec_frame(tb: TracebackType | None) -> tuple[str, int, str] | None:
    """The innermost place in a spec's own code (file, line, function), or None if there is none."""
    found: tuple[str, int, str] | None = None
    specs = {point.value.split(":")[0].split(".")[0] for point in entry_points(group="kspec.spec")}
    libraries = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    while tb is not None:
        frame = tb.tb_frame
        path = Path(frame.f_code.co_filename)
        root = str(frame.f_globals.get("__name__", "")).split(".")[0]
        if path.is_file():
            resolved = path.resolve()
            library = any(resolved.is_relative_to(folder) for folder in libraries)
            if not resolved.is_relative_to(CHECKER) and (root in specs or not library):
                found = (_short(resolved), tb.tb_lineno, frame.f_code.co_name)
        tb = tb.tb_next
    return found


def place_of(function: Any) -> str:
    """File and line of a function of a spec; empty if Python does not tell."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return "" if code is None else f"{_short(Path(code.co_filename).resolve())}:{code.co_firstlineno}"


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
