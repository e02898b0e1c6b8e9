"""What is promised of DaemonSets holds, was exercised, and is broken by a broken controller; the systems are as they
say."""

from __future__ import annotations

import functools

import pytest

from kspec.engines import reference
from kspec.kernel.result import PropertyResult, Result, Verdict
from kspec_properties.daemonset import OF_DAEMONSETS, OF_NODES, OF_ROLLOUTS, ON_FAILING_NODES
from tests.properties.checking import checked

SYSTEMS = (
    "daemonset.nodes",
    "daemonset.stale",
    "daemonset.rollout",
    "daemonset.surge",
    "daemonset.node_fails",
    "daemonset.node_removed",
)

MUTANTS = {
    "never_two_daemon_pods_on_a_node": (("daemonset.stale", "daemonset.expectations=off"),),
    "a_daemonset_converges": (
        ("daemonset.nodes", "daemonset.misplaced=kept"),
        ("daemonset.node_removed", "daemonset.stranded=kept"),
    ),
    "a_daemonset_reports_what_is_true_when_all_is_quiet": (("daemonset.nodes", "daemonset.status=one-short"),),
    "cordoned_and_failing_nodes_keep_their_daemon_pods": (("daemonset.nodes", "daemonset.tolerations=its-own"),),
    "no_daemon_pod_is_evicted_from_a_failing_node": (("daemonset.node_fails", "daemonset.tolerations=its-own"),),
    "a_daemonset_rollout_keeps_max_unavailable": (
        ("daemonset.rollout", "daemonset.unavailable=ignored"),
        ("daemonset.surge", "daemonset.surging=old-first"),
    ),
}


@functools.cache
def sound(name: str) -> Result:
    return checked(name)


@functools.cache
def broken(name: str, setting: str, only: str) -> PropertyResult:
    return checked(name, setting, only=only).property(only)


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_that_is_promised_holds_and_is_exercised(name: str) -> None:
    result = sound(name)

    assert result.complete and result.never_enabled == ()
    assert {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS} == {}


def test_each_promise_has_a_witness_and_a_mutant() -> None:
    promises = (*OF_DAEMONSETS, *OF_NODES, *ON_FAILING_NODES, *OF_ROLLOUTS)

    assert {p.name for p in promises} == set(MUTANTS)
    assert all(p.witness is not None for p in promises)


@pytest.mark.parametrize(("name", "where"), [(name, where) for name, all_of in MUTANTS.items() for where in all_of])
def test_a_broken_controller_is_noticed(name: str, where: tuple[str, str]) -> None:
    assert sound(where[0]).property(name).verdict is Verdict.HOLDS
    found = broken(*where, name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


def test_without_expectations_a_second_sync_creates_the_pods_again() -> None:
    found = broken("daemonset.stale", "daemonset.expectations=off", "never_two_daemon_pods_on_a_node")

    assert found.trace is not None
    assert [step.action.name for step in found.trace.steps].count("sync") == 2
    assert found.trace.clause.startswith("2 active pods of DaemonSet agent are on node-")


def test_the_engines_agree_about_a_rollout() -> None:
    fast, plain = sound("daemonset.rollout"), checked("daemonset.rollout", engine=reference.explore)

    assert fast.depth == plain.depth and fast.distinct_states <= plain.distinct_states
