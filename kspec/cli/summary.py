"""Many systems on one page: a line each. What is not as it should be is still told in full by `output`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kspec.kernel.result import Result

if TYPE_CHECKING:
    from rich.table import Table

MANY = 12
"""So many systems are still shown one by one."""

HINT = "one line a system: `kspec check NAME` tells all of one, `--json FILE` all of all"


def summary(results: Sequence[Result]) -> Table:
    """A row for each system: how many properties have which verdict, its size and its time."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, show_edge=False)
    table.add_column("system", no_wrap=True)
    table.add_column("properties", overflow="fold")
    for title in ("distinct", "generated", "depth", "seconds"):
        table.add_column(title, justify="right", no_wrap=True)
    for result in results:
        table.add_row(
            Text(result.name),
            Text(verdicts(result)),
            f"{result.distinct_states:,}",
            f"{result.generated_states:,}",
            str(result.depth),
            f"{result.seconds:.1f}",
        )
    return table


def verdicts(result: Result) -> str:
    """`5 HOLDS, 1 VIOLATED as expected`."""
    found = Counter(p.verdict.value + (" as expected" if p.name in result.expected else "") for p in result.properties)
    return ", ".join(f"{number} {said}" for said, number in found.items())


def joined(lines: Iterable[str]) -> list[str]:
    """Lines that say the same of several components, as one: `a, b: the work queue`."""
    names: dict[str, list[str]] = {}
    for line in dict.fromkeys(lines):
        name, colon, text = line.partition(": ")
        names.setdefault(text if colon else line, []).append(name if colon else "")
    return [f"{', '.join(who)}: {text}" if any(who) else text for text, who in names.items()]
