"""Progress of a long run, on standard error: a live line on a terminal, plain lines at least every 2 seconds elsewhere.

An engine says how far it is about once a second; nothing is shown of a run that ends before that.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

import click

from kspec.kernel.result import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Live
    from rich.progress import TaskID

LINE_EVERY = 1.9
"""Seconds between two plain lines, at least; engines report more often than twice in this time."""


class Reporter:
    """Shows the progress of one command's systems, one after the other. With `quiet`, nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live: Live | None = None
        self._task: TaskID | None = None
        self._name = ""
        self._place = ""
        self._said = 0.0

    def __enter__(self) -> Reporter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop()

    def start(self, name: str, number: int = 1, of: int = 1) -> None:
        """The next system."""
        self._stop()
        self._name, self._place, self._said = name, f"[{number}/{of}] " if of > 1 else "", 0.0

    def __call__(self, progress: Progress) -> None:
        """What an engine says of itself."""
        if self._quiet:
            return
        if sys.stderr.isatty():
            self._show(sentence(progress))
        elif progress.elapsed - self._said >= LINE_EVERY or progress.elapsed < self._said:
            self._said = progress.elapsed
            click.echo(f"{self._place}{self._name}: {sentence(progress)}", err=True)

    def _show(self, text: str) -> None:
        from rich.console import Console
        from rich.progress import Progress as Live
        from rich.progress import SpinnerColumn, TextColumn
        from rich.table import Column

        if self._live is None:
            line = TextColumn("{task.description}", markup=False, table_column=Column(overflow="fold"))
            columns = (SpinnerColumn(), line)
            self._live = Live(*columns, console=Console(stderr=True), transient=True)
            self._task = self._live.add_task("", total=None)
            self._live.start()
        assert self._task is not None
        self._live.update(self._task, description=f"{self._place}{self._name}: {text}")

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = self._task = None


def sentence(progress: Progress) -> str:
    """One line: elapsed, depth, distinct, generated, queue, speed, memory, and which limit will be met first."""
    rate = progress.distinct / progress.elapsed if progress.elapsed > 0 else 0.0
    parts = [
        f"{progress.elapsed:.0f} s",
        f"depth {progress.depth}",
        f"{progress.distinct:,} distinct",
        f"{progress.generated:,} generated",
        f"queue {progress.queue:,}",
        f"{rate:,.0f} distinct/s",
        f"{progress.memory_mb:,} MB",
        f"first limit {progress.next_limit}" if progress.next_limit else "no limit",
    ]
    return " · ".join(parts)
