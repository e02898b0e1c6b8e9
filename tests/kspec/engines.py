"""The exhaustive engines, all of which must give the same answers."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

from kspec.kernel.result import Result

Explore = Callable[..., Result]

NAMES = [n for n in ("reference", "explicit") if importlib.util.find_spec(f"kspec.engines.{n}") is not None]

ENGINES: dict[str, Explore] = {
    name: module.explore
    for name in NAMES
    if hasattr(module := importlib.import_module(f"kspec.engines.{name}"), "explore")
}
"""By name: `explore(system, limits=..., progress=..., properties=...)`."""
