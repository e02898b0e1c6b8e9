"""Broken twins of budgets: each lets more pods be evicted than the budget spares."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec_models.controllers.disruption.decisions import BudgetPod, Disrupted

_DECISIONS = "kspec_models.controllers.disruption.decisions"


@broken_twin(
    "disruption.disrupted", "forgotten", f"{_DECISIONS}:is_healthy", "evicted pods count until they are seen to go"
)
def counts_until_it_goes(pod: BudgetPod, disrupted: Disrupted, now: int) -> bool:
    """`disruptedPods` is not looked at."""
    return pod.ready and not pod.deleting


@broken_twin("disruption.desired", "one-less", f"{_DECISIONS}:desired_of_min_available", "one pod less must be healthy")
def one_less(expected: int, min_available: object) -> int:
    """minAvailable is missed by one."""
    return max(0, int(str(min_available)) - 1)
