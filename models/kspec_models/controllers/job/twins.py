"""Broken twins of the Job controller's decisions, chosen by `--set`: each breaks a promise that some property makes."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kernel.settings import broken_twin
from kspec.kernel.values import Value
from kspec_models.controllers.job.tracking import Counters

_JOB = "kspec_models.controllers.job"


@broken_twin("job.count", "at-once", f"{_JOB}.tracking:noted", "pods are counted before their finalizers are removed")
def counts_at_once(counters: Counters, succeeded: Iterable[Value], failed: Iterable[Value]) -> Counters:
    """No note: the counter at once. Whoever stops before the finalizer is gone counts again."""
    return attrs.evolve(
        counters,
        succeeded=counters.succeeded + len(frozenset(succeeded)),
        failed=counters.failed + len(frozenset(failed)),
    )


@broken_twin(
    "job.count", "not-noted", f"{_JOB}.tracking:noted", "the finalizers of pods are removed, and nobody noted it"
)
def notes_nothing(counters: Counters, succeeded: Iterable[Value], failed: Iterable[Value]) -> Counters:
    """No note: what has no finalizer any more is lost."""
    return counters


@broken_twin("job.limit", "one-too-few", f"{_JOB}.decisions:exceeds_backoff_limit", "the last retry is not made")
def gives_up_early(failed: int, limit: int) -> bool:
    """Off by one."""
    return failed >= limit


@broken_twin("job.complete", "when-idle", f"{_JOB}.decisions:is_complete", "a Job without active pods is complete")
def complete_when_idle(completions: int | None, succeeded: int, active: int) -> bool:
    """Nobody looks at how many have succeeded."""
    return active == 0


@broken_twin("job.finish", "at-once", f"{_JOB}.decisions:may_finish", "a Job ends while pods of it are still to end")
def finishes_at_once(uncounted: int, terminating: int) -> bool:
    """Nothing is waited for."""
    return True


@broken_twin("job.suspend", "ignored", f"{_JOB}.decisions:to_delete", "the pods of a suspended Job go on")
def goes_on(wanted: int, active: int, suspend: bool) -> int:
    """Only what is too much is deleted."""
    return max(0, active - wanted)


@broken_twin("job.complete", "never", f"{_JOB}.decisions:is_complete", "no Job is ever complete")
def never_complete(completions: int | None, succeeded: int, active: int) -> bool:
    """It is never noticed that enough have succeeded."""
    return False
