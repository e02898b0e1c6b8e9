"""SchedulingGates: a gated pod does not enter the queue (C39, C78).

Source: pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go.
"""

from __future__ import annotations

from kspec.kube.objects import PodSpec
from kspec_models.scheduler.result import PASSED, FilterResult, QueueingHint, hint, unresolvable

NAME = "SchedulingGates"


def pre_enqueue(spec: PodSpec) -> FilterResult:
    """Keep the pod out of the queue while it carries a gate."""
    if not spec.scheduling_gates:
        return PASSED
    return unresolvable(NAME, f"waiting for scheduling gates: [{' '.join(spec.scheduling_gates)}]")


def hint_after_gates_eliminated(*, itself: bool) -> QueueingHint:
    """Queue if it was the rejected pod `itself` that lost its last gate. Other updates are not asked about (C41)."""
    return hint(itself)
