"""Priority admission."""

from __future__ import annotations

import pytest

from kspec.kube.scheduling import PreemptionPolicy, PriorityClass
from kspec_models.apiserver import priority_admission
from kspec_models.apiserver.priority_admission import PodPriority
from kspec_models.apiserver.write import Rejected

LOW = PriorityClass("low", 10, global_default=True, preemption_policy=PreemptionPolicy.NEVER)
HIGH = PriorityClass("high", 1000, preemption_policy=PreemptionPolicy.PREEMPT_LOWER_PRIORITY)


def test_a_pod_without_a_class_gets_the_default_ones_name_number_and_policy() -> None:
    admitted = priority_admission.resolved(PodPriority(), (HIGH, LOW))
    assert admitted == PodPriority("low", 10, PreemptionPolicy.NEVER)


def test_without_a_default_the_priority_is_zero_and_preempts() -> None:
    admitted = priority_admission.resolved(PodPriority(), (HIGH,))
    assert admitted == PodPriority("", 0, PreemptionPolicy.PREEMPT_LOWER_PRIORITY)


def test_of_two_defaults_the_lower_counts_in_any_order() -> None:
    other = PriorityClass("other", 20, global_default=True)
    for classes in ((LOW, other), (other, LOW)):
        assert priority_admission.default_class(classes) == LOW


@pytest.mark.parametrize(
    "pod",
    [
        PodPriority("gone"),
        PodPriority("high", 999),
        PodPriority(priority=11),
        PodPriority("high", preemption_policy=PreemptionPolicy.NEVER),
    ],
)
def test_a_missing_class_and_a_number_or_policy_of_ones_own_are_refused(pod: PodPriority) -> None:
    with pytest.raises(Rejected):
        priority_admission.resolved(pod, (LOW, HIGH))


@pytest.mark.parametrize("pod", [PodPriority(), PodPriority("high"), PodPriority("high", 1000)])
def test_what_is_admitted_is_admitted_again_unchanged(pod: PodPriority) -> None:
    once = priority_admission.resolved(pod, (LOW, HIGH))
    assert priority_admission.resolved(once, (LOW, HIGH)) == once


def test_a_class_without_policy_leaves_the_pods() -> None:
    old = PriorityClass("old", 5)
    wanted = PodPriority("old", preemption_policy=PreemptionPolicy.NEVER)
    assert priority_admission.resolved(wanted, (old,)).preemption_policy is PreemptionPolicy.NEVER


def test_an_update_that_leaves_the_fields_out_keeps_them() -> None:
    old = PodPriority("high", 1000, PreemptionPolicy.NEVER)
    assert priority_admission.keep(PodPriority("high"), old) == old


def test_a_second_default_is_refused_if_the_cache_knows_the_first() -> None:
    other = PriorityClass("other", 20, global_default=True)
    with pytest.raises(Rejected):
        priority_admission.check_default(other, (LOW,), update=False)
    with pytest.raises(Rejected):
        priority_admission.check_default(other, (LOW,), update=True)
    priority_admission.check_default(other, (), update=False)
    priority_admission.check_default(LOW, (LOW,), update=True)
