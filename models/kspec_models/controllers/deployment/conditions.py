"""The conditions of a Deployment: Progressing with its deadline, Available, ReplicaFailure.

Upstream: pkg/controller/deployment/progress.go syncRolloutStatus; sync.go checkPausedConditions, calculateStatus;
util/deployment_util.go SetDeploymentCondition, DeploymentTimedOut, HasProgressDeadline.

Times come in from outside as whole seconds (since any fixed moment). Simplified: conditions have no messages. Not
modelled: when the Deployment is queued again to look at its deadline (requeueStuckDeployment).
"""

from __future__ import annotations

import enum

import attrs

from kspec_models.controllers.deployment.status import Counts, is_complete, is_progressing

NO_DEADLINE = 2**31 - 1
"""progressDeadlineSeconds of this value (the largest int32) is none (W46)."""


class Truth(enum.Enum):
    """status of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Reason(enum.Enum):
    """Reasons that the Deployment controller reads or writes. A reason of somebody else is read as OTHER."""

    NEW_REPLICA_SET_CREATED = "NewReplicaSetCreated"
    FOUND_NEW_REPLICA_SET = "FoundNewReplicaSet"
    REPLICA_SET_UPDATED = "ReplicaSetUpdated"
    NEW_REPLICA_SET_AVAILABLE = "NewReplicaSetAvailable"
    PROGRESS_DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
    DEPLOYMENT_PAUSED = "DeploymentPaused"
    DEPLOYMENT_RESUMED = "DeploymentResumed"
    MINIMUM_REPLICAS_AVAILABLE = "MinimumReplicasAvailable"
    MINIMUM_REPLICAS_UNAVAILABLE = "MinimumReplicasUnavailable"
    OTHER = ""

    @classmethod
    def _missing_(cls, value: object) -> Reason:
        return cls.OTHER


@attrs.frozen
class Condition:
    """One condition. `updated`, `transitioned`: lastUpdateTime and lastTransitionTime in seconds."""

    status: Truth
    reason: Reason
    updated: int = 0
    transitioned: int = 0


def has_deadline(deadline: int | None) -> bool:
    """Whether progressDeadlineSeconds limits a rollout at all (W46, HasProgressDeadline)."""
    return deadline is not None and deadline != NO_DEADLINE


def with_condition(current: Condition | None, new: Condition) -> Condition:
    """What remains when a condition is set: the old one if status and reason are the same.

    Otherwise the new one, which keeps the old transition time if the status is the same (SetDeploymentCondition).
    """
    if current is None or current.status is not new.status:
        return new
    if current.reason is new.reason:
        return current
    return attrs.evolve(new, transitioned=current.transitioned)


def is_timed_out(progressing: Condition | None, deadline: int | None, now: int) -> bool:
    """Whether the rollout has made no progress for longer than its deadline (W46, DeploymentTimedOut).

    Never without a deadline or without a condition to count from, and never once the rollout was complete; a rollout
    that timed out stays so until it gets on.
    """
    if deadline is None or not has_deadline(deadline) or progressing is None:
        return False
    if progressing.reason is Reason.NEW_REPLICA_SET_AVAILABLE:
        return False
    if progressing.reason is Reason.PROGRESS_DEADLINE_EXCEEDED:
        return True
    return progressing.updated + deadline < now


def progressing_after(
    current: Condition | None,
    replicas: int,
    before: Counts,
    after: Counts,
    deadline: int | None,
    now: int,
    observed: bool = True,
) -> Condition | None:
    """The condition Progressing after a sync that is not paused (W44-W46, syncRolloutStatus); None: there is none.

    `before` is the status as read, `after` the one just computed. A rollout that was complete stays so while all pods
    are of the new version, whatever happens to them: the deadline is for rollouts, not for pods that fail later.
    """
    if not has_deadline(deadline):
        return None
    if current is not None and current.reason is Reason.NEW_REPLICA_SET_AVAILABLE and after.replicas == after.updated:
        return current
    if is_complete(replicas, after, observed):
        return with_condition(current, Condition(Truth.TRUE, Reason.NEW_REPLICA_SET_AVAILABLE, now, now))
    if is_progressing(before, after):
        since = current.transitioned if current is not None and current.status is Truth.TRUE else now
        return Condition(Truth.TRUE, Reason.REPLICA_SET_UPDATED, now, since)
    if is_timed_out(current, deadline, now):
        return with_condition(current, Condition(Truth.FALSE, Reason.PROGRESS_DEADLINE_EXCEEDED, now, now))
    return current


def progressing_when_paused(
    current: Condition | None, paused: bool, deadline: int | None, now: int
) -> Condition | None:
    """The condition Progressing as pausing and resuming leave it (W46, checkPausedConditions).

    Both set it Unknown, which restarts the deadline on resuming; a rollout that timed out stays timed out.
    """
    if not has_deadline(deadline):
        return current
    if current is not None and current.reason is Reason.PROGRESS_DEADLINE_EXCEEDED:
        return current
    was_paused = current is not None and current.reason is Reason.DEPLOYMENT_PAUSED
    if paused and not was_paused:
        return with_condition(current, Condition(Truth.UNKNOWN, Reason.DEPLOYMENT_PAUSED, now, now))
    if not paused and was_paused:
        return with_condition(current, Condition(Truth.UNKNOWN, Reason.DEPLOYMENT_RESUMED, now, now))
    return current


def available_after(current: Condition | None, promise_kept: bool, now: int) -> Condition:
    """The condition Available (W47); `promise_kept` is `status.promises_kept`."""
    if promise_kept:
        return with_condition(current, Condition(Truth.TRUE, Reason.MINIMUM_REPLICAS_AVAILABLE, now, now))
    return with_condition(current, Condition(Truth.FALSE, Reason.MINIMUM_REPLICAS_UNAVAILABLE, now, now))
