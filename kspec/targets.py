"""What a run is about: finding systems by name or in a file, and laying them out under settings.

A `Target` is a system that can be laid out; its `how` says, as plain data, what it takes to lay it out again: it is
written into every trace, and `kspec replay` reads it back. This module is the one place that knows its form.
"""

from __future__ import annotations

import contextlib
import difflib
import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from kspec.kernel import settings
from kspec.kernel.errors import Grew, SpecError, UsageError
from kspec.kernel.registry import Entry, find, load, load_file
from kspec.kernel.system import System

ATTEMPTS = 1000
"""How often a system may ask to be laid out anew before that counts as a fault of the spec."""


@attrs.frozen
class Target:
    """A system that can be laid out. `file`: the spec file that registers it, None for an installed spec."""

    name: str
    build: Callable[[], System] = attrs.field(eq=False)
    file: str | None = None
    manifests: Mapping[str, Any] | None = None

    def how(self, chosen: Mapping[str, str], scope: Mapping[str, Any]) -> dict[str, Any]:
        """What it takes to lay this system out again: plain data, the same in every run.

        Keys: `system`, `file` (a path, or null), `settings` (those that differ from the defaults), `scope`, and
        `manifests` (what the manifests service was asked for) where the system was made from manifests.
        """
        data: dict[str, Any] = {
            "system": self.name,
            "file": self.file,
            "settings": dict(sorted(chosen.items())),
            "scope": {str(key): str(value) for key, value in sorted(scope.items())},
        }
        if self.manifests is not None:
            data["manifests"] = dict(self.manifests)
        return data


# ---- finding


def target_of(thing: str | System | Target | Callable[[], System]) -> Target:
    """One target: by name (`"store.cas"`, `"spec.py::name"`), a system, or a function that lays one out.

    Raises UsageError for an unknown name, and for a file that registers several systems.
    """
    if isinstance(thing, Target):
        return thing
    if isinstance(thing, System):
        return Target(thing.name, lambda: thing)
    if isinstance(thing, str):
        found = targets([thing])
        if len(found) > 1:
            names = ", ".join(t.name for t in found)
            raise UsageError(f"{thing} stands for {len(found)} systems ({names}): name one, or use kspec.check_file")
        return found[0]
    return Target(getattr(thing, "__name__", "system"), thing)


def targets(names: Iterable[str]) -> list[Target]:
    """The targets that these arguments name, each once: `NAME`, a glob of names, `FILE.py` or `FILE.py::NAME`.

    Raises UsageError for an unknown system or file, or a file that registers no system.
    """
    found: dict[tuple[str | None, str], Target] = {}
    files: dict[Path, list[Entry]] = {}
    for name in names:
        for target in _named(name, files):
            found.setdefault((target.file, target.name), target)
    return list(found.values())


def quick_targets() -> list[Target]:
    """The installed systems that are checked when none is named. Raises UsageError if there are none."""
    found = [Target(entry.name, entry.build) for entry in load().systems.values() if entry.quick]
    if not found:
        raise UsageError("no quick system is installed: name a system or a file (see `kspec list systems`)")
    return found


def _named(name: str, files: dict[Path, list[Entry]]) -> list[Target]:
    path, separator, inner = name.partition("::")
    if separator or path.endswith(".py"):
        entries = _entries_of(Path(path), files)
        chosen = [e for e in entries if inner in (e.name, getattr(e.build, "__name__", ""))] if separator else entries
        if not chosen:
            raise UsageError(f"{path} registers no system {inner}; it has {', '.join(e.name for e in entries)}")
        return [Target(entry.name, entry.build, portable(Path(path))) for entry in chosen]
    if any(c in name for c in "*?["):
        systems = load().systems
        matching = fnmatch.filter(systems, name)
        if not matching:
            raise UsageError(f"no system matches {name} (see `kspec list systems`)")
        return [Target(n, systems[n].build) for n in matching]
    if Path(name).is_dir():
        raise UsageError(f"{name} is a folder: name a spec file in it, or give manifests with -f {name}")
    if Path(name).suffix in (".yaml", ".yml", ".json") and name not in load().systems:
        raise UsageError(f"{name} is no system: give manifests with -f {name}")
    return [Target(name, find(name).build)]


def _entries_of(path: Path, files: dict[Path, list[Entry]]) -> list[Entry]:
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        close = difflib.get_close_matches(path.name, beside, n=3)
        hint = f"; did you mean {' or '.join(str(path.parent / c) for c in close)}?" if close else ""
        raise UsageError(f"{path}: no such file{hint}")
    resolved = path.resolve()
    if resolved not in files:
        files[resolved] = load_file(path)
    if not files[resolved]:
        raise UsageError(f'{path} registers no system: decorate a function that returns a System with @system("name")')
    return files[resolved]


def portable(path: Path) -> str:
    """A path as a trace keeps it: relative where it lies below the current folder, with forward slashes."""
    resolved, here = path.resolve(), Path.cwd()
    return (resolved.relative_to(here) if resolved.is_relative_to(here) else resolved).as_posix()


# ---- laying out


def laid_out(build: Callable[[], System]) -> System:
    """Lay a system out, anew as long as its world grows. Raises SpecError if it never ends or is no system."""
    for _ in range(ATTEMPTS):
        try:
            found = build()
        except Grew:
            continue
        if not isinstance(found, System):
            raise SpecError(f"{getattr(build, '__qualname__', build)} returned {found!r}, which is no System")
        return found
    raise SpecError(f"a system was laid out {ATTEMPTS} times and still grows")


