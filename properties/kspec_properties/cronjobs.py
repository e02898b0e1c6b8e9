"""What must hold of CronJobs.

- `a_scheduled_time_is_started_once`: whatever was done last when the controller stopped (W101).
- `runs_of_a_cronjob_stay_apart`: of a controller that does not crash, and whose cache is not late; one that has crashed
  after creating a Job may start the next one beside it (W100, W102).
- `the_latest_time_is_started`: where there is no startingDeadlineSeconds after which it is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from kspec.kernel.properties import Broken, invariant, quiescence
from kspec.kernel.registry import offer
from kspec.kube.batch import ConcurrencyPolicy, CronJob, Job, JobCondition
from kspec.kube.truth import Truth
from kspec_models.controllers.cronjob.clock import NOW
from kspec_models.controllers.cronjob.history import NAME
from kspec_models.controllers.cronjob.missed import earliest_time, most_recent
from kspec_models.controllers.cronjob.schedule import MINUTE, parse

ABOUT = (CronJob, Job)


def cronjobs(truth: Truth) -> Iterator[CronJob]:
    """Every CronJob."""
    for name in truth.names(CronJob):
        cronjob = truth.get(CronJob, name)
        if cronjob is not None:
            yield cronjob


def jobs_of(truth: Truth, cronjob: CronJob) -> list[Job]:
    """The Jobs that a CronJob has started."""
    jobs = [truth.get(Job, name) for name in truth.names(Job)]
    return [job for job in jobs if job is not None and job.owner is not None and job.owner.name == cronjob.name]


def a_job_has_been_started(truth: Truth) -> bool:
    """Some CronJob has written for which time it has started a Job."""
    return any(time is not None for time in truth.all(CronJob, "last_schedule"))


@invariant(witness=a_job_has_been_started, about=ABOUT, needs=(NAME,))
def a_scheduled_time_is_started_once(truth: Truth) -> bool | Broken:
    """No CronJob ever starts two Jobs for one scheduled time."""
    for cronjob in cronjobs(truth):
        again = truth.variable(f"starts/{cronjob.name}").again
        if again:
            clause = f"CronJob {cronjob.name} has started a second Job for minute {min(again) // MINUTE}"
            return Broken(clause, (f"CronJob {cronjob.name}",))
    return True


@invariant(witness=a_job_has_been_started, about=ABOUT)
def runs_of_a_cronjob_stay_apart(truth: Truth) -> bool | Broken:
    """A CronJob whose policy is Forbid or Replace never has two Jobs that have not ended."""
    for cronjob in cronjobs(truth):
        going = [job.name for job in jobs_of(truth, cronjob) if not job.finished]
        if cronjob.concurrency_policy is not ConcurrencyPolicy.ALLOW and len(going) > 1:
            clause = f"{' and '.join(going)} run at once; the policy is {cronjob.concurrency_policy.value}"
            return Broken(clause, tuple(f"Job {name}" for name in going))
    return True


@quiescence(witness=a_job_has_been_started, about=ABOUT)
def the_latest_time_is_started(truth: Truth) -> bool | Broken:
    """When no component can change anything any more, the last scheduled time that has come has been started."""
    now = truth.variable(NOW)
    for cronjob in cronjobs(truth):
        earliest = earliest_time(cronjob.created, cronjob.last_schedule, None, now)
        due = most_recent(parse(cronjob.schedule), earliest, now).most_recent
        lost = cronjob.suspend or cronjob.starting_deadline_seconds is not None
        if due is not None and not lost:
            clause = f"minute {due // MINUTE} has come, and CronJob {cronjob.name} has started nothing for it"
            return Broken(clause, (f"CronJob {cronjob.name}",))
    return True


@quiescence(witness=a_job_has_been_started, about=ABOUT)
def history_is_limited(truth: Truth) -> bool | Broken:
    """When no component can change anything any more, a CronJob has no more finished Jobs than its history limits."""
    for cronjob in cronjobs(truth):
        for end, limit in (
            (JobCondition.COMPLETE, cronjob.successful_jobs_history_limit),
            (JobCondition.FAILED, cronjob.failed_jobs_history_limit),
        ):
            ended = sum(1 for job in jobs_of(truth, cronjob) if end in job.conditions)
            if limit is not None and ended > limit:
                clause = f"CronJob {cronjob.name} has {ended} Jobs that are {end.value}, and keeps {limit}"
                return Broken(clause, (f"CronJob {cronjob.name}",))
    return True


@quiescence(witness=a_job_has_been_started, about=ABOUT)
def the_active_list_is_true(truth: Truth) -> bool | Broken:
    """When no component can change anything any more, status.active holds just the Jobs that have not ended."""
    for cronjob in cronjobs(truth):
        going = {job.name for job in jobs_of(truth, cronjob) if not job.finished}
        if set(cronjob.active) != going:
            clause = f"CronJob {cronjob.name} says that {sorted(cronjob.active)} are active; {sorted(going)} are"
            return Broken(clause, (f"CronJob {cronjob.name}",))
    return True


CRONJOBS = (
    a_scheduled_time_is_started_once,
    runs_of_a_cronjob_stay_apart,
    the_latest_time_is_started,
    history_is_limited,
    the_active_list_is_true,
)
"""What is promised of CronJobs, in the order of reports."""

offer(*CRONJOBS, of="cronjobs")
