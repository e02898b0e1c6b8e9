"""What is promised of StatefulSets holds, was exercised, and is broken by a broken controller; the systems are as they
say."""

from __future__ import annotations

import functools

import pytest

import kspec
from kspec.engines import reference
from kspec.kernel.result import PropertyResult, Result, Verdict
from kspec_properties.statefulset import OF_ROLLOUTS, OF_STATEFULSETS, ON_LOST_NODES
from tests.properties.checking import checked

SYSTEMS = (
    "statefulset.ordered",
    "statefulset.stale",
    "statefulset.rollout",
    "statefulset.parallel",
    "statefulset.forced_rollback",
    "statefulset.cut_off",
    "statefulset.split_brain",
    "statefulset.node_lost",
)

MUTANTS = {
    "a_pod_name_is_given_once": (("statefulset.stale", "apiserver.names=given-twice"),),
    "a_pod_is_created_after_those_below_it": (("statefulset.ordered", "statefulset.order=ignored"),),
    "a_surplus_pod_goes_after_those_above_it": (("statefulset.ordered", "statefulset.condemned=lowest-first"),),
    "no_surplus_ordinals_are_left_when_all_is_quiet": (("statefulset.ordered", "statefulset.condemned=kept"),),
    "a_statefulset_converges": (("statefulset.ordered", "statefulset.condemned=kept"),),
    "a_statefulset_reports_what_is_true_when_all_is_quiet": (("statefulset.ordered", "statefulset.status=one-short"),),
    "a_rollout_goes_from_high_to_low": (
        ("statefulset.rollout", "statefulset.update=lowest-first"),
        ("statefulset.rollout", "statefulset.update=beyond-the-partition"),
        ("statefulset.rollout", "statefulset.new-pods=newest"),
    ),
    "an_update_leaves_at_most_one_pod_unavailable": (("statefulset.rollout", "statefulset.order=ignored"),),
}


@functools.cache
def sound(name: str) -> Result:
    return checked(name)


@functools.cache
def broken(name: str, setting: str, only: str) -> PropertyResult:
    return checked(name, setting, only=only).property(only)


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_holds_but_what_is_expected_to_fail(name: str) -> None:
    result = sound(name)

    assert not result.complete or result.never_enabled == ()
    others = {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS}
    assert others == dict.fromkeys(result.expected, Verdict.VIOLATED)


def test_each_promise_has_a_witness_and_a_mutant() -> None:
    assert {p.name for p in (*OF_STATEFULSETS, *OF_ROLLOUTS)} == set(MUTANTS)
    assert all(p.witness is not None for p in (*OF_STATEFULSETS, *OF_ROLLOUTS, *ON_LOST_NODES))


@pytest.mark.parametrize(("name", "where"), [(name, where) for name, all_of in MUTANTS.items() for where in all_of])
def test_a_broken_controller_is_noticed(name: str, where: tuple[str, str]) -> None:
    assert sound(where[0]).property(name).verdict is Verdict.HOLDS
    found = broken(*where, name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


def test_only_deletion_by_force_lets_two_pods_of_a_name_run() -> None:
    name = "at_most_one_pod_of_a_name_runs"

    assert sound("statefulset.cut_off").property(name).verdict is Verdict.HOLDS
    found = sound("statefulset.split_brain").property(name)
    assert found.verdict is Verdict.VIOLATED and found.trace is not None
    assert found.trace.clause.endswith("which never had more than 1 name")
    assert "administrator" in {step.action.actor for step in found.trace.steps}
    assert kspec.replay(found.trace).verdict is Verdict.REPRODUCED


def test_a_set_that_is_stuck_says_for_which_pod_it_waits() -> None:
    found = sound("statefulset.forced_rollback").property("a_statefulset_converges")

    assert found.trace is not None
    waits = {who: what for who, what, _ in found.trace.waits}
    assert waits["statefulset"] == "web-1 to become ready"


def test_a_set_whose_node_is_lost_waits_for_its_kubelet() -> None:
    found = sound("statefulset.node_lost").property("a_statefulset_converges")

    assert found.trace is not None
    assert {"taint-eviction", "node-lifecycle"} <= {step.action.actor for step in found.trace.steps}
    waits = {who: what for who, what, _ in found.trace.waits}
    assert waits["statefulset"] == "web-0 to be gone" and waits["kubelet"] == "word that web-0 is to end"


def test_the_engines_agree_about_a_lost_node() -> None:
    fast, plain = checked("statefulset.cut_off"), checked("statefulset.cut_off", engine=reference.explore)

    assert fast.distinct_states <= plain.distinct_states and fast.depth == plain.depth
