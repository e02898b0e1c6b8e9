"""Controllers: one generator, whose calls meet crashes, conflicts and other actors between any two of them."""

from __future__ import annotations

from typing import Any

import pytest

from kspec.kernel.actions import Role
from kspec.kernel.errors import SpecError
from kspec.kernel.properties import eventually_always, invariant
from kspec.kernel.result import Verdict
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor
from kspec.kube.controller import controller
from kspec.kube.requests import Code, Verb
from kspec.kube.residual import Reconcile
from tests.kspec.exploring import told, truths

from .small import (
    ALL_HOLD,
    PROMISES,
    Server,
    Walk,
    Website,
    cluster,
    explored,
    new_server,
    no_more_servers_than_wanted,
    patient,
    poster,
    somebody,
    website,
)

# ---- a reconcile in progress


def test_a_reconcile_begins_only_if_it_would_do_something() -> None:
    walk = Walk(cluster(website).system()).until_quiet("website")
    assert walk.latest("websites/shop").seen == 2 and len(list(walk.all("servers"))) == 2
    assert walk.at("website/shop") is None and not walk.can("website")


def test_identical_calls_in_flight_are_one_step() -> None:
    walk = Walk(cluster(website).system())
    walk("website.sync")
    assert len(walk.at("website/shop").calls) == 2 and len(walk.can("website.call")) == 1
    step = walk("website.call").step
    assert (step.action, step.answer, step.via) == ("POST servers", "201 Created", "apiserver")
    assert len(walk.at("website/shop").calls) == 1


def test_different_calls_in_flight_are_answered_in_any_order() -> None:
    @controller(Website, owns=Server)
    def zones(website: Any, cache: Any, api: Any) -> Reconcile:
        if not cache.owned(Server, by=website):
            yield [api.create(new_server(website, zone)) for zone in "abc"]

    found = truths(cluster(zones, slots=3).system(), keeps=lambda name: name[0] == "servers")
    zones_seen = {"".join(sorted(s.zone for _, s in world if s is not None)) for world in found}
    assert zones_seen == {"", "a", "b", "c", "ab", "ac", "bc", "abc"}


def test_other_actors_come_between_two_calls() -> None:
    made = cluster((website, somebody(servers=1)), properties=[no_more_servers_than_wanted])
    result = explored(made)
    assert told(result) == {"no_more_servers_than_wanted": "VIOLATED"}
    trace = result.properties[0].trace
    assert trace is not None
    kinds = [o.action.kind for o in trace.steps]
    assert kinds[0] == "website.sync shop" and "user.interfere" in kinds


def test_the_verdicts_are_the_same_with_members_told_apart() -> None:
    for mode in ("fresh", "delayed", "coalesced", "relisted"):
        made = cluster(website, properties=PROMISES, caches={"website": mode})
        assert told(explored(made)) == told(explored(made, fold=False)) == ALL_HOLD


# ---- memory


def test_events_about_what_it_owns_feed_its_memory() -> None:
    walk = Walk(cluster(website, caches={"website": "delayed"}).system())
    walk("website.sync")
    assert walk.at("website/shop/memory") == 2
    walk.until_quiet("website.call")
    assert walk.at("website/shop/memory") == 2
    walk("website.deliver servers")
    assert walk.at("website/shop/memory") == 1
    assert not walk.can("website.sync") or walk.can("website.sync")[0].step.says == "will PUT websites/shop/status"


def test_a_fresh_cache_feeds_the_memory_at_once() -> None:
    walk = Walk(cluster(website).system())
    walk("website.sync")
    walk("website.call")
    assert walk.at("website/shop/memory") == 1


def test_a_refused_call_takes_back_what_was_expected() -> None:
    made = cluster(website, refused=lambda request: Code.FORBIDDEN if request.verb is Verb.CREATE else None)
    walk = Walk(made.system())
    walk("website.sync")
    for left in (1, 0):
        assert walk("website.call").step.answer == "403 Forbidden"
        assert walk.at("website/shop/memory") == left
    assert walk.at("website/shop") is None


def test_without_the_memory_a_late_controller_creates_too_many() -> None:
    @controller(Website, owns=Server, name="website")
    def forgetful(website: Any, cache: Any, api: Any) -> Reconcile:
        missing = website.servers - len(cache.owned(Server, by=website))
        if missing > 0:
            yield [api.create(new_server(website))] * missing

    made = cluster(forgetful, slots=4, properties=[no_more_servers_than_wanted], caches={"website": "delayed"})
    assert explored(made).properties[0].verdict is Verdict.VIOLATED


# ---- conditional updates


def test_an_update_of_what_is_the_latest_version_is_granted() -> None:
    walk = Walk(cluster(website).system()).until_quiet("website")
    puts = [o.step for o in walk.taken if o.step.action.startswith("PUT")]
    assert [step.answer for step in puts] == ["200 OK"] and puts[0].swapped == (("websites/shop", "website/shop"),)
    assert walk.at("websites/shop").pins == frozenset()


def test_an_update_of_what_has_changed_since_is_a_conflict_that_ends_the_reconcile() -> None:
    walk = Walk(cluster((website, somebody(servers=1))).system()).until_quiet("website.sync")
    walk.until_quiet("website.call")
    walk("website.sync")
    walk("user.interfere")
    call = walk("website.call").step
    assert (call.answer, call.says) == ("409 Conflict", "the error ends this sync")
    assert walk.at("website/shop") is None and walk.can("website.sync")


