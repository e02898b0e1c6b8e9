"""The end of a run: counterexamples to files, the report to the terminal, the result to JSON, the exit code."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from kspec import outcome as judging
from kspec.cli import documents, errors, output
from kspec.outcome import Outcome
from kspec.report.files import TraceFiles, write_trace

REPORTS = Path("reports")
"""Where runs write, below the current folder."""


def finish(outcomes: Sequence[Outcome], *, out: Path | None, json_file: str | None, seed: int) -> int:
    """Write and print all that a run found; answer with its exit code. Raises UsageError if it cannot be written."""
    outcomes, files = _write(outcomes, out)
    stories = {key: _read(found.text) for key, found in files.items()}
    report = output.Report(outcomes, files, stories)
    if json_file is not None:
        _write_json(outcomes, files, json_file, seed)
    output.show(report, err=json_file == documents.STANDARD_OUTPUT)
    return int(judging.exit_code(outcomes))


def _write(outcomes: Sequence[Outcome], out: Path | None) -> tuple[list[Outcome], dict[tuple[str, str], TraceFiles]]:
    """Write every counterexample. What goes wrong with one is added to its system's outcome, and hides no other."""
    from kspec import run

    several = len({o.result.name for o in outcomes}) > 1
    told: list[Outcome] = []
    files: dict[tuple[str, str], TraceFiles] = {}
    for found in outcomes:
        result = found.result
        own = re.sub(r"[^\w.=-]+", "_", result.name)
        folder = REPORTS / own if out is None else out / own if several else out
        for prop in result.properties:
            if prop.trace is None:
                continue
            try:
                files[result.name, prop.name] = write_trace(prop.trace, folder, run.story(prop.trace))
            except Exception as error:
                code, message = errors.explained(error)
                found = judging.troubled(found, code, f"the counterexample of {prop.name} was not written: {message}")
        told.append(found)
    return told, files


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _write_json(
    outcomes: Sequence[Outcome], files: Mapping[tuple[str, str], TraceFiles], json_file: str, seed: int
) -> None:
    from kspec.report.result import result_document

    folder = Path() if json_file == documents.STANDARD_OUTPUT else Path(json_file).parent
    document = result_document(
        [o.result for o in outcomes],
        command=documents.command_line(),
        exit_code=int(judging.exit_code(outcomes)),
        seed=seed,
        verdict=judging.verdict(outcomes),
        trace_files={key: Path(os.path.relpath(f.trace, folder)).as_posix() for key, f in files.items()},
    )
    documents.write(document, json_file)
