"""The order of a watch: relaxed while searching, exact for everything that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kspec.engines import explicit, order
from kspec.kernel.actions import Role
from kspec.kernel.properties import always_eventually, eventually_always, invariant
from kspec.kernel.result import Limits, Result, Verdict
from kspec.kernel.trace import Trace
from kspec.kube.actor import Actor
from kspec.kube.cluster import Cluster

from .exploring import told
from .kube.small import Server, Website, cluster, new_server


def user() -> Actor:
    """Posts a server in zone 1, then one in zone 2."""
    actor = Actor("user", own={"posted": 0}, role=Role.USER)

    @actor.once()
    def post(cache: Any, here: Any, api: Any) -> Any:
        if here.posted < 2:
            number = here.posted + 1
            yield api.create(new_server(Website("shop"), f"{number}")), here.set(posted=number)

    return actor


def watcher() -> Actor:
    """Notes which zones it has ever seen alone; having seen the second one alone, it turns round and round."""
    actor = Actor("watcher", watches=(Server,), own={"alone": "", "turns": False})

    @actor.once()
    def look(cache: Any, here: Any, api: Any) -> Any:
        zones = [server.zone for server in cache.list(Server)]
        if len(zones) == 1 and here.alone == "":
            yield here.set(alone=zones[0])

    @actor.once()
    def turn(cache: Any, here: Any, api: Any) -> Any:
        if here.alone == "2":
            yield here.set(turns=not here.turns)

    return actor


def second_alone(truth: Any) -> bool:
    """The watcher saw the second server without the first."""
    return bool(truth.variable("watcher/alone") == "2")


@invariant()
def the_first_is_seen_first(truth: Any) -> bool:
    """The watcher never sees the second server without the first."""
    return not second_alone(truth)


@invariant()
def the_first_is_never_seen_alone(truth: Any) -> bool:
    """The watcher never sees the first server alone."""
    return bool(truth.variable("watcher/alone") != "1")


@invariant(witness=second_alone)
def nothing_else_is_noted(truth: Any) -> bool:
    """The watcher notes nothing but zones."""
    return truth.variable("watcher/alone") in ("", "1", "2")


def first_alone(truth: Any) -> bool:
    """The watcher saw the first server without the second."""
    return bool(truth.variable("watcher/alone") == "1")


@invariant(witness=first_alone)
def something_is_noted(truth: Any) -> bool:
    """The watcher notes zones."""
    return truth.variable("watcher/alone") in ("", "1", "2")


@eventually_always()
def it_comes_to_rest(truth: Any) -> bool:
    """In the end the watcher does not turn."""
    return bool(truth.variable("watcher/turns") is False)


@eventually_always()
def the_first_is_forgotten(truth: Any) -> bool:
    """In the end the watcher has not seen the first one alone."""
    return bool(truth.variable("watcher/alone") != "1")


@always_eventually()
def the_second_is_not_noted(truth: Any) -> bool:
    """Again and again the watcher has not noted the second server."""
    return not second_alone(truth)


def watched(*properties: Any, cache: str = "delayed") -> Cluster:
    return cluster((user(), watcher()), properties=properties, caches={"watcher": cache}, websites=())


ONLY_RELAXED = [the_first_is_seen_first, it_comes_to_rest, the_second_is_not_noted]
REAL = [the_first_is_never_seen_alone, the_first_is_forgotten]


def is_behaviour(trace: Trace) -> bool:
    """Whether each step of a trace is one that its world's functions take."""
    world = trace.world
    if trace.states[0] != world.initial:
        return False
    for before, step, after in zip(trace.states, trace.steps, trace.states[1:], strict=False):
        if all(world.apply(before, o) != after for o in world.steps_of(before, step.action, step.member)):
            return False
    return True


def shows_only_what_is_real(result: Result) -> bool:
    """Whether every counterexample is a behaviour of the world with exact order, and says so."""
    traces = [p.trace for p in result.properties if p.trace is not None]
    return all(
        "order/servers/watcher" in t.world.position and t.how["layout"] == "exact" and is_behaviour(t) for t in traces
    )


# ---- refuted and confirmed


