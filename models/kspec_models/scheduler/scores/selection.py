"""Which nodes are looked at, what a node scores in all, and which one wins (C04, C20, C22, C26, C27, C50).

Source: pkg/scheduler/schedule_one.go, findNodesThatPassFilters, numFeasibleNodesToFind, prioritizeNodes, selectHost;
pkg/scheduler/apis/config/v1/default_plugins.go for the weights. Not modelled: extenders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

DEFAULT_WEIGHTS = (
    ("TaintToleration", 3),
    ("NodeAffinity", 2),
    ("NodeResourcesFit", 1),
    ("PodTopologySpread", 2),
    ("InterPodAffinity", 2),
    ("DynamicResources", 2),
    ("NodeResourcesBalancedAllocation", 1),
    ("ImageLocality", 1),
)
"""The score plugins of the default profile."""

FEWEST_NODES = 100
FEWEST_PERCENT = 5


@attrs.frozen
class Scored:
    """A feasible node. `randomizer` breaks ties, but is set only where extenders score (C27)."""

    name: str
    score: int
    randomizer: int = 0


def nodes_to_find(nodes: int, percentage: int = 0) -> int:
    """How many feasible nodes are enough of so many nodes: all below 100, else a percentage, at least 100.

    `percentage` 0: 50 less one for each 125 nodes, at least 5.
    """
    if nodes < FEWEST_NODES:
        return nodes
    if percentage == 0:
        percentage = max(50 - nodes // 125, FEWEST_PERCENT)
    return max(nodes * percentage // 100, FEWEST_NODES)


def looked_at(fits: Sequence[bool], start: int, wanted: int) -> tuple[tuple[int, ...], int]:
    """The first `wanted` feasible nodes from `start` on, round and round, and where the next pod's search begins (C22).

    `fits`: whether each node passed, in the order of the snapshot. The start moves on by as many nodes as were looked
    at: not at all where all were. Simplified: nodes are looked at one after another; upstream's 16 workers may find a
    few others (C24).
    """
    found: list[int] = []
    seen = 0
    while seen < len(fits) and len(found) < wanted:
        position = (start + seen) % len(fits)
        seen += 1
        if fits[position]:
            found.append(position)
    return tuple(found), (start + seen) % len(fits) if fits else start


def percentage_of(profile: int | None, everywhere: int) -> int:
    """percentageOfNodesToScore of the profile if it is set, else the one for all profiles."""
    return everywhere if profile is None else profile


def total(scores: Mapping[str, int], weights: tuple[tuple[str, int], ...] = DEFAULT_WEIGHTS) -> int:
    """The weighted sum of the plugins' scores of one node; a plugin that was skipped adds nothing."""
    return sum(weight * scores.get(plugin, 0) for plugin, weight in weights)


def ranking(nodes: Iterable[Scored]) -> tuple[tuple[str, ...], ...]:
    """The nodes from best to worst; those between which nothing decides stand together."""
    groups: dict[tuple[int, int], list[str]] = {}
    for node in nodes:
        groups.setdefault((node.score, node.randomizer), []).append(node.name)
    return tuple(tuple(groups[key]) for key in sorted(groups, reverse=True))


def winners(nodes: Iterable[Scored]) -> tuple[str, ...]:
    """The nodes that may be chosen: all with the best score."""
    ranked = ranking(nodes)
    return ranked[0] if ranked else ()
