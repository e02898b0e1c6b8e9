"""Scores of the default profile together: which plugins score, with which weights, who wins."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import (
    HOSTNAME,
    Container,
    LabelSelector,
    Node,
    NodeSelectorTerm,
    Operator,
    PodSpec,
    Requirement,
    labels,
)
from kspec.kube.placement import AffinityTerm, PodAffinity, PreferredTerm, WeightedTerm
from kspec_models.scheduler import scoring
from kspec_models.scheduler.profile import Around
from kspec_models.scheduler.scores.selection import looked_at, nodes_to_find
from kspec_models.scheduler.snapshot import PlacedNode

from .pods import placed

WEB = LabelSelector(labels(app="web"))
SSD = PreferredTerm(7, NodeSelectorTerm((Requirement("disk", Operator.IN, ("ssd",)),)))


def at(name: str, *pods: str, **more: str) -> PlacedNode:
    node = Node(
        name,
        labels=tuple(sorted({HOSTNAME: name, **more}.items())),
        allocatable=(("cpu", 4000), ("memory", 2**33), ("pods", 10)),
    )
    return PlacedNode(node, tuple([placed(app, labels=labels(app=app), spec=requests(500)) for app in pods]))


def requests(cpu: int) -> PodSpec:
    return PodSpec((Container("c", requests=(("cpu", cpu),)),))


def test_a_plain_pod_is_scored_by_resources_and_taints_and_spread_by_its_controller() -> None:
    nodes = (at("full", "web"), at("empty"))
    pod = placed("web", labels=labels(app="web"), spec=requests(500))
    without = scoring.scores(pod, nodes, nodes)
    spread = scoring.scores(pod, nodes, nodes, Around(owner=WEB))

    assert [each.plugin for each in without[0].plugins] == [
        "TaintToleration",
        "NodeResourcesFit",
        "NodeResourcesBalancedAllocation",
        "ImageLocality",
    ]
    assert "PodTopologySpread" in [each.plugin for each in spread[0].plugins]
    assert scoring.best(without) == scoring.best(spread) == ("empty",)
    assert spread[1].total - spread[0].total > without[1].total - without[0].total


def test_what_is_preferred_weighs_twice_as_much_as_room() -> None:
    nodes = (at("fast", "db", "db", disk="ssd"), at("slow"))
    pod = placed("web", spec=PodSpec(preferred_nodes=(SSD,)))
    fast, slow = scoring.scores(pod, nodes, nodes)

    assert {each.plugin: each.weight for each in fast.plugins}["NodeAffinity"] == 2
    assert scoring.best((fast, slow)) == ("fast",)


def test_pods_that_are_preferred_near_draw_and_those_preferred_far_push_away() -> None:
    nodes = (at("with", "web", zone="a"), at("without", zone="b"))
    term = WeightedTerm(100, AffinityTerm("zone", WEB))
    near = placed(affinity=PodAffinity(preferred=(term,)))
    far = placed(affinity=PodAffinity(preferred_anti=(term,)))

    assert scoring.best(scoring.scores(near, nodes, nodes)) == ("with",)
    assert scoring.best(scoring.scores(far, nodes, nodes)) == ("without",)


def test_a_node_that_has_the_image_is_preferred_the_more_the_more_nodes_have_it() -> None:
    image = (("web:1",), 900 * 2**20)
    bare, one, other = at("bare"), at("one"), at("other")
    having = [attrs.evolve(each, node=attrs.evolve(each.node, images=(image,))) for each in (one, other)]
    pod = placed("web", spec=PodSpec((Container("c", "web:1", requests=(("cpu", 500),)),)))

    def of(nodes: tuple[PlacedNode, ...]) -> dict[str, int]:
        scored = scoring.scores(pod, nodes, nodes)
        return {each.node: {p.plugin: p.score for p in each.plugins}["ImageLocality"] for each in scored}

    alone = of((bare, having[0], other))
    both = of((bare, *having))
    assert alone["bare"] == both["bare"] == 0
    assert 0 < alone["one"] < both["one"]


def test_equal_nodes_tie_and_any_may_win() -> None:
    nodes = (at("a"), at("b"), at("c", "db"))
    assert scoring.best(scoring.scores(placed(spec=requests(1)), nodes, nodes)) == ("a", "b")


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 11), st.integers(0, 12))
def test_the_search_for_nodes_goes_round_and_begins_where_the_last_one_ended(
    fits: list[bool], start: int, wanted: int
) -> None:
    start = start % len(fits) if fits else 0
    found, after = looked_at(fits, start, wanted)

    assert len(found) == min(wanted, sum(fits)) == len(set(found))
    assert all(fits[i] for i in found)
    if len(found) < wanted:
        assert after == start  # all were looked at: the start moves by none
    elif found:
        assert after == (found[-1] + 1) % len(fits)


@given(st.integers(1, 99))
def test_below_a_hundred_nodes_the_start_never_moves(nodes: int) -> None:
    fits = [True] * nodes
    assert looked_at(fits, 3 % nodes, nodes_to_find(nodes))[1] == 3 % nodes
