"""NodeVolumeLimits: no more volumes of a CSI driver than the node can attach (C62).

Source: pkg/scheduler/framework/plugins/nodevolumelimits/csi.go, PreFilter and Filter. Not modelled: the alpha gate
VolumeLimitScaling, with which the driver must also be installed on the node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from kspec_models.scheduler.result import PASSED, FilterResult, skipped, unschedulable

NAME = "NodeVolumeLimits"
REASON = "node(s) exceed max volume count"

Limits = tuple[tuple[str, int], ...]
"""CSINode's spec.drivers[].allocatable.count by driver. A driver that is not named has no limit."""


@attrs.frozen(order=True)
class CsiVolume:
    """A volume by its driver and the driver's handle of it."""

    driver: str
    handle: str


def pre_filter(claims: Iterable[str]) -> FilterResult:
    """Skip a pod without claims."""
    return PASSED if tuple(claims) else skipped(NAME)


def filter_node(
    wanted: frozenset[CsiVolume], in_use: frozenset[CsiVolume], attached: frozenset[CsiVolume], limits: Limits
) -> FilterResult:
    """Reject if a driver would have more volumes than its limit.

    `in_use`: of pods on the node; `attached`: of the node's VolumeAttachments, which count also if no pod uses them.
    A volume counts once, however many pods use it, and costs nothing if it is there already.
    """
    there = in_use | attached
    have, more = _by_driver(there), _by_driver(wanted - there)
    if all(within(have[driver], more[driver], limit) for driver, limit in limits):
        return PASSED
    return unschedulable(NAME, REASON)


def within(have: int, more: int, limit: int) -> bool:
    """Whether a driver may have so many more volumes. None more always is allowed."""
    return more == 0 or have + more <= limit


def _by_driver(volumes: Iterable[CsiVolume]) -> Counter[str]:
    return Counter(volume.driver for volume in volumes)
