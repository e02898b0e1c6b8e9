"""Broken twins of the Deployment's decisions, chosen by `--set`: each breaks a promise that some theorem makes."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec.kube.objects import IntOrPercent, Percent
from kspec_models.controllers.deployment.decisions import Bounds, Rollout, Sized

_DECISIONS = "kspec_models.controllers.deployment.decisions"


@broken_twin("deployment.rounding", "down", f"{_DECISIONS}:resolve", "maxSurge rounds down, as maxUnavailable does")
def rounds_down(value: IntOrPercent, of: int, *, up: bool) -> int:
    """A percentage always rounds down."""
    return value.value * of // 100 if isinstance(value, Percent) else value


@broken_twin("deployment.fence", "off", f"{_DECISIONS}:resolve_fenceposts", "maxSurge and maxUnavailable may both be 0")
def without_fence(surge: IntOrPercent | None, unavailable: IntOrPercent | None, replicas: int) -> Bounds:
    """Nothing is done about two zeros."""
    most = (surge or 0) if not isinstance(surge, Percent) else -(-surge.value * replicas // 100)
    missing = (unavailable or 0) if not isinstance(unavailable, Percent) else unavailable.value * replicas // 100
    return Bounds(most, missing)


@broken_twin("deployment.cap", "off", f"{_DECISIONS}:most_unavailable", "maxUnavailable may be more than replicas")
def without_cap(bounds: Bounds, replicas: int) -> int:
    """maxUnavailable is taken as it is given."""
    return bounds.unavailable


@broken_twin("deployment.surge", "one-too-many", f"{_DECISIONS}:new_replica_set_size", "one pod above maxSurge")
def surges_one_too_many(replicas: int, surge: int, total: int, new: int) -> int:
    """The comparison with replicas + maxSurge is off by one."""
    if total > replicas + surge:
        return new
    return new + min(replicas + surge - total + 1, replicas - new)


@broken_twin(
    "deployment.scale-down", "one-too-many", f"{_DECISIONS}:scale_down_budget", "one available pod too many goes"
)
def scales_down_one_too_many(available: int, replicas: int, unavailable: int) -> int:
    """One more old pod goes than the available ones allow."""
    return available - (replicas - unavailable) + 1


@broken_twin("deployment.scale-down", "whole", f"{_DECISIONS}:scale_down_one", "an old ReplicaSet goes as a whole")
def scales_down_whole(rs: Sized, rest: int) -> int:
    """What is left of the allowance is not looked at."""
    return rs.size if rest > 0 else 0


@broken_twin("deployment.scale-down", "one-too-few", f"{_DECISIONS}:scale_down_one", "one old pod stays that may go")
def scales_down_one_too_few(rs: Sized, rest: int) -> int:
    """The allowance is never used up."""
    return min(rs.size, rest - 1) if rest > 0 else 0


@broken_twin("deployment.scale-down", "unguarded", f"{_DECISIONS}:scale_down_one", "too few available: old ones grow")
def scales_down_unguarded(rs: Sized, rest: int) -> int:
    """Nothing is done about an allowance below 0."""
    return min(rs.size, rest)


@broken_twin("deployment.clean-up", "unlimited", f"{_DECISIONS}:clean_up_one", "clean-up takes all unavailable pods")
def cleans_up_without_limit(rs: Sized, rest: int) -> int:
    """What is left of the allowance is not looked at."""
    return rs.size - rs.available


@broken_twin("deployment.clean-up", "whole", f"{_DECISIONS}:clean_up_one", "clean-up takes available pods too")
def cleans_up_whole(rs: Sized, rest: int) -> int:
    """As many pods as may go, available or not."""
    return min(rest, rs.size) if rest > 0 and rs.available < rs.size else 0


@broken_twin(
    "deployment.new-size",
    "overcut",
    f"{_DECISIONS}:scaled_new_size",
    "a new ReplicaSet too large is cut below replicas",
)
def cuts_too_much(replicas: int, surge: int, total: int, new: int) -> int:
    """A new ReplicaSet that is too large is cut by twice what it is too large by."""
    if new >= replicas:
        return replicas - (new - replicas)
    if total >= replicas + surge:
        return new
    return new + min(replicas + surge - total, replicas - new)


@broken_twin("deployment.new-missing", "doubled", f"{_DECISIONS}:most_scaled_down", "missing new pods count twice")
def counts_missing_twice(now: Rollout, replicas: int, unavailable: int) -> int:
    """The new ReplicaSet's missing pods count twice, so that a rollout waits although it need not."""
    return now.total - (replicas - unavailable) - 2 * (now.new.size - now.new.available)


@broken_twin(
    "deployment.new-missing", "one-more", f"{_DECISIONS}:most_scaled_down", "one new pod more counts as missing"
)
def counts_one_more_missing(now: Rollout, replicas: int, unavailable: int) -> int:
    """One pod fewer may go than may, so that a rollout gets stuck although all new pods are available."""
    return now.total - (replicas - unavailable) - (now.new.size - now.new.available) - 1


@broken_twin(
    "deployment.share", "up", "kspec_models.controllers.deployment.scaling:fraction", "shares round up when scaling"
)
def share_rounds_up(size: int, before: int, replicas: int, surge: int) -> int:
    """A share always rounds up."""
    if replicas == 0:
        return -size
    if before == 0:
        return 0
    return -(-size * (replicas + surge) // before) - size


@broken_twin(
    "deployment.leftover",
    "dropped",
    "kspec_models.controllers.deployment.scaling:scale_in_proportion",
    "what is left over by rounding goes to nobody",
)
def drops_the_leftover(sizes: tuple[int, ...], replicas: int, surge: int, most_before: int) -> tuple[int, ...]:
    """Every ReplicaSet gets its share, and the first one nothing more."""
    allowed = replicas + surge if replicas > 0 else 0
    if sum(sizes) == allowed or most_before == 0:
        return sizes
    return tuple((2 * size * allowed + most_before) // (2 * most_before) for size in sizes)
