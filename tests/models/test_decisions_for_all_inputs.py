"""Arithmetic decisions of nodes and disruptions can be lifted for all inputs, and say there what Python says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kspec.engines.z3 import fork, lift
from kspec_models.apiserver import eviction
from kspec_models.controllers.disruption import decisions as disruption
from kspec_models.controllers.node_lifecycle import health, zones
from kspec_models.controllers.pod_gc import decisions as pod_gc
from kspec_models.controllers.taint_eviction import decisions as taint_eviction

DECISIONS: tuple[Callable[..., Any], ...] = (
    eviction.ignores_budgets,
    eviction.refusal,
    eviction.spares_budget,
    disruption.condition_is_stale,
    disruption.desired_of_max_unavailable,
    disruption.desired_of_min_available,
    disruption.disruptions_allowed,
    health.is_silent,
    health.marks_pods_not_ready,
    health.remembered,
    pod_gc.fails_first,
    pod_gc.is_terminated,
    pod_gc.surplus,
    taint_eviction.rescheduled,
    zones.taint_rate,
    zones.zone_state,
)


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda each: f"{each.__module__.split('.')[-2]}.{each.__name__}")
def test_every_path_through_the_decision_is_found_and_agrees_with_python(decision: Callable[..., Any]) -> None:
    lifted = lift.lift(lift.liftable(decision), fork.Budget())
    assert lifted.limit == ""
    assert lifted.unwitnessed == 0
    assert len(lifted.paths) > 1
    assert lift.cross_check(lifted, examples=20) > 0
