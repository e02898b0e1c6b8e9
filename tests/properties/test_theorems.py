"""The theorems are proved, their false neighbours refuted by the recorded numbers, and each is broken by some twin."""

from __future__ import annotations

import functools
import re

import attrs
import pytest
from hypothesis import assume as assume_hypothesis
from hypothesis import given
from hypothesis import strategies as st

from kspec.engines.z3 import prove
from kspec.kernel import settings
from kspec.kernel.registry import registry
from kspec.kernel.result import Exit, PropertyResult, Result, Verdict
from kspec.outcome import outcome
from kspec.prove import Dropped, Theorem
from kspec_models.controllers.deployment import decisions
from kspec_models.controllers.deployment import twins as deployment_twins
from kspec_models.controllers.deployment.decisions import Rollout, Sized
from kspec_models.controllers.replicaset import twins as replicaset_twins
from kspec_models.etcd import twins as store_twins
from kspec_properties import theorems as all_theorems
from kspec_properties.theorems import folds, rolling

assert all_theorems and deployment_twins and replicaset_twins and store_twins

BROKEN_BY = {
    "surge_and_unavailable_are_never_both_zero": "deployment.fence=off",
    "surge_rounds_up_and_unavailable_rounds_down": "deployment.rounding=down",
    "what_may_be_unavailable_is_at_most_replicas": "deployment.cap=off",
    "the_sum_of_sizes_never_passes_replicas_plus_surge": "deployment.surge=one-too-many",
    "a_sync_never_gives_availability_away": "deployment.scale-down=one-too-many",
    "every_sync_that_writes_comes_nearer": "deployment.new-size=overcut",
    "a_sync_writes_nothing_exactly_while_it_waits_for_new_pods": "deployment.new-missing=doubled",
    "a_sync_comes_nearer_while_new_pods_are_available": "deployment.new-missing=one-more",
    "scaling_down_takes_no_more_than_allowed": "deployment.scale-down=whole",
    "scaling_down_keeps_what_is_not_taken_available": "deployment.scale-down=unguarded",
    "scaling_down_takes_all_that_may_go": "deployment.scale-down=one-too-few",
    "cleaning_up_takes_no_more_than_allowed": "deployment.clean-up=unlimited",
    "cleaning_up_takes_no_available_pod": "deployment.clean-up=whole",
    "both_stages_keep_what_scaling_down_does_not_take": "deployment.clean-up=whole",
    "any_number_of_old_replica_sets_keep_the_promise": "deployment.scale-down=one-too-many",
    "scaling_two_replica_sets_is_exact": "deployment.leftover=dropped",
    "scaling_three_replica_sets_is_exact": "deployment.share=up",
    "a_share_is_the_nearest_whole_number": "deployment.share=up",
    "a_sync_never_overshoots": "replicaset.difference=one-too-many",
    "a_sync_does_one_thing_in_one_burst": "replicaset.difference=no-bursts",
    "every_sync_comes_nearer_to_replicas": "replicaset.difference=never-deletes",
    "a_daemonset_may_always_change_some_node": "daemonset.limits=both-zero",
    "both_limits_of_a_daemonset_round_up": "daemonset.limits=rounded-down",
    "a_sync_of_a_daemonset_keeps_max_unavailable": "daemonset.unavailable=ignored",
    "a_sync_of_a_daemonset_takes_all_that_may_go": "daemonset.unavailable=never-taken",
    "concurrent_updates_never_both_succeed": "store.compare=off",
    "a_version_that_was_updated_is_past": "store.revision=kept",
    "every_endpoint_gets_an_equal_share": "proxy.probability=same-for-each",
}

SAID = {
    "surge_and_unavailable_are_never_both_zero": "replicas 0, maxSurge 0, maxUnavailable 0",
    "surge_rounds_up_and_unavailable_rounds_down": "replicas 1, maxSurge 1%, maxUnavailable 0%: that is maxSurge 0",
    "the_sum_of_sizes_never_passes_replicas_plus_surge": "replicas 1, maxSurge 0, maxUnavailable 0: new",
    "a_sync_never_overshoots": "it creates 2 and deletes 0, and then there are 2",
    "concurrent_updates_never_both_succeed": (
        "1. an update that read version 0 succeeds: version 0 → 1; 2. an update that read version 0 succeeds"
    ),
}


def ours() -> list[Theorem]:
    return [t for t in registry.theorems.values() if t.function.__module__.startswith("kspec_properties.")]


@functools.cache
def results() -> tuple[Result, ...]:
    return tuple(prove([t.name for t in ours()]))


def result_of(theorem: Theorem) -> PropertyResult:
    (result,) = (r for r in results() if r.name == theorem.subject.name)
    return result.property(theorem.name)


@pytest.mark.parametrize("name", sorted(BROKEN_BY))
def test_every_theorem_is_proved_with_premises_that_can_be_met(name: str) -> None:
    found = result_of(registry.theorems[name])
    assert found.verdict is Verdict.PROVED, found.why
    assert "given: " in found.why
    assert re.search(r"met by |exercised \(|exercised by a step from ", found.why)


def test_every_theorem_has_a_twin_that_breaks_it() -> None:
    assert {t.name for t in ours() if t.neighbour_of is None} == set(BROKEN_BY)


