"""What a DaemonSet reports. Upstream: pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus (W86)."""

from __future__ import annotations

import attrs

from kspec_models.controllers.daemonset.decisions import DaemonPod, oldest_first


@attrs.frozen
class Counts:
    """The numbers of a DaemonSet's status: of nodes. How many are unavailable is desired - available."""

    desired: int = 0
    scheduled: int = 0
    misscheduled: int = 0
    ready: int = 0
    available: int = 0
    updated: int = 0


def status(nodes: tuple[tuple[bool, tuple[DaemonPod, ...]], ...]) -> Counts:
    """The status from what each node should run, and its pods: of several, also terminating ones, the oldest counts."""
    counts = Counts()
    for should_run, pods in nodes:
        if not should_run:
            counts = attrs.evolve(counts, misscheduled=counts.misscheduled + bool(pods))
            continue
        counts = attrs.evolve(counts, desired=counts.desired + 1)
        if pods:
            oldest = pods[oldest_first(pods, tuple(range(len(pods))))[0]]
            counts = attrs.evolve(
                counts,
                scheduled=counts.scheduled + 1,
                ready=counts.ready + oldest.ready,
                available=counts.available + (oldest.ready and oldest.available),
                updated=counts.updated + oldest.updated,
            )
    return counts
