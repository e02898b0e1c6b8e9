"""How specs are found: by entry point (`kspec.spec`), or in a Python file.

A spec registers its systems by name, each as a function that lays it out; `kspec check NAME`, the pytest
plugin and three lines of Python all find them here. The checker imports no spec by name, not even its own.
"""

from __future__ import annotations

import difflib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import attrs

from kspec.kernel.errors import UsageError
from kspec.kernel.properties import Property
from kspec.kernel.system import System

SystemFunction = Callable[[], System]


@attrs.frozen
class Entry:
    """A registered system: `quick` ones are what `kspec check` runs without arguments."""

    name: str
    build: SystemFunction
    doc: str
    quick: bool
    where: str


@attrs.frozen
class Pinned:
    """What the exhaustive engine found out about a system when its counts were last recorded and looked at.

    None: the run ended when all was decided, and how far it had got by then says nothing.
    """

    distinct_states: int | None
    generated_states: int | None
    depth: int
    violated: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = "" if self.distinct_states is None else f"{self.distinct_states} / {self.generated_states} / "
        return f"{counts}depth {self.depth}" + (f", violated: {', '.join(self.violated)}" if self.violated else "")


@attrs.define
class Registry:
    """Everything that the loaded specs offer."""

    systems: dict[str, Entry] = attrs.field(factory=dict)
    theorems: dict[str, Any] = attrs.field(factory=dict)
    components: dict[str, Any] = attrs.field(factory=dict)
    services: dict[str, Any] = attrs.field(factory=dict)
    properties: dict[str, Property] = attrs.field(factory=dict)
    parts: dict[str, tuple[Property, ...]] = attrs.field(factory=dict)
    pinned: dict[str, Pinned] = attrs.field(factory=dict)
    loaded: bool = False


registry = Registry()


def system(name: str, *, quick: bool = False) -> Callable[[SystemFunction], SystemFunction]:
    """Register the decorated function, which lays out a system, under a dotted, lower-case name."""

    def decorate(function: SystemFunction) -> SystemFunction:
        doc = " ".join((function.__doc__ or "").split("\n\n")[0].split())
        registry.systems[name] = Entry(name, function, doc, quick, function.__module__)
        return function

    return decorate


def service(name: str, thing: Any) -> None:
    """Offer something to the checker by name (the API server's pipeline is offered as `apiserver`)."""
    registry.services[name] = thing


def offer(*properties: Property, of: str = "") -> None:
    """Offer properties of clusters: every cluster that they can speak of is checked for them.

    `of` names a part that is explored without a cluster around it (the store): its systems ask for these properties by
    that name, `load().parts[of]`, and no cluster is checked for them.
    """
    if of:
        registry.parts[of] = properties
        return
    for found in properties:
        registry.properties[found.name] = found


def load() -> Registry:
    """Import every installed spec once, in the order of their entry points' names."""
    if not registry.loaded:
        registry.loaded = True
        for point in sorted(entry_points(group="kspec.spec"), key=lambda p: p.name):
            point.load()
    return registry


def load_file(path: Path) -> list[Entry]:
    """Import a spec file and return the systems that it registers. Raises UsageError."""
    load()
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    module_name = _module_name(path)
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path}: not a Python file")
    before = dict(registry.systems)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    beside = str(path.resolve().parent)
    if beside not in sys.path:
        sys.path.append(beside)  # so that a spec in several files can import its parts
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise UsageError(f"{path}:{error.lineno}: {error.msg}") from error
    return [entry for name, entry in registry.systems.items() if before.get(name) is not entry]


def _module_name(path: Path) -> str:
    """The file's own name, unless another module is called so: `json.py` may not stand in for the library's."""
    name = path.stem.replace("-", "_")
    try:
        other = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        other = None
    if other is None or (other.origin is not None and Path(other.origin).resolve() == path.resolve()):
        return name
    return f"kspec_spec_file_{name}"


def find(name: str) -> Entry:
    """A system by name. Raises UsageError with close matches."""
    entries: Mapping[str, Entry] = load().systems
    if name in entries:
        return entries[name]
    close = difflib.get_close_matches(name, entries, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise UsageError(f"unknown system {name}{hint} (see `kspec list systems`)")
