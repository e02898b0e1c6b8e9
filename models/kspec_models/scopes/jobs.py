"""Closed scopes of Jobs and CronJobs: work that comes to an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kspec.kernel.actions import Role
from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.actor import Actor, Here
from kspec.kube.batch import ConcurrencyPolicy, CronJob, Job, JobCondition
from kspec.kube.cache import Api, Cache
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import Node, Phase, Pod
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.controllers.cronjob.clock import NOW, clock
from kspec_models.controllers.cronjob.history import Starts
from kspec_models.controllers.cronjob.reconcile import cronjob
from kspec_models.controllers.job.history import Successes
from kspec_models.controllers.job.reconcile import job
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import node, template

OF_ALL = (
    "concurrent_updates_never_both_succeed",
    "nothing_but_the_api_server_writes_the_store",
    "a_refused_request_changes_nothing",
)
"""The general properties that speak of pods without nodes."""

NOT_WHERE_PODS_ARE_DELETED = ("no_success_is_lost", "a_job_runs_no_more_than_its_completions")
"""What is promised only as long as nobody deletes pods of a Job."""

APART = "runs_of_a_cronjob_stay_apart"
"""What a controller that has crashed cannot keep."""

EXPECTED = "a_job_runs_no_more_than_its_completions"
"""What a controller that does not wait for its own writes breaks."""


def pods_end(failures: int = 0, *, on_nodes: bool = False) -> Actor:
    """What kubelets do, and nothing else of them: pods end, in the end with success; so many may fail instead.

    `on_nodes`: only those that are bound to a node, and it removes those that are being deleted.
    """
    actor = Actor(
        "kubelet",
        watches=(Pod,),
        own={"failures": 0},
        keeps=("failures",),
        not_modelled=("what runs: pods end without being seen running",),
        assumes=(f"failures of pods: at most {failures}",),
    )

    @actor.each(Pod)
    def report(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is None or pod.finished or pod.deleting or (on_nodes and pod.node is None):
            return
        yield "its container has exited with 0", api.patch_status(pod, phase=Phase.SUCCEEDED)
        if here.failures < failures:
            failed = here.set(failures=here.failures + 1)
            yield "its container has exited with 1", api.patch_status(pod, phase=Phase.FAILED), failed

    if on_nodes:

        @actor.each(Pod)
        def remove(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            if pod is not None and pod.deleting and pod.node is not None and not pod.grace_over:
                yield "nothing of it runs any more", api.delete(pod, grace_period_seconds=0)

    return actor


def pauses(job: Job) -> Actor:
    """At any time, once, the user suspends a Job; and in the end lets it go on."""
    actor = Actor(
        "user",
        own={"suspended": False, "resumed": False},
        role=Role.USER,
        assumes=("a Job is suspended at most once, and goes on in the end",),
    )

    @actor.once()
    def suspend(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not here.suspended and here.live(Job, job.name, "suspend") is not None:
            yield api.patch(job, suspend=True), here.set(suspended=True)

    @actor.once(fair=True)
    def resume(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.suspended and not here.resumed:
            yield api.patch(job, suspend=False), here.set(resumed=True)

    return actor


def a_job(name: str, **spec: Any) -> Job:
    """A Job as a user posts it."""
    return Job(name, template(name, f"{name}:1"), **spec)


def running(
    name: str,
    jobs: Sequence[Job],
    *others: Component,
    pods: int,
    caches: Mapping[str, str] | None = None,
    crashes: Mapping[str, int] | None = None,
    nodes: Sequence[Node] = (),
    **more: Any,
) -> Cluster:
    """Jobs that a user posts, their controller, and pods that end."""
    known = load()
    more.setdefault("properties", (*[known.properties[each] for each in OF_ALL], *known.parts["jobs"]))
    return Cluster(
        name,
        (users.apply(jobs), job, *others, Successes()),
        Scope(slots={Pod: pods}, nodes=tuple(nodes), caches=caches or {}, crashes=crashes or {}),
        kinds_used=(Job, Pod),
        not_modelled=NOT_MODELLED,
        **more,
    )


@system("job.completes", quick=True)
def job_completes() -> System:
    """A Job of two completions, both at once; one pod may fail. The controller's cache is late."""
    pi = a_job("pi", completions=2, parallelism=2)
    return running("job.completes", [pi], pods_end(failures=1), pods=3, caches={"job": "delayed"}).system()


