"""How many replicas one metric asks for.

Upstream: pkg/controller/podautoscaler/replica_calculator.go; metrics/utilization.go GetResourceUtilizationRatio,
GetMetricUsageRatio.

Amounts are whole thousandths of their unit, utilisations whole percents, times whole seconds. Simplified: a ratio is an
exact fraction. Upstream computes it in floating point, so that where ratio x pods is a whole number it may come out one
replica higher. What cannot be computed (no pods, no metrics, no requests) is None; upstream's errors say which it was.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

import attrs

from kspec.kube.objects import Phase
from kspec.kube.quantity import MAX_INT64

LONG_AGO = 10**9


class Readiness(enum.Enum):
    """The pod's condition Ready; NONE: it has none."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"
    NONE = ""


@attrs.frozen
class Pod:
    """A pod of the target, with what is reported of it. `usage` None: nothing is.

    `request`: the sum over its containers that count; None: one of them has no request. `started` and `changed`:
    seconds since it started, and since Ready changed; `measured` since its sample was taken, over `window` seconds.
    """

    usage: int | None
    request: int | None = None
    phase: Phase = Phase.RUNNING
    deleting: bool = False
    readiness: Readiness = Readiness.TRUE
    started: int = LONG_AGO
    changed: int = LONG_AGO
    measured: int = 0
    window: int = 60


@attrs.frozen
class Timing:
    """What counts as still starting, in seconds: flags of the controller manager (W111)."""

    cpu_initialization_period: int = 300
    initial_readiness_delay: int = 30


@attrs.frozen
class Tolerances:
    """How far a ratio may be off before anything is changed, in thousandths (W110)."""

    up: int = 100
    down: int = 100


@attrs.frozen
class Ratio:
    """Usage by target, an exact fraction; `target` is above 0."""

    usage: int
    target: int


@attrs.frozen
class Proposal:
    """What a metric asks for. `usage`: the utilisation in percent, or the usage that was compared, as reported."""

    replicas: int
    usage: int


class Group(enum.Enum):
    """What part a pod plays in the calculation."""

    COUNTED = "its sample counts"
    UNREADY = "it is still starting: nothing on the way up, ignored on the way down"
    MISSING = "it has no sample: an assumption takes its place"
    IGNORED = "it is being deleted or has failed"


Sample = tuple[int, int | None]
"""Usage and request; no request: a metric of a pod that the target's selector does not have."""


def is_within(ratio: Ratio, tolerances: Tolerances) -> bool:
    """Whether a ratio is close enough to 1 to change nothing (W110, Tolerances.isWithin)."""
    scaled = 1000 * ratio.usage
    return (1000 - tolerances.down) * ratio.target <= scaled <= (1000 + tolerances.up) * ratio.target


