"""NodeResourcesFit's score by one of three strategies, and NodeResourcesBalancedAllocation's (C80 to C83).

Sources, below pkg/scheduler/framework/plugins/noderesources: resource_allocation.go, least_allocated.go,
most_allocated.go, requested_to_capacity_ratio.go, balanced_allocation.go; pkg/scheduler/util/pod_resources.go.
Integer divisions are exact as upstream's; only the deviation of BalancedAllocation is a floating-point number there
and so here.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable

import attrs

from kspec.kube.objects import Container, Node, PodSpec, Resources
from kspec_models.helpers.pod_resources import added, amount_of, pod_requests
from kspec_models.scheduler import gates
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.scores.normalize import MAX_NODE_SCORE

DEFAULT_REQUESTS: Resources = (("cpu", 100), ("memory", 200 * 1024 * 1024))
"""What a container that says nothing counts for: 100 millicores and 200 MiB."""

Weights = tuple[tuple[str, int], ...]
"""The resources that are scored, and the weight of each."""

DEFAULT_WEIGHTS: Weights = (("cpu", 1), ("memory", 1))
_NATIVE = ("cpu", "memory", "ephemeral-storage")


@attrs.frozen
class Point:
    """A point of a shape: at this utilisation (0 to 100) this score (0 to 10)."""

    utilization: int
    score: int


class StrategyType(enum.Enum):
    """scoringStrategy.type of NodeResourcesFit."""

    LEAST_ALLOCATED = "LeastAllocated"
    MOST_ALLOCATED = "MostAllocated"
    REQUESTED_TO_CAPACITY_RATIO = "RequestedToCapacityRatio"


@attrs.frozen
class Strategy:
    """scoringStrategy of NodeResourcesFit. `shape` belongs to RequestedToCapacityRatio."""

    type: StrategyType = StrategyType.LEAST_ALLOCATED
    weights: Weights = DEFAULT_WEIGHTS
    shape: tuple[Point, ...] = ()


@attrs.frozen
class Use:
    """One resource of a node: what would be requested, of what there is, and its weight."""

    requested: int
    allocatable: int
    weight: int


DEFAULT_STRATEGY = Strategy()


def least_allocated(requested: int, allocatable: int) -> int:
    """The free share of one resource; 0 if more is requested than there is."""
    if allocatable == 0 or requested > allocatable:
        return 0
    return (allocatable - requested) * MAX_NODE_SCORE // allocatable


def most_allocated(requested: int, allocatable: int) -> int:
    """The requested share of one resource, at most all of it."""
    return 0 if allocatable == 0 else min(requested, allocatable) * MAX_NODE_SCORE // allocatable


def by_shape(requested: int, allocatable: int, shape: tuple[Point, ...]) -> int:
    """The shape's score of one resource's utilisation, which is 100 if more is requested than there is."""
    full = allocatable == 0 or requested > allocatable
    return on_shape(100 if full else requested * 100 // allocatable, shape)


def on_shape(utilization: int, shape: tuple[Point, ...]) -> int:
    """The broken line through the points at a utilisation, in 0 to 100; level before the first and after the last."""
    scale = MAX_NODE_SCORE // 10
    for before, point in zip((None, *shape), shape, strict=False):
        if utilization <= point.utilization:
            if before is None:
                return point.score * scale
            rise = (point.score - before.score) * scale * (utilization - before.utilization)
            return before.score * scale + _toward_zero(rise, point.utilization - before.utilization)
    return shape[-1].score * scale


def weighted_mean(scored: Iterable[tuple[int, int]]) -> int:
    """The mean of (score, weight), rounded down; 0 without weights."""
    pairs = list(scored)
    total = sum(weight for _, weight in pairs)
    return 0 if total == 0 else sum(score * weight for score, weight in pairs) // total


def weighted_mean_of_positive(scored: Iterable[tuple[int, int]]) -> int:
    """The mean of those above 0, rounded to the nearest, halves up."""
    pairs = [(score, weight) for score, weight in scored if score > 0]
    total = sum(weight for _, weight in pairs)
    return 0 if total == 0 else (2 * sum(score * weight for score, weight in pairs) + total) // (2 * total)


def fit_score(spec: PodSpec, node: Node, others: Iterable[PodSpec], strategy: Strategy = DEFAULT_STRATEGY) -> int:
    """NodeResourcesFit's score of one node with these pods on it."""
    uses = used(spec, node, others, strategy.weights, with_defaults=True)
    match strategy.type:
        case StrategyType.LEAST_ALLOCATED:
            return weighted_mean((least_allocated(u.requested, u.allocatable), u.weight) for u in uses)
        case StrategyType.MOST_ALLOCATED:
            return weighted_mean((most_allocated(u.requested, u.allocatable), u.weight) for u in uses)
        case StrategyType.REQUESTED_TO_CAPACITY_RATIO:
            shape = strategy.shape
            return weighted_mean_of_positive((by_shape(u.requested, u.allocatable, shape), u.weight) for u in uses)


