"""How many pods a Job wants, what counts as failed, and when it has succeeded or failed.

Pure functions of numbers. Upstream: pkg/controller/job/job_controller.go isPodFailed, manageJob, syncJob,
enactJobFinished (W92 to W96). Which pods were counted is in `tracking`; policies about single failures, in `policies`.
"""

from __future__ import annotations

from kspec.kube.batch import PodReplacementPolicy
from kspec.kube.objects import Phase


def is_failed(phase: Phase, deleting: bool, policy: PodReplacementPolicy) -> bool:
    """Whether a pod counts as failed: one that is being deleted already does, unless only Failed ones do (W94)."""
    if phase is Phase.FAILED:
        return True
    return deleting and phase is not Phase.SUCCEEDED and policy is PodReplacementPolicy.TERMINATING_OR_FAILED


def wanted_active(completions: int | None, parallelism: int, succeeded: int, active: int) -> int:
    """How many active pods a Job wants (W95). Without completions: no new ones once any pod has succeeded."""
    if completions is None:
        return active if succeeded > 0 else parallelism
    return max(0, min(parallelism, completions - succeeded))


def to_delete(wanted: int, active: int, suspend: bool) -> int:
    """How many active pods are too many: all of a Job that is suspended (W96)."""
    return active if suspend else max(0, active - wanted)


def to_create(wanted: int, active: int, terminating: int, policy: PodReplacementPolicy) -> int:
    """How many pods are missing; where only failed pods are replaced, one that is being deleted still counts (W94)."""
    held = terminating if policy is PodReplacementPolicy.FAILED else 0
    return max(0, wanted - active - held)


def exceeds_backoff_limit(failed: int, limit: int) -> bool:
    """Whether more pods have failed than are retried (W93, restartPolicy Never)."""
    return failed > limit


def is_complete(completions: int | None, succeeded: int, active: int) -> bool:
    """Whether enough pods have succeeded, and none is active any more."""
    return active == 0 and (succeeded > 0 if completions is None else succeeded >= completions)


def may_finish(uncounted: int, terminating: int) -> bool:
    """Whether a Job whose end is decided may say Complete or Failed: nothing is left to count or to end (W92)."""
    return uncounted == 0 and terminating == 0