@pytest.mark.parametrize("name", sorted(t.name for t in ours() if t.neighbour_of is not None))
def test_every_false_neighbour_is_refuted_by_its_recorded_numbers(name: str) -> None:
    theorem = registry.theorems[name]
    found = result_of(theorem)
    assert found.verdict is Verdict.VIOLATED, found.why
    assert theorem.neighbour_of in BROKEN_BY


def test_all_of_them_together_are_established_well_under_a_minute() -> None:
    for result in results():
        assert outcome(result).exit is Exit.ESTABLISHED
    assert sum(result.seconds for result in results()) < 60


@pytest.mark.parametrize(("name", "setting"), sorted(BROKEN_BY.items()))
def test_a_broken_twin_is_refuted_with_numbers(name: str, setting: str) -> None:
    key, value = setting.split("=")
    with settings.applied({key: value}):
        (result,) = prove([name]) if registry.theorems[name] else ()
    found = result.property(name)
    assert found.verdict is Verdict.VIOLATED, found.why
    assert re.match(r"(replicas|desired|maxUnavailable|a ReplicaSet|ReplicaSets|at the beginning) .*\d", found.why)
    assert SAID.get(name, "") in found.why
    assert outcome(result).exit is Exit.VIOLATED


def test_the_number_of_paths_of_each_decision_is_known() -> None:
    paths = {r.name: int(re.search(r"(\d+) paths", r.notes[0]).group(1)) for r in results()}  # type: ignore[union-attr]  # else it fails
    assert paths == {
        "daemonset.limits": 16,
        "daemonset.replaceable": 1,
        "deployment.resolve_fenceposts": 36,
        "deployment.rolling_step": 110,
        "deployment.scale_down_old": 4,
        "deployment.clean_up_unhealthy": 6,
        "deployment.old_stages": 10,
        "deployment.scale_in_proportion": 10,
        "replicaset.difference": 2,
        "store.compare_and_swap": 3,
        "proxy.choice": 8,
    }


# ---- the same functions, plainly

COUNT = st.integers(0, 6)
SIZED = st.builds(Sized, COUNT, COUNT)


@given(SIZED, st.tuples(SIZED, SIZED), COUNT, COUNT, COUNT)
def test_the_theorems_of_a_rolling_step_hold_for_drawn_numbers(
    new: Sized, old: tuple[Sized, Sized], replicas: int, surge: int, unavailable: int
) -> None:
    held = 0
    for theorem in ours():
        if theorem.subject is rolling.rolling_step and theorem.neighbour_of is None:
            try:
                assert theorem(new=new, old=old, replicas=replicas, surge=surge, unavailable=unavailable)
                held += 1
            except Dropped:
                continue
    assert held >= 2


@given(st.lists(SIZED, max_size=5), st.integers(-3, 12))
def test_the_stages_over_old_replica_sets_are_the_folds_that_the_theorems_step_through(
    old: list[Sized], allowed: int
) -> None:
    rest, scaled = allowed, []
    for rs in old:
        gone = decisions.scale_down_one(rs, rest)
        rest -= gone
        scaled.append(attrs.evolve(rs, size=rs.size - gone))
    assert decisions.scale_down_old(tuple(old), allowed) == tuple(scaled)

    true = [Sized(rs.size, min(rs.size, rs.available)) for rs in old]
    rest, cleaned = allowed, []
    for rs in true:
        gone = decisions.clean_up_one(rs, rest)
        rest -= gone
        cleaned.append(attrs.evolve(rs, size=rs.size - gone))
    assert decisions.clean_up_unhealthy(tuple(true), allowed).old == tuple(cleaned)


@given(SIZED, st.lists(SIZED, max_size=5), COUNT, COUNT)
def test_a_sync_of_any_number_of_old_replica_sets_is_what_the_theorem_steps_through(
    new: Sized, drawn: list[Sized], replicas: int, unavailable: int
) -> None:
    old = tuple(Sized(rs.size, min(rs.size, rs.available)) for rs in drawn)
    now = Rollout(Sized(new.size, min(new.size, new.available)), old)
    allowed = decisions.most_scaled_down(now, replicas, unavailable)
    assume_hypothesis(allowed > 0)
    then = decisions.old_stages(now, replicas, unavailable).scaled_down
    budget = decisions.scale_down_budget(decisions.available_of_active(now), replicas, unavailable)
    state = folds.BothStages(replicas, unavailable, now.new.available, allowed, budget, budget, 0, 0, 0)
    for rs in old:
        state = folds.visit_one.step(state, rs)
    assert state.kept == sum(min(before.available, after.size) for before, after in zip(old, then.old, strict=True))
    assert now.new.available + state.seen == decisions.available_of_active(now)
    assert folds.any_number_of_old_replica_sets_keep_the_promise(state)


@given(SIZED, st.lists(SIZED, max_size=1), COUNT, COUNT, COUNT)
def test_fewer_old_replica_sets_are_those_of_size_zero_without_pods(
    new: Sized, old: list[Sized], replicas: int, surge: int, unavailable: int
) -> None:
    padded = (*old, *[Sized(0, 0)] * (2 - len(old)))
    few = decisions.rolling_step(Rollout(new, tuple(old)), replicas, surge, unavailable)
    two = decisions.rolling_step(Rollout(new, padded), replicas, surge, unavailable)
    assert (two.new, two.old[: len(old)]) == (few.new, few.old)
    assert all(rs == Sized(0, 0) for rs in two.old[len(old) :])
