"""Actors: components made of small actions, each of which yields one step for each thing that may happen."""

from __future__ import annotations

from typing import Any

import pytest

from kspec.kernel.actions import Role, StepKind
from kspec.kernel.errors import SpecError
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor
from kspec.kube.objects import Node
from kspec.kube.requests import Code, Verb
from tests.kspec.exploring import searched

from .small import Server, Walk, Website, cluster, new_server, poster

SHOP = Website("shop")
NODES = (Node("a"), Node("b"))


def once(act: Any, *, own: Any = None, **more: Any) -> Actor:
    """An actor of one action."""
    actor = Actor("worker", own=own or {}, **more)
    actor.once()(act)
    return actor


def each(act: Any, *, here: Any = None, own: Any = None, **more: Any) -> Actor:
    """An actor of one action of each server."""
    actor = Actor("worker", watches=(Server,), here=here or {}, own=own or {}, **more)
    actor.each(Server)(act)
    return actor


def walked(*actors: Any, **how: Any) -> Walk:
    return Walk(cluster(actors, **how).system())


# ---- steps


def test_each_thing_that_is_yielded_is_a_step_of_its_own() -> None:
    def work(cache: Any, here: Any, api: Any) -> Any:
        if not here.done:
            yield "first", here.set(done=1)
            yield "second", here.set(done=2)

    walk = walked(once(work, own={"done": 0}))
    assert [(o.action.name, o.step.says, o.choice) for o in walk.can()] == [("work", "first", 0), ("work", "second", 1)]
    walk("worker.work", 1)
    assert walk.at("worker/done") == 2 and walk.can() == []


def test_a_request_is_served_at_once_by_the_api_server() -> None:
    def work(cache: Any, here: Any, api: Any) -> Any:
        yield "because", api.patch(SHOP, seen=7)

    walk = walked(once(work))
    step = walk("worker.work").step
    assert (step.action, step.says, step.answer) == ("PATCH websites/shop", "because", "200 OK")
    assert (step.kind, step.via) == (StepKind.CALL, "apiserver") and walk.latest("websites/shop").seen == 7


def test_what_comes_after_a_refused_request_does_not_happen() -> None:
    def work(cache: Any, here: Any, api: Any) -> Any:
        yield here.set(before=True), api.patch(SHOP, seen=7), here.set(after=True), api.create(new_server(SHOP))

    own = {"before": False, "after": False}
    walk = walked(once(work, own=own), refused=lambda r: Code.FORBIDDEN if r.verb is Verb.PATCH else None)
    assert walk("worker.work").step.answer == "403 Forbidden"
    assert (walk.at("worker/before"), walk.at("worker/after")) == (True, False)
    assert list(walk.all("servers")) == []


def test_later_requests_of_one_step_are_served_after_the_earlier_ones() -> None:
    def work(cache: Any, here: Any, api: Any) -> Any:
        if not here.done:
            two = [api.create(new_server(SHOP, zone)) for zone in "ab"]
            yield *two, api.patch(SHOP, seen=7), api.patch(SHOP, servers=1), here.set(done=True)

    walk = walked(once(work, own={"done": False}))
    assert walk("worker.work").step.answer == "201 Created, 201 Created, 200 OK, 200 OK"
    assert [server.zone for server in walk.all("servers")] == ["a", "b"]
    assert walk.latest("websites/shop") == Website("shop", 1, 7)


def test_what_users_do_is_not_fair_and_what_faults_do_is_drawn_as_a_fault() -> None:
    def work(cache: Any, here: Any, api: Any) -> Any:
        yield here.set(done=True)

    kinds = {}
    for role in (Role.COMPONENT, Role.USER, Role.FAULT):
        walk = walked(once(work, own={"done": False}, role=role))
        (found,) = walk.can()
        kinds[role] = (found.action.fair, found.step.kind)
    assert kinds == {
        Role.COMPONENT: (True, StepKind.LOCAL),
        Role.USER: (False, StepKind.LOCAL),
        Role.FAULT: (False, StepKind.FAULT),
    }


