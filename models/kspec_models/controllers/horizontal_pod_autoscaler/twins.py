"""Broken twins of the autoscaler's decisions, chosen by `--set`: each breaks a promise that some property makes."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec_models.controllers.horizontal_pod_autoscaler.behavior import DOWNSCALE_WINDOW, SCALE_UP_FACTOR, Past, Size
from kspec_models.controllers.horizontal_pod_autoscaler.metrics import Ratio, Tolerances

_HERE = "kspec_models.controllers.horizontal_pod_autoscaler"


@broken_twin("hpa.range", "ignored", f"{_HERE}.decisions:limited", "minReplicas and maxReplicas are not looked at")
def unlimited(current: int, desired: int, least: int, most: int, factor: int = SCALE_UP_FACTOR) -> Size:
    """What is asked for is done."""
    return Size(desired)


@broken_twin("hpa.window", "none", f"{_HERE}.decisions:stabilized", "a lower recommendation is followed at once")
def at_once(desired: int, recommendations: tuple[Past, ...], window: int = DOWNSCALE_WINDOW) -> int:
    """What was recommended before does not matter."""
    return desired


@broken_twin("hpa.tolerance", "none", f"{_HERE}.metrics:is_within", "every deviation from the target changes the size")
def exactly(ratio: Ratio, tolerances: Tolerances) -> bool:
    """Only the target itself is close enough."""
    return ratio.usage == ratio.target
