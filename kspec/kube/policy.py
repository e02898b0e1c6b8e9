"""The kinds of API group policy: how many pods may be disrupted at once."""

from __future__ import annotations

import enum
from typing import ClassVar

import attrs

from kspec.kernel.values import Ref
from kspec.kube.objects import IntOrPercent, LabelSelector


class UnhealthyPodEvictionPolicy(enum.Enum):
    """spec.unhealthyPodEvictionPolicy of a budget."""

    IF_HEALTHY_BUDGET = "IfHealthyBudget"
    ALWAYS_ALLOW = "AlwaysAllow"


@attrs.frozen
class PodDisruptionBudget:
    """A PodDisruptionBudget. From `disruptions_allowed` on its status.

    `selector` None selects nothing. `disrupted_pods`: those whose eviction was granted, and of which the controller has
    not yet seen that they go. `observed`: the status is of the present spec (observedGeneration is not behind).
    """

    name: str
    selector: LabelSelector | None = None
    min_available: IntOrPercent | None = None
    max_unavailable: IntOrPercent | None = None
    unhealthy_pod_eviction_policy: UnhealthyPodEvictionPolicy = UnhealthyPodEvictionPolicy.IF_HEALTHY_BUDGET
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0
    disrupted_pods: tuple[Ref | str, ...] = ()
    observed: bool = False
    namespace: str = "default"
    deleting: bool = False

    shown: ClassVar[tuple[str, ...]] = (
        "min_available",
        "max_unavailable",
        "disruptions_allowed",
        "current_healthy",
        "desired_healthy",
        "expected_pods",
        "disrupted_pods",
    )
    """What tells it in a story."""

    mentions: ClassVar[bool] = True
    """A pod that is written down as disrupted is not replaced by another of its slot."""
