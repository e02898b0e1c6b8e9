"""Options that commands share, and what they mean to the library."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from kspec.kernel.errors import UsageError
from kspec.kernel.result import Limits

Function = TypeVar("Function", bound=Callable[..., Any])

CACHES = ("fresh", "delayed", "coalesced", "relisted", "all")
"""How late a cache may be, as `--caches` takes it."""

POSITIVE = click.IntRange(min=1)

set_option = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a setting (see `kspec list settings`)."
)
property_option = click.option(
    "--property", "properties", multiple=True, metavar="GLOB", help="Judge only properties with such a name."
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of all sampling.")
time_option = click.option(
    "--max-time", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Stop after so many seconds."
)
json_option = click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE|-",
    help="Write the result as JSON; with - to standard output, and the text to standard error.",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Say nothing of the progress.")
out_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where counterexamples are written (default: reports/SYSTEM below the current folder; a folder of its own "
    "for each system when there are several).",
)


def limit_options(function: Function) -> Function:
    """`--max-states`, `--max-depth`, `--max-time`, `--max-memory`."""
    for option in (
        click.option(
            "--max-memory",
            type=POSITIVE,
            metavar="MB",
            help="Stop when the process has so much memory (default: three quarters of what there is).",
        ),
        time_option,
        click.option("--max-depth", type=POSITIVE, metavar="N", help="Stop at so many steps."),
        click.option("--max-states", type=POSITIVE, metavar="N", help="Stop at so many distinct states."),
    ):
        function = option(function)
    return function


def result_options(function: Function) -> Function:
    """`--out`, `--json`, `-q`."""
    for option in (quiet_option, json_option, out_option):
        function = option(function)
    return function


def limits_of(
    max_states: int | None = None,
    max_depth: int | None = None,
    max_time: float | None = None,
    max_memory: int | None = None,
) -> Limits:
    """The limits of a run. Memory is always limited where the platform tells how much there is."""
    return Limits(max_states, max_depth, max_time, max_memory if max_memory is not None else default_memory_mb())


def default_memory_mb() -> int | None:
    """Three quarters of the memory that this process may have, in MB; None where the platform does not tell."""
    amounts: list[int] = []
    with contextlib.suppress(OSError, ValueError, AttributeError):
        amounts.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        amounts.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return min(amounts) * 3 // 4 // 2**20 if amounts else None


def items(texts: Sequence[str]) -> tuple[str, ...]:
    """The items of an option that may be given again and takes several with commas between."""
    return tuple(item.strip() for text in texts for item in text.split(",") if item.strip())


def caches_of(texts: Sequence[str]) -> dict[str, str]:
    """`[COMPONENT=]HOW` texts as a mapping from component ("" for all) to how late its cache is. Raises UsageError."""
    found: dict[str, str] = {}
    for item in items(texts):
        component, _, how = item.rpartition("=")
        if how not in CACHES:
            raise UsageError(f"--caches {item}: {how} is none of {', '.join(CACHES)}")
        if found.setdefault(component, how) != how:
            raise UsageError(
                f"--caches {item}: {component or 'all components'} was said to be {found[component]} before"
            )
    return found
