"""What a pod uses of a quota, and which quotas are about it: shared by admission and by the quota controller.

Models pkg/quota/v1/evaluator/core/pods.go and staging/src/k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go (A45d,
W134). Amounts are whole numbers: cpu in millicores under each of its names, everything else in its unit.

Not modelled: limits of the pod as a whole, what a resize in place has allocated but not yet applied, and other kinds of
objects.
"""

from __future__ import annotations

import attrs

from kspec.kube.core import QuotaScope, ScopeSelector
from kspec.kube.objects import Container, Operator, Phase, PodSpec, Resources
from kspec_models.helpers import resource_lists
from kspec_models.helpers.pod_resources import PodSpecWithRequests, amount_of, is_extended, pod_requests

OBJECT_COUNT = "count/pods"
"""Every pod that is stored counts, also one that has ended; `pods` counts those that have not."""

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_REQUESTS, _LIMITS, _HUGE_PAGES = "requests.", "limits.", "hugepages-"
_OF_PODS = frozenset(
    {OBJECT_COUNT, "pods", *_COMPUTE, *(_REQUESTS + name for name in _COMPUTE), *(_LIMITS + name for name in _COMPUTE)}
)
_MUST_BE_SET = frozenset(prefix + name for prefix in ("", _REQUESTS, _LIMITS) for name in ("cpu", "memory"))


@attrs.frozen
class QuotaPod:
    """A pod to a quota.

    `overdue`: it is being deleted and its grace period is over, as when its node is lost.
    `cross_namespace_affinity`: a term of its pod affinity names namespaces.
    """

    spec: PodSpec
    phase: Phase = Phase.PENDING
    active_deadline_seconds: int | None = None
    priority_class: str = ""
    cross_namespace_affinity: bool = False
    overdue: bool = False


# ---- is the quota about this pod?


def is_best_effort(spec: PodSpec) -> bool:
    """Whether no container asks for, or limits, cpu or memory."""
    lists = [lists for each in (*spec.containers, *spec.init_containers) for lists in (each.requests, each.limits)]
    if isinstance(spec, PodSpecWithRequests):
        lists.append(spec.requests)
    return all(amount_of(each, name) <= 0 for each in lists for name in ("cpu", "memory"))


def in_scope(selector: ScopeSelector, pod: QuotaPod) -> bool:
    """Whether the pod is in one scope (podMatchesScopeFunc). `Terminating` is of pods with a deadline, not of deleted
    ones."""
    match selector.scope:
        case QuotaScope.TERMINATING:
            return _has_deadline(pod)
        case QuotaScope.NOT_TERMINATING:
            return not _has_deadline(pod)
        case QuotaScope.BEST_EFFORT:
            return is_best_effort(pod.spec)
        case QuotaScope.NOT_BEST_EFFORT:
            return not is_best_effort(pod.spec)
        case QuotaScope.CROSS_NAMESPACE_POD_AFFINITY:
            return pod.cross_namespace_affinity
    return _class_selected(selector, pod.priority_class)


def counted_names(hard: tuple[str, ...]) -> tuple[str, ...]:
    """Which of a quota's resources are about pods at all (MatchingResources)."""
    return tuple(sorted(name for name in hard if name in _OF_PODS or _is_huge(name) or _is_extended(name)))


def concerns(hard: tuple[str, ...], scopes: tuple[ScopeSelector, ...], pod: QuotaPod) -> bool:
    """Whether a quota is about this pod: in all of its scopes, and of some resource of pods (Matches)."""
    return len(counted_names(hard)) > 0 and all(in_scope(each, pod) for each in scopes)


# ---- what does the pod use?


def compute_usage(requests: Resources, limits: Resources) -> Resources:
    """Requests and limits under the names that quotas have for them, and one pod (podComputeUsageHelper).

    A bare `cpu` or `memory` means the request.
    """
    usage: dict[str, int] = {"pods": 1}
    for name, amount in requests:
        if name in _COMPUTE or name.startswith(_HUGE_PAGES):
            usage[name] = amount
            usage[_REQUESTS + name] = amount
        elif is_extended(name):
            usage[_REQUESTS + name] = amount
    for name, amount in limits:
        if name in _COMPUTE:
            usage[_LIMITS + name] = amount
    return tuple(sorted(usage.items(), key=_name))


def counts(pod: QuotaPod) -> bool:
    """Whether the pod still uses resources: it has not ended, and is not stuck in deletion (QuotaV1Pod)."""
    return pod.phase is not Phase.SUCCEEDED and pod.phase is not Phase.FAILED and not pod.overdue


def pod_usage(pod: QuotaPod) -> Resources:
    """What the pod uses of any quota (PodUsageFunc)."""
    stored: Resources = ((OBJECT_COUNT, 1),)
    if not counts(pod):
        return stored
    return resource_lists.add(stored, compute_usage(pod_requests(pod.spec), pod_limits(pod.spec)))


def pod_limits(spec: PodSpec) -> Resources:
    """The limits of a pod, summed as its requests are; the overhead is added where there is a limit (PodLimits)."""
    limited = PodSpec(
        tuple(_limits_as_requests(each) for each in spec.containers),
        tuple(_limits_as_requests(each) for each in spec.init_containers),
    )
    total = pod_requests(limited)
    named = [name for name, amount in total if amount != 0]
    return resource_lists.add(total, resource_lists.mask(spec.overhead, named))


def not_specified(hard: tuple[str, ...], spec: PodSpec) -> tuple[str, ...]:
    """The cpu and memory resources of a quota that some container leaves open, which it may not (Constraints).

    Resources of the pod as a whole make this unnecessary.
    """
    if isinstance(spec, PodSpecWithRequests) and len(spec.requests) > 0:
        return ()
    required = [name for name in counted_names(hard) if name in _MUST_BE_SET]
    missing: set[str] = set()
    for container in (*spec.containers, *spec.init_containers):
        given = resource_lists.names(compute_usage(container.requests, container.limits))
        missing |= set(resource_lists.difference(required, given))
    return tuple(sorted(missing))


def recount(hard: Resources, scopes: tuple[ScopeSelector, ...], pods: tuple[QuotaPod, ...]) -> Resources:
    """status.used as the quota controller computes it, from the pods that there are (W134): never by subtraction."""
    wanted = counted_names(resource_lists.names(hard))
    used: Resources = tuple((name, 0) for name in wanted)
    for pod in pods:
        if concerns(wanted, scopes, pod):
            used = resource_lists.add(used, resource_lists.mask(pod_usage(pod), wanted))
    return used


def _has_deadline(pod: QuotaPod) -> bool:
    return pod.active_deadline_seconds is not None and pod.active_deadline_seconds >= 0


def _class_selected(selector: ScopeSelector, name: str) -> bool:
    """As a label selector has it: NotIn holds of a pod without a class."""
    match selector.operator:
        case Operator.IN:
            return name != "" and name in selector.values
        case Operator.NOT_IN:
            return name == "" or name not in selector.values
        case Operator.DOES_NOT_EXIST:
            return name == ""
    return name != ""


def _limits_as_requests(container: Container) -> Container:
    return attrs.evolve(container, requests=container.limits)


def _is_huge(name: str) -> bool:
    return name.startswith((_HUGE_PAGES, _REQUESTS + _HUGE_PAGES))


def _is_extended(name: str) -> bool:
    return name.startswith(_REQUESTS) and "/" in name and "kubernetes.io/" not in name


def _name(item: tuple[str, int]) -> str:
    """Sort by name alone: an amount may be symbolic."""
    return item[0]
