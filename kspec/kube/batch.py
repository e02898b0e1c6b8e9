"""The kinds of API group batch: work that comes to an end, once or by the clock.

What is simplified: as in `objects`. Times of a CronJob are whole milliseconds of a clock that is bounded; of a Job's
times only the one for which a CronJob made it, and when it was complete, are kept.
"""

from __future__ import annotations

import enum
from typing import ClassVar

import attrs

from kspec.kernel.values import Ref
from kspec.kube.objects import Labels, OwnerReference, PodTemplate

JOB_TRACKING = "batch.kubernetes.io/job-tracking"
"""The finalizer by which a pod waits until its Job has counted it."""

NO_TEMPLATE = PodTemplate()


class JobCondition(enum.Enum):
    """The conditions of a Job that can be True."""

    SUCCESS_CRITERIA_MET = "SuccessCriteriaMet"
    FAILURE_TARGET = "FailureTarget"
    COMPLETE = "Complete"
    FAILED = "Failed"
    SUSPENDED = "Suspended"


class PodReplacementPolicy(enum.Enum):
    """spec.podReplacementPolicy: when a pod of a Job counts as failed, and may be replaced."""

    TERMINATING_OR_FAILED = "TerminatingOrFailed"
    FAILED = "Failed"


@attrs.frozen
class Job:
    """A Job. From `active` on its status; `uncounted_*` is status.uncountedTerminatedPods.

    `completions` None: done when any pod has succeeded. `scheduled`: the time for which a CronJob made it
    (batch.kubernetes.io/cronjob-scheduled-timestamp). `conditions`: those that are True.
    """

    STATUS: ClassVar[frozenset[str]] = frozenset(
        {
            "active",
            "succeeded",
            "failed",
            "terminating",
            "uncounted_succeeded",
            "uncounted_failed",
            "conditions",
            "completed",
        }
    )
    mentions: ClassVar[bool] = True

    name: str
    template: PodTemplate = NO_TEMPLATE
    parallelism: int = 1
    completions: int | None = 1
    backoff_limit: int = 6
    suspend: bool = False
    pod_replacement_policy: PodReplacementPolicy = PodReplacementPolicy.TERMINATING_OR_FAILED
    owner: OwnerReference | None = None
    scheduled: int | None = None
    labels: Labels = ()
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    terminating: int = 0
    uncounted_succeeded: frozenset[Ref] = frozenset()
    uncounted_failed: frozenset[Ref] = frozenset()
    conditions: frozenset[JobCondition] = frozenset()
    completed: int | None = None
    deleting: bool = False
    namespace: str = "default"
    finalizers: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Complete or Failed: for ever (IsJobFinished)."""
        return JobCondition.COMPLETE in self.conditions or JobCondition.FAILED in self.conditions


class ConcurrencyPolicy(enum.Enum):
    """spec.concurrencyPolicy of a CronJob."""

    ALLOW = "Allow"
    FORBID = "Forbid"
    REPLACE = "Replace"


@attrs.frozen
class CronJob:
    """A CronJob. `active`, `last_schedule` and `last_successful` are its status; `active` holds names of Jobs.

    `template`: of the pods of its Jobs, each of which runs one pod to its end. `created`: metadata.creationTimestamp.
    """

    STATUS: ClassVar[frozenset[str]] = frozenset(("active", "last_schedule", "last_successful"))

    name: str
    schedule: str
    template: PodTemplate = NO_TEMPLATE
    concurrency_policy: ConcurrencyPolicy = ConcurrencyPolicy.ALLOW
    starting_deadline_seconds: int | None = None
    suspend: bool = False
    time_zone: str | None = None
    successful_jobs_history_limit: int | None = 3
    failed_jobs_history_limit: int | None = 1
    created: int = 0
    active: tuple[str, ...] = ()
    last_schedule: int | None = None
    last_successful: int | None = None
    deleting: bool = False
    namespace: str = "default"
    finalizers: tuple[str, ...] = ()
