"""Run vector files through the models: `tests/conformance/run.py DIR [--json FILE] [--record]`.

A vector file holds cases of one topic, taken from upstream's own tests or computed by running upstream's code. Its
adapter is the module `tests/conformance/adapters/<file name with underscores>.py`, which has

    TOPIC = "resources-fit"                     # the vector file's name without .yaml

    def answer(given: Given) -> object:         # what the model says, in the shape of the case's `expect`
        ...                                     # raise Skip("why") if the model cannot speak of such a case

and nothing else is asked of it (`from tests.conformance.interface import Given, Skip`). The runner compares the answer
with `expect` exactly: the same keys, the same values, `True` is not `1`, lists in order; a tuple is as good as a
list. So an adapter gives just the keys that cases of its `op` expect, and answers `{"error": True}` where the model
raises the ValueError that such a case expects. Where cases of one `op` ask now for this and now for that, it answers
`AtLeast({...})` with all of it.

An adapter is thin: it parses `given` into the model's types, calls the model's decision *through its module*
(`decisions.f(...)`, so that a broken twin is met here too), and shapes the answer; no logic of Kubernetes has a
place in it. Any other exception makes the case fail, with its message.

A topic without an adapter counts all its cases as skipped. Exit code: 0 nothing failed, 1 something failed, 2 the
folder or a file cannot be used. Cases that we judge wrong stay failed; docs/conformance.md lists them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kspec.kernel.errors import UsageError
from tests.conformance import record, vectors
from tests.conformance.interface import Adapter, Case, Skip, difference
from tests.conformance.outcome import Outcome, TopicResult

PACKAGE = "tests.conformance.adapters"


def adapter_for(topic: str) -> Adapter | None:
    """The adapter of a topic, None if it has none. Raises UsageError if the module is not an adapter."""
    name = f"{PACKAGE}.{topic.replace('-', '_')}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            return None
        raise
    if getattr(module, "TOPIC", None) != topic or not callable(getattr(module, "answer", None)):
        raise UsageError(f"{module.__file__}: an adapter needs TOPIC = {topic!r} and answer(given)")
    return Adapter(topic, module.answer)


def run_case(adapter: Adapter, case: Case) -> Outcome:
    """Ask the model about one case."""
    try:
        why = difference(adapter.answer(case.given), case.expect)
    except Skip as skip:
        return Outcome(case, skipped=True, why=str(skip) or "no reason given")
    except Exception as error:
        return Outcome(case, why=f"{type(error).__name__}: {error}")
    return Outcome(case, why=why or "")


def run_topic(path: Path) -> TopicResult:
    """Run every case of a vector file. Raises UsageError if the file cannot be read."""
    cases = vectors.read(path)
    adapter = adapter_for(path.stem)
    if adapter is None:
        return TopicResult(path.stem, tuple(Outcome(case, skipped=True, why="no adapter") for case in cases), False)
    return TopicResult(path.stem, tuple(run_case(adapter, case) for case in cases))


def run_folder(folder: Path) -> list[TopicResult]:
    """Run every vector file of a folder, by name. Raises UsageError."""
    return [run_topic(path) for path in vectors.files(folder)]


def as_json(results: Sequence[TopicResult]) -> dict[str, object]:
    """`{"topics": {topic: {passed, failed, skipped, failed_ids}}}`."""
    return {
        "topics": {
            r.topic: {
                "passed": r.passed,
                "failed": len(r.failed),
                "skipped": len(r.skipped),
                "failed_ids": [o.case.id for o in r.failed],
            }
            for r in results
        }
    }


def as_text(results: Sequence[TopicResult]) -> str:
    """A line a topic, below it the failed cases, and the skipped ones unless the whole topic has no adapter."""
    width = max(len(r.topic) for r in results)
    lines = []
    for r in results:
        lines.append(_counts(f"{r.topic:<{width}}", r.passed, len(r.failed), len(r.skipped)))
        if not r.has_adapter:
            lines[-1] += "   (no adapter)"
            continue
        lines += [f"    FAILED {o.case.id}  {o.why}  ({o.case.source})" for o in r.failed]
        lines += [f"    skipped {o.case.id}  {o.why}" for o in r.skipped]
    totals = [sum(r.passed for r in results), sum(len(r.failed) for r in results), sum(len(r.skipped) for r in results)]
    return "\n".join([*lines, _counts(f"{'total':<{width}}", *totals)])


def _counts(label: str, passed: int, failed: int, skipped: int) -> str:
    return f"{label}  passed {passed:4}  failed {failed:4}  skipped {skipped:4}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, run, print; the exit code."""
    parser = argparse.ArgumentParser(prog="run.py", description="Run vector files through the models.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder of vector files (*.yaml)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the counts of each topic as JSON")
    parser.add_argument("--record", action="store_true", help="also rewrite the table of docs/conformance.md")
    given = parser.parse_args(arguments)
    try:
        results = run_folder(given.folder)
        if given.json is not None:
            given.json.write_text(json.dumps(as_json(results), indent=2) + "\n")
        if given.record:
            digest = record.digest(given.folder)
            record.DOCUMENT.write_text(record.updated(record.DOCUMENT.read_text(), results, digest))
    except (UsageError, OSError) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    print(as_text(results))
    return 1 if any(r.failed for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
