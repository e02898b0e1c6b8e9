"""The ResourceQuota controller counts anew what is used, also what admission had charged too much."""

from __future__ import annotations

import attrs

from kspec.engines.explicit import explore
from kspec.kernel.properties import Broken, eventually_always
from kspec.kernel.result import Verdict
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.core import ResourceQuota
from kspec.kube.objects import Container, Pod, PodSpec
from kspec.kube.truth import Truth
from kspec_models import users
from kspec_models.controllers.resource_quota.reconcile import resource_quota

QUOTA = ResourceQuota("few", (("pods", 3), ("requests.cpu", 1000)), (("pods", 3), ("requests.cpu", 1000)))
POD = Pod(spec=PodSpec((Container("web", requests=(("cpu", 100),)),)))


@eventually_always(
    witness=lambda truth: truth.field(ResourceQuota, "few", "used") == (("pods", 1), ("requests.cpu", 100))
)
def used_is_what_there_is(truth: Truth) -> bool | Broken:
    """In the end the status says what there is."""
    used = truth.field(ResourceQuota, "few", "used")
    pods = len(truth.all(Pod, "phase"))
    return dict(used) == {"pods": pods, "requests.cpu": 100 * pods} or Broken(f"{used} for {pods} pods")


def cluster(quota: ResourceQuota) -> Cluster:
    scope = Scope(slots={Pod: 1}, stored=(quota,), caches={"resourcequota": "delayed"})
    return Cluster("quota", (users.apply([POD]), resource_quota), scope, (used_is_what_there_is,), kinds_used=(Pod,))


def test_what_was_charged_for_nothing_is_given_back() -> None:
    result = explore(cluster(QUOTA).system())
    assert result.property("used_is_what_there_is").verdict is Verdict.HOLDS


def test_a_quota_that_nobody_has_counted_refuses_until_its_controller_has() -> None:
    result = explore(cluster(attrs.evolve(QUOTA, used=())).system())
    assert result.property("used_is_what_there_is").verdict is Verdict.HOLDS
    assert result.distinct_states > 2
