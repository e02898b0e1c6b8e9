"""The Job controller's plumbing: which objects one sync reads and writes.

Models `pkg/controller/job/job_controller.go` syncJob, manageJob, trackJobStatusAndRemoveFinalizers (W90 to W96). What
it decides is in `decisions`; how it counts each pod once, in `tracking`; what it remembers, in `memory`.

Simplified: after a failure a new pod may be created at any time (upstream waits 10 s, 20 s, ... up to 10 minutes, and
says meanwhile that no pod is active). Which of several active pods go first is an open choice. Where the removal of
some finalizer is refused the sync ends, and the next one counts what is gone (upstream writes that at once).

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import Any

import attrs

from kspec.kernel.settings import declare, on
from kspec.kernel.values import Value
from kspec.kube.batch import JOB_TRACKING, Job, JobCondition
from kspec.kube.cache import Api, Cache, identity_of, owner_reference
from kspec.kube.controller import controller
from kspec.kube.objects import Phase, Pod
from kspec.kube.requests import Refused, Request
from kspec.kube.residual import Reconcile
from kspec_models.client.slow_start import slow_start
from kspec_models.controllers.job import decisions, tracking
from kspec_models.controllers.job.memory import Tracking
from kspec_models.controllers.job.tracking import Counters

NOT_MODELLED = (
    "Indexed Jobs, podFailurePolicy and successPolicy (of these the decisions alone), managedBy, TTL after finished",
    "restarts of containers (restartPolicy OnFailure), activeDeadlineSeconds, startTime, completionTime, back-off",
    "adoption and release of pods; pods that lost their Job and still have its finalizer",
    "expectations that expire after 5 minutes",
)

declare(
    "job.expectations",
    ("on", "off"),
    "whether the controller waits until its cache shows its own creations and deletions (W04)",
)
declare(
    "job.consistency",
    ("on", "off"),
    "whether a sync waits until the cache shows the controller's own last status write (W02, on since 1.36)",
)

Calls = Generator[Request | list[Request], Any, int]


@controller(Job, owns=Pod, memory=Tracking, not_modelled=NOT_MODELLED, reads_own_writes="job.consistency")
def job(job: Any, cache: Cache, api: Api, memory: Tracking) -> Reconcile:
    """One sync of a Job (syncJob)."""
    if job.finished:
        return
    satisfied = memory.expectations.satisfied() or not on("job.expectations")
    pods = cache.owned(Pod, by=job)
    tracked = [pod for pod in pods if JOB_TRACKING in pod.finalizers and identity_of(pod) not in memory.released]
    active = [pod for pod in pods if pod.active]
    terminating = sum(1 for pod in pods if pod.deleting and not pod.finished)
    now = ended(job, tracked)
    ending, conditions, left = end_of(job, now.failed + len(now.uncounted_failed)), job.conditions, len(active)
    if ending is not None:
        deleted = yield from delete_active(active, api)
        left, terminating = left - deleted, terminating + deleted
        if left or not satisfied:
            ending = None  # some pods may not be in the cache yet
    else:
        succeeded = now.succeeded + len(now.uncounted_succeeded)
        manages = satisfied and not job.deleting
        if manages:
            left = yield from manage_job(job, active, terminating, succeeded, cache, api, memory)
        if decisions.is_complete(job.completions, succeeded, left):
            ending = JobCondition.SUCCESS_CRITERIA_MET
        elif manages:
            suspended = frozenset([JobCondition.SUSPENDED])
            conditions = conditions | suspended if job.suspend else conditions - suspended
    status = {"active": left, "terminating": terminating, "conditions": conditions}
    yield from track(job, tracked, status, ending, api, memory)


def counters_of(job: Any) -> Counters:
    """What the status says of pods that have ended."""
    return Counters(job.succeeded, job.failed, job.uncounted_succeeded, job.uncounted_failed)


def is_failed(job: Any, pod: Any) -> bool:
    """Whether a pod counts as failed."""
    return decisions.is_failed(pod.phase, pod.deleting, job.pod_replacement_policy)


def ended(job: Any, tracked: Sequence[Any]) -> Counters:
    """The pods that have ended: counted, noted, or neither (getNewFinishedPods)."""
    succeeded = [identity_of(pod) for pod in tracked if pod.phase is Phase.SUCCEEDED]
    failed = [identity_of(pod) for pod in tracked if is_failed(job, pod)]
    before = counters_of(job)
    return attrs.evolve(
        before,
        uncounted_succeeded=before.uncounted_succeeded | frozenset(succeeded),
        uncounted_failed=before.uncounted_failed | frozenset(failed),
    )


def end_of(job: Any, failed: int) -> JobCondition | None:
    """Whether the end of the Job is decided: as it was before, or because too many pods have failed (W93)."""
    for decided in (JobCondition.SUCCESS_CRITERIA_MET, JobCondition.FAILURE_TARGET):
        if decided in job.conditions:
            return decided
    return JobCondition.FAILURE_TARGET if decisions.exceeds_backoff_limit(failed, job.backoff_limit) else None


def delete_active(active: Sequence[Any], api: Api) -> Calls:
    """Delete all active pods of a Job that ends; their finalizers stay, so that they are counted (deleteActivePods)."""
    answers = yield [api.delete(pod) for pod in active]
    return len(active) - int(answers.failed)


def manage_job(
    job: Any, active: list[Any], terminating: int, succeeded: int, cache: Cache, api: Api, memory: Tracking
) -> Calls:
    """Create what is missing, or delete what is too much; how many pods are active then (manageJob, W95, W96)."""
    wanted = decisions.wanted_active(job.completions, job.parallelism, succeeded, len(active))
    surplus = decisions.to_delete(wanted, len(active), job.suspend)
    if surplus:
        going = cache.lowest(active, surplus, key=lambda pod: 0)
        return (yield from delete_uncounted(going, len(active), cache, api, memory))
    if job.suspend:
        return len(active)
    missing = decisions.to_create(wanted, len(active), terminating, job.pod_replacement_policy)
    if not missing:
        return len(active)
    memory.expectations.expect(missing, 0)
    start = slow_start(missing)
    while start.batch:
        answers = yield [api.create(new_pod(job))] * start.batch
        failed = answers.failed
        start = start.after(failed)
        if failed:
            memory.expectations.lower_creations(failed + start.remaining)
    return len(active) + start.successes


def new_pod(job: Any) -> Pod:
    """A pod from the template, controlled by the Job, which waits to be counted."""
    return Pod(
        labels=job.template.labels,
        spec=job.template.spec,
        owner=owner_reference(job),
        namespace=job.namespace,
        finalizers=(JOB_TRACKING,),
    )


def delete_uncounted(going: Sequence[Any], active: int, cache: Cache, api: Api, memory: Tracking) -> Calls:
    """Delete pods that are not wanted. Their finalizer goes first, so that they do not count as failed (deleteJobPods).

    Upstream makes these calls in parallel, pod by pod.
    """
    memory.expectations.expect(0, len(going))
    for pod in cache.in_any_order(going):
        with contextlib.suppress(Refused):
            yield release(api, pod, memory.not_deleted())
            yield api.delete(pod, on_refused=memory.not_deleted())
            active -= 1
    return active


def release(api: Api, pod: Any, on_refused: Any) -> Request:
    """The removal of a pod's finalizer."""
    others = tuple([finalizer for finalizer in pod.finalizers if finalizer != JOB_TRACKING])
    return attrs.evolve(api.patch(pod, finalizers=others), on_refused=(on_refused,))


