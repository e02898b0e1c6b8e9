"""Running one system after the other: what goes wrong in one does not hide what is known of the others."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import attrs

from kspec.cli import errors
from kspec.cli.progress import Reporter
from kspec.kernel.errors import SlotsExhausted, UsageError
from kspec.kernel.result import Limits, Result, Verdict
from kspec.outcome import Outcome, empty, failed, interrupted, outcome


@attrs.frozen
class Item:
    """One thing to run: what it is called, and how it is run within limits. `named`: see `kspec.outcome.outcome`."""

    name: str
    engine: str
    call: Callable[[Limits], Sequence[Result]]
    named: bool = True


def run_all(items: Sequence[Item], limits: Limits, reporter: Reporter) -> list[Outcome]:
    """Run the items within limits, of which the time is for all of them together.

    Ctrl-C ends the run; what was not reached is told as not checked. Raises UsageError when nothing could be run.
    """
    outcomes: list[Outcome] = []
    began = time.perf_counter()
    for i, item in enumerate(items):
        reporter.start(item.name, i + 1, len(items))
        try:
            left = _left(limits, began) if i else limits
            found = [outcome(r, named=item.named) for r in item.call(left)] if left else [_late(item, limits)]
        except UsageError:
            if len(items) == 1:
                raise
            found = [_failure(item)]
        except KeyboardInterrupt:
            found = [interrupted(item.name, item.engine)]
        except (Exception, SlotsExhausted):
            found = [_failure(item)]
        outcomes += found
        if any(o.result.interrupted for o in found):
            outcomes += [interrupted(rest.name, rest.engine) for rest in items[i + 1 :]]
            break
    return outcomes


def _failure(item: Item) -> Outcome:
    """The outcome of the error that is being handled."""
    error = sys.exception()
    assert error is not None
    code, message = errors.explained(error)
    return failed(item.name, item.engine, message, code)


def _left(limits: Limits, began: float) -> Limits | None:
    """The limits with the time that is left, or None when there is none."""
    if limits.seconds is None:
        return limits
    seconds = round(limits.seconds - (time.perf_counter() - began), 1)
    return attrs.evolve(limits, seconds=seconds) if seconds > 0 else None


def _late(item: Item, limits: Limits) -> Outcome:
    found = empty(item.name, item.engine, Verdict.INCONCLUSIVE, "not checked: the time of the run was used up")
    return outcome(attrs.evolve(found, limits=(f"seconds: {limits.seconds:g}",)), named=item.named)
