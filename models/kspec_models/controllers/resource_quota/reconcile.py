"""The ResourceQuota controller's plumbing: what is used is counted anew, never subtracted from.

Models `pkg/controller/resourcequota/resource_quota_controller.go` syncResourceQuota (W134). What a pod uses is in
`kspec_models.helpers.quota_usage`.

Simplified: a sync may begin whenever it would change something; upstream syncs every five minutes, and after deletions.
Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from typing import Any

from kspec.kube.cache import Api, Cache
from kspec.kube.controller import controller
from kspec.kube.core import ResourceQuota
from kspec.kube.objects import Pod
from kspec.kube.residual import Reconcile
from kspec_models.helpers import quota_usage, resource_lists
from kspec_models.helpers.quota_usage import QuotaPod

NOT_MODELLED = ("quotas of anything but pods", "a change of spec.hard")


@controller(ResourceQuota, watches=Pod, name="resourcequota", not_modelled=NOT_MODELLED)
def resource_quota(quota: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a ResourceQuota: conditional on the version that it has seen."""
    pods = [pod for pod in cache.list(Pod) if pod.namespace == quota.namespace]
    seen = tuple([QuotaPod(p.spec, p.phase, priority_class=p.spec.priority_class_name) for p in pods])
    counted = quota_usage.recount(quota.hard, quota.scopes, seen)
    if not resource_lists.equals(counted, quota.used):
        yield api.update_status(quota, used=counted)
