"""How large each ReplicaSet of a Deployment should be: the arithmetic of a rolling update and of Recreate.

Pure functions of numbers and small records; what reads and writes objects is not here. Sizes are `spec.replicas`,
availability is `status.availableReplicas` as the controller's cache has it (W40), both counts of pods.

Scaling in the middle of a rollout is in `scaling`, the clean-up of history in `history`.

Upstream: pkg/controller/deployment/rolling.go, recreate.go and util/deployment_util.go.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import IntOrPercent, Phase, StrategyType
from kspec_models.controllers.deployment.scaling import scale_in_proportion as scale_in_proportion
from kspec_models.helpers.int_or_percent import resolve


@attrs.frozen
class Bounds:
    """maxSurge and maxUnavailable, resolved to numbers of pods."""

    surge: int
    unavailable: int


@attrs.frozen
class Sized:
    """One ReplicaSet to these decisions: `size` is spec.replicas, `available` is status.availableReplicas."""

    size: int
    available: int


@attrs.frozen
class Rollout:
    """The ReplicaSets of one Deployment: the one of its template, and all others, oldest first."""

    new: Sized
    old: tuple[Sized, ...] = ()

    @property
    def total(self) -> int:
        """The sum of all sizes."""
        return self.new.size + sum(rs.size for rs in self.old)

    @property
    def available(self) -> int:
        """How many pods are available in all ReplicaSets."""
        return self.new.available + sum(rs.available for rs in self.old)


@attrs.frozen
class Cleaned:
    """Old ReplicaSets after the clean-up of unhealthy pods, how many pods it took, whether it ended in an error."""

    old: tuple[Sized, ...]
    taken: int
    failed: bool


@attrs.frozen
class Stages:
    """One sync of a rolling update, stage by stage. A stage that writes nothing equals the one before it.

    `failed`: the clean-up met a ReplicaSet with more available than its size, and the sync counts as if it had not
    scaled down (W39).
    """

    scaled_new: Rollout
    cleaned_up: Rollout
    scaled_down: Rollout
    failed: bool = False


# ---- the promises: maxSurge and maxUnavailable


def resolve_fenceposts(surge: IntOrPercent | None, unavailable: IntOrPercent | None, replicas: int) -> Bounds:
    """maxSurge rounds up, maxUnavailable rounds down; never are both zero (W35, ResolveFenceposts). None: not set."""
    most = resolve(0 if surge is None else surge, replicas, up=True)
    missing = resolve(0 if unavailable is None else unavailable, replicas, up=False)
    if most == 0 and missing == 0:
        missing = 1
    return Bounds(most, missing)


def most_unavailable(bounds: Bounds, replicas: int) -> int:
    """How many pods a rolling update may leave unavailable: never more than there should be (W35, MaxUnavailable)."""
    if replicas == 0:
        return 0
    return min(bounds.unavailable, replicas)


def max_unavailable(strategy: StrategyType, bounds: Bounds, replicas: int) -> int:
    """MaxUnavailable of any Deployment: Recreate has none to speak of, and upstream answers 0 (W35)."""
    if strategy is not StrategyType.ROLLING_UPDATE:
        return 0
    return most_unavailable(bounds, replicas)


def min_available(strategy: StrategyType, bounds: Bounds, replicas: int) -> int:
    """How many pods the strategy promises to keep available: Recreate promises none (W35, MinAvailable)."""
    if strategy is not StrategyType.ROLLING_UPDATE:
        return 0
    return replicas - most_unavailable(bounds, replicas)


# ---- the new ReplicaSet


def new_replica_set_size(replicas: int, surge: int, total: int, new: int) -> int:
    """The size of the new ReplicaSet in a rolling update, now `new` of a sum of `total` (W36, NewRSNewReplicas)."""
    if total >= replicas + surge:
        return new
    return new + min(replicas + surge - total, replicas - new)


def initial_size(strategy: StrategyType, replicas: int, surge: int, total: int, new: int) -> int:
    """The size that the new ReplicaSet is created with: a rollout starts in one write (W33, W36, NewRSNewReplicas)."""
    if strategy is StrategyType.RECREATE:
        return replicas
    return new_replica_set_size(replicas, surge, total, new)


def scaled_new_size(replicas: int, surge: int, total: int, new: int) -> int:
    """The new ReplicaSet's next size in a rolling update; too large is cut at once (W37, reconcileNewReplicaSet)."""
    if new == replicas:
        return new
    if new > replicas:
        return replicas
    return new_replica_set_size(replicas, surge, total, new)


# ---- the old ReplicaSets


def clean_up_one(rs: Sized, rest: int) -> int:
    """How many unavailable pods of one old ReplicaSet to take away, at most `rest`; negative is an error (W38.1)."""
    if rest <= 0 or rs.size == 0 or rs.size == rs.available:
        return 0
    return min(rest, rs.size - rs.available)


