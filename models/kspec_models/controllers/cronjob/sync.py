"""One sync of a CronJob: its list of active Jobs is put right, and a Job may be started.

Upstream: pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob, formatSchedule, cleanupFinishedJobs; utils.go
byJobStartTime, getJobName.

A sync is a generator of its calls (`calls`), so that whoever answers them decides what comes between two of them: the
plumbing (`reconcile`) sends them to the API server, `sync` answers all from one record.

Simplified: Jobs are told apart by name alone (real code compares uids in the list of active Jobs). Not modelled: the
name of a Job beyond its minute.
"""

from __future__ import annotations

import enum
from collections.abc import Generator
from typing import Any

import attrs

from kspec.kube.batch import ConcurrencyPolicy
from kspec_models.controllers.cronjob.missed import (
    Missed,
    earliest_time,
    is_too_late,
    most_recent,
    next_look,
)
from kspec_models.controllers.cronjob.schedule import MINUTE, Schedule, is_zone, parse


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
    concurrency: ConcurrencyPolicy = ConcurrencyPolicy.ALLOW
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
class GetCronJob:
    """GET of the CronJob itself: answered with its status (`Live`)."""


@attrs.frozen
class GetJob:
    """GET of an active Job: answered with whether there is one."""

    name: int


@attrs.frozen
class DeleteJob:
    """DELETE of a Job in the background: answered with whether it was granted."""

    name: int


@attrs.frozen
class CreateJob:
    """POST of the Job for a scheduled time: answered with `Created`."""

    name: int
    scheduled: int


@attrs.frozen
class Live:
    """The status of the CronJob as the API server has it."""

    active: tuple[int, ...]
    last_schedule: int | None
    last_successful: int | None


class GetFails(Exception):
    """A GET is refused, or not answered."""


Call = GetCronJob | GetJob | DeleteJob | CreateJob


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


Calls = Generator[Call, Any, Outcome]


def sync(cronjob: CronJob, jobs: tuple[Job, ...], api: Api, now: int) -> Outcome:
    """One sync, all of whose calls are answered from one record."""
    steps = calls(cronjob, jobs, now)
    live = Live(api.active, cronjob.last_schedule, cronjob.last_successful)
    try:
        call = next(steps)
        while True:
            if isinstance(call, GetJob) and api.get_fails:
                call = steps.throw(GetFails())
            elif isinstance(call, GetJob):
                call = steps.send(call.name in api.jobs)
            elif isinstance(call, CreateJob):
                call = steps.send(api.create)
            else:
                call = steps.send(live if isinstance(call, GetCronJob) else True)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


def calls(cronjob: CronJob, jobs: tuple[Job, ...], now: int) -> Calls:
    """One sync (syncCronJob; W100, W101). Clean-up of history is apart: `surplus_history`."""
    seen = yield from with_active_list_put_right(cronjob, jobs)
    if seen.error or cronjob.deleting:
        return seen
    cronjob = seen.cronjob
    if cronjob.time_zone is not None and not is_zone(cronjob.time_zone):
        return attrs.evolve(seen, warnings=seen.warnings + 1)
    if cronjob.suspend:
        return seen
    seen = attrs.evolve(seen, warnings=seen.warnings + ("TZ" in cronjob.schedule))
    try:
        schedule = parse(zoned(cronjob.schedule, cronjob.time_zone))
        earliest = earliest_time(cronjob.created, cronjob.last_schedule, cronjob.deadline, now)
        due = most_recent(schedule, earliest, now)
        after = next_look(schedule, cronjob.created, cronjob.last_schedule, now)
    except ValueError:
        return attrs.evolve(seen, warnings=seen.warnings + 1)
    warned = attrs.evolve(seen, warnings=seen.warnings + (due.missed is Missed.MANY))
    if due.most_recent is None or not may_start(cronjob, due.most_recent, now):
        late = due.most_recent is not None and is_too_late(due.most_recent, cronjob.deadline, now)
        return attrs.evolve(warned, requeue_after=after, warnings=warned.warnings + late)
    name = name_for(due.most_recent, tuple(job.name for job in jobs))
    return (yield from _start(warned, schedule, CreateJob(name, due.most_recent), now))


