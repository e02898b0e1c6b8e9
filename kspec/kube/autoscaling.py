"""The kind of API group autoscaling: the size of a workload, by what is measured of it."""

from __future__ import annotations

from typing import ClassVar

import attrs


@attrs.frozen
class HorizontalPodAutoscaler:
    """A HorizontalPodAutoscaler with one metric: CPU, as a share of what its pods request.

    `target` names the workload, of kind `target_kind`. From `status_current_replicas` on its status; `able_to_scale`,
    `scaling_active` and `scaling_limited` are the reasons of its conditions ("" before the first reconcile).
    """

    STATUS: ClassVar[frozenset[str]] = frozenset(
        {"status_current_replicas", "status_desired_replicas", "able_to_scale", "scaling_active", "scaling_limited"}
    )

    name: str
    target: str
    target_kind: str = "Deployment"
    min_replicas: int = 1
    max_replicas: int = 1
    target_utilization: int = 80
    status_current_replicas: int | None = None
    status_desired_replicas: int = 0
    able_to_scale: str = ""
    scaling_active: str = ""
    scaling_limited: str = ""
    deleting: bool = False
    namespace: str = "default"
    finalizers: tuple[str, ...] = ()
