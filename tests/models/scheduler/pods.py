"""Pods as the scheduler's plugins see them, in few words."""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.objects import Pod, PodSpec
from kspec.kube.placement import PodAffinity, SpreadConstraint
from kspec_models.scheduler.snapshot import PREEMPTION_BY_SCHEDULER

PLAIN = PodSpec()


def placed(
    name: str = "",
    *,
    spec: PodSpec = PLAIN,
    affinity: PodAffinity | None = None,
    spread: tuple[SpreadConstraint, ...] = (),
    by_preemption: bool = False,
    **more: Any,
) -> Pod:
    """A pod that asks for this of other pods and domains."""
    asked = attrs.evolve(spec, pod_affinity=affinity or spec.pod_affinity, spread=spread or spec.spread)
    disruption = PREEMPTION_BY_SCHEDULER if by_preemption else ""
    return Pod(name=name, spec=asked, disruption=disruption, **more)
