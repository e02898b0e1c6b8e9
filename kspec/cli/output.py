"""What a person reads on the terminal. The first line is the verdict; tables are drawn with rich.

Everything is rendered to text first and printed at once, so that a reader that goes away is no error.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import click

from kspec import outcome as judging
from kspec.cli import errors
from kspec.cli.summary import HINT, MANY, joined, summary
from kspec.kernel.result import EXIT_OF, Exit, PropertyResult, Result, Verdict
from kspec.outcome import Outcome
from kspec.report.files import TraceFiles

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PLAIN_WIDTH = 120
"""Columns where standard output is no terminal."""

MOST_NAMED = 3
"""How many properties of a system the first line names."""

ROOM = 52
"""Columns that a sentence needs beside its verdict."""

THEOREMS = "z3"
"""The engine whose properties are theorems: nothing is explored."""

STYLES = {Exit.ESTABLISHED: "green", Exit.VIOLATED: "bold red", Exit.INCONCLUSIVE: "yellow", Exit.SANITY: "magenta"}

Files = Mapping[tuple[str, str], TraceFiles]
"""The files of each counterexample, by system and property."""


@attrs.frozen
class Report:
    """All that is printed of a run: outcomes, the files and the told stories of their counterexamples."""

    outcomes: Sequence[Outcome]
    files: Files = attrs.field(factory=dict)
    stories: Mapping[tuple[str, str], str] = attrs.field(factory=dict)


def emit(text: str, *, err: bool = False) -> None:
    """Print; a reader that went away is no error."""
    stream = sys.stderr if err else sys.stdout
    try:
        click.echo(text, file=stream)
        stream.flush()
    except BrokenPipeError:
        errors.silence(stream.fileno())


def show(report: Report, *, err: bool = False) -> None:
    """Print a run (on standard error when standard output is for data)."""
    emit(headline(report.outcomes) + "\n" + body(report, terminal=_is_terminal(err)), err=err)
    for found in report.outcomes:
        for trouble in found.troubles:
            emit(f"kspec: {found.result.name}: {trouble}", err=True)
    for missing in sorted({files.missing for files in report.files.values() if files.missing}):
        emit(f"kspec: no picture was drawn: {missing}", err=True)


def headline(outcomes: Sequence[Outcome]) -> str:
    """The first line: the verdict of the run, and what it is about."""
    verdict, code = judging.verdict(outcomes), judging.exit_code(outcomes)
    if code is Exit.ESTABLISHED:
        said = _as_expected(outcomes) if verdict is Verdict.VIOLATED else _established(outcomes)
        return f"{verdict.value}: {said}"
    parts = [_deciding(found) for found in outcomes if found.exit == code]
    more = f", and {len(parts) - 3} more" if len(parts) > 3 else ""
    return f"{verdict.value}: {'; '.join(parts[:3])}{more}"


def _deciding(found: Outcome) -> str:
    result = found.result
    names = [p.name for p in result.properties if p.verdict is found.verdict and p.name not in result.expected]
    if names:
        said = ", ".join(names) if len(names) <= MOST_NAMED else _count(len(names), "property")
        return f"{said} ({result.name})"
    checked = "was checked, and not all could be told" if result.properties else "could not be checked"
    return f"{result.name}: {checked if found.troubles else found.reasons[0]}"


def _established(outcomes: Sequence[Outcome]) -> str:
    plain = [(o.result.name, p) for o in outcomes for p in o.result.properties if p.name not in o.result.expected]
    known = sum(p.name in o.result.expected for o in outcomes for p in o.result.properties)
    systems = list(dict.fromkeys(name for name, _ in plain))
    noun = "theorem" if any(p.kind == "theorem" for _, p in plain) else "property"
    what = plain[0][1].name if len(plain) == 1 else _count(len(plain), noun)
    said = f"{what} of {systems[0] if len(systems) == 1 else _count(len(systems), 'system')}"
    return f"{said}, and {_count(known, 'expected violation')} found" if known else said


def _as_expected(outcomes: Sequence[Outcome]) -> str:
    known = [
        f"{p.name} of {o.result.name}" for o in outcomes for p in o.result.properties if p.name in o.result.expected
    ]
    rest = sum(len(o.result.properties) for o in outcomes) - len(known)
    return f"{'; '.join(known)}, as expected" + (f"; not violated: {_count(rest, 'property')}" if rest else "")


def body(report: Report, *, terminal: bool) -> str:
    """Everything below the first line."""
    console, buffer = _console(terminal)
    results = [o.result for o in report.outcomes]
    alone = len(results) == 1
    shared = _shared([r.assumptions for r in results if r.properties])
    many = len(results) > MANY and all(r.engine != THEOREMS for r in results)
    if many:
        console.print(summary(results))
        console.print(f"  {HINT}")
    for found in report.outcomes:
        result = found.result
        if many and found.exit is Exit.ESTABLISHED:
            continue
        if result.properties or EXIT_OF[result.verdict] is not Exit.ESTABLISHED:
            _system(console, result, shared, alone=alone)
            for prop in result.properties:
                _counterexample(console, report, result, prop, told=alone or prop.name not in result.expected)
    if not alone:
        console.print()
        _list(console, "assumptions, everywhere", shared)
        _list(console, "not modelled", joined(line for r in results for line in r.not_modelled))
    known = [o for o in report.outcomes if any(p.name in o.result.expected for p in o.result.properties)]
    if known:
        _expected(console, report, known)
    return _trimmed(buffer)


def _shared(of: Sequence[Sequence[str]]) -> list[str]:
    """The lines that are said of each of several systems."""
    return [line for line in of[0] if all(line in lines for lines in of)] if len(of) > 1 else []


# ---- one system


def _system(console: Console, result: Result, shared: Sequence[str], *, alone: bool) -> None:
    from rich.text import Text

    header = Text("\n" + result.name, style="bold")
    header.append(f" · {result.engine}", style="not bold")
    for title, mapping in (("scope", result.scope), ("settings", result.settings)):
        said = mapping_said(mapping)
        header.append(f" · {title} {said}" if said else "", style="not bold")
    console.print(header)
    if result.properties:
        _properties(console, result, sentences=alone or result.engine == THEOREMS)
    if result.engine != THEOREMS and (result.properties or result.distinct_states):
        console.print(Text("  " + _counts(result)))
    if result.rungs:
        console.print(_rungs(result))
    _list(console, "limited by", result.limits)
    _list(console, "never enabled" if result.complete else "not enabled so far", result.never_enabled)
    _list(console, "assumptions", [line for line in result.assumptions if line not in shared])
    _list(console, "notes", result.notes)
    if alone:
        _list(console, "not modelled", result.not_modelled)
        _line(console, "weakly fair", dict.fromkeys(kind for p in result.properties for kind in p.fairness))
    _line(console, "not applicable", result.not_applicable)


def _properties(console: Console, result: Result, *, sentences: bool) -> None:
    rows = []
    for prop in result.properties:
        expected = prop.name in result.expected
        style = "cyan" if expected else STYLES.get(EXIT_OF[prop.verdict], "bold red")
        about = "expected; more below" if expected else _about(prop, sentence=sentences)
        rows.append(Row((prop.name,), _verdict(prop), style, about))
    _verdicts(console, ("property",), rows)


@attrs.frozen
class Row:
    """One verdict: what it is of, in one or more words; the verdict and its style; and what is said about it."""

    of: tuple[str, ...]
    verdict: str
    style: str
    about: str


def _verdicts(console: Console, titles: Sequence[str], rows: Sequence[Row]) -> None:
    """A table; where that would leave no room for what is said, a list with that below each verdict."""
    from rich import box
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    named = sum(max(len(word) for word in words) + 3 for words in zip(*(row.of for row in rows), strict=True))
    verdicts = max(len(row.verdict) for row in rows)
    if console.width - named - verdicts - 4 < ROOM and any(row.about for row in rows):
        for row in rows:
            console.print(Text(f"  {row.verdict:{verdicts}}", style=row.style), Text("  ".join(row.of)))
            if row.about:
                console.print(Padding(Text(row.about), (0, 0, 0, verdicts + 3)))
        return
    table = Table(box=box.SIMPLE, show_edge=False)
    for title in (*titles, "verdict"):
        table.add_column(title, no_wrap=True)
    table.add_column("", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row.of), Text(row.verdict, style=row.style), Text(row.about))
    console.print(table)


def _verdict(prop: PropertyResult) -> str:
    if prop.bound is None:
        return prop.verdict.value
    return f"{prop.verdict.value} ({prop.bound} runs)" if prop.verdict is Verdict.SAMPLED else _bounded(prop)


def _bounded(prop: PropertyResult) -> str:
    return f"{prop.verdict.value} (k = {prop.bound})"


def _about(prop: PropertyResult, *, sentence: bool = True) -> str:
    """What is said of a property: its sentence, what broke, and why the verdict is no better."""
    clause = prop.trace.clause if prop.trace is not None else ""
    said = clause or prop.why
    rung = f"found on rung {', '.join(prop.rungs)}" if prop.rungs and prop.verdict is Verdict.VIOLATED else ""
    lines = [prop.sentence if sentence or (not said and EXIT_OF[prop.verdict]) else "", clause, prop.why, rung]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _counts(result: Result) -> str:
    parts = [
        f"{result.distinct_states:,} distinct",
        f"{result.generated_states:,} generated",
        f"depth {result.depth}",
        f"{result.seconds:.1f} s",
        f"{result.peak_memory_mb:,} MB",
        "complete" if result.complete else "not complete" if result.limits else "ended when all was decided",
    ]
    return " · ".join(parts)


def _rungs(result: Result) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, show_edge=False)
    for title, justify in (("rung", "left"), ("verdict", "left"), ("distinct", "right"), ("generated", "right")):
        table.add_column(title, justify="right" if justify == "right" else "left", no_wrap=True)
    table.add_column("depth", justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("", overflow="fold")
    for rung in result.rungs:
        unfinished = rung.verdict is Verdict.INCONCLUSIVE and not rung.base
        table.add_row(
            Text(rung.name if rung.base else f"{rung.name} (further)"),
            Text("not finished" if unfinished else rung.verdict.value),
            f"{rung.distinct_states:,}",
            f"{rung.generated_states:,}",
            str(rung.depth),
            f"{rung.seconds:.1f}",
            Text(", ".join(rung.limits)),
        )
    return table


def _list(console: Console, title: str, lines: Iterable[str]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    for i, line in enumerate(lines):
        if i == 0:
            console.print(Text(f"  {title}:"))
        console.print(Padding(Text(f"· {line}"), (0, 0, 0, 4)))


def _line(console: Console, title: str, words: Iterable[str]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    said = ", ".join(words)
    if said:
        console.print(Padding(Text(f"{title}: {said}"), (0, 0, 0, 2)))


def mapping_said(mapping: Mapping[str, Any]) -> str:
    """`nodes: node-1; caches: replicaset=delayed`; what is empty is left out."""
    said = {key: _said(value) for key, value in sorted(mapping.items())}
    return "; ".join(f"{key}: {value}" for key, value in said.items() if value)


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={part}" for key, part in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(part) for part in value)
    return str(value)


# ---- counterexamples


def _counterexample(console: Console, report: Report, result: Result, prop: PropertyResult, *, told: bool) -> None:
    from rich.text import Text

    key = (result.name, prop.name)
    if key in report.stories and told:
        console.print(Text("\n" + report.stories[key].rstrip("\n"), no_wrap=True), crop=False, overflow="ignore")
    if key in report.files:
        console.print(Text("\n  written:"))
        for path in report.files[key].paths:
            console.print(Text(f"    {path}", no_wrap=True), crop=False, overflow="ignore")


def _expected(console: Console, report: Report, known: Sequence[Outcome]) -> None:
    from rich.text import Text

    if all(o.result.engine == THEOREMS for o in known):
        what = "false neighbours of theorems, each refuted with its smallest numbers"
    else:
        pictures = "pictures written" if any(f.picture for f in report.files.values()) else "no pictures"
        what = f"known bugs, found on purpose, {pictures}"
    console.print(Text(f"\nexpected violations: {what}", style="bold"))
    rows = []
    for found in known:
        for prop in found.result.properties:
            if prop.name in found.result.expected:
                files = report.files.get((found.result.name, prop.name))
                picture = "" if files is None else f"\n{files.picture or files.trace}"
                style = "cyan" if prop.verdict is Verdict.VIOLATED else "bold magenta"
                rows.append(Row((found.result.name, prop.name), _verdict(prop), style, _about(prop) + picture))
    _verdicts(console, ("system", "property"), rows)
    for found in known:
        for reason in found.reasons:
            console.print(Text(f"  {found.result.name}: {reason}"))


# ---- tables of `kspec list`


def columns(
    titles: Sequence[str], rows: Sequence[Sequence[str]], *, terminal: bool | None = None, most: int | None = None
) -> str:
    """A table of plain words, as wide as the terminal; where there is none, one line a row, or `most` columns wide."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    inside = _is_terminal(False) if terminal is None else terminal
    console, buffer = _console(inside)
    if not inside:
        natural = 2 + sum(max(len(cell) for cell in column) + 3 for column in zip(titles, *rows, strict=True))
        console.width = natural if most is None else min(natural, most)
    table = Table(box=box.SIMPLE, show_edge=False)
    for i, title in enumerate(titles):
        table.add_column(title, no_wrap=i == 0, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    return _trimmed(buffer)


def _trimmed(buffer: io.StringIO) -> str:
    return "\n".join(line.rstrip() for line in buffer.getvalue().rstrip("\n").split("\n"))


def _is_terminal(err: bool) -> bool:
    return (sys.stderr if err else sys.stdout).isatty()


def _console(terminal: bool) -> tuple[Console, io.StringIO]:
    from rich.console import Console

    buffer = io.StringIO()
    width = shutil.get_terminal_size().columns if terminal else PLAIN_WIDTH
    return Console(file=buffer, force_terminal=terminal, width=width, highlight=False), buffer


def _count(n: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{n} {noun if n == 1 else plural}"
