"""HorizontalPodAutoscalers: what a metric asks for, how fast the size may change, one reconcile."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Phase
from kspec.kube.quantity import MAX_INT64
from kspec_models.controllers.horizontal_pod_autoscaler import behavior, decisions, metrics
from kspec_models.controllers.horizontal_pod_autoscaler.behavior import (
    Behavior,
    Limit,
    Past,
    Policy,
    PolicyType,
    Rules,
    Select,
)
from kspec_models.controllers.horizontal_pod_autoscaler.decisions import (
    Autoscaler,
    Choice,
    Condition,
    Memory,
    Offer,
    Source,
)
from kspec_models.controllers.horizontal_pod_autoscaler.metrics import Pod, Proposal, Readiness, Timing, Tolerances

USUAL = Tolerances()
FRESH = Memory(())


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=6), st.integers(1, 3000))
def test_all_samples_there_it_is_the_ratio_times_the_pods_rounded_up(usages: list[int], target: int) -> None:
    found = metrics.by_average(99, tuple(Pod(usage) for usage in usages), target, Tolerances(-1, -1))
    mean = sum(usages) // len(usages)
    assert found == Proposal(ceil(Fraction(mean * len(usages), target)), mean)


@given(
    st.lists(st.none() | st.integers(0, 4000), min_size=1, max_size=6),
    st.lists(st.sampled_from(Readiness), min_size=6, max_size=6),
    st.integers(1, 6),
    st.integers(10, 150),
)
def test_pods_without_a_say_never_turn_a_change_into_its_opposite(
    usages: list[int | None], readiness: list[Readiness], current: int, target: int
) -> None:
    pods = tuple(
        Pod(usage, 1000, readiness=ready, started=10, changed=10)
        for usage, ready in zip(usages, readiness, strict=False)
    )
    pods += tuple(Pod(usage, 1000) for usage in usages)
    found = metrics.by_utilization(current, pods, target, USUAL)
    if found is None:
        assert all(usage is None for usage in usages)
    elif found.usage > target:
        assert found.replicas >= min(current, sum(1 for pod in pods if pod.usage is not None))
    else:
        assert found.replicas <= max(current, len(pods))


@pytest.mark.parametrize(("usage", "replicas"), [(110, 10), (111, 12), (90, 10), (89, 9)])
def test_the_tolerance_includes_its_bounds(usage: int, replicas: int) -> None:
    assert metrics.by_value(10, usage, 100, 10, USUAL) == Proposal(replicas, usage)


def test_only_cpu_cares_whether_a_pod_is_ready() -> None:
    pod = Pod(100, 100, readiness=Readiness.FALSE, started=0, changed=0)
    assert metrics.group(pod, True, Timing()) is metrics.Group.UNREADY
    assert metrics.group(pod, False, Timing()) is metrics.Group.COUNTED


def test_a_pod_that_was_ready_once_counts_while_it_is_not() -> None:
    assert not metrics.is_unready(Pod(1, readiness=Readiness.FALSE, started=1000, changed=10), Timing())
    assert metrics.is_unready(Pod(1, readiness=Readiness.FALSE, started=1000, changed=990), Timing())


def test_nothing_to_compute_with_is_no_proposal() -> None:
    assert metrics.by_average(3, (), 10, USUAL) is None
    assert metrics.by_average(3, (Pod(None), Pod(5, phase=Phase.FAILED)), 10, USUAL) is None
    assert metrics.by_utilization(1, (Pod(5, None),), 10, USUAL) is None
    assert metrics.by_utilization(1, (Pod(5, 0),), 10, USUAL) is None


def test_from_zero_the_target_is_one_pods_and_usage_stays_an_int64() -> None:
    assert metrics.by_value(0, 25, 10, None, USUAL) == Proposal(3, 25)
    assert metrics.by_value_per_pod(0, 25, 10, USUAL).replicas == 3
    assert metrics.total((MAX_INT64, 1)) == MAX_INT64


@given(
    st.integers(0, 50),
    st.integers(0, 50),
    st.lists(st.builds(Past, st.integers(0, 50), st.integers(0, 600)), max_size=5).map(tuple),
)
def test_without_behavior_windows_only_hold_back_going_down(current: int, desired: int, past: tuple[Past, ...]) -> None:
    assert behavior.stabilized(desired, past) >= desired
    both = behavior.stabilized_with_behavior(current, desired, past, 0, 0)
    assert both == desired


@given(
    st.integers(0, 50),
    st.integers(0, 200),
    st.integers(0, 5),
    st.integers(5, 100),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_a_size_never_passes_its_limits_nor_turns_back(
    current: int, desired: int, least: int, most: int, added: int, removed: int
) -> None:
    ups, downs = (Past(added, 5),), (Past(removed, 5),)
    size = behavior.limited_with_behavior(current, desired, least, most, Behavior(), ups, downs)
    if current < desired and current <= most:
        assert current <= size.replicas <= min(desired, most)
    if desired < current and current >= least:
        assert max(desired, least) <= size.replicas <= current
    assert (size.replicas == desired) or size.limit is not Limit.NONE


def test_what_changed_within_the_period_is_counted_against_it() -> None:
    rules = Rules(0, (Policy(PolicyType.PODS, 5, 60),))
    assert behavior.scale_up_limit(10, rules, (Past(3, 59),), ()) == 12
    assert behavior.scale_up_limit(10, rules, (Past(3, 60),), ()) == 15
    assert behavior.scale_down_limit(10, rules, (), (Past(3, 10),)) == 8


def test_the_select_policy_takes_the_most_the_least_or_no_change() -> None:
    policies = (Policy(PolicyType.PODS, 4, 60), Policy(PolicyType.PERCENT, 10, 60))
    for select, up, down in ((Select.MAX, 14, 6), (Select.MIN, 11, 9), (Select.DISABLED, 10, 10)):
        rules = Rules(0, policies, select)
        assert behavior.scale_up_limit(10, rules, (), ()) == up
        assert behavior.scale_down_limit(10, rules, (), ()) == down


def test_a_percentage_alone_never_leaves_zero() -> None:
    percent = Behavior(up=Rules(0, (Policy(PolicyType.PERCENT, 100, 15),)))
    assert behavior.limited_with_behavior(0, 5, 0, 10, percent, (), ()) == behavior.Size(0, Limit.SCALE_UP)


def test_one_metric_that_cannot_be_had_forbids_going_down_but_not_up() -> None:
    broken = Offer(Source.EXTERNAL, None)
    assert decisions.largest((Offer(Source.PODS, 3), broken), 5) is None
    assert decisions.largest((Offer(Source.PODS, 7), broken), 5) == 7
    failed = decisions.reconcile(Autoscaler(1, 9), 5, (Offer(Source.PODS, 3), broken), FRESH)
    assert failed.desired == 5
    assert Condition("ScalingActive", False, "FailedGetExternalMetric") in failed.conditions


def test_a_controller_that_restarts_does_not_scale_down_at_once() -> None:
    offers = (Offer(Source.RESOURCE, 2),)
    assert decisions.reconcile(Autoscaler(1, 9), 5, offers).desired == 5
    assert decisions.reconcile(Autoscaler(1, 9), 5, offers, FRESH).desired == 2


def test_a_target_that_somebody_put_to_zero_stays_there() -> None:
    assert decisions.choose(0, 0, 9, itself=False, from_outside=True) is Choice.DISABLED
    assert decisions.choose(0, 0, 9, itself=True, from_outside=True) is Choice.METRICS
    assert decisions.choose(0, 0, 9, itself=True, from_outside=False) is Choice.DISABLED
    assert decisions.choose(0, 2, 9, itself=True, from_outside=False) is Choice.METRICS
    before = (Condition("ScaledToZero", True, "ScaledToZero"),)
    offers = (Offer(Source.OBJECT, 3),)
    with_gate = decisions.reconcile(Autoscaler(0, 9, scale_to_zero=True), 0, offers, FRESH, before)
    assert with_gate.desired == 3 and Condition("ScaledToZero", False, "NotScaledToZero") in with_gate.conditions
    without = decisions.reconcile(Autoscaler(0, 9), 0, offers, FRESH, before)
    assert without.desired == 0 and all(each.type != "ScaledToZero" for each in without.conditions)


@given(
    st.integers(0, 30),
    st.lists(st.builds(Offer, st.sampled_from(Source), st.none() | st.integers(0, 60)), min_size=1, max_size=3).map(
        tuple
    ),
    st.booleans(),
)
def test_what_is_written_is_within_the_range(current: int, offers: tuple[Offer, ...], with_behavior: bool) -> None:
    hpa = Autoscaler(2, 9, Behavior() if with_behavior else None)
    outcome = decisions.reconcile(hpa, current, offers, FRESH)
    assert outcome.desired == current or 2 <= outcome.desired <= 9


def test_a_pod_that_is_starting_counts_as_idle_on_the_way_up_and_not_at_all_on_the_way_down() -> None:
    starting = Pod(0, 1000, readiness=Readiness.FALSE, started=0, changed=0)
    busy, idle = (Pod(900, 1000),) * 2, (Pod(200, 1000),) * 2
    assert metrics.by_utilization(3, (*busy, starting), 50, USUAL) == Proposal(4, 90)
    assert metrics.by_utilization(3, (*idle, starting), 50, USUAL) == Proposal(1, 20)
    above = (Pod(700, 1000),) * 2
    assert metrics.by_utilization(2, (*above, starting), 50, USUAL) == Proposal(2, 70)


def test_a_pod_without_a_sample_counts_as_idle_on_the_way_up_and_as_full_on_the_way_down() -> None:
    missing = Pod(None, 1000)
    assert metrics.by_utilization(3, (Pod(900, 1000), Pod(900, 1000), missing), 50, USUAL) == Proposal(4, 90)
    assert metrics.by_utilization(5, (Pod(100, 1000), missing), 80, USUAL) == Proposal(2, 10)
    assert metrics.by_utilization(4, (Pod(100, 1000), missing), 150, USUAL) == Proposal(2, 10)
    assert metrics.by_average(5, (Pod(10), Pod(10), Pod(None)), 40, USUAL) == Proposal(2, 10)


def test_a_limit_that_was_used_up_keeps_the_size_and_does_not_raise_it() -> None:
    slow = Behavior(down=Rules(0, (Policy(PolicyType.PODS, 4, 60),)))
    size = behavior.limited_with_behavior(10, 5, 1, 100, slow, (), (Past(20, 5),))
    assert size == behavior.Size(10, Limit.SCALE_DOWN)