def clean_up_unhealthy(old: tuple[Sized, ...], most: int) -> Cleaned:
    """Take away at most `most` unavailable pods, oldest ReplicaSet first (W38.1, cleanupUnhealthyReplicas).

    A ReplicaSet with more available than its size (its status is late) is an error that ends the stage. What was
    written before it stays (W39).
    """
    result: tuple[Sized, ...] = ()
    taken, failed = 0, False
    for rs in old:
        surplus = 0 if failed else clean_up_one(rs, most - taken)
        if surplus < 0:
            failed = True
            surplus = 0
        taken += surplus
        result = (*result, Sized(rs.size - surplus, rs.available))
    return Cleaned(result, taken, failed)


def scale_down_one(rs: Sized, rest: int) -> int:
    """How many pods of one old ReplicaSet to take away, at most `rest`, available or not (W38.2)."""
    if rest <= 0:
        return 0
    return min(rs.size, rest)


def scale_down_old(old: tuple[Sized, ...], rest: int) -> tuple[Sized, ...]:
    """Take away at most `rest` pods, oldest ReplicaSet first (W38.2, scaleDownOldReplicaSetsForRollingUpdate)."""
    result: tuple[Sized, ...] = ()
    for rs in old:
        gone = scale_down_one(rs, rest)
        rest -= gone
        result = (*result, Sized(rs.size - gone, rs.available))
    return result


def most_scaled_down(now: Rollout, replicas: int, unavailable: int) -> int:
    """How many pods of old ReplicaSets may go, if the new one's missing pods count as taken (W38, maxScaledDown)."""
    return now.total - (replicas - unavailable) - (now.new.size - now.new.available)


def scale_down_budget(available: int, replicas: int, unavailable: int) -> int:
    """How many pods may go by what is available of *active* ReplicaSets; not limited by `most_scaled_down` (W38.2)."""
    return available - (replicas - unavailable)


def available_of_active(now: Rollout) -> int:
    """What is available of the new and of the active old ReplicaSets: those of size 0 do not count (W38.2)."""
    return now.new.available + sum(rs.available for rs in now.old if rs.size > 0)


# ---- one sync


def old_stages(now: Rollout, replicas: int, unavailable: int) -> Stages:
    """Scale the old ReplicaSets down: unhealthy pods first, then by what is available (W38, reconcileOldReplicaSets).

    `unavailable` is `most_unavailable`. If the clean-up fails, the stage after it is left out, without an error (W39).
    """
    most = most_scaled_down(now, replicas, unavailable)
    if sum(rs.size for rs in now.old) == 0 or most <= 0:
        return Stages(now, now, now)
    cleaned = clean_up_unhealthy(now.old, most)
    after = Rollout(now.new, cleaned.old)
    if cleaned.failed:
        return Stages(now, after, after, failed=True)
    rest = scale_down_budget(available_of_active(now), replicas, unavailable)
    return Stages(now, after, Rollout(now.new, scale_down_old(cleaned.old, rest)))


def rolling_stages(now: Rollout, replicas: int, surge: int, unavailable: int) -> Stages:
    """One sync: scale the new ReplicaSet, and only if that changes nothing the old ones (W37)."""
    size = scaled_new_size(replicas, surge, now.total, now.new.size)
    if size != now.new.size:
        scaled = Rollout(Sized(size, now.new.available), now.old)
        return Stages(scaled, scaled, scaled)
    return old_stages(now, replicas, unavailable)


def rolling_step(now: Rollout, replicas: int, surge: int, unavailable: int) -> Rollout:
    """The sizes after one sync of a rolling update in which every write succeeds (W37, W38, rolloutRolling)."""
    return rolling_stages(now, replicas, surge, unavailable).scaled_down


# ---- Recreate


class RecreateMove(enum.Enum):
    """What a sync of a Recreate Deployment does."""

    SCALE_DOWN_OLD = "scale every old ReplicaSet to 0"
    WAIT = "wait until no old pod runs"
    SCALE_NEW = "create or scale the new ReplicaSet"


def old_pods_running(old_status_replicas: int, phases: tuple[Phase, ...]) -> bool:
    """Whether old pods may still run: by the old ReplicaSets' status, or by a pod that is not finished (W48).

    `phases` are those of the pods of every ReplicaSet of the Deployment but the new one, terminating pods too.
    """
    if old_status_replicas > 0:
        return True
    return any(phase is not Phase.SUCCEEDED and phase is not Phase.FAILED for phase in phases)


def recreate_move(old_size: int, running: bool) -> RecreateMove:
    """One sync of Recreate: `old_size` is the sum of the old ReplicaSets' sizes (W48, rolloutRecreate)."""
    if old_size > 0:
        return RecreateMove.SCALE_DOWN_OLD
    if running:
        return RecreateMove.WAIT
    return RecreateMove.SCALE_NEW
