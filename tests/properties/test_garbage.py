"""The promises about owners and dependents: each holds, is exercised, and is broken by a twin."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

import kspec
from kspec.engines.explicit import explore
from kspec.kernel.registry import load
from kspec.kernel.result import Result, Verdict
from kspec.targets import target_of, under

MUTANTS = [
    ("nothing_without_an_owner_is_collected", "garbage.reconsidered", "garbage-collector.precondition", "none"),
    ("nothing_whose_owner_lives_is_collected", "garbage.recreated", "garbage-collector.virtual", "unchecked"),
    ("nothing_whose_owner_lives_is_collected", "garbage.recreated", "garbage-collector.owner", "by-name"),
    ("no_garbage_is_left", "garbage.recreated", "garbage-collector.owner", "by-name"),
    ("with_foreground_the_owner_goes_last", "garbage.collector", "garbage-collector.foreground", "at-once"),
    ("orphans_survive", "garbage.collector", "garbage-collector.orphans", "kept"),
]


def actors(result: Result, name: str) -> list[tuple[str, str]]:
    """Who acts, and what is asked of the API server, in the counterexample of a promise."""
    trace = result.property(name).trace
    assert trace is not None
    return [(step.action.actor, step.step.action) for step in trace.steps]


@pytest.mark.parametrize(("name", "system", "setting", "value"), MUTANTS)
def test_a_broken_twin_of_the_collector_is_noticed(name: str, system: str, setting: str, value: str) -> None:
    held = kspec.check(system, properties=[name]).property(name)
    assert held.verdict is Verdict.HOLDS
    assert held.witness is not None

    broken = kspec.check(system, properties=[name], settings={setting: value}).property(name)
    assert broken.verdict is Verdict.VIOLATED
    assert broken.trace is not None and broken.trace.clause
    assert kspec.replay(broken.trace).verdict is Verdict.REPRODUCED


def test_each_promise_about_garbage_has_a_mutant() -> None:
    parts = load().parts
    promised = {
        p.name
        for part in ("collector", "reconsidered", "recreated", "relisted", "orphans")
        for p in parts[f"garbage.{part}"]
    }
    assert promised == {name for name, *_ in MUTANTS}


def test_a_pod_that_the_collector_sees_too_late_is_no_orphan_but_garbage() -> None:
    result = kspec.check("garbage.orphans", properties=["orphans_survive"])
    asked = actors(result, "orphans_survive")
    last = max(i for i, (actor, _) in enumerate(asked) if actor == "replicaset")
    orphaned = asked.index(("garbage-collector", "PATCH replicasets/web"))
    assert last < orphaned
    assert ("garbage-collector", "") in asked[orphaned:] or ("garbage-collector", "GET pods") in asked[orphaned:]
    assert asked[-1] == ("garbage-collector", "DELETE pods")


def test_an_owner_that_was_replaced_while_the_watch_was_broken_stays_in_the_graph() -> None:
    trace = kspec.check("garbage.relisted").property("no_garbage_is_left").trace
    assert trace is not None
    assert [step.step.action for step in trace.steps].count("POST replicasets/web") == 2
    waits = {lane: (what, why) for lane, what, why in trace.waits}
    told = (
        "a deletion of the owner of a Pod",
        "its graph has the ReplicaSet web of this uid: no event said that it is gone",
    )
    assert waits["garbage-collector"] == told


def varied(**scope: Any) -> Result:
    """The story of the ReplicaSet that comes again, with another scope."""
    with under(target_of("garbage.recreated"), {}) as (system, _):
        made = system.narrator._cluster
        return explore(attrs.evolve(made, scope=attrs.evolve(made.scope, **scope), learned={}).system())


@pytest.mark.parametrize(
    "scope",
    [
        {"crashes": {"garbage-collector": 1}},
        {"whole": frozenset({"replicaset", "garbage-collector"})},
        {"caches": {}},
    ],
)
def test_the_promises_hold_also(scope: dict[str, Any]) -> None:
    """If the collector crashes, if its attempts are one step each, if its caches are never late."""
    result = varied(**scope)
    assert result.complete
    assert {p.verdict for p in result.properties} == {Verdict.HOLDS}


def test_an_owner_that_is_not_seen_yet_is_read_before_its_dependents_are_deleted() -> None:
    unchecked = {"garbage-collector.virtual": "unchecked"}
    name = "nothing_whose_owner_lives_is_collected"
    asked = actors(kspec.check("garbage.recreated", properties=[name], settings=unchecked), name)
    assert ("garbage-collector", "GET replicasets/web") not in asked
    assert asked[-1] == ("garbage-collector", "DELETE pods")
