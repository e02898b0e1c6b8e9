"""When a pod counts as available (upstream: pkg/api/v1/pod/util.go IsPodAvailable; W09)."""

from __future__ import annotations


def is_available(ready: bool, min_ready_seconds: int, ready_for: int | None) -> bool:
    """Whether a pod is ready, and has been so for long enough.

    `ready_for` is how long in seconds, None if its Ready condition has no time: then it is only enough without
    minReadySeconds.
    """
    if not ready:
        return False
    if min_ready_seconds == 0:
        return True
    return ready_for is not None and ready_for >= min_ready_seconds