@pytest.mark.parametrize("prop", ONLY_RELAXED, ids=lambda p: p.name)
def test_a_violation_that_needs_events_out_of_order_is_not_shown(prop: Any) -> None:
    assert told(explicit.explore(watched(prop).system(), confirm=False)) == {prop.name: "VIOLATED"}
    result = explicit.explore(watched(prop).system())
    (found,) = result.properties
    assert (found.verdict, found.trace, result.verdict) == (Verdict.HOLDS, None, Verdict.HOLDS)
    assert result.complete
    assert found.why.startswith("order: judged with exact watch order")


@pytest.mark.parametrize("cache", ["delayed", "coalesced", "relisted"])
@pytest.mark.parametrize("prop", REAL, ids=lambda p: p.name)
def test_a_violation_that_is_real_is_confirmed_with_a_trace_of_the_exact_world(prop: Any, cache: str) -> None:
    result = explicit.explore(watched(prop, cache=cache).system())
    (found,) = result.properties
    assert found.verdict is Verdict.VIOLATED and found.trace is not None
    assert shows_only_what_is_real(result)
    assert "order/servers/watcher" in found.trace.world.system.variables


def test_true_and_false_counterexamples_are_told_apart_in_one_run() -> None:
    result = explicit.explore(watched(*ONLY_RELAXED, *REAL).system())
    assert told(result) == {
        **{p.name: "HOLDS" for p in ONLY_RELAXED},
        **{p.name: "VIOLATED" for p in REAL},
    }
    assert shows_only_what_is_real(result)


def test_a_witness_that_needs_events_out_of_order_is_none() -> None:
    relaxed = explicit.explore(watched(nothing_else_is_noted).system(), confirm=False)
    assert relaxed.property("nothing_else_is_noted").witness_reached
    (found,) = explicit.explore(watched(nothing_else_is_noted).system()).properties
    assert found.verdict is Verdict.INCONCLUSIVE and "witness second_alone" in found.why
    assert told(explicit.explore(watched(something_is_noted).system())) == {"something_is_noted": "HOLDS"}


def test_a_false_violation_that_cannot_be_judged_within_the_limits_is_inconclusive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = order.Guide.violation

    def out_of_room(guide: order.Guide, trace: Trace, prop: Any) -> Any:
        assert real(guide, trace, prop) is None
        return None

    monkeypatch.setattr(order.Guide, "violation", out_of_room)
    made = watched(the_first_is_seen_first)
    relaxed = explicit.explore(made.system(), confirm=False)
    exact = made.exact()
    found = order._confirm_violation(
        order.Guide(exact), exact.properties[0], relaxed.properties[0], Limits(states=3), None
    )
    assert found.verdict is Verdict.INCONCLUSIVE and found.why.startswith("order: ") and "states: 3" in found.why
    assert found.trace is None


def test_nothing_has_to_be_confirmed_where_no_cache_is_late() -> None:
    assert watched(the_first_is_seen_first, cache="fresh").system().exact is None
    assert watched(the_first_is_seen_first).exact().exact is None


# ---- mutants


def confirmation_is_skipped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order, "confirmed", lambda search, result, **how: result)


def every_story_is_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order.Guide, "violation", lambda guide, trace, prop: trace)


def the_exact_world_is_relaxed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cluster, "exact", lambda made: made.reduced(made.reductions).system())


def acts_may_be_left_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order, "acts_of", lambda steps: [])


@pytest.mark.parametrize(
    "mutant",
    [confirmation_is_skipped, every_story_is_believed, the_exact_world_is_relaxed, acts_may_be_left_out],
    ids=lambda mutant: mutant.__name__,
)
def test_a_mutant_of_the_confirmation_is_noticed(
    mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    result = explicit.explore(watched(*ONLY_RELAXED, *REAL, nothing_else_is_noted, something_is_noted).system())
    as_it_should_be = {
        **{p.name: "HOLDS" for p in ONLY_RELAXED},
        **{p.name: "VIOLATED" for p in REAL},
        "nothing_else_is_noted": "INCONCLUSIVE",
        "something_is_noted": "HOLDS",
    }
    assert told(result) != as_it_should_be or not shows_only_what_is_real(result)
