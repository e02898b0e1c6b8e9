"""docs/conformance.md: the table of counts is written here, the list of cases that we judge wrong is read here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from kspec.kernel.errors import UsageError
from tests.conformance import vectors
from tests.conformance.outcome import TopicResult

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
BEGIN, END = "<!-- counts: begin -->", "<!-- counts: end -->"

_DISPUTED = re.compile(r"^\| ([a-z0-9-]+) \| ([A-Z]+-[0-9]+) \| ", re.MULTILINE)


def digest(folder: Path) -> str:
    """What tells one set of vector files from another."""
    found = hashlib.sha256()
    for path in vectors.files(folder):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def table(results: Sequence[TopicResult], of: str) -> str:
    """The table of topics with an adapter, and one line about the others. `of`: the digest of the vectors."""
    rows = ["| topic | passed | failed | skipped |", "|---|---:|---:|---:|"]
    rows += [f"| {r.topic} | {r.passed} | {len(r.failed)} | {len(r.skipped)} |" for r in results if r.has_adapter]
    others = [r for r in results if not r.has_adapter]
    cases = sum(len(r.outcomes) for r in others)
    rest = f"Without an adapter yet: {len(others)} topics, {cases} cases, all counted as skipped."
    return "\n".join([*rows, "", rest, f"Digest of the vectors: {of}."])


def recorded(document: str) -> str:
    """The table as the document has it. Raises UsageError if its marks are missing."""
    if BEGIN not in document or END not in document:
        raise UsageError(f"the marks {BEGIN} and {END} are missing")
    return document.split(BEGIN, 1)[1].split(END, 1)[0].strip()


def updated(document: str, results: Sequence[TopicResult], of: str) -> str:
    """The document with a new table. Raises UsageError if its marks are missing."""
    recorded(document)
    return document.split(BEGIN, 1)[0] + f"{BEGIN}\n{table(results, of)}\n{END}" + document.split(END, 1)[1]


def disputed(document: str) -> dict[str, frozenset[str]]:
    """The ids of the cases that we judge wrong, by topic."""
    found: dict[str, frozenset[str]] = {}
    for topic, case in _DISPUTED.findall(document):
        found[topic] = found.get(topic, frozenset()) | {case}
    return found
