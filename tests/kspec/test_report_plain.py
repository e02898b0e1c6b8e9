"""Stories of systems without a narrator."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import attrs
import pytest

import kspec
from kspec.kernel.trace import Change, Story, Trace
from kspec.report.plain import say, story
from tests.kspec.cli_runner import counter, store


class Colour(enum.Enum):
    """A value of a light."""

    RED = "Red"
    GREEN = "Green"


@attrs.frozen
class Light:
    """A record with an inner record."""

    colour: Colour
    waiting: int = 0


@attrs.frozen
class Crossing:
    """A record of records."""

    light: Light
    name: str = "main"


def switch(see: kspec.Reader) -> Iterable[kspec.Step]:
    """Switch the light."""
    crossing = see("crossing")
    other = Colour.GREEN if crossing.light.colour is Colour.RED else Colour.RED
    light = attrs.evolve(crossing.light, colour=other)
    yield kspec.Step([("crossing", kspec.Set(attrs.evolve(crossing, light=light)))], says="it is time")


@kspec.eventually_always()
def the_light_stays_green(see: kspec.Reader) -> bool:
    """In the end the light stays green."""
    return bool(see("crossing").light.colour is Colour.GREEN)


def crossing(*actions: kspec.Action) -> kspec.System:
    """One light."""
    start = {"crossing": Crossing(Light(Colour.RED))}
    return kspec.System("crossing", start, actions, [the_light_stays_green])


def trace_of(thing: kspec.System | str, **options: dict[str, str]) -> Trace:
    """The one counterexample of a system."""
    result = kspec.check(thing, **options)  # type: ignore[arg-type] # only settings are given here
    (found,) = [p.trace for p in result.properties if p.trace is not None]
    return found


def told(thing: kspec.System | str, **options: dict[str, str]) -> Story:
    """Its story."""
    return story(trace_of(thing, **options))


def test_a_broken_invariant_is_told_to_the_step_that_breaks_it() -> None:
    found = told(store("cas"), settings={"demo.compare": "off"})
    first = found.steps[2].changes[1].object  # either of the two clients, which are alike
    assert first in ("clients#0 client", "clients#1 client")
    assert found.kind == "safety"
    assert [lane.name for lane in found.lanes] == ["client", "the state"]
    assert found.start == {"the state": ("version: 0", *(f"clients#{i} client: {FRESH}" for i in (0, 1)))}
    assert [step.answer for step in found.steps] == ["", "", "200 OK", "200 OK"]
    assert found.steps[2].changes == (
        Change("version", "", "0", "1"),
        Change(first, "succeeded", "none", "yes"),
    )
    assert [bool(step.breaks) for step in found.steps] == [False, False, False, True]
    assert found.clause == "both clients read version 0 and both were answered 200 OK"
    assert found.objects == ("client 0",)


FRESH = "Client(read=none, succeeded=none)"


def test_a_loop_is_told_as_one_with_the_fields_that_change() -> None:
    found = told(crossing(kspec.Action("timer", "switch", switch)))
    assert found.kind == "lasso"
    assert (found.loop_at, len(found.steps)) == (1, 2)
    assert found.steps[0].changes == (Change("crossing", "light.colour", "Red", "Green"),)
    assert found.steps[0].says == "it is time"


def test_a_state_in_which_all_stops_is_told_as_stuck() -> None:
    found = told(crossing())
    assert (found.kind, found.steps, found.loop_at) == ("stuck", (), None)


def test_the_same_trace_is_always_told_in_the_same_words() -> None:
    assert told(counter("too-far")) == told(counter("too-far"))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "none"),
        (True, "yes"),
        (3, "3"),
        ("web", "web"),
        (Colour.RED, "Red"),
        ((1, None), "(1, none)"),
        (frozenset({2, 1}), "{1, 2}"),
        (Light(Colour.RED, 2), "Light(colour=Red, waiting=2)"),
        (kspec.Ref("pods", 1), "pods#1"),
    ],
)
def test_values_are_said_in_short_words(value: object, words: str) -> None:
    assert say(value) == words
