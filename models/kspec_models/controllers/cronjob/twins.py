"""Broken twins of the CronJob controller's decisions, chosen by `--set`: each breaks a promise of some property."""

from __future__ import annotations

import attrs

from kspec.kernel.settings import broken_twin
from kspec.kube.batch import ConcurrencyPolicy
from kspec_models.controllers.cronjob.sync import Calls, CronJob, Job, Outcome, may_start

_SYNC = "kspec_models.controllers.cronjob.sync"


@broken_twin("cronjob.name", "generated", f"{_SYNC}:name_for", "the name of a Job says nothing of its scheduled time")
def generated(scheduled: int, taken: tuple[int, ...]) -> int:
    """A name that nobody has yet."""
    return max((100, *taken)) + 1


@broken_twin("cronjob.forbid", "ignored", f"{_SYNC}:may_start", "a Job is started beside an active one")
def starts_beside(cronjob: CronJob, scheduled: int, now: int) -> bool:
    """As if concurrencyPolicy were Allow."""
    return may_start(attrs.evolve(cronjob, concurrency=ConcurrencyPolicy.ALLOW), scheduled, now)


@broken_twin("cronjob.start", "never", f"{_SYNC}:may_start", "no Job is ever started")
def never_starts(cronjob: CronJob, scheduled: int, now: int) -> bool:
    """It is always the wrong time."""
    return False


@broken_twin("cronjob.history", "kept", f"{_SYNC}:surplus_history", "the Jobs that have finished are never deleted")
def keeps_all(finished: tuple[tuple[int | None, str], ...], limit: int | None) -> tuple[int, ...]:
    """Nothing goes."""
    return ()


@broken_twin("cronjob.active", "kept", f"{_SYNC}:with_active_list_put_right", "status.active is never put right")
def never_put_right(cronjob: CronJob, jobs: tuple[Job, ...]) -> Calls:
    """What was once listed stays so."""
    return Outcome(cronjob)
    yield  # a generator, as what it stands in for
