"""Running one system after the other: what goes wrong in one does not hide what is known of the others."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import attrs

from kspec.cli import errors
from kspec.cli.progress import Reporter
from kspec.kernel.errors import SlotsExhausted, UsageError
from kspec.kernel.result import Limits, Result
from kspec.outcome import Outcome, failed, interrupted, outcome


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
            found = [outcome(r, named=item.named) for r in item.call(_left(limits, began) if i else limits)]
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


def _left(limits: Limits, began: float) -> Limits:
    if limits.seconds is None:
        return limits
    return attrs.evolve(limits, seconds=round(max(limits.seconds - (time.perf_counter() - began), 0.0), 1))
