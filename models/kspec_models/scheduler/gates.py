"""The feature gates of Kubernetes 1.36 that the scheduler's filters read."""

from __future__ import annotations

from kspec.kernel import settings

_COMPARISON = settings.declare(
    "scheduler.toleration-comparison",
    ("off", "on"),
    "tolerations with Gt and Lt compare numbers (gate TaintTolerationComparisonOperators, alpha)",
)
_POD_LEVEL = settings.declare(
    "scheduler.pod-level-resources",
    ("on", "off"),
    "requests of a pod as a whole count instead of its containers' (gate PodLevelResources)",
)


def comparison_operators() -> bool:
    """Whether Gt and Lt tolerations compare numbers (C53)."""
    return settings.on(_COMPARISON.name)


def pod_level_resources() -> bool:
    """Whether spec.resources of a pod counts (C59)."""
    return settings.on(_POD_LEVEL.name)