def track(
    job: Any, tracked: Sequence[Any], status: dict[str, Any], ending: JobCondition | None, api: Api, memory: Tracking
) -> Reconcile:
    """Note pods that have ended, remove their finalizers, count them; then the Job may end (W91, W92).

    When the end is decided, every pod that is left counts as failed, but for a Job that succeeds.
    """
    fails = ending is JobCondition.FAILURE_TARGET
    leaving = [
        pod
        for pod in tracked
        if job.deleting or ending is not None or pod.phase is Phase.SUCCEEDED or is_failed(job, pod)
    ]
    succeeded = [identity_of(pod) for pod in leaving if pod.phase is Phase.SUCCEEDED]
    failed = [identity_of(p) for p in leaving if p.phase is not Phase.SUCCEEDED and (fails or is_failed(job, p))]
    left = frozenset[Value](identity_of(pod) for pod in tracked)
    counters = tracking.noted(tracking.counted(counters_of(job), left), succeeded, failed)
    if ending is not None:
        status = {**status, "conditions": status["conditions"] | {ending}}
    before = {**status, **attrs.asdict(counters, recurse=False)}
    if any(getattr(job, field) != value for field, value in before.items()):
        yield api.keeping_version(api.update_status(job, **before))
    if leaving:
        memory.releases(leaving)
        answers = yield [release(api, pod, memory.not_released(pod)) for pod in leaving]
        if answers.failed:
            return
    counters = tracking.counted(counters, left - {identity_of(pod) for pod in leaving})
    after = {**before, **attrs.asdict(counters, recurse=False)}
    if ending is not None and decisions.may_finish(counters.uncounted, status["terminating"]):
        last = JobCondition.FAILED if fails else JobCondition.COMPLETE
        after["conditions"] = status["conditions"] | {last}
    if after != before:
        yield api.update_status(job, **after)
