"""How fast an autoscaler may change the size: stabilisation windows, and limits of rate.

Upstream: pkg/controller/podautoscaler/horizontal.go stabilizeRecommendation, stabilizeRecommendationWithBehaviors,
convertDesiredReplicasWithRules, convertDesiredReplicasWithBehaviorRate, calculateScaleUpLimitWithScalingRules,
calculateScaleDownLimitWithBehaviors; pkg/apis/autoscaling/v2/defaults.go for what is not given.

What happened before comes in with its age in whole seconds. It is known to one controller's memory only, and a restart
forgets it (W116). Simplified: percentages are exact (upstream's floating point may round a limit up by one more).
"""

from __future__ import annotations

import enum

import attrs

DOWNSCALE_WINDOW = 300
"""Seconds for which a higher recommendation holds back a lower one: a flag of the controller manager (W115)."""

SCALE_UP_FACTOR = 2
SCALE_UP_MINIMUM = 4


@attrs.frozen
class Past:
    """A recommendation, or by how much the size was changed (never below 0), `age` seconds ago."""

    number: int
    age: int


class PolicyType(enum.Enum):
    """type of a scaling policy."""

    PODS = "Pods"
    PERCENT = "Percent"


class Select(enum.Enum):
    """selectPolicy: the policy that allows the most or the least change, or none at all."""

    MAX = "Max"
    MIN = "Min"
    DISABLED = "Disabled"


@attrs.frozen
class Policy:
    """At most `value` pods, or percent of the pods, within `period` seconds."""

    type: PolicyType
    value: int
    period: int


@attrs.frozen
class Rules:
    """spec.behavior.scaleUp or scaleDown. `window`: stabilizationWindowSeconds; `tolerance` in thousandths."""

    window: int
    policies: tuple[Policy, ...]
    select: Select = Select.MAX
    tolerance: int | None = None


DEFAULT_UP = Rules(0, (Policy(PolicyType.PODS, 4, 15), Policy(PolicyType.PERCENT, 100, 15)))
DEFAULT_DOWN = Rules(DOWNSCALE_WINDOW, (Policy(PolicyType.PERCENT, 100, 15),))


@attrs.frozen
class Behavior:
    """spec.behavior, with defaults where it says nothing (W115)."""

    up: Rules = DEFAULT_UP
    down: Rules = DEFAULT_DOWN


class Limit(enum.Enum):
    """Why a size is not what was asked for: the reason of the condition ScalingLimited."""

    NONE = "DesiredWithinRange"
    SCALE_UP = "ScaleUpLimit"
    SCALE_DOWN = "ScaleDownLimit"
    TOO_MANY = "TooManyReplicas"
    TOO_FEW = "TooFewReplicas"


@attrs.frozen
class Size:
    """A number of replicas, and what held it there."""

    replicas: int
    limit: Limit = Limit.NONE


def stabilized(desired: int, recommendations: tuple[Past, ...], window: int = DOWNSCALE_WINDOW) -> int:
    """Without behavior: the highest recommendation of the window (W115, stabilizeRecommendation)."""
    return max((desired, *(past.number for past in recommendations if past.age <= window)))


def stabilized_with_behavior(
    current: int, desired: int, recommendations: tuple[Past, ...], up_window: int, down_window: int
) -> int:
    """With behavior: up goes to the lowest of its window, down to the highest of its own (W115).

    Upstream: stabilizeRecommendationWithBehaviors. Between the two the size stays as it is.
    """
    low = min((desired, *(past.number for past in recommendations if past.age < up_window)))
    high = max((desired, *(past.number for past in recommendations if past.age < down_window)))
    return min(max(current, low), high)


def limited(current: int, desired: int, least: int, most: int, factor: int = SCALE_UP_FACTOR) -> Size:
    """Without behavior: at most `factor` times the size (or 4), and within the range (convertDesiredReplicasWithRules).

    The range's lower end wins over the upper.
    """
    fastest = max(factor * current, SCALE_UP_MINIMUM)
    if desired < least:
        return Size(least, Limit.TOO_FEW)
    if desired > min(most, fastest):
        return Size(fastest, Limit.SCALE_UP) if most > fastest else Size(most, Limit.TOO_MANY)
    return Size(desired)


def limited_with_behavior(
    current: int,
    desired: int,
    least: int,
    most: int,
    behavior: Behavior,
    ups: tuple[Past, ...],
    downs: tuple[Past, ...],
) -> Size:
    """With behavior: by its policies, and within the range (W115, convertDesiredReplicasWithBehaviorRate)."""
    if desired > current:
        fastest = max(current, scale_up_limit(current, behavior.up, ups, downs))
        if desired > min(most, fastest):
            return Size(fastest, Limit.SCALE_UP) if most > fastest else Size(most, Limit.TOO_MANY)
    elif desired < current:
        slowest = min(current, scale_down_limit(current, behavior.down, ups, downs))
        if desired < max(least, slowest):
            return Size(slowest, Limit.SCALE_DOWN) if least < slowest else Size(least, Limit.TOO_FEW)
    return Size(desired)


def size_at_start(current: int, period: int, ups: tuple[Past, ...], downs: tuple[Past, ...]) -> int:
    """The size at the start of a period: what was added since is taken off again, and the reverse (W115)."""
    added = sum(past.number for past in ups if past.age < period)
    removed = sum(past.number for past in downs if past.age < period)
    return current - added + removed


def scale_up_limit(current: int, rules: Rules, ups: tuple[Past, ...], downs: tuple[Past, ...]) -> int:
    """The largest size that the rules allow now; a percentage rounds up (W115)."""
    if rules.select is Select.DISABLED or not rules.policies:
        return current
    allowed = tuple(grown(size_at_start(current, policy.period, ups, downs), policy) for policy in rules.policies)
    return min(allowed) if rules.select is Select.MIN else max(allowed)


def scale_down_limit(current: int, rules: Rules, ups: tuple[Past, ...], downs: tuple[Past, ...]) -> int:
    """The smallest size that the rules allow now; what a percentage leaves is cut off (W115)."""
    if rules.select is Select.DISABLED or not rules.policies:
        return current
    allowed = tuple(shrunk(size_at_start(current, policy.period, ups, downs), policy) for policy in rules.policies)
    return max(allowed) if rules.select is Select.MIN else min(allowed)


def grown(start: int, policy: Policy) -> int:
    """The size that a policy allows to grow to."""
    if policy.type is PolicyType.PODS:
        return start + policy.value
    return -(-start * (100 + policy.value) // 100)


def shrunk(start: int, policy: Policy) -> int:
    """The size that a policy allows to shrink to; below 0 it means that all may go."""
    if policy.type is PolicyType.PODS:
        return start - policy.value
    left = start * (100 - policy.value)
    return left // 100 if left >= 0 else -(-left // 100)
