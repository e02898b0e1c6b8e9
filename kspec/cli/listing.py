"""`kspec list`: what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import click

from kspec.cli.output import columns, emit, mapping_said
from kspec.kernel import settings as declared_settings
from kspec.kernel.actions import Role
from kspec.kernel.errors import UsageError
from kspec.kernel.registry import load, registry
from kspec.kernel.system import System
from kspec.targets import laid_out, manifests_service, targets

WIDEST = 160
"""Columns of a table where standard output is no terminal: longer rows are wrapped."""

MOST_NAMED = 3
"""How many of the systems that have a property are named."""

Row = tuple[str, ...]
Table = tuple[Row, list[Row]]


@click.command("list", short_help="List systems, properties, settings and more.")
@click.argument("what", default="systems", metavar="[WHAT]")
@click.argument("files", nargs=-1, metavar="[FILE.py]...")
def command(what: str, files: tuple[str, ...]) -> int:
    """List systems, properties, settings and more.

    WHAT is systems (the default), properties, components, settings, scopes, faults or rungs; what spec files add is
    listed with the rest.
    """
    if what.endswith(".py"):
        what, files = "systems", (what, *files)
    if what not in LISTS:
        import difflib

        close = difflib.get_close_matches(what, LISTS, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(LISTS)}"
        raise UsageError(f"nothing to list is called {what}; {hint}")
    load()
    targets(files)
    titles, rows = LISTS[what]()
    emit(columns(titles, rows, most=WIDEST) if rows else f"no {what}")
    return 0


def _systems() -> Table:
    rows: list[Row] = [
        (entry.name, "quick" if entry.quick else "", entry.doc, entry.where)
        for _, entry in sorted(registry.systems.items())
    ]
    return ("system", "", "what it is", "module"), rows


def _laid_out() -> Iterator[tuple[str, System]]:
    for name, entry in sorted(registry.systems.items()):
        yield name, laid_out(entry.build)


def _properties() -> Table:
    found: dict[tuple[str, str, str], list[str]] = {}
    for name, system in _laid_out():
        for prop in system.properties:
            found.setdefault((prop.name, prop.kind.value, prop.sentence), []).append(name)
    rows: list[Row] = [(name, kind, _some(systems), text) for (name, kind, text), systems in sorted(found.items())]
    for name, theorem in sorted(registry.theorems.items()):
        rows.append((str(getattr(theorem, "name", name)), "theorem", "", str(getattr(theorem, "sentence", ""))))
    return ("property", "kind", "of", "what it claims"), rows


def _some(systems: Sequence[str]) -> str:
    more = len(systems) - MOST_NAMED
    return ", ".join(systems[:MOST_NAMED]) + (f", and {more} more" if more > 0 else "")


def _components() -> Table:
    rows: list[Row] = []
    for name, component in sorted(registry.components.items()):
        doc = " ".join((getattr(component, "__doc__", None) or "").split("\n\n")[0].split())
        rows.append((name, doc))
    return ("component", "what it is"), rows


def _settings() -> Table:
    rows: list[Row] = [(s.name, " | ".join(s.values), s.doc) for s in declared_settings.declared().values()]
    return ("setting", "values, the default first", "what it does"), rows


def _scopes() -> Table:
    rows: list[Row] = [(name, mapping_said(system.scope)) for name, system in _laid_out()]
    return ("system", "scope"), rows


def _faults() -> Table:
    rows: list[Row] = []
    for name, system in _laid_out():
        kinds = dict.fromkeys(action.kind for action in system.actions if action.role is Role.FAULT)
        rows += [(kind, name) for kind in kinds]
    return ("fault", "system"), rows


def _rungs() -> Table:
    ladder = getattr(manifests_service(), "rungs", None)
    if ladder is None:
        raise UsageError("the installed manifests service does not tell its rungs")
    return ("rung", "what it is"), [(str(name), str(doc)) for name, doc in dict(ladder).items()]


LISTS: dict[str, Callable[[], tuple[Sequence[str], Sequence[Row]]]] = {
    "systems": _systems,
    "properties": _properties,
    "components": _components,
    "settings": _settings,
    "scopes": _scopes,
    "faults": _faults,
    "rungs": _rungs,
}
