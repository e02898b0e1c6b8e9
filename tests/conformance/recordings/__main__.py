"""`python -m tests.conformance.recordings DIR|FILE...`: recordings against the models.

A DIR is one recording (it holds `watch.jsonl.gz`) or a folder of them; a FILE is a recording in the project's own form.
Exit code: 0 every recording is accepted, 1 one is refuted, 2 one cannot be read, 3 one is pending, 4 one has nothing
that the models could explain.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kspec.kernel.errors import UsageError
from kspec.kernel.result import Verdict
from tests.conformance.recordings.judge import judge_file, judge_folder
from tests.conformance.recordings.table import record

WATCH = "watch.jsonl.gz"


def found(paths: Sequence[Path]) -> list[Path]:
    """The recordings in these places. Raises UsageError if there is none in one of them."""
    recordings: list[Path] = []
    for path in paths:
        inside = (
            [path] if path.is_file() or (path / WATCH).is_file() else sorted(p.parent for p in path.glob(f"*/{WATCH}"))
        )
        if not inside:
            raise UsageError(f"{path}: no recording: give a folder with {WATCH}, a folder of such, or a YAML file")
        recordings += inside
    return recordings


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, judge, print; the exit code."""
    parser = argparse.ArgumentParser(prog="recordings", description="Recordings of a real cluster against the models.")
    parser.add_argument("places", metavar="DIR|FILE", type=Path, nargs="+", help="recordings, or folders of them")
    parser.add_argument("--record", action="store_true", help="also rewrite the table of docs/conformance.md")
    given = parser.parse_args(arguments)
    done = []
    try:
        for path in found(given.places):
            judged = judge_file(path) if path.is_file() else judge_folder(path)
            done.append(judged)
            print("\n".join(judged.lines()), flush=True)
        if given.record:
            record(done)
    except UsageError as error:
        print(f"recordings: {error}", file=sys.stderr)
        return 2
    verdicts = [judged.verdict for judged in done]
    exits = {Verdict.REFUTED: 1, Verdict.VACUOUS: 4, Verdict.PENDING: 3}
    return next((code for verdict, code in exits.items() if verdict in verdicts), 0)


if __name__ == "__main__":
    sys.exit(main())
