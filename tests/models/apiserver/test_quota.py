"""Quota admission."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.core import QuotaScope, ResourceQuota, ScopeSelector
from kspec.kube.objects import Container, Operator, Phase, PodSpec, Resources
from kspec_models.apiserver import quota
from kspec_models.apiserver.quota import Operation, Reason
from kspec_models.helpers import quota_usage, resource_lists
from kspec_models.helpers.pod_resources import PodSpecWithRequests
from kspec_models.helpers.quota_usage import QuotaPod


def pod(cpu: int | None = 1000, **fields: Any) -> QuotaPod:
    """A pod of one container with this request of cpu in millicores; None: it says nothing."""
    requests: Resources = () if cpu is None else (("cpu", cpu),)
    return attrs.evolve(QuotaPod(PodSpec((Container("c", requests=requests),))), **fields)


def pods_and_cpu(pods: int, cpu: int, used_pods: int = 0, used_cpu: int = 0) -> ResourceQuota:
    return ResourceQuota(
        "q", (("pods", pods), ("requests.cpu", cpu)), (("pods", used_pods), ("requests.cpu", used_cpu))
    )


def test_what_fits_exactly_is_charged_and_the_next_is_refused() -> None:
    first = quota.check((pods_and_cpu(2, 1000),), pod())
    assert first.quotas == (pods_and_cpu(2, 1000, 1, 1000),)
    second = quota.check(first.quotas, pod())
    assert (second.reason, second.quota, second.names) == (Reason.EXCEEDED, "q", ("requests.cpu",))


def test_one_quota_that_refuses_keeps_all_from_being_charged() -> None:
    assert quota.check((pods_and_cpu(5, 5000), pods_and_cpu(0, 5000)), pod()).quotas == ()


def test_a_quota_on_cpu_makes_a_request_mandatory_for_every_container() -> None:
    two = PodSpec((Container("a", requests=(("cpu", 1),)), Container("b")))
    assert quota.check((pods_and_cpu(2, 1000),), QuotaPod(two)).reason is Reason.MUST_SPECIFY
    only_pods = ResourceQuota("q", (("pods", 2),), (("pods", 0),))
    assert quota.check((only_pods,), QuotaPod(two)).reason is None


def test_requests_of_the_pod_as_a_whole_make_those_of_containers_unnecessary() -> None:
    spec = PodSpecWithRequests((Container("c"),), requests=(("cpu", 300),))
    assert quota.check((pods_and_cpu(2, 1000),), QuotaPod(spec)).quotas == (pods_and_cpu(2, 1000, 1, 300),)
    empty = PodSpecWithRequests((Container("c"),))
    assert quota.check((pods_and_cpu(2, 1000),), QuotaPod(empty)).reason is Reason.MUST_SPECIFY


def test_a_fresh_quota_blocks_until_its_controller_has_counted() -> None:
    fresh = ResourceQuota("q", (("pods", 2), ("services", 1)))
    assert quota.check((fresh,), pod()).names == ("pods",)
    counted = attrs.evolve(fresh, used=quota_usage.recount(fresh.hard, (), ()))
    assert quota.check((counted,), pod()).reason is None


def test_a_quota_of_other_kinds_is_not_about_pods() -> None:
    other = ResourceQuota("q", (("services", 0),))
    assert not quota.concerned(other, pod())
    assert quota.check((other,), pod()).quotas == (other,)


def test_an_overdrawn_resource_that_the_pod_does_not_use_does_not_matter() -> None:
    overdrawn = ResourceQuota(
        "q", (("pods", 5), ("requests.example.com/gpu", 1)), (("pods", 1), ("requests.example.com/gpu", 9))
    )
    assert quota.check((overdrawn,), pod()).reason is None


def test_a_plain_update_is_not_evaluated_and_a_resize_pays_the_difference() -> None:
    full = pods_and_cpu(1, 1000, 1, 1000)
    assert quota.check((full,), pod(5000), Operation.UPDATE, pod()).quotas == (full,)
    assert quota.check((full,), pod(1001), Operation.RESIZE, pod(1000)).reason is Reason.EXCEEDED
    assert quota.check((full,), pod(10), Operation.RESIZE, pod(1000)).quotas == (full,)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        (ScopeSelector(QuotaScope.BEST_EFFORT), {"none"}),
        (ScopeSelector(QuotaScope.NOT_BEST_EFFORT), {"asks", "deadline", "high"}),
        (ScopeSelector(QuotaScope.TERMINATING), {"deadline"}),
        (ScopeSelector(QuotaScope.NOT_TERMINATING), {"none", "asks", "high"}),
        (ScopeSelector(QuotaScope.PRIORITY_CLASS), {"high"}),
        (ScopeSelector(QuotaScope.PRIORITY_CLASS, Operator.IN, ("high",)), {"high"}),
        (ScopeSelector(QuotaScope.PRIORITY_CLASS, Operator.IN, ("low", "")), set()),
        (ScopeSelector(QuotaScope.PRIORITY_CLASS, Operator.NOT_IN, ("high",)), {"none", "asks", "deadline"}),
        (ScopeSelector(QuotaScope.PRIORITY_CLASS, Operator.DOES_NOT_EXIST), {"none", "asks", "deadline"}),
        (ScopeSelector(QuotaScope.CROSS_NAMESPACE_POD_AFFINITY), set()),
    ],
)
def test_a_scope_selects_its_pods(selector: ScopeSelector, names: set[str]) -> None:
    pods = {
        "none": pod(None),
        "asks": pod(),
        "deadline": pod(active_deadline_seconds=0),
        "high": pod(priority_class="high"),
    }
    assert {name for name, each in pods.items() if quota_usage.in_scope(selector, each)} == names


def test_a_pod_that_has_ended_or_is_stuck_uses_only_its_object_count() -> None:
    for each in (pod(phase=Phase.SUCCEEDED), pod(phase=Phase.FAILED), pod(overdue=True)):
        assert quota_usage.pod_usage(each) == (("count/pods", 1),)


def test_extended_resources_and_huge_pages_count_under_their_names() -> None:
    usage = dict(quota_usage.compute_usage((("example.com/gpu", 2), ("hugepages-2Mi", 4)), (("example.com/gpu", 2),)))
    assert usage == {"pods": 1, "requests.example.com/gpu": 2, "hugepages-2Mi": 4, "requests.hugepages-2Mi": 4}
    assert quota_usage.counted_names(tuple(usage)) == tuple(sorted(usage))


def test_limits_are_charged_under_their_own_names_and_requests_under_both() -> None:
    container = Container("c", requests=(("cpu", 100),), limits=(("cpu", 300), ("memory", 7)))
    usage = quota_usage.pod_usage(QuotaPod(PodSpec((container, container))))
    assert usage == (
        ("count/pods", 1),
        ("cpu", 200),
        ("limits.cpu", 600),
        ("limits.memory", 14),
        ("pods", 1),
        ("requests.cpu", 200),
    )


def test_the_overhead_adds_to_limits_only_where_there_is_one() -> None:
    spec = PodSpec((Container("c", limits=(("memory", 10),)),), overhead=(("cpu", 5), ("memory", 3)))
    assert quota_usage.pod_limits(spec) == (("memory", 13),)


@given(st.lists(st.integers(0, 700), max_size=8), st.integers(0, 5), st.integers(0, 2000))
def test_admitting_one_by_one_never_exceeds_and_agrees_with_a_recount(cpus: list[int], pods: int, cpu: int) -> None:
    now = pods_and_cpu(pods, cpu)
    admitted: list[QuotaPod] = []
    for each in map(pod, cpus):
        answer = quota.check((now,), each)
        if answer.reason is None:
            now, admitted = answer.quotas[0], [*admitted, each]
    assert resource_lists.exceeding(now.used, now.hard) == ()
    assert now.used == quota_usage.recount(now.hard, (), tuple(admitted))