def settled(system: System, attempt: Callable[[System], Any]) -> Any:
    """What `attempt` answers about a system, which is laid out anew whenever the attempt makes its world grow.

    Raises SpecError if the system does not say how to lay it out again.
    """
    for _ in range(ATTEMPTS):
        try:
            return attempt(system)
        except Grew:
            if system.again is None:
                raise SpecError(
                    f"system {system.name} grew while it was explored, and does not say how to lay it out again"
                ) from None
            system = laid_out(system.again)
    raise SpecError(f"system {system.name} was laid out {ATTEMPTS} times and still grows")


@contextlib.contextmanager
def under(target: Target, given: Mapping[str, str]) -> Iterator[tuple[System, dict[str, str]]]:
    """The system of a target, laid out under settings which stay applied in the body; and all chosen settings.

    A system may choose settings itself (`System.settings`: a known bug, switched on); what is given wins over them.
    Raises UsageError for an unknown setting or value.
    """
    given = settings.resolve(given)
    with contextlib.ExitStack() as stack:
        stack.enter_context(settings.applied(given))
        system = laid_out(target.build)
        own = {k: v for k, v in system.settings.items() if k in settings.declared() and isinstance(v, str)}
        chosen = {**own, **given}
        if chosen != given:
            stack.enter_context(settings.applied(chosen))
            system = laid_out(target.build)
        yield attrs.evolve(system, settings={**system.settings, **chosen}), chosen


def choose(
    found: Iterable[Target], globs: Sequence[str], given: Mapping[str, str]
) -> list[tuple[Target, tuple[str, ...]]]:
    """The targets that have a property matching one of the globs, each with the globs that match in it.

    Without globs, every target. Raises UsageError for a glob that matches nowhere.
    """
    found = list(found)
    if not globs:
        return [(target, ()) for target in found]
    chosen: list[tuple[Target, tuple[str, ...]]] = []
    known: dict[str, None] = {}
    for target in found:
        with under(target, given) as (system, _):
            names = [p.name for p in system.properties]
        known.update(dict.fromkeys(names))
        matching = tuple(glob for glob in globs if fnmatch.filter(names, glob))
        if matching:
            chosen.append((target, matching))
    for glob in globs:
        if not fnmatch.filter(known, glob):
            close = difflib.get_close_matches(glob, known, n=3, cutoff=0.4)
            hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known) or 'none'}"
            raise UsageError(f"no property matches {glob}; {hint}")
    return chosen


def pairs(texts: Sequence[str], option: str = "--set") -> dict[str, str]:
    """`NAME=VALUE` texts as a mapping. Raises UsageError."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{option} {text}: expected NAME=VALUE")
        name, value = name.strip(), value.strip()
        if found.setdefault(name, value) != value:
            raise UsageError(f"{option} {name}: given twice, as {found[name]} and as {value}")
    return found


# ---- again, from a trace


def layout_of(system: System) -> dict[str, Any]:
    """What a trace's `how` says of the layout of its world: `learned`, of a cluster."""
    if system.again is None:
        return {}
    from kspec.kube.relearn import learned

    found = learned(system)
    return {} if found is None else {"learned": found}


def as_laid_out(system: System, how: Mapping[str, Any]) -> System:
    """The system in the layout of a trace: `layout` (`exact`: each watch in its exact order), and `learned`."""
    layouts = {"exact": system.exact}
    lay_out = layouts.get(str(how.get("layout")))
    system = system if lay_out is None else laid_out(lay_out)
    if "learned" not in how or system.again is None:
        return system
    from kspec.kube.relearn import relearned

    return relearned(system, how["learned"])


def target_from(how: Mapping[str, Any], near: Path) -> Target:
    """The target of a trace, from its `how`; `near` is the trace's own file.

    Raises UsageError if what it names is not there any more.
    """
    name, file, manifests = how.get("system"), how.get("file"), how.get("manifests")
    if not isinstance(name, str):
        raise UsageError(f"{near}: the trace does not say which system it is of (#meta.how.system)")
    if manifests is not None:
        there = {**how, "manifests": {**manifests, "paths": [_manifest(path, near) for path in manifests["paths"]]}}
        return Target(name, lambda: manifests_service().build(there), None, manifests)
    if file is None:
        return Target(name, find(name).build)
    return targets([f"{_located(file, near, 'spec file')}::{name}"])[0]


def settings_from(how: Mapping[str, Any]) -> dict[str, str]:
    """The settings under which a trace was found."""
    return {str(name): str(value) for name, value in dict(how.get("settings") or {}).items()}


def _manifest(path: str, near: Path) -> str:
    if path == "-":
        raise UsageError(f"{near}: the manifests of this trace came from standard input and are not kept in it")
    return str(_located(path, near, "manifest"))


def _located(path: str, near: Path, what: str) -> Path:
    """A file as a trace names it, from the current folder or from one above the trace."""
    for folder in (Path.cwd(), *near.resolve().parents):
        if (folder / path).exists():
            return folder / path
    raise UsageError(f"{near}: the {what} {path} of this trace is neither here nor above the trace")


def manifests_service() -> Any:
    """What checks manifests: offered by a spec under the name `manifests`. Raises UsageError if none does."""
    found = load().services.get("manifests")
    if found is None:
        raise UsageError("no installed spec checks manifests (-f): install one that offers the service `manifests`")
    return found
