"""Validation: is what is to be stored a legal object?

Upstream: `validation/validation.go` of each group below `pkg/apis` (apps, batch, core, rbac). Refused with 422.
Manifests have been validated whole before they come here (kspec.kube.validation); these are the rules that a *running*
cluster can break.
"""

from __future__ import annotations

import functools
from typing import Any

import attrs

from kspec.kube.batch import Job, JobCondition
from kspec.kube.core import ConfigMap, Secret
from kspec.kube.objects import Container, Pod, PodSpec, PodTemplate
from kspec.kube.status import status_fields
from kspec_models.apiserver import specs
from kspec_models.apiserver.finalizers import forbidden_additions
from kspec_models.apiserver.kinds import IMMUTABLE, NOT_NEGATIVE, ONCE_SET

_WRITTEN = {
    "replicas": "spec.replicas",
    "selector": "spec.selector",
    "role_ref": "roleRef",
    "deleting": "deletionTimestamp",
}

OF_THE_SERVER = ("name", "namespace", "uid", "deleting")
"""Metadata that no update changes (A57): a deletion is asked for by DELETE."""


def invalid(old: Any, new: Any) -> str:
    """What is wrong with the version that is to be stored; empty: nothing. `old` None: it is new."""
    for field in NOT_NEGATIVE:
        number = getattr(new, field, None)
        if isinstance(number, int) and number < 0:
            return f"{_WRITTEN.get(field, field)}: must be greater than or equal to 0"
    if old is None or any(getattr(old, field) != getattr(new, field) for field in spec_fields(new.__class__)):
        problem = specs.wrong(new)
        if problem:
            return problem
    return "" if old is None else changed(old, new)


@functools.cache
def spec_fields(cls: type) -> tuple[str, ...]:
    """The fields of a kind that are not its status: a write of that alone is not asked what the spec must be."""
    status = status_fields(cls) or frozenset()
    return tuple([name for name in attrs.fields_dict(cls) if name not in status])


def changed(old: Any, new: Any) -> str:
    """What an update changes that it may not; empty: nothing."""
    for field in IMMUTABLE.get(type(new).__name__, ()):
        if getattr(new, field, None) != getattr(old, field, None):
            return f"{_WRITTEN.get(field, field)}: field is immutable"
    for field in ONCE_SET.get(type(new).__name__, ()):
        if getattr(old, field) not in (None, "", getattr(new, field)):
            return f"{_WRITTEN.get(field, field)}: field is immutable once it is set"
    if isinstance(old, Job) and template_that_may_be(old, new.template) != new.template:
        return "spec.template: field is immutable"
    if isinstance(old, (ConfigMap, Secret)) and old.immutable and (new.immutable, new.data) != (True, old.data):
        return "data: field is immutable when `immutable` is set"
    for field in OF_THE_SERVER:
        if getattr(new, field, None) != getattr(old, field, None):
            return f"metadata.{_WRITTEN.get(field, field)}: field is immutable"
    if isinstance(old, Pod):
        wrong = changed_pod(old, new)
        if wrong:
            return wrong
    added = forbidden_additions(
        bool(getattr(old, "deleting", False)), getattr(old, "finalizers", ()), getattr(new, "finalizers", ())
    )
    if added:
        return f"metadata.finalizers: {', '.join(added)} cannot be added while the object is being deleted"
    return ""


def template_that_may_be(old: Job, new: PodTemplate) -> PodTemplate:
    """The template of a Job with those changes of a new one that an update may make (validatePodTemplateUpdate).

    While the Job is suspended and nothing of it runs: labels, what selects nodes, tolerations, scheduling gates, and
    what containers request (the gates MutableSchedulingDirectivesForSuspendedJobs and
    MutablePodResourcesForSuspendedJobs, on since 1.36). Simplified: whether a Job has ever started (status.startTime)
    is told by whether its status counts any pod.
    """
    if not (old.suspend and may_be_changed(old)):
        return old.template
    directives = ("node_selector", "node_affinity", "preferred_nodes", "tolerations", "scheduling_gates")
    may: dict[str, Any] = {field: getattr(new.spec, field) for field in directives}
    for field in ("containers", "init_containers"):
        may[field] = with_resources(getattr(old.template.spec, field), getattr(new.spec, field))
    return PodTemplate(new.labels, attrs.evolve(old.template.spec, **may))


def may_be_changed(job: Job) -> bool:
    """Whether nothing runs of a suspended Job: it has no active pods, and says that it is suspended or never ran."""
    counted = (job.succeeded, job.failed, job.terminating, len(job.uncounted_succeeded), len(job.uncounted_failed))
    return job.active == 0 and (JobCondition.SUSPENDED in job.conditions or not any(counted))


def with_resources(old: tuple[Container, ...], new: tuple[Container, ...]) -> tuple[Container, ...]:
    """The old containers with the requests and limits of the new ones, if there are as many."""
    if len(old) != len(new):
        return old
    pairs = zip(old, new, strict=True)
    return tuple([attrs.evolve(was, requests=each.requests, limits=each.limits) for was, each in pairs])


def changed_pod(old: Pod, new: Pod) -> str:
    """What an update of a pod changes that it may not; empty: nothing (ValidatePodUpdate).

    Images may change, tolerations be added, scheduling gates be removed; while there are gates, also what selects
    nodes. A node is given to it by its binding.
    """
    if new.node != old.node:
        return "spec.nodeName: may not be changed by an update"
    if new.spec == old.spec:
        return ""
    if not set(new.spec.scheduling_gates) <= set(old.spec.scheduling_gates):
        return "spec.schedulingGates: only deletion is allowed"
    if not set(new.spec.tolerations) >= set(old.spec.tolerations):
        return "spec.tolerations: only addition is allowed"
    if same_but_for_what_may_change(old.spec, new.spec) != old.spec:
        return "spec: an update may change images, add tolerations and remove scheduling gates, and nothing else"
    return ""


def same_but_for_what_may_change(old: PodSpec, new: PodSpec) -> PodSpec:
    """The new spec with everything that may change as it was."""
    may: dict[str, Any] = {
        "containers": with_images(old.containers, new.containers),
        "init_containers": with_images(old.init_containers, new.init_containers),
        "tolerations": old.tolerations,
        "scheduling_gates": old.scheduling_gates,
    }
    if old.scheduling_gates:
        may |= {"node_selector": old.node_selector, "node_affinity": old.node_affinity}
    return attrs.evolve(new, **may)


def with_images(old: tuple[Container, ...], new: tuple[Container, ...]) -> tuple[Container, ...]:
    """The new containers with the images that the old ones had, if there are as many."""
    if len(old) != len(new):
        return new
    return tuple([attrs.evolve(each, image=was.image) for was, each in zip(old, new, strict=True)])
