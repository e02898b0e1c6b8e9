"""What the API server refuses in StatefulSets, DaemonSets, Jobs and CronJobs.

What is modelled: ValidateStatefulSetSpec and ValidateDaemonSetSpec of pkg/apis/apps/validation, ValidateJob and
ValidateCronJobCreate of pkg/apis/batch/validation, Kubernetes 1.36. These kinds are not read into typed objects: what
they do not say is taken as it is defaulted (pkg/apis/apps/v1/defaults.go, pkg/apis/batch/v1/defaults.go). Of the pods
of a StatefulSet upstream looks at labels and restart policy only, since some of their volumes come from claim
templates: a pod that is not legal is refused when it is created.

Not looked at: whether a schedule's time zone is one that the server knows, volume claim templates, pod failure and
success policies.
"""

from __future__ import annotations

import copy
from typing import Any

from kspec.kube import cron, defaults
from kspec.kube.located import Path, Problem, shown
from kspec.kube.validation.checks import Object, Problems, at_least, labels, one_of
from kspec.kube.validation.pods import pod_spec
from kspec.kube.validation.workloads import not_all_of_them, numbers_of_pods, selector_of_pods

SPEC: Path = ("spec",)
GENERATED = frozenset({"controller-uid", "batch.kubernetes.io/controller-uid"})
"""Labels by which the server makes a Job select its pods: a Job that is stored has one of them in its selector."""

LONGEST_CRON_NAME = 52
"""The name of a Job is that of its CronJob and eleven characters more, and no longer than 63."""


def stateful_set(item: Object) -> Problems:
    """A StatefulSet."""
    spec = item.get("spec", {})
    yield from at_least(spec, "replicas", 0, SPEC)
    yield from at_least(spec, "minReadySeconds", 0, SPEC)
    yield from at_least(spec, "revisionHistoryLimit", 0, SPEC)
    yield from at_least(spec.get("ordinals", {}), "start", 0, (*SPEC, "ordinals"))
    yield from _restarted_pods("StatefulSet", spec)
    pod_labels = spec.get("template", {}).get("metadata", {}).get("labels", {})
    yield from labels(pod_labels, (*SPEC, "template", "metadata", "labels"))
    yield from one_of(
        spec.get("podManagementPolicy", "OrderedReady"), ("OrderedReady", "Parallel"), (*SPEC, "podManagementPolicy")
    )
    rolling, path = yield from _strategy(spec)
    yield from at_least(rolling, "partition", 0, path)
    yield from numbers_of_pods(rolling, ("maxUnavailable",), path)
    yield from not_all_of_them(rolling, "maxUnavailable", path)
    if rolling.get("maxUnavailable", 1) in (0, "0%"):
        yield Problem((*path, "maxUnavailable"), "must not be 0: an update could take no pod")


def daemon_set(item: Object) -> Problems:
    """A DaemonSet."""
    spec = item.get("spec", {})
    yield from at_least(spec, "minReadySeconds", 0, SPEC)
    yield from at_least(spec, "revisionHistoryLimit", 0, SPEC)
    yield from _restarted_pods("DaemonSet", spec)
    yield from _template(spec.get("template", {}), (*SPEC, "template"))
    rolling, path = yield from _strategy(spec)
    for field in ("maxUnavailable", "maxSurge"):
        yield from numbers_of_pods(rolling, (field,), path)
        yield from not_all_of_them(rolling, field, path)
    takes = rolling.get("maxUnavailable", 1) not in (0, "0%")
    surges = rolling.get("maxSurge", 0) not in (0, "0%")
    if takes and surges:
        yield Problem((*path, "maxSurge"), "needs maxUnavailable: 0: a DaemonSet either takes pods away first or adds")
    if not takes and not surges:
        yield Problem((*path, "maxUnavailable"), "must not be 0 when maxSurge is 0: no pod could be updated")


def job(item: Object) -> Problems:
    """A Job."""
    spec = item.get("spec", {})
    yield from _job_spec(spec, SPEC)
    selector = spec.get("selector", {})
    own = selector.get("matchExpressions") or not GENERATED.issuperset(selector.get("matchLabels", {}))
    if own and not spec.get("manualSelector"):
        yield Problem((*SPEC, "selector"), "is made by the server: leave it out, or say manualSelector: true")


