"""Evictions keep to their budgets, by systems that hold and by mutants that do not."""

from __future__ import annotations

import pytest

import kspec
from kspec.kernel.result import Verdict
from kspec.run import run_of

KEEPS = "evictions_keep_to_the_budget"


@pytest.mark.parametrize("system", ["drain.budget", "drain.late"])
def test_no_eviction_takes_more_than_the_budget_spares(system: str) -> None:
    assert kspec.check(system, properties=[KEEPS]).property(KEEPS).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("system", "setting", "value"),
    [
        ("drain.budget", "apiserver.eviction", "unpaid"),
        ("drain.late", "apiserver.eviction", "unpaid"),
        ("drain.late", "disruption.disrupted", "forgotten"),
        ("drain.late", "disruption.desired", "one-less"),
    ],
)
def test_it_is_noticed_when_a_permission_is_used_twice(system: str, setting: str, value: str) -> None:
    found = kspec.check(system, settings={setting: value}, properties=[KEEPS]).property(KEEPS)
    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.steps[-1].action.name == "evict"


def test_a_drain_completes_where_the_budget_can_be_paid_and_waits_for_ever_where_it_cannot() -> None:
    name = "a_drain_completes"
    assert kspec.check("drain.budget", properties=[name]).property(name).verdict is Verdict.HOLDS
    assert kspec.check("drain.blocked", properties=[name]).property(name).verdict is Verdict.VIOLATED


def test_the_run_of_a_drain_evicts_both_pods_and_ends_with_two_on_the_other_node() -> None:
    told = run_of("drain.budget")
    evictions = [step for step in told.steps if step.action.endswith("/eviction")]
    assert len(evictions) == 2
    assert sum("Running, Ready, on node-2" in line for line in told.objects) == 2


def test_a_drain_that_is_blocked_says_which_budget_refuses_and_why() -> None:
    name = "a_drain_completes"
    trace = kspec.check("drain.blocked", properties=[name]).property(name).trace
    assert trace is not None
    waits = kspec.story(trace).waits
    (refused,) = [why for lane, what, why in waits if lane == "user" and what.startswith("an eviction to be granted")]
    assert refused == "PodDisruptionBudget web wants 2 healthy pods, there are 2, and an eviction would leave 1"
    assert ("disruption", "", "web allows 0 disruptions, and its status says so") in waits
