"""How a Job counts each pod once: by a note of it, its finalizer, and the counter, written one after another.

Upstream: pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers, cleanUncountedPodsWithoutFinalizers
(W90, W91). A pod keeps the finalizer batch.kubernetes.io/job-tracking until its Job has noted its uid in
status.uncountedTerminatedPods. Then the finalizer goes; and only what is noted and has no finalizer any more is counted
and no longer noted. Whatever was done last when the controller stops, the next sync can tell what is left to do.
Not modelled: at most 500 pods are noted at once.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kernel.values import Value

Pods = frozenset[Value]
"""Uids of pods."""


@attrs.frozen
class Counters:
    """status.succeeded and .failed, and the pods that are noted and not counted yet."""

    succeeded: int = 0
    failed: int = 0
    uncounted_succeeded: Pods = frozenset()
    uncounted_failed: Pods = frozenset()

    @property
    def uncounted(self) -> int:
        """How many pods are yet to be counted."""
        return len(self.uncounted_succeeded) + len(self.uncounted_failed)


def noted(counters: Counters, succeeded: Iterable[Value], failed: Iterable[Value]) -> Counters:
    """Note pods that have ended. One that is noted as failed stays so, whatever it says now."""
    failures = counters.uncounted_failed | frozenset(failed)
    successes = counters.uncounted_succeeded | (frozenset(succeeded) - failures)
    return attrs.evolve(counters, uncounted_succeeded=successes, uncounted_failed=failures)


def counted(counters: Counters, tracked: Pods) -> Counters:
    """Count what is noted and has its finalizer no more. `tracked`: the pods that have it."""
    successes, failures = counters.uncounted_succeeded & tracked, counters.uncounted_failed & tracked
    return Counters(
        counters.succeeded + len(counters.uncounted_succeeded) - len(successes),
        counters.failed + len(counters.uncounted_failed) - len(failures),
        successes,
        failures,
    )
