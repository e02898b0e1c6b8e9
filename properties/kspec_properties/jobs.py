"""What must hold of Jobs.

- `a_success_is_counted_at_most_once`, `no_success_is_lost`: whatever was done last when the controller stopped (W91). A
  Job that fails counts as failed whatever it deletes, also what has succeeded by then.
- `a_job_keeps_to_its_parallelism`: of active pods; one that is being deleted may run beside its replacement (W94).
- `a_job_runs_no_more_than_its_completions`: as long as nobody deletes pods of it. Before 1.36 it was not promised: a
  controller whose cache is behind its own writes starts pods that nobody needs (W02).
- `a_suspended_job_has_stopped`: of a controller whose cache is not late.
- `a_finished_job_is_over`: Complete or Failed, never both, for ever, and nothing of it goes on (W92).
"""

from __future__ import annotations

from collections.abc import Iterator

from kspec.kernel.properties import Broken, Happened, invariant, quiescence, step_invariant
from kspec.kernel.registry import offer
from kspec.kube.batch import Job, JobCondition
from kspec.kube.objects import Pod
from kspec.kube.truth import Truth
from kspec_models.controllers.job.history import NAME

ABOUT = (Job, Pod)
ENDS = frozenset({JobCondition.COMPLETE, JobCondition.FAILED})


def jobs(truth: Truth) -> Iterator[Job]:
    """Every Job."""
    for name in truth.names(Job):
        job = truth.get(Job, name)
        if job is not None:
            yield job


def pods_of(truth: Truth, job: Job) -> list[tuple[bool, bool]]:
    """Of each pod of the Job that has not finished, whether it is active, and whether it is being deleted."""
    pods = truth.all(Pod, "owner", "active", "deleting", "finished")
    return [(a, d) for owner, a, d, finished in pods if owner is not None and owner.name == job.name and not finished]


def active_of(truth: Truth, job: Job) -> int:
    """How many active pods the Job has."""
    return sum(1 for active, _ in pods_of(truth, job) if active)


def broken(job: Job, clause: str) -> Broken:
    """What is wrong with a Job."""
    return Broken(f"Job {job.name}: {clause}", (f"Job {job.name}",))


def a_success_is_counted(truth: Truth) -> bool:
    """Some Job has counted a pod."""
    return any(truth.all(Job, "succeeded"))


@invariant(witness=a_success_is_counted, about=ABOUT, needs=(NAME,))
def a_success_is_counted_at_most_once(truth: Truth) -> bool | Broken:
    """A Job never counts more successes, with those that it has noted, than pods of it have succeeded."""
    for job in jobs(truth):
        really = truth.variable(f"succeeded/{job.name}")
        said = job.succeeded + len(job.uncounted_succeeded)
        if said > really:
            return broken(job, f"{said} successes are counted or noted, and {really} pods have succeeded")
    return True


def really_succeeded(truth: Truth) -> Iterator[tuple[Job, int]]:
    """Every Job with the number of its pods that have really succeeded."""
    for job in jobs(truth):
        yield job, truth.variable(f"succeeded/{job.name}")


@quiescence(witness=a_success_is_counted, about=ABOUT, needs=(NAME,))
def no_success_is_lost(truth: Truth) -> bool | Broken:
    """When no component can change anything any more, every success of a Job that has not failed is counted."""
    for job, really in really_succeeded(truth):
        if JobCondition.FAILED not in job.conditions and job.succeeded != really:
            return broken(job, f"{job.succeeded} successes are counted, and {really} pods have succeeded")
    return True


def a_job_has_an_active_pod(truth: Truth) -> bool:
    """Some Job has an active pod."""
    return any(active_of(truth, job) for job in jobs(truth))


@invariant(witness=a_job_has_an_active_pod, about=ABOUT)
def a_job_keeps_to_its_parallelism(truth: Truth) -> bool | Broken:
    """A Job never has more active pods than its parallelism."""
    for job in jobs(truth):
        active = active_of(truth, job)
        if active > job.parallelism:
            return broken(job, f"{active} pods are active, and its parallelism is {job.parallelism}")
    return True


@invariant(witness=a_success_is_counted, about=ABOUT, needs=(NAME,))
def a_job_runs_no_more_than_its_completions(truth: Truth) -> bool | Broken:
    """The pods of a Job that have succeeded, and those that are active, are never more than its completions."""
    for job, really in really_succeeded(truth):
        active = active_of(truth, job)
        if job.completions is not None and really + active > job.completions:
            return broken(job, f"{really} pods have succeeded and {active} are active; it wants {job.completions}")
    return True


def a_job_has_ended(truth: Truth) -> bool:
    """Some Job is Complete or Failed."""
    return any(truth.all(Job, "finished"))


@invariant(witness=a_job_has_ended, about=ABOUT)
def the_end_of_a_job_is_deserved(truth: Truth) -> bool | Broken:
    """A Job is Complete only if enough pods have succeeded, and Failed only if more have failed than backoffLimit."""
    for job in jobs(truth):
        enough = 1 if job.completions is None else job.completions
        if JobCondition.COMPLETE in job.conditions and job.succeeded < enough:
            return broken(job, f"it is Complete with {job.succeeded} successes, and needs {enough}")
        if JobCondition.FAILED in job.conditions and job.failed <= job.backoff_limit:
            return broken(job, f"it is Failed after {job.failed} failures, and its backoffLimit is {job.backoff_limit}")
    return True


@step_invariant(witness=a_job_has_ended, about=ABOUT)
def a_finished_job_is_over(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A Job that is Complete or Failed stays just that, and no pod of it is active, is ending, or is yet to be
    counted."""
    for job in jobs(after):
        if not job.finished:
            was = before.field(Job, job.name, "finished")
            if was:
                return broken(job, "it was finished, and is not any more")
            continue
        if job.conditions >= ENDS:
            return broken(job, "it is both Complete and Failed")
        left = len(pods_of(after, job)) + len(job.uncounted_succeeded) + len(job.uncounted_failed)
        if left:
            return broken(job, f"it is finished, and {left} pods are active, ending, or yet to be counted")
    return True


@quiescence(witness=a_job_has_ended, about=ABOUT)
def every_job_ends(truth: Truth) -> bool | Broken:
    """When no component can change anything any more, every Job is Complete, Failed or suspended."""
    for job in jobs(truth):
        if not (job.finished or job.suspend):
            return broken(job, "it is neither Complete nor Failed, and nothing goes on")
    return True


def a_job_says_that_it_is_suspended(truth: Truth) -> bool:
    """Some Job has the condition Suspended."""
    return any(JobCondition.SUSPENDED in conditions for conditions in truth.all(Job, "conditions"))


@invariant(witness=a_job_says_that_it_is_suspended, about=ABOUT)
def a_suspended_job_has_stopped(truth: Truth) -> bool | Broken:
    """A Job that is suspended, and says so, has no active pods."""
    for job in jobs(truth):
        active = active_of(truth, job)
        if job.suspend and JobCondition.SUSPENDED in job.conditions and active:
            return broken(job, f"it says that it is suspended, and {active} pods are active")
    return True


JOBS = (
    a_success_is_counted_at_most_once,
    no_success_is_lost,
    a_job_keeps_to_its_parallelism,
    a_job_runs_no_more_than_its_completions,
    the_end_of_a_job_is_deserved,
    a_finished_job_is_over,
    every_job_ends,
)
"""What is promised of Jobs, in the order of reports."""

offer(*JOBS, of="jobs")
offer(a_suspended_job_has_stopped, of="jobs.suspends")
