"""Decisions that are arithmetic can be lifted to Z3, and the lifted function is the plain one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kspec.engines.z3.fork import Budget
from kspec.engines.z3.lift import cross_check, lift, liftable
from kspec_models.controllers.cronjob import missed
from kspec_models.controllers.daemonset import rollout
from kspec_models.controllers.deployment import conditions
from kspec_models.controllers.horizontal_pod_autoscaler import behavior, metrics
from kspec_models.controllers.horizontal_pod_autoscaler import decisions as autoscaler
from kspec_models.controllers.statefulset import decisions as statefulset

LIFTED: tuple[Callable[..., Any], ...] = (
    statefulset.new_pod_revision,
    statefulset.max_unavailable,
    statefulset.completes_update,
    statefulset.claim_owners,
    rollout.limits,
    rollout.replaceable,
    conditions.is_timed_out,
    missed.earliest_time,
    missed.is_too_late,
    missed.missed_count,
    metrics.is_within,
    metrics.times,
    metrics.by_value,
    metrics.by_value_per_pod,
    metrics.group,
    behavior.limited,
    behavior.grown,
    behavior.shrunk,
    autoscaler.choose,
)


@pytest.mark.parametrize("decision", LIFTED, ids=lambda decision: f"{decision.__module__}.{decision.__name__}")
def test_the_decision_lifts_and_agrees_with_plain_python(decision: Callable[..., Any]) -> None:
    lifted = lift(liftable(decision), Budget(questions=300))
    assert cross_check(lifted, examples=30) > 0