def test_the_end_of_a_fault_is_no_fault() -> None:
    network = Actor("network", own={"down": False}, role=Role.FAULT)

    @network.once()
    def fails(cache: Any, here: Any, api: Any) -> Any:
        if not here.down:
            yield here.set(down=True)

    @network.once(heals=True)
    def comes_back(cache: Any, here: Any, api: Any) -> Any:
        if here.down:
            yield here.set(down=False)

    walk = walked(network)
    steps = [walk("network.fails"), walk("network.comes back")]
    assert [found.step.kind for found in steps] == [StepKind.FAULT, StepKind.LOCAL]
    assert [found.action.role for found in steps] == [Role.FAULT, Role.FAULT]


def test_fairness_can_be_said_of_one_action() -> None:
    actor = Actor("worker", own={"done": False})

    @actor.once(fair=False)
    def lazy_work(cache: Any, here: Any, api: Any) -> Any:
        yield here.set(done=True)

    (found,) = walked(actor).can()
    assert found.action.kind == "worker.lazy work" and not found.action.fair


# ---- one action of each object


def test_an_action_of_each_object_sees_that_object_and_its_own_variables() -> None:
    def paint(server: Any, here: Any, api: Any) -> Any:
        if server is not None and not here.painted:
            yield f"it was {server.zone or 'nowhere'}", api.patch(server, zone="red"), here.set(painted=True)

    walk = walked(poster(2), each(paint, here={"painted": False}))
    assert not walk.can("worker")
    walk("user.post")
    walk("worker.paint")
    assert walk.at(("painted", 0)) is True and walk.at(("painted", 1)) is False
    walk("user.post")
    assert [o.member for o in walk.can("worker")] == [1]
    walk("worker.paint")
    assert [server.zone for server in walk.all("servers")] == ["red", "red"]


def test_it_sees_of_all_others_only_a_multiset_of_what_it_asks() -> None:
    def count(server: Any, here: Any, api: Any) -> Any:
        if server is not None and server.zone == "" and here.others("zone", "owner"):
            yield api.patch(server, zone=f"{len(here.others('zone'))} others")

    walk = walked(poster(3), each(count), slots=4).until_quiet("user")
    walk.until_quiet("worker")
    assert [server.zone for server in walk.all("servers")] == ["2 others"] * 3


def test_the_nodes_come_with_their_mentions() -> None:
    def place(server: Any, here: Any, api: Any) -> Any:
        for ref, node in here.nodes:
            if server is not None and server.node is None:
                yield node.name, api.patch(server, node=ref)

    walk = walked(poster(1), each(place), nodes=NODES)
    walk("user.post")
    assert [o.step.says for o in walk.can("worker")] == ["a", "b"]
    walk("worker.place", 1)
    assert [server.node for server in walk.all("servers")] == [Ref("nodes", 1)]


def test_a_live_field_is_the_latest_and_none_where_there_is_no_object() -> None:
    def look(cache: Any, here: Any, api: Any) -> Any:
        seen = (here.live(Website, "shop", "servers"), here.live(Website, "elsewhere", "servers"))
        if here.seen != seen:
            yield here.set(seen=seen)

    walk = walked(once(look, own={"seen": None}))
    walk("worker.look")
    assert walk.at("worker/seen") == (2, None)


@pytest.mark.parametrize("late", ["fresh", "delayed"])
def test_what_it_assumes_it_sees_at_once(late: str) -> None:
    def place(server: Any, here: Any, api: Any) -> Any:
        if server is not None and server.node is None:
            yield api.patch(server, node=Ref("nodes", 0)), here.assume(node=Ref("nodes", 0))

    walk = walked(poster(1), each(place), nodes=NODES[:1], caches={"worker": late})
    walk("user.post")
    if late == "delayed":
        walk("worker.deliver servers")
    walk("worker.place")
    assert not walk.can("worker.place")