def times(ratio: Ratio, count: int) -> int:
    """The ratio times a number of pods, rounded up."""
    return -(-ratio.usage * count // ratio.target)


def is_unready(pod: Pod, timing: Timing) -> bool:
    """Whether the CPU of a running pod says nothing yet (W111, groupPods).

    While it may still be initialising: not ready, or not yet measured for a whole window since Ready changed. Later:
    not ready, and never was.
    """
    if pod.readiness is Readiness.NONE:
        return True
    if pod.started < timing.cpu_initialization_period:
        return pod.readiness is Readiness.FALSE or pod.changed - pod.measured < pod.window
    return pod.readiness is Readiness.FALSE and pod.started - pod.changed < timing.initial_readiness_delay


def group(pod: Pod, cpu: bool, timing: Timing) -> Group:
    """What part a pod plays (W111, W112, groupPods). Only for CPU does it matter whether it is ready."""
    if pod.deleting or pod.phase is Phase.FAILED:
        return Group.IGNORED
    if pod.phase is Phase.PENDING:
        return Group.UNREADY
    if pod.usage is None:
        return Group.MISSING
    return Group.UNREADY if cpu and is_unready(pod, timing) else Group.COUNTED


def by_utilization(
    current: int,
    pods: tuple[Pod, ...],
    target: int,
    tolerances: Tolerances,
    *,
    strangers: tuple[int, ...] = (),
    cpu: bool = True,
    timing: Timing = Timing(),
) -> Proposal | None:
    """Replicas for a resource whose target is a percentage of requests (W110, W111, GetResourceReplicas).

    `strangers`: usage reported of pods that are not among `pods`.
    """
    if any(pod.request is None for pod in pods):
        return None

    def ratio(samples: tuple[Sample, ...]) -> Ratio | None:
        known = tuple((usage, request) for usage, request in samples if request is not None)
        requests = sum(request for _, request in known)
        return Ratio(100 * sum(usage for usage, _ in known) // requests, target) if requests > 0 else None

    def assumed(pod: Pod) -> int:
        return (pod.request or 0) * max(100, target) // 100

    return _by_pods(current, pods, strangers, tolerances, cpu, timing, ratio, assumed)


def by_average(
    current: int,
    pods: tuple[Pod, ...],
    target: int,
    tolerances: Tolerances,
    *,
    strangers: tuple[int, ...] = (),
    cpu: bool = False,
    timing: Timing = Timing(),
) -> Proposal | None:
    """Replicas for a metric of pods, or a resource whose target is an amount (W110, W111, calcPlainMetricReplicas)."""

    def ratio(samples: tuple[Sample, ...]) -> Ratio:
        return Ratio(sum(usage for usage, _ in samples) // len(samples), target)

    return _by_pods(current, pods, strangers, tolerances, cpu, timing, ratio, lambda pod: target)


def by_value(current: int, usage: int, target: int, ready: int | None, tolerances: Tolerances) -> Proposal | None:
    """Replicas for a metric of an object, or from outside, as a whole (W110, getUsageRatioReplicaCount).

    `ready`: how many pods of the target run and are ready (`ready_pods`); None: it has no pods. From zero, the target
    is taken to be one pod's.
    """
    ratio = Ratio(usage, target)
    if current == 0:
        return Proposal(times(ratio, 1), usage)
    if is_within(ratio, tolerances):
        return Proposal(current, usage)
    return None if ready is None else Proposal(times(ratio, ready), usage)


def by_value_per_pod(current: int, usage: int, target: int, tolerances: Tolerances) -> Proposal:
    """Replicas for a metric of an object, or from outside, by the pod (W110, GetExternalPerPodMetricReplicas).

    `current` is status.replicas of the target, not what its spec asks for.
    """
    mean = usage if current == 0 else -(-usage // current)
    if current > 0 and is_within(Ratio(usage, target * current), tolerances):
        return Proposal(current, mean)
    return Proposal(times(Ratio(usage, target), 1), mean)


def ready_pods(pods: tuple[Pod, ...]) -> int | None:
    """How many pods run and are ready; None if there are no pods at all (getReadyPodsCount)."""
    if not pods:
        return None
    return sum(1 for pod in pods if pod.phase is Phase.RUNNING and pod.readiness is Readiness.TRUE)


def total(usages: tuple[int, ...]) -> int | None:
    """What all series of an external metric sum to, at most the largest int64; None if there are none."""
    return min(sum(usages), MAX_INT64) if usages else None


def _by_pods(
    current: int,
    pods: tuple[Pod, ...],
    strangers: tuple[int, ...],
    tolerances: Tolerances,
    cpu: bool,
    timing: Timing,
    ratio: Callable[[tuple[Sample, ...]], Ratio | None],
    assumed: Callable[[Pod], int],
) -> Proposal | None:
    groups = tuple(group(pod, cpu, timing) for pod in pods)
    counted: tuple[Sample, ...] = tuple(
        (pod.usage, pod.request)
        for pod, part in zip(pods, groups, strict=True)
        if part is Group.COUNTED and pod.usage is not None
    )
    unready = tuple(pod for pod, part in zip(pods, groups, strict=True) if part is Group.UNREADY)
    missing = tuple(pod for pod, part in zip(pods, groups, strict=True) if part is Group.MISSING)
    samples = counted + tuple((usage, None) for usage in strangers)
    first = ratio(samples) if pods and samples else None
    if first is None:
        return None
    up, down = first.usage > first.target, first.usage < first.target
    if not missing and not (up and unready):
        replicas = current if is_within(first, tolerances) else times(first, len(counted))
        return Proposal(replicas, first.usage)
    if down:
        samples += tuple((assumed(pod), pod.request) for pod in missing)
    elif up:
        samples += tuple((0, pod.request) for pod in missing + unready)
    second = ratio(samples)
    if second is None:
        return None
    return Proposal(_without_turning(current, first, second, len(samples), tolerances), first.usage)


def _without_turning(current: int, first: Ratio, second: Ratio, count: int, tolerances: Tolerances) -> int:
    """Assumptions may take back a change, never turn it into its opposite (W111)."""
    up, down = second.usage > second.target, second.usage < second.target
    if is_within(second, tolerances):
        return current
    if (first.usage < first.target and up) or (first.usage > first.target and down):
        return current
    replicas = times(second, count)
    if (down and replicas > current) or (up and replicas < current):
        return current
    return replicas