@system("job.crash", quick=True)
def job_crash() -> System:
    """A Job of two completions, both at once, whose controller may crash once between any two calls."""
    pi = a_job("pi", completions=2, parallelism=2)
    return running("job.crash", [pi], pods_end(), pods=3, crashes={"job": 1}).system()


@system("job.fails", quick=True)
def job_fails() -> System:
    """A Job of two completions, both at once; two pods may fail, and backoffLimit is 1: the other is ended then.

    Pods are bound to a node by the scheduler, so that one that is deleted takes its time to end.
    """
    pi = a_job("pi", completions=2, parallelism=2, backoff_limit=1)
    parts = (scheduler(), pods_end(failures=2, on_nodes=True))
    return running("job.fails", [pi], *parts, pods=3, nodes=(node(),)).system()


@system("job.suspends", quick=True)
def job_suspends() -> System:
    """A Job of two completions, both at once, is suspended at any time, and later goes on: its pods are started anew.

    What a pod achieves while it is being deleted is lost, so that more pods than completions may succeed.
    """
    pi = a_job("pi", completions=2, parallelism=2)
    known = load()
    kept = [p for p in known.parts["jobs"] if p.name not in NOT_WHERE_PODS_ARE_DELETED]
    properties = (*[known.properties[each] for each in OF_ALL], *kept, *known.parts["jobs.suspends"])
    return running("job.suspends", [pi], pods_end(), pauses(pi), pods=4, properties=properties).system()


@system("job.stale", quick=True)
def job_stale() -> System:
    """Expected to fail before 1.36: a controller whose cache is behind its own writes starts a pod that nobody needs.

    It sees that a pod has lost its finalizer, and not yet that the pod was noted (kubernetes/kubernetes pull request
    137210).
    """
    pi = a_job("pi", completions=2)
    return running(
        "job.stale",
        [pi],
        pods_end(),
        pods=3,
        caches={"job": "delayed"},
        settings={"job.consistency": "off"},
        properties=tuple(p for p in load().parts["jobs"] if p.name == EXPECTED),
        expected=(EXPECTED,),
    ).system()


# ---- CronJobs


def jobs_end(failures: int = 0) -> Actor:
    """What the Job controller and kubelets do, and nothing else of them: Jobs end, in the end; so many may fail."""
    actor = Actor(
        "job",
        watches=(Job,),
        own={"failures": 0},
        not_modelled=("pods: a Job ends without any",),
        assumes=(f"failures of Jobs: at most {failures}",),
    )

    @actor.each(Job)
    def end(job: Any, here: Here, api: Api) -> Iterator[Any]:
        if job is None or job.finished:
            return
        complete = frozenset([JobCondition.COMPLETE])
        yield api.update_status(job, conditions=complete, completed=here.cache.outside(NOW))
        if here.failures < failures:
            failed = here.set(failures=here.failures + 1)
            yield api.update_status(job, conditions=frozenset([JobCondition.FAILED])), failed

    return actor


def a_cronjob(name: str, policy: ConcurrencyPolicy, **spec: Any) -> CronJob:
    """A CronJob that is due every minute, as a user posts it."""
    return CronJob(name, "* * * * *", template(name, f"{name}:1"), policy, **spec)


def scheduled(
    name: str,
    of: CronJob,
    *,
    minutes: int,
    others: Sequence[Component] = (),
    crashes: int = 0,
    caches: Mapping[str, str] | None = None,
    **more: Any,
) -> Cluster:
    """A CronJob that a user posts, its controller, a clock, and Jobs that end."""
    known = load()
    more.setdefault("properties", (*[known.properties[each] for each in OF_ALL], *known.parts["cronjobs"]))
    return Cluster(
        name,
        (users.apply([of]), cronjob, clock(minutes), *(others or (jobs_end(),)), Starts()),
        Scope(caches=caches or {}, crashes={"cronjob": crashes} if crashes else {}),
        kinds_used=(CronJob, Job),
        not_modelled=NOT_MODELLED,
        **more,
    )


