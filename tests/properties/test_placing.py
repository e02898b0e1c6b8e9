"""The promises about who is placed where: each holds in its system, and some broken scheduler breaks it."""

from __future__ import annotations

import attrs
import pytest

import kspec
from kspec.engines import explicit
from kspec.kernel.registry import load
from kspec.kernel.result import Limits, Verdict
from kspec.kube.storage import StorageClass
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.scheduler import a_node, a_pod, cluster
from kspec_properties import placing
from tests.properties.checking import checked

SYSTEMS = (
    "scheduler.preemption",
    "scheduler.budget",
    "scheduler.affinity",
    "scheduler.affinity.two",
    "scheduler.own",
    "scheduler.scores",
)
MUTANTS = {
    "only_pods_of_lower_priority_are_evicted": ("scheduler.preemption", "scheduler.victims=equals"),
    "a_pod_for_which_others_must_go_is_bound_in_the_end": ("scheduler.preemption", "scheduler.post-filter=left-out"),
    "budgets_are_broken_only_where_nothing_else_helps": ("scheduler.budget", "scheduler.budgets=ignored"),
    "pods_that_avoid_each_other_are_kept_apart": ("scheduler.affinity", "scheduler.neighbours=ignored"),
    "a_pod_is_bound_by_the_scheduler_that_it_names": ("scheduler.own", "scheduler.name=ignored"),
    "no_better_node_is_left": ("scheduler.scores", "scheduler.winner=any"),
    "a_pod_is_bound_once_and_where_it_fits": ("scheduler.affinity", "scheduler.neighbours=ignored"),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_system_is_explored_to_its_end_and_gives_the_verdict_that_it_declares(name: str) -> None:
    result = checked(name)

    assert result.complete
    assert result.never_enabled == ()
    violated = {p.name for p in result.properties if p.verdict is Verdict.VIOLATED}
    assert violated == set(result.expected)
    assert all(p.verdict is Verdict.HOLDS for p in result.properties if p.name not in violated)


def test_every_promise_has_a_witness_and_a_mutant() -> None:
    promises = (*placing.PREEMPTION, *placing.BUDGETS, *placing.AFFINITY, *placing.OWN, *placing.SCORES)

    assert {p.name for p in promises} <= set(MUTANTS)
    assert all(p.witness is not None for p in promises)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_scheduler_is_noticed_by_the_promise_that_it_breaks(name: str) -> None:
    system, setting = MUTANTS[name]
    broken = checked(system, setting, only=name).property(name)

    assert broken.verdict is Verdict.VIOLATED
    assert broken.trace is not None
    assert broken.trace.clause


@pytest.mark.parametrize("name", SYSTEMS)
def test_random_runs_find_nothing_that_exploration_does_not(name: str) -> None:
    expected = set(checked(name).expected)
    found = {p.name for p in kspec.fuzz(name, limits=Limits(seconds=2)).properties if p.verdict is Verdict.VIOLATED}

    assert found <= expected


def test_what_only_some_systems_promise_is_asked_of_no_other_cluster() -> None:
    names = {p.name for p in (*placing.PREEMPTION, *placing.BUDGETS, *placing.AFFINITY, *placing.OWN, *placing.SCORES)}

    assert not names & set(load().properties)


def test_two_schedulers_put_pods_together_that_avoid_each_other_before_they_hear_of_it() -> None:
    trace = checked("scheduler.affinity.two").property("pods_that_avoid_each_other_are_kept_apart").trace

    assert trace is not None
    assert [step.action.kind for step in trace.steps if step.action.name == "bind"] == [
        "scheduler.bind",
        "scheduler-2.bind",
    ]


def test_a_pod_whose_claim_is_not_there_waits_rightly() -> None:
    promise = load().properties["no_pod_stays_pending_for_ever"]
    pod = a_pod("web", claims=("data",))
    schedulers = [scheduler(volumes=True)]
    there = StorageClass("any")
    built = cluster("missing", [pod], [a_node("only")], schedulers, part="scheduler.own")
    scope = attrs.evolve(built.scope, stored=(there,))
    result = explicit.explore(attrs.evolve(built, scope=scope, properties=(promise,)).system())

    assert result.property(promise.name).verdict is Verdict.VACUOUS  # no node ever fits it
    assert result.complete
