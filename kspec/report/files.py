"""Writing a counterexample down: the trace for machines, the story for people, the picture for both.

One folder holds the counterexamples of one system, three files each: `<property>.itf.json`, `<property>.txt` and
`<property>.svg`. A folder is made only when there is something to put into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from kspec.kernel.errors import KspecError, UsageError
from kspec.kernel.result import Result
from kspec.kernel.trace import Story, Trace


@attrs.frozen
class TraceFiles:
    """Where one counterexample was written. No `picture` where no layout program is installed: `missing` says so."""

    trace: Path
    text: Path
    picture: Path | None
    missing: str = ""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that were written."""
        return tuple(path for path in (self.trace, self.text, self.picture) if path is not None)


def write_traces(result: Result, folder: Path, tell: Callable[[Trace], Story]) -> Mapping[str, TraceFiles]:
    """Write every counterexample of a result below a folder, by property. Raises UsageError if it cannot be written."""
    return {p.name: write_trace(p.trace, folder, tell(p.trace)) for p in result.properties if p.trace is not None}


def write_trace(trace: Trace, folder: Path, story: Story) -> TraceFiles:
    """Write one counterexample. Raises UsageError if the folder cannot be written."""
    from kspec.report import graph, itf, text

    try:
        folder.mkdir(parents=True, exist_ok=True)
        base = folder / trace.property
        written = TraceFiles(
            base.with_name(f"{trace.property}.itf.json"), base.with_name(f"{trace.property}.txt"), None
        )
        itf.write_itf(trace, written.trace)
        written.text.write_text(text.text(story) + "\n", encoding="utf-8")
        try:
            picture = graph.svg(story)
        except KspecError as error:
            return attrs.evolve(written, missing=str(error))
        path = folder / f"{trace.property}.svg"
        path.write_text(picture, encoding="utf-8")
        return attrs.evolve(written, picture=path)
    except OSError as error:
        raise UsageError(f"{folder}: cannot write the counterexample of {trace.property}: {error.strerror}") from error
