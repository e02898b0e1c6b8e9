"""What a reconcile in progress is going to ask can be known, and a controller may look at nodes after a call, too."""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.cluster import Cluster, Scope
from kspec.kube.controller import controller
from kspec.kube.objects import Node
from kspec.kube.requests import Conflict
from kspec.kube.residual import Reconcile
from kspec.kube.truth import Truth

from .small import Server, Walk, Website, cluster, granting, looker, new_server, website

SHOP = Website("shop")


def planned(walk: Walk) -> list[str]:
    made = walk.world.system.narrator._cluster
    return [call.line for call in Truth(made, walk.world.reader(walk.state)).planned("website", "shop")]


def test_nothing_is_planned_before_a_reconcile_and_after_it() -> None:
    walk = Walk(cluster(website).system())
    assert planned(walk) == []
    walk("website.sync")
    assert planned(walk)[:2] == ["POST servers", "POST servers"]
    walk.until_quiet("website.call")
    assert planned(walk) == []


@controller(Website, owns=Server, name="website")
def stubborn(website: Any, cache: Any, api: Any) -> Reconcile:
    """Notes something, and something else if that is refused."""
    if website.note:
        return
    try:
        yield api.update_status(website, seen=1)
    except Conflict:
        yield api.create(new_server(website))
    yield api.patch(website, note="done")


def test_every_answer_counts() -> None:
    walk = Walk(cluster(stubborn).system())
    walk("website.sync")
    lines = planned(walk)
    assert lines[0] == "PUT websites/shop/status" and {"POST servers", "PATCH websites/shop"} <= set(lines)


def test_what_comes_after_another_look_is_not_known() -> None:
    made = attrs.evolve(looker, name="website")
    walk = Walk(cluster(made).system())
    walk("website.sync")
    assert planned(walk) == ["POST servers"]


@controller(Website, owns=Server, watches=Node, name="website")
def counting(website: Any, cache: Any, api: Any) -> Reconcile:
    """Creates a server on the first node by name, looks at the nodes again, and says how many there are."""
    if website.note:
        return
    before = sorted(node.name for _, node in cache.nodes)
    yield api.create(new_server(website, zone=before[0]))
    after = [node.name for _, node in cache.nodes]
    yield api.patch(website, note=",".join(sorted(after)), seen=len(after))


def test_a_controller_sees_the_nodes_again_after_a_call() -> None:
    nodes = (Node("a"), Node("b"))
    made = Cluster(
        "nodes",
        (counting,),
        Scope(slots={Server: 1, Node: 2}, nodes=nodes, stored=(SHOP,)),
        properties=(),
        kinds_used=(Website, Server),
        pipeline=granting(),
    )
    walk = Walk(made.system()).until_quiet("website")
    assert (walk.latest("websites/shop").note, walk.latest("websites/shop").seen) == ("a,b", 2)
    assert [server.zone for server in walk.all("servers")] == ["a"]
