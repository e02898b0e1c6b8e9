"""InterPodAffinity's score: the weights of preferred terms that hold in a node's domains, both ways (C87).

Source: pkg/scheduler/framework/plugins/interpodaffinity/scoring.go, PreScore, processExistingPod, Score,
NormalizeScore.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from kspec.kube.objects import Labels, Node, Pod
from kspec.kube.placement import AffinityTerm, WeightedTerm
from kspec_models.helpers.labels import value_of
from kspec_models.scheduler.filters.inter_pod_affinity import Domain
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.scores.normalize import MAX_NODE_SCORE
from kspec_models.scheduler.snapshot import Namespaces, Snapshot, affinity_of, check_selectors, term_selects


@attrs.frozen
class Args:
    """Arguments of the plugin: what a required affinity term of an existing pod weighs, and whether the preferences
    of existing pods are ignored for a pod that has none."""

    hard_weight: int = 1
    ignore_preferred_of_existing: bool = False


DEFAULT_ARGS = Args()


def pre_score(
    pod: Pod, snapshot: Snapshot, namespaces: Namespaces = (), args: Args = DEFAULT_ARGS
) -> tuple[Status, dict[Domain, int]]:
    """What each domain weighs. Skip if none weighs anything; Error if a selector of the pod cannot be parsed."""
    prefers = bool(affinity_of(pod).preferred or affinity_of(pod).preferred_anti)
    if not snapshot or (args.ignore_preferred_of_existing and not prefers):
        return Status.SKIP, {}
    try:
        check_selectors(affinity_of(pod))
    except ValueError:
        return Status.ERROR, {}
    weights = Counter[Domain]()
    for at in snapshot:
        for other in at.pods:
            for domain, weight in contributions(pod, other, at.node.labels, namespaces, args):
                weights[domain] += weight
    return (Status.SUCCESS if weights else Status.SKIP), dict(weights)


def contributions(
    pod: Pod, other: Pod, labels: Labels, namespaces: Namespaces, args: Args
) -> Iterable[tuple[Domain, int]]:
    """What one existing pod adds to the domains of its node, which has these labels (processExistingPod)."""
    hard = tuple(WeightedTerm(args.hard_weight, term) for term in affinity_of(other).required if args.hard_weight > 0)
    for weighted, owner, selected, sign in (
        (affinity_of(pod).preferred, pod, other, 1),
        (affinity_of(pod).preferred_anti, pod, other, -1),
        (hard, other, pod, 1),
        (affinity_of(other).preferred, other, pod, 1),
        (affinity_of(other).preferred_anti, other, pod, -1),
    ):
        for each in weighted:
            value = _value(each.term, labels)
            if value is not None and term_selects(each.term, owner, selected, namespaces):
                yield (each.term.topology_key, value), sign * each.weight


def raw_score(node: Node, weights: dict[Domain, int]) -> int:
    """The sum over the node's domains; may be below 0."""
    return sum(weights.get(domain, 0) for domain in node.labels)


def scaled(raw: int, lowest: int, highest: int) -> int:
    """100 for the highest, 0 for the lowest, and 0 for all if they are equal.

    Upstream takes the quotient as a floating-point number and cuts off: 29 of 100 gives 28.
    """
    spread = highest - lowest
    return int(float(MAX_NODE_SCORE) * ((raw - lowest) / spread)) if spread > 0 else 0


def scores(nodes: Iterable[Node], weights: dict[Domain, int]) -> dict[str, int]:
    """By name of node."""
    raw = {node.name: raw_score(node, weights) for node in nodes}
    lowest, highest = min(raw.values(), default=0), max(raw.values(), default=0)
    return {name: scaled(each, lowest, highest) for name, each in raw.items()}


def _value(term: AffinityTerm, labels: Labels) -> str | None:
    return value_of(labels, term.topology_key)
