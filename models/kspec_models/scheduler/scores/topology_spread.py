"""PodTopologySpread's score: fewer matching pods in a node's domains are better (C71, C86).

Source: pkg/scheduler/framework/plugins/podtopologyspread/scoring.go, PreScore, Score, NormalizeScore; plugin.go,
systemDefaultConstraints; pkg/scheduler/framework/plugins/helper/spread.go, DefaultSelector.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import attrs

from kspec.kube.objects import HOSTNAME, Labels, LabelSelector, Pod
from kspec.kube.placement import SpreadConstraint, WhenUnsatisfiable
from kspec_models.helpers.labels import (
    Selector,
    SelectorOperator,
    as_selector,
    includes,
    new_requirement,
    sorted_selector,
    value_of,
)
from kspec_models.scheduler.filters.topology_spread import (
    DEFAULT_GATES,
    Gates,
    constraints,
    has_all_keys,
    is_included,
    matching_pods,
    selector_of,
)
from kspec_models.scheduler.scores.normalize import MAX_NODE_SCORE
from kspec_models.scheduler.snapshot import PlacedNode, Snapshot

ZONE = "topology.kubernetes.io/zone"
_SOFT = WhenUnsatisfiable.SCHEDULE_ANYWAY
SYSTEM_DEFAULTS = (SpreadConstraint(HOSTNAME, 3, _SOFT), SpreadConstraint(ZONE, 5, _SOFT))
"""What a pod without constraints of its own gets, with the selector of its services and its owner."""


@attrs.frozen
class Soft:
    """A soft constraint with the pods that it counts."""

    constraint: SpreadConstraint
    selector: Selector


@attrs.frozen
class State:
    """What PreScore finds: the soft constraints, how much each domain's pods weigh and how many it has (by the label's
    value, for other keys than the host name), and the nodes that are not scored for want of a key."""

    soft: tuple[Soft, ...]
    weights: tuple[float, ...]
    counts: tuple[tuple[tuple[str, int], ...], ...]
    ignored: frozenset[str] = frozenset()


def default_selector(labels: Labels, services: Iterable[Labels], owner: LabelSelector | None = None) -> Selector:
    """The selectors of the services that select the pod, and its controller's. Raises ValueError.

    A service without a selector selects no pod.
    """
    merged: dict[str, str] = {}
    for selector in services:
        if selector and includes(labels, selector):
            merged.update(selector)
    of_services = tuple(new_requirement(key, SelectorOperator.EQUALS, (value,)) for key, value in merged.items())
    of_owner = () if owner is None else as_selector(owner).requirements
    return sorted_selector((*of_services, *of_owner))


def soft_constraints(pod: Pod, default: Selector | None = None, gates: Gates = DEFAULT_GATES) -> tuple[Soft, ...]:
    """The pod's soft constraints, or the system's with the `default` selector if the pod has none of any kind."""
    if pod.spec.spread:
        return tuple(Soft(each, selector_of(each, pod.labels, gates)) for each in constraints(pod, _SOFT))
    if default is None or default.empty:
        return ()
    return tuple(Soft(each, default) for each in SYSTEM_DEFAULTS)


def pre_score(
    pod: Pod, snapshot: Snapshot, feasible: Snapshot, soft: tuple[Soft, ...], gates: Gates = DEFAULT_GATES
) -> State | None:
    """Count over all nodes, for the domains of the `feasible` ones. None: nothing to score (Skip)."""
    if not soft or not snapshot:
        return None
    all_keys = [each.constraint for each in soft] if pod.spec.spread else []
    scored = [at for at in feasible if has_all_keys(at.node.labels, all_keys)]
    counting = [at for at in snapshot if has_all_keys(at.node.labels, all_keys)]
    weights, counts = [], []
    for each in soft:
        domains = {} if each.constraint.topology_key == HOSTNAME else {_value(each, at): 0 for at in scored}
        for at in counting:
            value = _value(each, at)
            if value in domains and is_included(each.constraint, pod, at.node, gates):
                domains[value] += matching_pods(at.pods, each.selector, pod.namespace)
        size = len(scored) if each.constraint.topology_key == HOSTNAME else len(domains)
        weights.append(domain_weight(size))
        counts.append(tuple(sorted(domains.items())))
    ignored = frozenset(at.node.name for at in feasible if at not in scored)
    return State(soft, tuple(weights), tuple(counts), ignored)


def domain_weight(domains: int) -> float:
    """What one matching pod weighs: more where there are more domains (topologyNormalizingWeight)."""
    return math.log(domains + 2)


def raw_score(pod: Pod, at: PlacedNode, state: State) -> int:
    """The sum over the constraints whose key the node has; more pods give more, so less is better."""
    total = 0.0
    for each, weight, counts in zip(state.soft, state.weights, state.counts, strict=True):
        value = value_of(at.node.labels, each.constraint.topology_key)
        if value is None:
            continue
        if each.constraint.topology_key == HOSTNAME:
            number = matching_pods(at.pods, each.selector, pod.namespace)
        else:
            number = dict(counts)[value]
        total += number * weight + (each.constraint.max_skew - 1)
    return math.floor(total + 0.5)


def turned(raw: int, lowest: int, highest: int) -> int:
    """A raw score normalised, the lowest best; 100 if all are 0."""
    return MAX_NODE_SCORE if highest == 0 else MAX_NODE_SCORE * (highest + lowest - raw) // highest


def scores(pod: Pod, feasible: Snapshot, state: State) -> dict[str, int]:
    """By name of node; 0 for a node without a topology key."""
    raw = {at.node.name: raw_score(pod, at, state) for at in feasible if at.node.name not in state.ignored}
    lowest, highest = min(raw.values(), default=0), max(raw.values(), default=0)
    return {at.node.name: turned(raw[at.node.name], lowest, highest) if at.node.name in raw else 0 for at in feasible}


def _value(soft: Soft, at: PlacedNode) -> str:
    """The node's domain; nodes without the key are one domain, "", where that is allowed (system defaults)."""
    return value_of(at.node.labels, soft.constraint.topology_key) or ""
