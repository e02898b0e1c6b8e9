"""The kinds of API group scheduling.k8s.io: how important a pod is."""

from __future__ import annotations

import enum

import attrs


class PreemptionPolicy(enum.Enum):
    """Whether a pod that waits may have pods of lower priority removed."""

    NEVER = "Never"
    PREEMPT_LOWER_PRIORITY = "PreemptLowerPriority"


@attrs.frozen
class PriorityClass:
    """A PriorityClass. The API server always fills in `preemption_policy`; None is an object from before it existed."""

    name: str
    value: int
    global_default: bool = False
    preemption_policy: PreemptionPolicy | None = None
    deleting: bool = False


SYSTEM_CLASSES = (
    PriorityClass("system-cluster-critical", 2_000_000_000, preemption_policy=PreemptionPolicy.PREEMPT_LOWER_PRIORITY),
    PriorityClass("system-node-critical", 2_000_001_000, preemption_policy=PreemptionPolicy.PREEMPT_LOWER_PRIORITY),
)
"""The priority classes that every cluster has."""
