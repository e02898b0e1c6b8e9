"""Controllers that are interrupted: by news after a call, by others, by a crash; and those that never are."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from kspec.kube.controller import controller
from kspec.kube.requests import NotFound, Verb
from kspec.kube.residual import Reconcile, Resume, Work
from tests.kspec.exploring import searched, states_of, told, truths

from .small import (
    ALL_HOLD,
    PROMISES,
    Walk,
    Website,
    cluster,
    explored,
    looker,
    somebody,
    website,
)

# ---- questions after a call


@pytest.mark.parametrize("mode", ["fresh", "relisted"])
def test_a_question_after_a_call_sees_the_cache_as_it_is_then(mode: str) -> None:
    walk = Walk(cluster(looker, caches={"website": mode}).system())
    walk("website.sync")
    assert isinstance(walk.at("website/shop").then, Resume)
    walk("website.call")
    (call,) = walk.at("website/shop").calls
    assert call.changes == (("seen", 1 if mode == "fresh" else 0),)


def test_what_was_read_before_the_question_may_still_be_updated_on_condition() -> None:
    result = explored(cluster(looker, properties=PROMISES))
    assert told(result) == ALL_HOLD and result.complete


def test_a_reconcile_that_will_run_again_holds_no_names_that_it_did_not_see() -> None:
    result = explored(cluster(looker, slots=2, properties=PROMISES, websites=[Website("shop", 2)]))
    assert result.complete and result.limits == ()


def test_an_interrupted_reconcile_conflicts_although_it_runs_again() -> None:
    walk = Walk(cluster((looker, somebody(servers=1))).system())
    walk("website.sync")
    walk("user.interfere")
    walk("website.call")
    assert walk("website.call").step.answer == "409 Conflict"


def test_what_a_get_brings_may_be_updated_while_nobody_else_has() -> None:
    @controller(Website)
    def counter(website: Any, cache: Any, api: Any) -> Reconcile:
        if website.seen < 2:
            latest = yield api.get(Website, "shop")
            yield api.update(latest, seen=latest.seen + 1)

    walk = Walk(cluster((counter, somebody(servers=5))).system())
    walk("website.sync")
    assert walk("website.call").step.action == "GET websites/shop"
    assert walk("website.call").step.answer == "200 OK" and walk.latest("websites/shop").seen == 1
    walk("website.sync")
    walk("website.call")
    walk("user.interfere")
    assert walk("website.call").step.answer == "409 Conflict"
    assert walk.latest("websites/shop") == Website("shop", 5, 1)


def test_a_get_of_what_is_not_there_is_raised_at_the_yield() -> None:
    @controller(Website)
    def hopeful(website: Any, cache: Any, api: Any) -> Reconcile:
        if website.seen:
            return
        with contextlib.suppress(NotFound):
            yield api.get(Website, "elsewhere")
        yield api.patch(website, seen=1)

    walk = Walk(cluster(hopeful).system()).until_quiet("website")
    assert [o.step.answer for o in walk.taken[1:]] == ["404 NotFound", "200 OK"]
    assert walk.latest("websites/shop").seen == 1


# ---- crashes


def crashed_at(made: Any) -> set[tuple[str, ...]]:
    """The calls that were in flight when the controller crashed, for each place in which it can."""
    search = searched(made.system())
    position = search.world.position["website/shop"]
    (crash,) = [a for a in search.system.actions if a.name == "crash"]
    found = set()
    for state in states_of(search):
        if search.world.steps_of(state, crash, None):
            work: Work | None = state[position]
            found.add(() if work is None else tuple(call.line for call in work.calls))
    return found


def test_a_controller_may_crash_between_any_two_calls() -> None:
    assert crashed_at(cluster(website, caches={"website": "delayed"}, crashes={"website": 1}, slots=4)) == {
        (),  # with something in its memory
        ("POST servers", "POST servers"),
        ("POST servers",),
        ("PUT websites/shop/status",),
    }


def test_a_crash_loses_memory_and_work_and_lists_anew() -> None:
    walk = Walk(cluster(website, caches={"website": "delayed"}, crashes={"website": 1}, slots=4).system())
    walk("website.sync")
    walk("website.call")
    step = walk("website.crash").step
    assert step.action == "crash" and walk.at("website/shop") is None and walk.at("website/shop/memory") == 0
    assert not walk.can("website.deliver") and not walk.can("website.crash")
    walk("website.sync")
    (call,) = walk.at("website/shop").calls
    assert call.verb is Verb.CREATE  # it has seen the one that was created


def test_a_crash_takes_back_what_was_pinned() -> None:
    walk = Walk(cluster(website, crashes={"website": 1}, websites=[Website("shop", 0, 7)]).system())
    walk("website.sync")
    assert walk.at("websites/shop").pins == {"website/shop"}
    walk("website.crash")
    assert walk.at("websites/shop").pins == frozenset()


def test_crashes_break_no_promise_of_a_controller_that_counts_what_it_sees() -> None:
    made = cluster(website, crashes={"website": 2}, slots=4, properties=PROMISES)
    assert told(explored(made)) == told(explored(made, fold=False)) == ALL_HOLD


# ---- whole reconciles


@pytest.mark.parametrize(("made", "cache"), [(website, "delayed"), (website, "fresh"), (looker, "fresh")])
def test_whole_reconciles_reach_only_what_calls_one_by_one_reach(made: Any, cache: str) -> None:
    def both(**more: Any) -> Any:
        return cluster((made, somebody(servers=1)), caches={"website": cache}, slots=3, **more)

    one_by_one, whole = truths(both().system()), truths(both(whole=frozenset({"website"})).system())
    assert whole < one_by_one


def test_a_whole_reconcile_is_one_step_with_all_its_calls() -> None:
    walk = Walk(cluster(looker, whole=frozenset({"website"})).system())
    step = walk("website.reconcile").step
    assert step.action == "POST servers, PUT websites/shop/status" and step.answer == "201 Created, 200 OK"
    assert walk.latest("websites/shop").seen == 1