def test_without_the_assumption_a_late_actor_acts_again() -> None:
    def place(server: Any, here: Any, api: Any) -> Any:
        if server is not None and server.node is None:
            yield api.patch(server, node=Ref("nodes", 0))

    walk = walked(poster(1), each(place), nodes=NODES[:1], caches={"worker": "delayed"})
    walk("user.post")
    walk("worker.deliver servers")
    walk("worker.place")
    assert walk.can("worker.place")


def test_a_watch_sees_only_what_it_selects() -> None:
    def work(server: Any, here: Any, api: Any) -> Any:
        if server is not None:
            yield api.delete(server)

    def selects(server: Server) -> bool:
        return server.zone == "mine"

    walk = walked(poster(1), each(work, sees={Server: selects}))
    walk("user.post")
    assert not walk.can("worker")
    walk = walked(poster(1), each(work, sees={Server: lambda server: True}))
    walk("user.post")
    assert walk.can("worker")


def test_a_selecting_watch_of_a_kind_without_nodes_keeps_its_order() -> None:
    def work(website: Any, here: Any, api: Any) -> Any:
        if website is not None and here.seen != website.owner:
            yield here.set(seen=website.owner)

    late = each(work, here={"seen": None}, sees={Server: lambda server: True})
    search = searched(cluster((poster(2), late), caches={"worker": "delayed"}).exact())
    assert len(search.states) > 1


# ---- errors for people


def test_what_is_no_effect_is_refused_by_name() -> None:
    def work(cache: Any, here: Any, api: Any) -> Any:
        yield 5

    with pytest.raises(SpecError, match=r"requests, here\.set\(\.\.\.\) and a reason, not 5"):
        walked(once(work)).can()


def test_an_action_that_returns_what_it_may_do_is_told_to_yield_it() -> None:
    def work(cache: Any, here: Any, api: Any) -> Any:
        return None

    line = work.__code__.co_firstlineno
    with pytest.raises(SpecError, match=rf"test_actor\.py:{line}: work must be a generator: yield what it may do"):
        walked(once(work)).can()


def test_a_variable_that_it_does_not_have_is_named() -> None:
    def work(cache: Any, here: Any, api: Any) -> Any:
        yield here.set(done=here.nothing)

    with pytest.raises(SpecError, match="worker has no variable 'nothing'"):
        walked(once(work)).can()


def test_of_a_kind_with_fixed_names_each_object_has_an_action_and_variables_of_its_own() -> None:
    actor = Actor("worker", watches=(Website,), here={"visits": 0}, member=Website)

    @actor.each(Website)
    def visit(website: Any, here: Any, api: Any) -> Any:
        if website is not None and here.visits < len(here.others("seen")):
            yield api.patch(website, seen=website.servers), here.set(visits=here.visits + 1)

    walk = walked(actor, websites=(Website("a", 1), Website("b", 2)))
    assert [o.action.kind for o in walk.can()] == ["worker.visit a", "worker.visit b"]
    walk("worker.visit b")
    assert (walk.latest("websites/a").seen, walk.latest("websites/b").seen) == (0, 2)
    assert (walk.at("visits/websites/a"), walk.at("visits/websites/b")) == (0, 1)
    assert [o.action.kind for o in walk.can()] == ["worker.visit a"]


def test_an_actor_has_no_open_ties() -> None:
    def work(cache: Any, here: Any, api: Any) -> Any:
        yield api.delete(cache.choose(["a", "b"]))

    with pytest.raises(SpecError, match="one step for each choice"):
        walked(once(work)).can()


def test_what_an_actor_leaves_out_is_said() -> None:
    actor = Actor("worker", own={}, not_modelled=("weekends",))
    assert "worker: weekends" in cluster(actor).system().not_modelled
