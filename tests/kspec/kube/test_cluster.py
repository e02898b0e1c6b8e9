"""Clusters: components, objects, caches and faults, closed and laid out on the kernel."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.engines import explicit, reference
from kspec.kernel.actions import Role
from kspec.kernel.errors import SlotsExhausted, SpecError, UsageError
from kspec.kernel.registry import load
from kspec.kernel.result import Verdict
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.objects import Node, Pod
from tests.kspec.exploring import searched, states_of

from .small import PROMISES, Server, Walk, Website, cluster, new_server, poster, website


def writer(*zones: str, then_delete: bool = False) -> Actor:
    """Posts servers in these zones, one after another, and may delete them again."""
    actor = Actor("user", watches=(Server,), own={"posted": 0}, role=Role.USER)

    @actor.once()
    def post(cache: Any, here: Any, api: Any) -> Any:
        if here.posted < len(zones):
            yield api.create(new_server(Website("shop"), zones[here.posted])), here.set(posted=here.posted + 1)

    if then_delete:

        @actor.each(Server)
        def delete(server: Any, here: Any, api: Any) -> Any:
            if server is not None:
                yield api.delete(server)

    return actor


def mover() -> Actor:
    """Moves each server on, twice."""
    actor = Actor("mover", watches=(Server,), role=Role.USER)

    @actor.each(Server)
    def move(server: Any, here: Any, api: Any) -> Any:
        if server is not None and len(server.zone) < 3:
            yield api.patch(server, zone=server.zone + "x")

    return actor


def watcher() -> Actor:
    """Looks at everything, and notes the zones that it has seen."""
    actor = Actor("watcher", watches=(Server,), own={"zones": ()})

    @actor.once()
    def look(cache: Any, here: Any, api: Any) -> Any:
        zones = tuple(sorted(server.zone for server in cache.list(Server)))
        if zones != here.zones:
            yield here.set(zones=zones)

    return actor


def watched(cache: str, *actors: Any, **how: Any) -> Cluster:
    return cluster((*actors, watcher()), caches={"watcher": cache}, **how)


def learned(made: Cluster) -> Cluster:
    """The same cluster, which has learned all that its observers ever ask for."""
    searched(made.system())
    return made


def seen_by_the_watcher(made: Any) -> set[tuple[str, ...]]:
    """Everything that the watcher may have seen."""
    search = searched(made)
    position = search.world.position["watcher/zones"]
    return {state[position] for state in states_of(search)}


# ---- generated names


def test_a_new_object_takes_the_smallest_name_that_nobody_remembers() -> None:
    walk = Walk(watched("delayed", writer("a", "b", "c", then_delete=True), slots=3).system())
    walk("user.post")
    walk("user.post")
    walk("watcher.deliver servers")
    walk("user.delete")  # server 0 is gone, and the watcher does not know it
    walk("user.post")
    assert [walk.latest(("servers", i)) is not None for i in range(3)] == [False, True, True]


def test_a_name_is_free_again_when_everybody_has_seen_it_go() -> None:
    walk = Walk(watched("delayed", writer("a", "b", "c", then_delete=True), slots=3).system())
    walk("user.post")
    walk("user.post")
    walk("user.delete")
    walk.until_quiet("watcher.deliver")
    walk("user.post")
    assert [walk.latest(("servers", i)) is not None for i in range(3)] == [True, True, False]


def test_a_name_that_is_mentioned_or_whose_ground_truth_remains_is_not_free() -> None:
    keeper = Actor("keeper", watches=(Server,), own={"favourite": None}, here={"runs": False})

    @keeper.each(Server)
    def choose(server: Any, here: Any, api: Any) -> Any:
        if server is not None and here.favourite is None:
            yield here.set(favourite=Ref("servers", -1))
        if server is not None and not here.runs:
            yield here.set(runs=True)

    user = writer("a", "b", then_delete=True)
    for choice in (0, 1):
        walk = Walk(cluster((user, keeper), slots=2).system())
        walk("user.post")
        walk("keeper.choose", choice)
        walk("user.delete")
        walk("user.post")
        assert walk.latest(("servers", 0)) is None and walk.latest(("servers", 1)) is not None


@pytest.mark.parametrize("explore", [explicit.explore, reference.explore])
def test_running_out_of_names_is_a_limit_that_is_said(explore: Any) -> None:
    result = explore(cluster((writer("a", "b", "c"), website), properties=PROMISES, slots=2).system())
    assert result.limits == ("slots of servers",) and not result.complete
    assert Verdict.HOLDS not in {p.verdict for p in result.properties}
    walk = Walk(cluster(writer("a", "b"), slots=1).system())
    walk("user.post")
    with pytest.raises(SlotsExhausted):
        walk.can()


# ---- how late a cache may be


def test_a_fresh_cache_sees_every_version_at_once() -> None:
    walk = Walk(watched("fresh", writer("a")).system())
    walk("user.post")
    assert not walk.can("watcher.deliver")
    walk("watcher.look")
    assert walk.at("watcher/zones") == ("a",)


def test_a_delayed_cache_sees_events_one_at_a_time() -> None:
    walk = Walk(watched("delayed", poster(1), mover()).system())
    walk("user.post")
    walk.until_quiet("mover")
    for zone in ("", "x", "xx", "xxx"):
        assert len(walk.can("watcher.deliver")) == 1
        walk("watcher.deliver")
        walk("watcher.look")
        assert walk.at("watcher/zones") == (zone,)
    assert not walk.can("watcher.deliver")


def test_a_coalesced_cache_may_see_several_events_at_once() -> None:
    walk = Walk(learned(watched("coalesced", poster(1), mover())).system())
    walk("user.post")
    walk.until_quiet("mover")
    assert len(walk.can("watcher.deliver")) == 4
    walk("watcher.deliver", 2)
    walk("watcher.look")
    assert walk.at("watcher/zones") == ("xx",) and len(walk.can("watcher.deliver")) == 1


def test_a_relisted_cache_may_jump_to_the_latest_of_everything() -> None:
    walk = Walk(watched("relisted", poster(2), mover()).system())
    walk.until_quiet("user", "mover")
    step = walk("watcher.relist")
    assert step.step.action == "LIST servers" and not step.action.fair
    walk("watcher.look")
    assert walk.at("watcher/zones") == ("xxx", "xxx")
    assert not walk.can("watcher.relist") and not walk.can("watcher.deliver")


@pytest.mark.parametrize("cache", ["delayed", "coalesced", "relisted"])
def test_however_late_a_cache_is_it_catches_up(cache: str) -> None:
    walk = Walk(watched(cache, poster(2), mover()).system()).until_quiet("user", "mover")
    walk.until_quiet("watcher")
    assert walk.at("watcher/zones") == ("xxx", "xxx")


# ---- the exact order of a watch


@pytest.mark.parametrize("cache", ["delayed", "coalesced", "relisted"])
def test_in_the_exact_order_no_object_overtakes_another(cache: str) -> None:
    relaxed = seen_by_the_watcher(watched(cache, writer("a", "b")).system())
    exact = seen_by_the_watcher(watched(cache, writer("a", "b")).exact())
    assert relaxed == {(), ("a",), ("b",), ("a", "b")} and exact == {(), ("a",), ("a", "b")}


def test_events_of_one_object_that_come_at_once_leave_the_order_together() -> None:
    walk = Walk(learned(watched("coalesced", poster(2), mover())).exact())
    walk("user.post")
    walk("mover.move")
    walk("user.post")
    walk("mover.move", 1)
    order = "order/servers/watcher"
    assert [thing.index for _, thing in walk.at(order)] == [0, 0, 1, 1]
    assert len(walk.can("watcher.deliver")) == 2
    walk("watcher.deliver", 1)
    assert [thing.index for _, thing in walk.at(order)] == [1, 1]
    walk("watcher.deliver", 0)
    assert [thing.index for _, thing in walk.at(order)] == [1]


def test_watches_that_select_by_node_keep_order_only_within_a_node() -> None:
    user = Actor("user", own={"posted": 0}, role=Role.USER)

    @user.once()
    def post(cache: Any, here: Any, api: Any) -> Any:
        if here.posted < 2:
            server = Server(None, f"{here.posted}", Ref("nodes", here.posted))
            yield api.create(server), here.set(posted=here.posted + 1)

    late = watcher()
    late.sees = {Server: lambda server: server.node is not None}
    nodes = (Node("a"), Node("b"))
    walk = Walk(cluster((user, late), nodes=nodes, caches={"watcher": "delayed"}).exact())
    walk("user.post")
    walk("user.post")
    assert len(walk.can("watcher.deliver")) == 2


def test_a_crash_lists_anew_and_is_limited() -> None:
    made = watched("delayed", writer("a", "b"), crashes={"watcher": 1})
    for system in (made.system(), made.exact()):
        walk = Walk(system).until_quiet("user")
        walk("watcher.crash")
        assert not walk.can("watcher.deliver") and not walk.can("watcher.crash")
        walk("watcher.look")
        assert walk.at("watcher/zones") == ("a", "b") and walk.at("crashes/watcher") == 1


# ---- what a verdict says


def test_the_scope_is_said_with_every_verdict() -> None:
    made = cluster(website, caches={"website": "delayed"}, crashes={"website": 2}, slots=3).system()
    assert made.assumptions == (
        "caches: website delayed; all others fresh",
        "at most 2 crashes of website",
        "at most 3 servers exist or are remembered at once",
    )
    assert made.scope["caches"] == {"website": "delayed"} and made.scope["slots"] == {"servers": 3}
    assert cluster(website).system().assumptions[0] == "caches: all fresh"


# ---- errors for people


def test_a_cache_of_a_component_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="no component is called webshop; did you mean website"):
        cluster(website, caches={"webshop": "delayed"})


def test_a_cache_of_an_unknown_sort_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="slow is none of fresh, delayed, coalesced, relisted"):
        cluster(website, caches={"website": "slow"})


def test_a_kind_that_nothing_uses_is_named() -> None:
    with pytest.raises(SpecError, match="no component watches Pod, and no object of it is stored"):
        cluster(website).system().narrator._cluster.kind(Pod)


def test_the_installed_api_server_serves_where_none_is_given() -> None:
    made = Cluster("plain", (website,), Scope(slots={Server: 2}, stored=(Website("shop"),)), properties=())
    walk = Walk(made.system()).until_quiet("website")
    assert walk.latest("websites/shop").seen == 2


# ---- scopes that speak of nothing


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"caches": {"watchr": "delayed"}}, "caches: no component is called watchr; did you mean watcher"),
        ({"crashes": {"watchr": 1}}, "crashes: no component is called watchr; did you mean watcher"),
        ({"whole": frozenset({"web"})}, "whole: no component is called web; there are user, watcher"),
    ],
)
def test_a_scope_that_names_no_component_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        cluster((writer("a"), watcher()), **given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"replicaset.expectation": "off"}, "unknown setting replicaset.expectation; did you mean replicaset.exp"),
        ({"replicaset.expectations": "of"}, "the values of replicaset.expectations are on, off"),
    ],
)
def test_settings_that_nobody_declared_are_refused(given: dict[str, str], says: str) -> None:
    load()
    with pytest.raises(UsageError, match=f"small: settings: .*{says}"):
        attrs.evolve(cluster(watcher()), settings=given)


def test_idle_that_begins_with_no_component_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match=r"idle: watchr.look: .* no component is called watchr; did you mean watcher"):
        attrs.evolve(cluster(watcher()), idle=("watchr.look",))


@pytest.mark.parametrize("engine", [explicit, reference])
def test_idle_that_names_no_kind_of_action_is_refused_by_a_finished_search(engine: Any) -> None:
    made = attrs.evolve(cluster((writer("a"), watcher())), idle=("watcher.lok",))
    with pytest.raises(
        UsageError, match=r"small: idle: no action is of the kind watcher.lok; did you mean watcher.look"
    ):
        engine.explore(made.system())


def test_idle_may_name_actions_on_an_object_of_a_fixed_name() -> None:
    made = attrs.evolve(
        cluster(website, properties=PROMISES, websites=[Website("shop", 0)]),
        idle=("website.sync shop", "website.call shop"),
    )
    assert explicit.explore(made.system()).never_enabled == ()


def test_the_calls_of_a_reconcile_that_is_one_step_may_stay_idle() -> None:
    idle = ("website.sync shop", "website.call shop", "website.reconcile shop")
    made = cluster(website, properties=PROMISES, websites=[Website("shop", 0)], whole=frozenset({"website"}))
    assert explicit.explore(attrs.evolve(made, idle=idle).system()).never_enabled == ()


def test_a_generated_name_needs_slots() -> None:
    made = attrs.evolve(cluster(writer("a")), scope=Scope(stored=(Website("shop"),)))
    with pytest.raises(UsageError, match=r"POST servers by user: .* give Scope\(slots=\{Server: n\}\)"):
        explicit.explore(made.system())


def test_a_name_that_is_left_empty_is_one_to_be_generated() -> None:
    actor = Actor("user", own={"posted": False}, role=Role.USER)

    @actor.once()
    def post(cache: Any, here: Any, api: Any) -> Any:
        if not here.posted:
            yield api.create(Website("")), here.set(posted=True)

    with pytest.raises(UsageError, match="POST websites by user: the Website has no name"):
        explicit.explore(cluster(actor).system())