def balanced_pre_score(spec: PodSpec, weights: Weights = DEFAULT_WEIGHTS) -> Status:
    """Skip a pod that requests none of the scored resources."""
    requests = _requests(spec, with_defaults=False)
    return Status.SUCCESS if any(amount_of(requests, name) for name, _ in weights) else Status.SKIP


def balanced_score(spec: PodSpec, node: Node, others: Iterable[PodSpec], weights: Weights = DEFAULT_WEIGHTS) -> int:
    """Whether the pod makes the node's use more even (above 75) or less: half of the change, from 50 upwards."""
    placed = list(others)
    after = used(spec, node, placed, weights, with_defaults=False)
    before = [
        attrs.evolve(use, requested=use.requested - amount)
        for use, amount in zip(after, _own(spec, node, weights), strict=True)
    ]
    return balanced(balance(after), balance(before))


def balanced(after: int, before: int) -> int:
    """The score of a change of balance."""
    return MAX_NODE_SCORE // 2 + (MAX_NODE_SCORE // 2 + after - before) // 2


def balance(uses: Iterable[Use]) -> int:
    """100 less the standard deviation of the shares in use, in per cent; a share is at most all (C83)."""
    shares = [min(use.requested / use.allocatable, 1.0) for use in uses]
    deviation = 0.0
    if len(shares) == 2:
        deviation = abs((shares[0] - shares[1]) / 2)
    elif len(shares) > 2:
        mean = sum(shares) / len(shares)
        deviation = math.sqrt(sum((share - mean) * (share - mean) for share in shares) / len(shares))
    return int((1 - deviation) * MAX_NODE_SCORE)


def used(
    spec: PodSpec, node: Node, others: Iterable[PodSpec], weights: Weights, *, with_defaults: bool
) -> tuple[Use, ...]:
    """What would be in use with the pod there, for each scored resource that the node has.

    An extended resource that the pod does not request is left out. `with_defaults`: containers that name no cpu or
    memory count with the defaults (CalculateResourceAllocatableRequest).
    """
    own = _requests(spec, with_defaults=with_defaults)
    there: Resources = ()
    for other in others:
        there = added(there, _requests(other, with_defaults=with_defaults))
    return tuple(
        Use(amount_of(there, name) + amount_of(own, name), amount_of(node.allocatable, name), weight)
        for name, weight in weights
        if _is_scored(name, own, node)
    )


def _own(spec: PodSpec, node: Node, weights: Weights) -> tuple[int, ...]:
    own = _requests(spec, with_defaults=False)
    return tuple(amount_of(own, name) for name, _ in weights if _is_scored(name, own, node))


def _is_scored(name: str, own: Resources, node: Node) -> bool:
    bypassed = amount_of(own, name) == 0 and name not in _NATIVE
    return not bypassed and amount_of(node.allocatable, name) != 0


def _requests(spec: PodSpec, *, with_defaults: bool) -> Resources:
    if with_defaults:
        spec = attrs.evolve(
            spec,
            containers=tuple(_with_defaults(each) for each in spec.containers),
            init_containers=tuple(_with_defaults(each) for each in spec.init_containers),
        )
    return pod_requests(spec, pod_level=gates.pod_level_resources())


def _with_defaults(container: Container) -> Container:
    named = {name for name, _ in container.requests}
    missing = tuple(each for each in DEFAULT_REQUESTS if each[0] not in named)
    return attrs.evolve(container, requests=tuple(sorted((*container.requests, *missing))))


def _toward_zero(dividend: int, divisor: int) -> int:
    return dividend // divisor if dividend >= 0 else -(-dividend // divisor)
