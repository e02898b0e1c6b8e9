"""One sync of a CronJob: its list of active Jobs is put right, and a Job may be started.

Upstream: pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob, formatSchedule, cleanupFinishedJobs; utils.go
byJobStartTime, getJobName.

Simplified: Jobs are told apart by name alone (real code compares uids in the list of active Jobs). What the API answers
comes in as `Api`, for all calls of one sync. Not modelled: a deletion that is refused, and the name of a Job beyond its
minute.
"""

from __future__ import annotations

import enum

import attrs

from kspec_models.controllers.cronjob.missed import (
    Missed,
    earliest_time,
    is_too_late,
    most_recent,
    next_look,
)
from kspec_models.controllers.cronjob.schedule import MINUTE, Schedule, is_zone, parse


class Concurrency(enum.Enum):
    """spec.concurrencyPolicy."""

    ALLOW = "Allow"
    FORBID = "Forbid"
    REPLACE = "Replace"


class Created(enum.Enum):
    """What the API server says to the new Job."""

    OK = "created"
    EXISTS_OURS = "there is one of this name, of this CronJob"
    EXISTS_OTHER = "there is one of this name, of somebody else"
    REFUSED = "refused"
    NAMESPACE_TERMINATING = "refused, because the namespace is being terminated"


@attrs.frozen
class CronJob:
    """A CronJob. `deadline`: startingDeadlineSeconds; times in milliseconds; `active`: names in status.active."""

    schedule: str
    created: int
    concurrency: Concurrency = Concurrency.ALLOW
    time_zone: str | None = None
    suspend: bool = False
    deadline: int | None = None
    last_schedule: int | None = None
    last_successful: int | None = None
    active: tuple[int, ...] = ()
    deleting: bool = False


@attrs.frozen
class Job:
    """A Job of the CronJob as the cache has it. `name`: see `job_name`; `completed` is set if it succeeded."""

    name: int
    finished: bool = False
    completed: int | None = None


@attrs.frozen
class Api:
    """What the API server would answer now: status.active of the live CronJob, the Jobs that exist, and refusals."""

    active: tuple[int, ...] = ()
    jobs: tuple[int, ...] = ()
    get_fails: bool = False
    create: Created = Created.OK


@attrs.frozen
class Outcome:
    """What one sync did. `cronjob`: with its status as it is to be written, if `update_status`.

    `create`: the scheduled time of the Job that was created. `requeue_after` in milliseconds; None: only when something
    changes. `error`: the sync is retried.
    """

    cronjob: CronJob
    create: int | None = None
    delete: tuple[int, ...] = ()
    update_status: bool = False
    requeue_after: int | None = None
    warnings: int = 0
    error: bool = False


def job_name(scheduled: int) -> int:
    """What tells apart the Jobs of one CronJob: the scheduled minute. It is the lock against two starts (W101)."""
    return scheduled // MINUTE


def sync(cronjob: CronJob, jobs: tuple[Job, ...], api: Api, now: int) -> Outcome:
    """One sync (syncCronJob; W100, W101). Clean-up of history is apart: `surplus_history`."""
    seen = with_active_list_put_right(cronjob, jobs, api)
    if seen.error or cronjob.deleting:
        return seen
    if cronjob.time_zone is not None and not is_zone(cronjob.time_zone):
        return attrs.evolve(seen, warnings=seen.warnings + 1)
    if cronjob.suspend:
        return seen
    seen = attrs.evolve(seen, warnings=seen.warnings + ("TZ" in cronjob.schedule))
    try:
        schedule = parse(zoned(cronjob.schedule, cronjob.time_zone))
        earliest = earliest_time(cronjob.created, cronjob.last_schedule, cronjob.deadline, now)
        due = most_recent(schedule, earliest, now)
        warned = attrs.evolve(seen, warnings=seen.warnings + (due.missed is Missed.MANY))
        if due.most_recent is None or not may_start(warned.cronjob, due.most_recent, now):
            late = due.most_recent is not None and is_too_late(due.most_recent, cronjob.deadline, now)
            after = next_look(schedule, cronjob.created, cronjob.last_schedule, now)
            return attrs.evolve(warned, requeue_after=after, warnings=warned.warnings + late)
        return _start(warned, schedule, due.most_recent, api, now)
    except ValueError:
        return attrs.evolve(seen, warnings=seen.warnings + 1)