def test_an_update_of_a_stale_version_is_a_conflict() -> None:
    walk = Walk(cluster((website, somebody(servers=0)), caches={"website": "delayed"}).system())
    walk("user.interfere")
    walk("website.sync")
    while walk.can("website.call"):
        last = walk("website.call").step
    assert last.answer == "201 Created"  # it believes that two are wanted, and has nothing to report
    walk("website.deliver servers")
    while not walk.can("website.sync"):
        walk("website.deliver servers")
    walk("website.sync")
    assert walk("website.call").step.answer == "409 Conflict"


def test_an_object_with_a_generated_name_is_updated_on_condition_too() -> None:
    @controller(Website, owns=Server)
    def mover(website: Any, cache: Any, api: Any) -> Reconcile:
        for server in cache.owned(Server, by=website):
            if server.zone != "here":
                yield api.update(server, zone="here")

    def somebody_creates() -> Actor:
        actor = Actor("user", own={"left": 2}, role=Role.USER)

        @actor.once()
        def post(cache: Any, here: Any, api: Any) -> Any:
            if here.left:
                yield api.create(new_server(Website("shop"))), here.set(left=here.left - 1)

        @actor.each(Server)
        def move(server: Any, here: Any, api: Any) -> Any:
            if server is not None and server.zone == "" and here.left == 0:
                yield api.patch(server, zone="there")

        actor.watches = (Server,)
        return actor

    @eventually_always()
    def all_are_here(truth: Any) -> bool:
        """In the end every server is here."""
        return all(zone == "here" for zone in truth.all(Server, "zone"))

    made = cluster((somebody_creates(), mover), properties=[all_are_here])
    assert told(explored(made)) == told(explored(made, fold=False)) == {"all_are_here": "HOLDS"}
    walk = Walk(made.system())
    walk("user.post")
    walk("website.sync")
    assert walk.at(("servers", 0)).pins == {"website/shop"}
    assert walk("website.call").step.answer == "200 OK" and walk.at(("servers", 0)).pins == frozenset()
    walk("user.post")
    walk("website.sync")
    walk("user.move")
    assert walk("website.call").step.answer == "409 Conflict"
    assert walk.at(("servers", 1)).pins == frozenset()


# ---- open choices


def test_each_way_of_a_tie_is_a_step_and_one_of_the_lowest_is_sure() -> None:
    @controller(Website, owns=Server)
    def trim(website: Any, cache: Any, api: Any) -> Reconcile:
        mine = cache.owned(Server, by=website)
        if len(mine) == 4:
            chosen = cache.lowest(mine, 2, key=lambda server: server.zone)
            yield [api.delete(server) for server in chosen]

    poster = Actor("user", own={"zones": "abbc"}, role=Role.USER)

    @poster.once()
    def post(cache: Any, here: Any, api: Any) -> Any:
        if here.zones:
            yield api.create(new_server(Website("shop"), here.zones[0])), here.set(zones=here.zones[1:])

    walk = Walk(cluster((poster, trim), slots=4).system()).until_quiet("user")
    chosen: list[Any] = [dict(o.step.writes)["website/shop"] for o in walk.can("website.sync")]
    assert [[call.name for call in update.value.calls] for update in chosen] == [
        [Ref("servers", 0), Ref("servers", 1)],
        [Ref("servers", 0), Ref("servers", 2)],
    ]


def test_members_that_are_met_in_turn_keep_their_turn_when_they_are_folded() -> None:
    @invariant()
    def only_one_is_chosen(truth: Any) -> bool:
        """Only one server is ever chosen."""
        return len([zone for zone in truth.all(Server, "zone") if zone]) <= 1

    made = cluster((poster(2), patient), properties=[only_one_is_chosen])
    assert told(explored(made, fold=False)) == told(explored(made)) == {"only_one_is_chosen": "HOLDS"}


# ---- errors for people


def test_a_kind_with_generated_names_cannot_be_reconciled() -> None:
    @controller(Server)
    def server(server: Any, cache: Any, api: Any) -> Reconcile:
        yield api.delete(server)

    with pytest.raises(SpecError, match="Server has generated names"):
        cluster(server).system()


def test_a_field_that_the_kind_does_not_have_is_named() -> None:
    @controller(Website)
    def website(website: Any, cache: Any, api: Any) -> Reconcile:
        yield api.patch(website, seen=website.size)

    line = website.reconcile.__code__.co_firstlineno + 2
    with pytest.raises(SpecError, match=rf"Website has no field 'size' \(.*test_controller\.py:{line}\)"):
        explored(cluster(website))


def test_a_controller_that_returns_its_calls_is_told_to_yield_them() -> None:
    @controller(Website)
    def website(website: Any, cache: Any, api: Any) -> Any:
        return api.patch(website, seen=1)

    line = website.reconcile.__code__.co_firstlineno
    with pytest.raises(SpecError, match=rf"test_controller\.py:{line}: website must be a generator: yield its calls"):
        explored(cluster(website))


def test_what_is_not_modelled_of_controllers_is_said() -> None:
    assert any("work queue" in line for line in cluster(website).system().not_modelled)
