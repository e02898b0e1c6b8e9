"""ResourceQuota admission: does the namespace still have room for this pod, and what is charged for it?

Models staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go, CheckRequest (A45d). The charge is
written to each quota's status by compare-and-swap before the pod is stored, and is not taken back if storing fails;
only the quota controller lowers it (A45e). What a pod uses is in `helpers.quota_usage`.

Not modelled: resources limited by the server's configuration, negative requests (validation refuses them), and the
bundling of requests that wait for the same namespace.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.core import ResourceQuota
from kspec.kube.objects import Pod, Resources
from kspec.kube.requests import Also, Look
from kspec_models.apiserver.write import Operation as WriteOperation
from kspec_models.apiserver.write import Rejected, Write
from kspec_models.helpers import quota_usage, resource_lists
from kspec_models.helpers.quota_usage import QuotaPod


class Operation(enum.Enum):
    """What is asked. A plain update of a pod is not evaluated at all; RESIZE is one of its subresource `resize`."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    RESIZE = "RESIZE"


class Reason(enum.Enum):
    """Why a pod is refused, always with 403."""

    MUST_SPECIFY = "must specify"
    STATUS_UNKNOWN = "status unknown"
    EXCEEDED = "exceeded"


@attrs.frozen
class Checked:
    """The answer. If `reason` is None, the pod is admitted and `quotas` are as they are to be written.

    Else `quota` is the one that refuses, because of the resources `names`.
    """

    quotas: tuple[ResourceQuota, ...]
    reason: Reason | None = None
    quota: str = ""
    names: tuple[str, ...] = ()


def concerned(quota: ResourceQuota, pod: QuotaPod) -> bool:
    """Whether the quota is about this pod."""
    return quota_usage.concerns(resource_lists.names(quota.hard), quota.scopes, pod)


def unfit(quota: ResourceQuota, pod: QuotaPod) -> Checked | None:
    """The refusal of a quota that cannot be applied to the pod, None if it can.

    The pod must say what it needs of what is limited; and the quota's controller must have counted before.
    """
    hard = resource_lists.names(quota.hard)
    missing = quota_usage.not_specified(hard, pod.spec)
    if missing:
        return Checked((), Reason.MUST_SPECIFY, quota.name, missing)
    uncounted = resource_lists.difference(quota_usage.counted_names(hard), resource_lists.names(quota.used))
    if uncounted:
        return Checked((), Reason.STATUS_UNKNOWN, quota.name, uncounted)
    return None


def charge_of(quota: ResourceQuota, pod: QuotaPod, old: QuotaPod | None) -> Resources:
    """What the pod adds to the quota: all that it uses, or on an update what it uses more than before.

    If the quota was not about the old pod, it is charged in full.
    """
    usage = quota_usage.pod_usage(pod)
    if old is not None and concerned(quota, old):
        usage = resource_lists.subtract_not_below_zero(usage, quota_usage.pod_usage(old))
    return resource_lists.mask(resource_lists.without_zeros(usage), resource_lists.names(quota.hard))


def exceeded(quota: ResourceQuota, charge: Resources) -> tuple[str, ...]:
    """The resources of which there is not enough left; one that is not charged may be overdrawn already."""
    after = resource_lists.mask(resource_lists.add(quota.used, charge), resource_lists.names(charge))
    return resource_lists.exceeding(after, quota.hard)


def check(
    quotas: tuple[ResourceQuota, ...],
    pod: QuotaPod,
    operation: Operation = Operation.CREATE,
    old: QuotaPod | None = None,
) -> Checked:
    """Whether all quotas of the namespace have room for the pod, and what they are after it (A45d, CheckRequest).

    `old`: the pod before a resize. The first quota that refuses decides the answer; nothing is charged then.
    """
    if operation is Operation.UPDATE:
        return Checked(quotas)
    for quota in quotas:
        refused = unfit(quota, pod) if concerned(quota, pod) else None
        if refused is not None:
            return refused
    result: tuple[ResourceQuota, ...] = ()
    for quota in quotas:
        charge = charge_of(quota, pod, old) if concerned(quota, pod) else ()
        over = exceeded(quota, charge)
        if over:
            return Checked((), Reason.EXCEEDED, quota.name, over)
        result = (*result, attrs.evolve(quota, used=resource_lists.add(quota.used, charge)) if charge else quota)
    return Checked(result)


# ---- the plugin


def quota_pod(pod: Pod) -> QuotaPod:
    """A pod as quotas look at it."""
    return QuotaPod(pod.spec, pod.phase, priority_class=pod.spec.priority_class_name)


def refusal(checked: Checked) -> Rejected | None:
    """The answer to whoever asked; None: there is room."""
    if checked.reason is None:
        return None
    names = ", ".join(checked.names)
    said = {
        Reason.MUST_SPECIFY: f"a pod must say how much it needs of {names}",
        Reason.STATUS_UNKNOWN: f"how much of {names} is used is not known yet",
        Reason.EXCEEDED: f"there is not enough left of {names}",
    }
    return Rejected(f"ResourceQuota {checked.quota}: {said[checked.reason]}")


def charge(write: Write, look: Look) -> tuple[Also, ...]:
    """What a granted create adds to the quotas of its namespace. Raises Rejected.

    In one step: nobody comes between the reading of a quota and the writing. `scopes.apiserver` explores the steps.
    """
    if not write.is_("pods", WriteOperation.CREATE):
        return ()
    quotas = tuple([each for each in look.all(ResourceQuota) if each.namespace == write.namespace])
    checked = check(quotas, quota_pod(write.object))
    refused = refusal(checked)
    if refused is not None:
        raise refused
    return tuple(
        [Also(ResourceQuota, new.name, new) for old, new in zip(quotas, checked.quotas, strict=True) if new != old]
    )
