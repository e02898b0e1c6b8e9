"""What the API server refuses in a HorizontalPodAutoscaler.

What is modelled: ValidateHorizontalPodAutoscaler of pkg/apis/autoscaling/validation, Kubernetes 1.36 (the gate
HPAScaleToZero is off), of its bounds, its target and CPU utilisation. Not looked at: other metrics, spec.behavior.
"""

from __future__ import annotations

from kspec.kube.located import Path, Problem
from kspec.kube.validation.checks import Object, Problems, at_least, required

SPEC: Path = ("spec",)


def autoscaler(item: Object) -> Problems:
    """A HorizontalPodAutoscaler."""
    spec = item.get("spec", {})
    yield from at_least(spec, "minReplicas", 1, SPEC)
    most, least = spec.get("maxReplicas", 0), spec.get("minReplicas", 1)
    if most < 1:
        yield Problem((*SPEC, "maxReplicas"), "is required, and at least 1")
    elif most < least:
        yield Problem((*SPEC, "maxReplicas"), f"{most} must not be less than minReplicas ({least})")
    target = spec.get("scaleTargetRef", {})
    for field in ("kind", "name"):
        yield from required(target, field, (*SPEC, "scaleTargetRef"))
    yield from at_least(spec, "targetCPUUtilizationPercentage", 1, SPEC)
    for position, metric in enumerate(spec.get("metrics", [])):
        of = metric.get("resource", {}).get("target", {})
        yield from at_least(of, "averageUtilization", 1, (*SPEC, "metrics", position, "resource", "target"))