@system("cronjob.forbid", quick=True)
def cronjob_forbid() -> System:
    """A CronJob that is due every minute for three minutes, and forbids that two of its Jobs run at once.

    A Job takes as long as it likes: what is due meanwhile is started late, or not at all. One finished Job is kept.
    """
    backup = a_cronjob("backup", ConcurrencyPolicy.FORBID, successful_jobs_history_limit=1)
    return scheduled("cronjob.forbid", backup, minutes=3).system()


@system("cronjob.replace", quick=True)
def cronjob_replace() -> System:
    """The same for two minutes, with a policy that replaces the Job that runs; one Job may fail."""
    backup = a_cronjob("backup", ConcurrencyPolicy.REPLACE, successful_jobs_history_limit=1)
    return scheduled("cronjob.replace", backup, minutes=2, others=[jobs_end(failures=1)]).system()


@system("cronjob.handoffs", quick=True)
def cronjob_handoffs() -> System:
    """From a minute of the clock to a pod that has succeeded: the CronJob makes a Job, and the Job makes the pod."""
    backup = a_cronjob("backup", ConcurrencyPolicy.FORBID)
    known = load()
    return Cluster(
        "cronjob.handoffs",
        (users.apply([backup]), cronjob, clock(1), job, pods_end(), Successes(), Starts()),
        Scope(slots={Pod: 1}, caches={"cronjob": "delayed", "job": "delayed"}),
        properties=(*[known.properties[each] for each in OF_ALL], *known.parts["jobs"], *known.parts["cronjobs"]),
        kinds_used=(CronJob, Job, Pod),
        not_modelled=NOT_MODELLED,
    ).system()


@system("cronjob.crash", quick=True)
def cronjob_crash() -> System:
    """A CronJob that is due twice; its controller may crash once, also between creating a Job and writing so.

    The name of the Job, which says for which minute it is, keeps it from being started twice.
    """
    backup = a_cronjob("backup", ConcurrencyPolicy.ALLOW)
    return scheduled("cronjob.crash", backup, minutes=2, crashes=1).system()


@system("cronjob.late", quick=True)
def cronjob_late() -> System:
    """A CronJob that is due once, behind a late cache, which may not show what the controller itself has done.

    It may then try to start a Job again, and finds it by its name.
    """
    backup = a_cronjob("backup", ConcurrencyPolicy.ALLOW)
    return scheduled("cronjob.late", backup, minutes=1, caches={"cronjob": "delayed"}).system()


@system("cronjob.crash.forbid", quick=True)
def cronjob_crash_forbid() -> System:
    """Expected to fail: the same with Forbid. A Job that the controller forgot in a crash is joined by the next one.

    Whether a Job is active is asked of status.active alone. Until the next minute the name of the Job leads back to it;
    after that the Job is only warned of (UnexpectedJob, W102). A comment in upstream's syncCronJob says that Forbid is
    no more than that.
    """
    backup = a_cronjob("backup", ConcurrencyPolicy.FORBID)
    crash = scheduled("cronjob.crash.forbid", backup, minutes=2, crashes=1, expected=(APART,))
    return crash.system()


@system("cronjob.crash.history", quick=True)
def cronjob_crash_history() -> System:
    """Expected to fail: due once, and no finished Job is kept. After a crash the Job has gone, and with it its name.

    The history is cut before anything is started: the Job of a start that was never written is deleted, and started
    again. With a history of one at least it would still be there.
    """
    backup = a_cronjob("backup", ConcurrencyPolicy.ALLOW, successful_jobs_history_limit=0)
    expected = ("a_scheduled_time_is_started_once",)
    return scheduled("cronjob.crash.history", backup, minutes=1, crashes=1, expected=expected).system()
