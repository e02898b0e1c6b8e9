"""One reconcile of a HorizontalPodAutoscaler: the size that it writes, and its conditions.

Upstream: pkg/controller/podautoscaler/horizontal.go reconcileAutoscaler, computeReplicasForMetrics,
shouldComputeMetricsForZeroReplicas, normalizeDesiredReplicas, normalizeDesiredReplicasWithBehaviors.

What each metric asks for (`metrics`) comes in as `Offer`. Simplified: conditions have no messages or times. Not
modelled: targets without a scale subresource, selectors that several autoscalers share, and the retry of a refused
write.
"""

from __future__ import annotations

import enum

import attrs

from kspec_models.controllers.horizontal_pod_autoscaler.behavior import (
    SCALE_UP_FACTOR,
    Behavior,
    Past,
    limited,
    limited_with_behavior,
    stabilized,
    stabilized_with_behavior,
)


class Source(enum.Enum):
    """Where a metric comes from; the value is the reason of ScalingActive when it cannot be had."""

    RESOURCE = "FailedGetResourceMetric"
    CONTAINER_RESOURCE = "FailedGetContainerResourceMetric"
    PODS = "FailedGetPodsMetric"
    OBJECT = "FailedGetObjectMetric"
    EXTERNAL = "FailedGetExternalMetric"
    UNKNOWN = "InvalidMetricSourceType"


@attrs.frozen
class Offer:
    """What a metric asks for; None: it could not be computed."""

    source: Source
    replicas: int | None


@attrs.frozen
class Autoscaler:
    """spec of an autoscaler, and what the controller manager runs with.

    `scale_to_zero`: the gate HPAScaleToZero (alpha, off). `factor`: the limit of growth without behavior.
    """

    least: int
    most: int
    behavior: Behavior | None = None
    scale_to_zero: bool = False
    factor: int = SCALE_UP_FACTOR


@attrs.frozen
class Memory:
    """What the controller remembers of this autoscaler (W116). `recommendations` None: nothing yet."""

    recommendations: tuple[Past, ...] | None = None
    ups: tuple[Past, ...] = ()
    downs: tuple[Past, ...] = ()


@attrs.frozen
class Condition:
    """One condition of the status."""

    type: str
    status: bool
    reason: str


Conditions = tuple[Condition, ...]


@attrs.frozen
class Outcome:
    """The size wanted (the current one if nothing changes), and the conditions, in the order of their first setting."""

    desired: int
    conditions: Conditions


class Choice(enum.Enum):
    """How the size is found (W114)."""

    DISABLED = "not at all: the target is at zero, and somebody else put it there"
    MOST = "it is above the range"
    LEAST = "it is below the range"
    METRICS = "by the metrics"


def choose(current: int, least: int, most: int, itself: bool, from_outside: bool) -> Choice:
    """How the size is found (W114, shouldComputeMetricsForZeroReplicas).

    At zero, only for an autoscaler that came there `itself` (as its condition says, which counts with the gate alone),
    and that either has a metric of an object or `from_outside`, or may not be at zero any more.
    """
    if current == 0:
        return Choice.METRICS if itself and (from_outside or least != 0) else Choice.DISABLED
    if current > most:
        return Choice.MOST
    return Choice.LEAST if current < least else Choice.METRICS


def largest(offers: tuple[Offer, ...], current: int) -> int | None:
    """What the metrics ask for together: the most of them (W113, computeReplicasForMetrics).

    None: nothing is done, since none could be computed, or since some could not and the others ask for less than now.
    """
    valid = tuple(offer.replicas for offer in offers if offer.replicas is not None)
    if not valid or (len(valid) < len(offers) and max(valid) < current):
        return None
    return max(valid)


def reconcile(
    hpa: Autoscaler,
    current: int,
    offers: tuple[Offer, ...],
    memory: Memory = Memory(),
    before: Conditions = (),
) -> Outcome:
    """One reconcile with a target whose spec asks for `current` replicas (W113-W116, reconcileAutoscaler)."""
    itself = hpa.scale_to_zero and any(each.type == "ScaledToZero" and each.status for each in before)
    kept = before if hpa.scale_to_zero else tuple(each for each in before if each.type != "ScaledToZero")
    conditions = with_condition(kept, "AbleToScale", True, "SucceededGetScale")
    from_outside = any(offer.source in (Source.OBJECT, Source.EXTERNAL) for offer in offers)
    choice = choose(current, hpa.least, hpa.most, itself, from_outside)
    if choice is Choice.DISABLED:
        return Outcome(0, with_condition(conditions, "ScalingActive", False, "ScalingDisabled"))
    if choice is Choice.METRICS:
        asked = largest(offers, current)
        if asked is None:
            failed = next((offer for offer in offers if offer.replicas is None), Offer(Source.UNKNOWN, None))
            return Outcome(current, with_condition(conditions, "ScalingActive", False, failed.source.value))
        conditions = with_condition(conditions, "ScalingActive", True, "ValidMetricFound")
        desired, conditions = normalized(hpa, current, asked, memory, conditions)
        if current == 0:
            desired = max(desired, hpa.least)
    else:
        desired = hpa.most if choice is Choice.MOST else hpa.least
    if desired == current:
        return Outcome(current, conditions)
    conditions = with_condition(conditions, "AbleToScale", True, "SucceededRescale")
    if hpa.scale_to_zero:
        to_zero = current > 0 and desired == 0 and hpa.least == 0 and from_outside
        reason = "ScaledToZero" if to_zero else "NotScaledToZero"
        conditions = with_condition(conditions, "ScaledToZero", to_zero, reason)
    return Outcome(desired, conditions)


def normalized(
    hpa: Autoscaler, current: int, asked: int, memory: Memory, conditions: Conditions
) -> tuple[int, Conditions]:
    """The size after windows and limits (W115). Without memory the size now is the first recommendation (W116)."""
    recommendations = (Past(current, 0),) if memory.recommendations is None else memory.recommendations
    if hpa.behavior is None:
        stable = stabilized(asked, recommendations)
        size = limited(current, stable, hpa.least, hpa.most, hpa.factor)
        held = "ScaleDownStabilized"
    else:
        windows = hpa.behavior.up.window, hpa.behavior.down.window
        stable = stabilized_with_behavior(current, asked, recommendations, *windows)
        size = limited_with_behavior(current, stable, hpa.least, hpa.most, hpa.behavior, memory.ups, memory.downs)
        held = "ScaleUpStabilized" if asked >= current else "ScaleDownStabilized"
    conditions = with_condition(conditions, "AbleToScale", True, "ReadyForNewScale" if stable == asked else held)
    limited_to = size.replicas != stable
    return size.replicas, with_condition(conditions, "ScalingLimited", limited_to, size.limit.value)


def with_condition(conditions: Conditions, type_: str, status: bool, reason: str) -> Conditions:
    """The conditions with one of them set; it keeps its place (setConditionInList)."""
    new = Condition(type_, status, reason)
    if any(each.type == type_ for each in conditions):
        return tuple(new if each.type == type_ else each for each in conditions)
    return (*conditions, new)
