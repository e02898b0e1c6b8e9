"""The table of recordings in the documentation."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kspec.kernel.errors import UsageError
from tests.conformance.record import DOCUMENT
from tests.conformance.recordings.judge import Judged

BEGIN, END = "<!-- recordings: begin -->", "<!-- recordings: end -->"
VARIABLE = "KSPEC_RECORDINGS"


def default_folder() -> Path:
    """Where tests look for recordings: $KSPEC_RECORDINGS, or `../shared/traces` beside the checkout."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else Path(__file__).resolve().parents[4] / "shared" / "traces"


def row(judged: Judged) -> str:
    """The row of one recording."""
    answers = judged.answers
    told = f"{answers.explained} / {answers.requests}" if answers is not None else ""
    given = len(judged.recording.events) - judged.events
    most = max((each.largest for each in judged.followed), default=0)
    commits = f"{judged.explained} / {judged.events}"
    return f"| {judged.recording.name} | {judged.verdict.value} | {commits} | {given} | {most} | {told} |"


def table(judged: Sequence[Judged]) -> str:
    """A row for each recording."""
    head = "| recording | verdict | commits explained | given | states | answers explained |"
    return "\n".join([head, "|---|---|---:|---:|---:|---:|", *[row(each) for each in judged]])


def recorded(document: str) -> str:
    """The table as it stands in a document. Raises UsageError if the marks are missing."""
    if BEGIN not in document or END not in document:
        raise UsageError(f"the marks {BEGIN} and {END} are missing")
    return document.split(BEGIN, 1)[1].split(END, 1)[0].strip()


def record(judged: Sequence[Judged]) -> None:
    """Rewrite the table in the documentation. Raises UsageError."""
    document = DOCUMENT.read_text()
    recorded(document)
    DOCUMENT.write_text(f"{document.split(BEGIN, 1)[0]}{BEGIN}\n{table(judged)}\n{END}{document.split(END, 1)[1]}")