def with_active_list_put_right(cronjob: CronJob, jobs: tuple[Job, ...], api: Api) -> Outcome:
    """The list of active Jobs, compared with the Jobs that the cache has (W102, first half of syncCronJob).

    Finished ones leave the list. An unfinished one that is not listed is looked up in the live CronJob: either the
    cache was late, or the controller once stopped between creating it and writing so, which is a warning. One that the
    cache does not have is looked up by a live GET before it leaves the list.
    """
    result = Outcome(cronjob)
    for job in jobs:
        listed = job.name in result.cronjob.active
        if not listed and not job.finished:
            if job.name in api.active:
                result = attrs.evolve(result, cronjob=attrs.evolve(result.cronjob, active=api.active))
            else:
                result = attrs.evolve(result, warnings=result.warnings + 1)
        elif listed and job.finished:
            active = tuple(name for name in result.cronjob.active if name != job.name)
            result = attrs.evolve(result, cronjob=attrs.evolve(result.cronjob, active=active), update_status=True)
        result = _with_success(result, job)
    cached = tuple(job.name for job in jobs)
    for name in result.cronjob.active:
        if name in cached:
            continue
        if api.get_fails:
            return attrs.evolve(result, error=True)
        if name not in api.jobs:
            active = tuple(each for each in result.cronjob.active if each != name)
            result = attrs.evolve(result, cronjob=attrs.evolve(result.cronjob, active=active), update_status=True)
    return result


def may_start(cronjob: CronJob, scheduled: int, now: int) -> bool:
    """Whether a Job for a time that has come may be started now (W100).

    Not past the deadline, not twice, and with Forbid not beside an active one: the run is lost then, unless a later
    sync still comes within the deadline.
    """
    if is_too_late(scheduled, cronjob.deadline, now):
        return False
    if job_name(scheduled) in cronjob.active or cronjob.last_schedule == scheduled:
        return False
    return cronjob.concurrency is not Concurrency.FORBID or not cronjob.active


def zoned(schedule: str, time_zone: str | None) -> str:
    """The schedule with spec.timeZone in front, unless it has one of its own, which then counts (formatSchedule)."""
    if "TZ" in schedule or time_zone is None:
        return schedule
    return f"TZ={time_zone} {schedule}"


def by_start(jobs: tuple[tuple[int | None, str], ...]) -> tuple[int, ...]:
    """Positions of Jobs, given as (start time, name), oldest first; those not started last; ties by name (W102)."""
    return tuple(
        sorted(
            range(len(jobs)), key=lambda i: (jobs[i][0] is None, 0 if jobs[i][0] is None else jobs[i][0], jobs[i][1])
        )
    )


def surplus_history(finished: tuple[tuple[int | None, str], ...], limit: int | None) -> tuple[int, ...]:
    """Positions of the finished Jobs, all succeeded or all failed, that go, oldest first (W102). None: no limit."""
    if limit is None:
        return ()
    return by_start(finished)[: max(0, len(finished) - limit)]


def _start(seen: Outcome, schedule: Schedule, scheduled: int, api: Api, now: int) -> Outcome:
    cronjob = seen.cronjob
    if cronjob.concurrency is Concurrency.REPLACE and cronjob.active:
        if api.get_fails:
            return attrs.evolve(seen, warnings=seen.warnings + 1, error=True)
        replaced = attrs.evolve(cronjob, active=())
        seen = attrs.evolve(seen, cronjob=replaced, delete=cronjob.active, update_status=True)
    if api.create is Created.NAMESPACE_TERMINATING:
        return attrs.evolve(seen, error=True)
    if api.create is Created.REFUSED:
        return attrs.evolve(seen, warnings=seen.warnings + 1, error=True)
    if api.create is Created.EXISTS_OTHER:
        return seen
    started = attrs.evolve(seen.cronjob, active=(*seen.cronjob.active, job_name(scheduled)), last_schedule=scheduled)
    return attrs.evolve(
        seen,
        cronjob=started,
        create=scheduled if api.create is Created.OK else None,
        update_status=True,
        requeue_after=next_look(schedule, started.created, started.last_schedule, now),
    )


def _with_success(result: Outcome, job: Job) -> Outcome:
    last = result.cronjob.last_successful
    if job.completed is None or (last is not None and job.completed <= last):
        return result
    return attrs.evolve(result, cronjob=attrs.evolve(result.cronjob, last_successful=job.completed), update_status=True)