def with_active_list_put_right(cronjob: CronJob, jobs: tuple[Job, ...]) -> Calls:
    """The list of active Jobs, compared with the Jobs that the cache has (W102, first half of syncCronJob).

    Finished ones leave the list. An unfinished one that is not listed is looked up in the live CronJob: either the
    cache was late, or the controller once stopped between creating it and writing so, which is a warning. One that the
    cache does not have is looked up by a live GET before it leaves the list.
    """
    result = Outcome(cronjob)
    try:
        for job in jobs:
            listed = job.name in result.cronjob.active
            if not listed and not job.finished:
                live: Live = yield GetCronJob()
                if job.name in live.active:
                    result = attrs.evolve(
                        result, cronjob=attrs.evolve(result.cronjob, **attrs.asdict(live, recurse=False))
                    )
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
            exists: bool = yield GetJob(name)
            if not exists:
                active = tuple(each for each in result.cronjob.active if each != name)
                result = attrs.evolve(result, cronjob=attrs.evolve(result.cronjob, active=active), update_status=True)
    except GetFails:
        return attrs.evolve(result, error=True)
    return result


def name_for(scheduled: int, taken: tuple[int, ...]) -> int:
    """The name of the Job for a scheduled time: the time alone decides, whatever is taken (W101)."""
    return job_name(scheduled)


def may_start(cronjob: CronJob, scheduled: int, now: int) -> bool:
    """Whether a Job for a time that has come may be started now (W100).

    Not past the deadline, not twice, and with Forbid not beside an active one: the run is lost then, unless a later
    sync still comes within the deadline.
    """
    if is_too_late(scheduled, cronjob.deadline, now):
        return False
    if job_name(scheduled) in cronjob.active or cronjob.last_schedule == scheduled:
        return False
    return cronjob.concurrency is not ConcurrencyPolicy.FORBID or not cronjob.active


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


def _start(seen: Outcome, schedule: Schedule, new: CreateJob, now: int) -> Calls:
    cronjob = seen.cronjob
    if cronjob.concurrency is ConcurrencyPolicy.REPLACE:
        for name in cronjob.active:
            try:
                exists: bool = yield GetJob(name)
            except GetFails:
                exists = False
            if not exists:
                return attrs.evolve(seen, warnings=seen.warnings + 1, error=True)
            granted: bool = yield DeleteJob(name)
            if not granted:
                return attrs.evolve(seen, warnings=seen.warnings + 1, error=True)
            left = tuple(each for each in seen.cronjob.active if each != name)
            replaced = attrs.evolve(seen.cronjob, active=left)
            seen = attrs.evolve(seen, cronjob=replaced, delete=(*seen.delete, name), update_status=True)
    created: Created = yield new
    if created is Created.NAMESPACE_TERMINATING:
        return attrs.evolve(seen, error=True)
    if created is Created.REFUSED:
        return attrs.evolve(seen, warnings=seen.warnings + 1, error=True)
    if created is Created.EXISTS_OTHER:
        return seen
    started = attrs.evolve(seen.cronjob, active=(*seen.cronjob.active, new.name), last_schedule=new.scheduled)
    return attrs.evolve(
        seen,
        cronjob=started,
        create=new.scheduled if created is Created.OK else None,
        update_status=True,
        requeue_after=next_look(schedule, started.created, started.last_schedule, now),
    )


def _with_success(result: Outcome, job: Job) -> Outcome:
    last = result.cronjob.last_successful
    if job.completed is None or (last is not None and job.completed <= last):
        return result
    return attrs.evolve(result, cronjob=attrs.evolve(result.cronjob, last_successful=job.completed), update_status=True)
