"""`kspec replay`: is this trace still a behaviour of the spec?"""

from __future__ import annotations

from pathlib import Path

import click

from kspec import run
from kspec.cli import options
from kspec.cli.output import emit
from kspec.kernel.result import EXIT_OF, Verdict
from kspec.targets import pairs


@click.command("replay", short_help="Re-execute a saved trace.")
@click.argument("trace", type=click.Path(path_type=Path), metavar="TRACE.itf.json")
@options.set_option
def command(trace: Path, settings: tuple[str, ...]) -> int:
    """Re-execute a saved trace.

    By an independent interpreter on the spec as it is now, under the settings of the trace and those of --set:
    REPRODUCED (0) when every step is possible and the property fails as it did, DIVERGED (5) otherwise.
    """
    answer = run.replay(trace, settings=pairs(settings))
    about = str(answer)
    emit(f"{answer.verdict.value}: {trace}" + ("" if answer.verdict is Verdict.REPRODUCED else f": {about}"))
    return int(EXIT_OF[answer.verdict])
