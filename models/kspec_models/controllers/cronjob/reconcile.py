"""The CronJob controller's plumbing: which objects one sync reads and writes.

Models `pkg/controller/cronjob/cronjob_controllerv2.go` sync (W100 to W102): first the history is cut, then `sync` says
call by call what is to be done, and at the end the status is written if it is another. Time is the environment's clock.

Simplified: a Job starts as soon as it is created. A Job that was looked up by name and is somebody else's counts as
there. After a refused call the sync ends and begins again, as upstream's does after some time. Where the live CronJob
shows that the cache is late, upstream decides by the live one and writes the status of the cached one: the write is
refused either way.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from kspec.kube.batch import CronJob, Job, JobCondition
from kspec.kube.cache import Api, Cache, owner_reference
from kspec.kube.controller import controller
from kspec.kube.requests import AlreadyExists, NotFound, Refused
from kspec.kube.residual import Reconcile
from kspec_models.controllers.cronjob import sync
from kspec_models.controllers.cronjob.clock import NOW
from kspec_models.controllers.cronjob.sync import Created, GetFails

NOT_MODELLED = (
    "the pods of Jobs; orphaned Jobs; a namespace that goes; events",
    "the time between two syncs (nextScheduleTimeDuration): a sync comes whenever it would do something",
)

Status = dict[str, Any]
Steps = Generator[Any, Any, Any]


@controller(CronJob, owns=Job, not_modelled=NOT_MODELLED)
def cronjob(cronjob: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a CronJob (sync)."""
    now = cache.outside(NOW)
    jobs = sorted(cache.owned(Job, by=cronjob), key=lambda job: job.name)
    active = list(cronjob.active)
    for job in surplus(cronjob, jobs):
        if (yield from deleted(job, api)):
            active = [name for name in active if name != job.name]
    outcome = yield from driven(cronjob, tuple(active), jobs, now, api)
    status: Status = {
        "active": tuple([name_of(cronjob, number) for number in outcome.cronjob.active]),
        "last_schedule": outcome.cronjob.last_schedule,
        "last_successful": outcome.cronjob.last_successful,
    }
    if any(getattr(cronjob, field) != value for field, value in status.items()):
        yield api.update_status(cronjob, **status)


def name_of(cronjob: Any, number: int) -> str:
    """What a Job of the CronJob is called (getJobName)."""
    return f"{cronjob.name}-{number}"


def number_of(name: str) -> int:
    """What tells it from the other Jobs of its CronJob."""
    return int(name.rsplit("-", 1)[1])


def spec_of(cronjob: Any, active: tuple[str, ...]) -> sync.CronJob:
    """A CronJob to the decisions."""
    return sync.CronJob(
        cronjob.schedule,
        cronjob.created,
        cronjob.concurrency_policy,
        cronjob.time_zone,
        cronjob.suspend,
        cronjob.starting_deadline_seconds,
        cronjob.last_schedule,
        cronjob.last_successful,
        tuple([number_of(name) for name in active]),
        cronjob.deleting,
    )


def job_of(job: Any) -> sync.Job:
    """A Job to the decisions."""
    return sync.Job(number_of(job.name), job.finished, job.completed)


def surplus(cronjob: Any, jobs: Sequence[Any]) -> list[Any]:
    """The finished Jobs that the history has no room for, the oldest first (cleanupFinishedJobs, W102)."""
    found: list[Any] = []
    for end, limit in (
        (JobCondition.FAILED, cronjob.failed_jobs_history_limit),
        (JobCondition.COMPLETE, cronjob.successful_jobs_history_limit),
    ):
        ended = [job for job in jobs if end in job.conditions]
        starts = tuple([(job.scheduled, job.name) for job in ended])
        found += [ended[position] for position in sync.surplus_history(starts, limit)]
    return found


def deleted(job: Any, api: Api) -> Steps:
    """Delete a Job in the background; whether that was granted (deleteJob)."""
    try:
        yield api.delete(job, propagation_policy="Background")
    except Refused:
        return False
    return True


def driven(cronjob: Any, active: tuple[str, ...], jobs: Sequence[Any], now: int, api: Api) -> Steps:
    """The calls of a sync, sent to the API server, and what came of it."""
    steps = sync.calls(spec_of(cronjob, active), tuple([job_of(job) for job in jobs]), now)
    known = {number_of(job.name): job for job in jobs}
    try:
        call = next(steps)
        while True:
            match call:
                case sync.GetCronJob():
                    latest: Any = yield api.get(CronJob, cronjob.name)
                    numbers = tuple([number_of(name) for name in latest.active])
                    call = steps.send(sync.Live(numbers, latest.last_schedule, latest.last_successful))
                case sync.GetJob(name=number):
                    try:
                        known[number] = yield api.get(Job, name_of(cronjob, number))
                    except NotFound:
                        call = steps.send(False)
                    except Refused:
                        call = steps.throw(GetFails())
                    else:
                        call = steps.send(True)
                case sync.DeleteJob(name=number):
                    call = steps.send((yield from deleted(known[number], api)))
                case sync.CreateJob(name=number, scheduled=scheduled):
                    call = steps.send((yield from created(cronjob, name_of(cronjob, number), scheduled, api)))
    except StopIteration as end:
        return end.value


def created(cronjob: Any, name: str, scheduled: int, api: Api) -> Steps:
    """Create the Job for a scheduled time. One of its name that is there already may be the CronJob's own (W101)."""
    try:
        yield api.create(new_job(cronjob, name, scheduled))
    except AlreadyExists:
        try:
            found: Any = yield api.get(Job, name)
        except Refused:
            return Created.REFUSED
        return Created.EXISTS_OURS if found.owner == owner_reference(cronjob) else Created.EXISTS_OTHER
    except Refused:
        return Created.REFUSED
    return Created.OK


def new_job(cronjob: Any, name: str, scheduled: int) -> Job:
    """The Job for a scheduled time, controlled by the CronJob."""
    return Job(
        name,
        cronjob.template,
        owner=owner_reference(cronjob),
        scheduled=scheduled,
        namespace=cronjob.namespace,
    )