def cron_job(item: Object) -> Problems:
    """A CronJob."""
    spec = item.get("spec", {})
    name = item.get("metadata", {}).get("name", "")
    if len(name) > LONGEST_CRON_NAME:
        yield Problem(("metadata", "name"), f"must have at most {LONGEST_CRON_NAME} characters: its Jobs add eleven")
    yield from _schedule(spec.get("schedule", ""))
    for field in ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from at_least(spec, field, 0, SPEC)
    policy = spec.get("concurrencyPolicy") or "Allow"
    yield from one_of(policy, ("Allow", "Forbid", "Replace"), (*SPEC, "concurrencyPolicy"))
    path: Path = (*SPEC, "jobTemplate", "spec")
    of_jobs = spec.get("jobTemplate", {}).get("spec", {})
    yield from _job_spec(of_jobs, path)
    if of_jobs.get("selector"):
        yield Problem((*path, "selector"), "is made by the server: leave it out")


def _schedule(schedule: str) -> Problems:
    if "TZ" in schedule:
        yield Problem((*SPEC, "schedule"), "must not name a time zone: spec.timeZone does")
        return
    try:
        cron.parse(schedule)
    except ValueError as error:
        yield Problem((*SPEC, "schedule"), str(error) if schedule else "is required")


def _job_spec(spec: Object, path: Path) -> Problems:
    for field in ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"):
        yield from at_least(spec, field, 0, path)
    mode = spec.get("completionMode", "NonIndexed")
    yield from one_of(mode, ("NonIndexed", "Indexed"), (*path, "completionMode"))
    if mode == "Indexed" and "completions" not in spec:
        yield Problem((*path, "completions"), "is required when completionMode is Indexed")
    if mode != "Indexed" and "backoffLimitPerIndex" in spec:
        yield Problem((*path, "backoffLimitPerIndex"), "needs completionMode: Indexed")
    template, here = spec.get("template", {}), (*path, "template")
    yield from _template(template, here)
    policy = template.get("spec", {}).get("restartPolicy") or "Always"
    if policy == "Always":
        message = 'must be "OnFailure" or "Never": the pods of a Job come to an end ("Always" is the default)'
        yield Problem((*here, "spec", "restartPolicy"), message)


def _restarted_pods(kind: str, spec: Object) -> Problems:
    """The selector, and that the pods are restarted whenever they end."""
    template = spec.get("template", {})
    yield from selector_of_pods(kind, {**spec, "template": template})
    policy = template.get("spec", {}).get("restartPolicy") or "Always"
    if policy in ("OnFailure", "Never"):
        message = f'"{policy}" is not supported: the pods of a {kind} must have "Always"'
        yield Problem((*SPEC, "template", "spec", "restartPolicy"), message)
    if "activeDeadlineSeconds" in template.get("spec", {}):
        yield Problem((*SPEC, "template", "spec", "activeDeadlineSeconds"), f"must not be given in a {kind}")


def _template(template: Object, path: Path) -> Problems:
    """A template for pods, with the defaults that it gets."""
    yield from labels(template.get("metadata", {}).get("labels", {}), (*path, "metadata", "labels"))
    spec: dict[str, Any] = copy.deepcopy(dict(template.get("spec", {})))
    defaults.pod_spec(spec)
    yield from pod_spec(spec, (*path, "spec"), in_template=True)


def _strategy(spec: Object) -> Any:
    """updateStrategy; gives the numbers of a rolling update, and where they are."""
    strategy, path = spec.get("updateStrategy", {}), (*SPEC, "updateStrategy")
    kind = strategy.get("type") or "RollingUpdate"
    yield from one_of(kind, ("OnDelete", "RollingUpdate"), (*path, "type"))
    rolling = strategy.get("rollingUpdate", {})
    if kind == "OnDelete" and rolling:
        yield Problem((*path, "rollingUpdate"), f"must not be given with the type OnDelete: {shown(dict(rolling))}")
    return ({} if kind == "OnDelete" else rolling), (*path, "rollingUpdate")
