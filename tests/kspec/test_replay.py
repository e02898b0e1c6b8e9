"""The replay: it reproduces what is true, and says where what is not true parts from the spec."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from kspec.engines import explicit, reference
from kspec.engines.replay import ReplayResult, first_difference, replay, replay_file
from kspec.kernel.actions import Action, Reader, Role, Set, Step
from kspec.kernel.errors import SpecError, UsageError
from kspec.kernel.properties import Property, always_eventually, eventually_always, invariant
from kspec.kernel.result import Limits, Verdict
from kspec.kernel.system import System
from kspec.kernel.trace import Trace
from kspec.kernel.values import Ref, Uid
from kspec.kernel.world import World
from kspec.report.itf import write_itf

from . import random_systems, tiny_models
from .engines import ENGINES, Explore
from .known.commit import two_phase_commit
from .known.replicaset import late_replicaset
from .known.store import compare_and_swap


def trace_of(system: System, name: str, explore: Explore = reference.explore) -> Trace:
    trace = explore(system, properties=[name]).property(name).trace
    assert trace is not None
    return trace


def diverges(trace: Trace) -> ReplayResult:
    answer = replay(trace)
    assert answer.verdict is Verdict.DIVERGED
    assert answer.what in str(answer)
    return answer


# ---- what is true


@pytest.mark.parametrize("explore", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize(
    "system",
    [
        tiny_models.breaks_every_kind_of_safety(),
        tiny_models.a_user_may_rest(stutters=True),
        tiny_models.is_made_again_and_again(),
        tiny_models.stops_for_want_of_names(3),
        compare_and_swap(2, 2, compares=False, fold=True),
        two_phase_commit(3, waits_for_all=False, fold=True),
        late_replicaset(1, 1, 2, failures=0, expectations=False),
    ],
    ids=lambda system: system.name,
)
def test_every_counterexample_of_an_exhaustive_engine_is_reproduced(system: System, explore: Explore) -> None:
    traces = [p.trace for p in explore(system).properties if p.trace is not None]
    assert traces
    for trace in traces:
        assert replay(trace) == ReplayResult(Verdict.REPRODUCED)


def test_counterexamples_of_random_systems_are_reproduced_also_from_files(tmp_path: Path) -> None:
    lassos = others = 0
    for seed in range(40):
        system = random_systems.system(random_systems.recipe(seed))
        for explore in (reference.explore, explicit.explore):
            for found in explore(system, limits=Limits(states=20_000)).properties:
                if found.trace is None:
                    continue
                assert replay(found.trace).verdict is Verdict.REPRODUCED, (seed, found.name)
                path = tmp_path / "trace.itf.json"
                write_itf(found.trace, path)
                answer = replay_file(path, lambda how, system=system: system)  # type: ignore[misc] # bound at once
                assert answer.verdict is Verdict.REPRODUCED, (seed, found.name, str(answer))
                lassos += found.trace.loop_at is not None
                others += found.trace.loop_at is None
    assert lassos > 20
    assert others > 20


def test_a_run_and_a_witness_are_replayed_for_what_they_are() -> None:
    system = tiny_models.with_witness(3)
    full = trace_of(tiny_models.breaks_every_kind_of_safety(), "n_stays_below_five")
    world = World(system)
    states = tuple((n,) for n in range(4))
    steps = tuple(world.steps(state)[0] for state in states[:3])
    trace = Trace("tiny", "n_is_small", "", states, steps, world=world, reading="witness")
    assert replay(trace).verdict is Verdict.REPRODUCED
    short = attrs.evolve(trace, states=states[:3], steps=steps[:2])
    assert "reached_" in diverges(short).what or "reached" in diverges(short).what
    assert replay(attrs.evolve(short, reading="run")).verdict is Verdict.REPRODUCED
    assert replay(attrs.evolve(full, reading="run", property="none of its")).verdict is Verdict.REPRODUCED


# ---- safety that is not true


LEAP = tiny_models.breaks_every_kind_of_safety()


def test_a_stored_state_that_differs_is_named_with_the_variable() -> None:
    trace = trace_of(LEAP, "n_stays_below_five")
    answer = diverges(attrs.evolve(trace, states=(*trace.states[:2], (9,), *trace.states[3:])))
    assert answer.step == 2
    assert answer.what == "counter.count leads elsewhere: n is 2 and not 9"
    assert answer.possible == ("counter.count",)


def test_an_initial_state_that_differs_is_named() -> None:
    trace = trace_of(LEAP, "n_stays_below_five")
    answer = diverges(attrs.evolve(trace, states=((5,), *trace.states[1:])))
    assert (answer.step, answer.what) == (0, "the initial state differs: n is 0 and not 5")


def test_a_class_that_differs_is_a_difference() -> None:
    trace = trace_of(LEAP, "n_stays_below_five")
    answer = diverges(attrs.evolve(trace, states=(*trace.states[:1], (True,), *trace.states[2:])))
    assert (answer.step, answer.what) == (1, "counter.count leads elsewhere: n is 1 and not True")


def test_a_step_that_is_not_possible_is_named_with_what_is_most_similar_first() -> None:
    system = compare_and_swap(2, 2, compares=False)
    trace = trace_of(system, "no_update_is_lost")
    broken = attrs.evolve(trace, steps=(trace.steps[-1], *trace.steps[1:]))
    answer = diverges(broken)
    assert answer.step == 1
    assert answer.what == f"{trace.steps[-1].label} is not possible"
    assert len(answer.possible) == 2
    assert answer.possible[0].split(": ")[0].endswith(trace.steps[-1].label.split(": ")[0][-1])
    assert "possible there: " in str(answer)


def test_a_trace_with_a_step_missing_diverges() -> None:
    trace = trace_of(LEAP, "n_stays_below_five")
    assert diverges(attrs.evolve(trace, steps=trace.steps[:-1])).step is None
    dropped = attrs.evolve(trace, steps=trace.steps[1:], states=trace.states[1:])
    assert diverges(dropped).step == 0


def test_a_state_of_another_shape_diverges() -> None:
    trace = trace_of(LEAP, "n_stays_below_five")
    assert "variables" in diverges(attrs.evolve(trace, states=(*trace.states[:-1], (7, 7)))).what


@pytest.mark.parametrize("name", ["n_is_never_negative", "n_stays_below_five", "n_grows_by_one"])
def test_a_property_that_holds_at_the_end_is_not_broken(name: str) -> None:
    trace = trace_of(LEAP, "n_stays_below_five")
    short = attrs.evolve(trace, property=name, states=trace.states[:-1], steps=trace.steps[:-1])
    answer = diverges(short)
    assert (answer.step, answer.what) == (3, f"{name} holds at the end")


def test_a_step_invariant_is_about_the_last_step() -> None:
    trace = trace_of(LEAP, "n_grows_by_one")
    assert replay(trace).verdict is Verdict.REPRODUCED
    none = attrs.evolve(trace, states=trace.states[:1], steps=())
    assert "there is none" in diverges(none).what


def test_an_end_where_a_component_can_move_is_no_rest() -> None:
    trace = trace_of(LEAP, "it_ends_at_ten")
    short = attrs.evolve(trace, states=trace.states[:2], steps=trace.steps[:1])
    assert diverges(short).what == "the end is no rest: counter.count can change something"


def test_an_end_where_a_component_lacks_a_name_is_no_rest() -> None:
    world = World(tiny_models.stops_for_want_of_names(0))
    trace = Trace("tiny.names", "it_ends_at_ten", "", (world.initial,), (), world=world)
    assert diverges(trace).what == "the end is no rest: counter.count can change something"


def test_what_a_user_can_still_do_is_no_unrest() -> None:
    trace = trace_of(tiny_models.a_user_may_rest(stutters=True), "it_ends_at_ten")
    assert len(trace.steps) == 0
    assert replay(trace).verdict is Verdict.REPRODUCED


def test_a_property_that_the_system_does_not_have_is_refused() -> None:
    trace = attrs.evolve(trace_of(LEAP, "n_stays_below_five"), property="n_stays_below_fife")
    with pytest.raises(UsageError, match="did you mean n_stays_below_five"):
        replay(trace)


@pytest.mark.parametrize("in_property", [False, True])
def test_a_function_that_raises_is_named(in_property: bool) -> None:
    system = tiny_models.raises(ZeroDivisionError("by zero"), at=1, in_property=in_property)
    world = World(tiny_models.counter(3))
    (step,) = world.steps(world.initial)
    trace = Trace("tiny", system.properties[0].name, "", ((0,), (1,)), (step,), world=World(system))
    if not in_property:
        trace = attrs.evolve(trace, states=((0,), (1,), (2,)), steps=(step, step))
    with pytest.raises(SpecError, match="ZeroDivisionError: by zero"):
        replay(trace)


# ---- lassos that are not true


@always_eventually()
def n_is_nine_again_and_again(see: Reader) -> bool:
    """The number is nine again and again."""
    return bool(see("n") == 9)


@eventually_always()
def n_is_small_for_ever(see: Reader) -> bool:
    """In the end the number stays below two."""
    return bool(see("n") < 2)


@eventually_always()
def n_is_never_two_for_ever(see: Reader) -> bool:
    """In the end the number stays below three."""
    return bool(see("n") < 3)


def ring(*, properties: Iterable[Property] = (n_is_nine_again_and_again, n_is_small_for_ever)) -> System:
    """A number goes round 0, 1, 2; at 0 another component could end that, at 1 and 0 a third one."""

    def turn(see: Reader) -> Iterable[Step]:
        if see("n") < 9:
            yield Step([("n", Set((see("n") + 1) % 3))])

    def leave_at(*places: int) -> Callable[[Reader], Iterable[Step]]:
        def leave(see: Reader) -> Iterable[Step]:
            if see("n") in places:
                yield Step([("n", Set(9))])

        return leave

    def rustle(see: Reader) -> Iterable[Step]:
        yield Step([("n", Set(see("n")))])

    actions = [
        Action("wheel", "turn", turn),
        Action("brake", "sometimes", leave_at(0)),
        Action("user", "leave", leave_at(0, 1, 2), role=Role.USER),
        Action("noise", "rustle", rustle),
    ]
    return System("tiny.ring", {"n": 0}, actions, [*properties])


def round_trip(system: System, name: str, numbers: Iterable[int], loop_at: int | None) -> Trace:
    world = World(system)
    states = tuple((n,) for n in numbers)
    turns = []
    for before, after in itertools.pairwise(states):
        turns.append(next(s for s in world.steps(before) if world.apply(before, s) == after))
    return Trace("tiny.ring", name, "", states, tuple(turns), loop_at, world=world)


NINE, SMALL = "n_is_nine_again_and_again", "n_is_small_for_ever"


def test_a_fair_loop_that_breaks_its_property_is_reproduced() -> None:
    assert replay(round_trip(ring(), NINE, [0, 1, 2, 0], 0)).verdict is Verdict.REPRODUCED
    assert replay(round_trip(ring(), NINE, [0, 1, 2, 0, 1], 1)).verdict is Verdict.REPRODUCED
    assert replay(round_trip(ring(), SMALL, [0, 1, 2, 0], 0)).verdict is Verdict.REPRODUCED


def test_a_loop_that_does_not_close_diverges() -> None:
    assert diverges(round_trip(ring(), NINE, [0, 1, 2, 0], 1)).what == (
        "the loop does not close at state 1: n is 0 and not 1"
    )


@pytest.mark.parametrize("loop_at", [None, -1, 4])
def test_a_promise_about_for_ever_needs_a_loop(loop_at: int | None) -> None:
    assert "has no loop" in diverges(round_trip(ring(), NINE, [0, 1, 2, 0], loop_at)).what


def test_a_stuttering_while_a_fair_kind_could_move_is_unfair() -> None:
    answer = diverges(round_trip(ring(), NINE, [0, 1], 1))
    assert answer.what == "the loop starves wheel.turn: it can always change something and never does"


def test_a_step_that_changes_nothing_does_not_make_a_loop_fair() -> None:
    answer = diverges(round_trip(ring(), NINE, [0, 0], 0))
    assert answer.what.startswith("the loop starves wheel.turn")
    rest = System("tiny.rest", {"n": 0}, ring().actions[3:], [n_is_nine_again_and_again])
    assert replay(round_trip(rest, NINE, [0, 0], 0)).verdict is Verdict.REPRODUCED


def test_a_loop_that_starves_a_kind_that_is_always_enabled_is_unfair() -> None:
    actions = [attrs.evolve(action, fair=True) for action in ring().actions]
    system = attrs.evolve(ring(), actions=actions)
    answer = diverges(round_trip(system, NINE, [0, 1, 2, 0], 0))
    assert answer.what == "the loop starves user.leave: it can always change something and never does"


def test_a_kind_that_lacks_a_name_is_not_disabled() -> None:
    system = tiny_models.stops_for_want_of_names(0)
    world = World(system)
    trace = Trace("tiny.names", "n_settles_at_ten", "", (world.initial,), (), 0, world=world)
    assert diverges(trace).what.startswith("the loop starves counter.count")


def test_a_loop_along_which_the_property_holds_diverges() -> None:
    system = ring(properties=[n_is_never_two_for_ever])
    answer = diverges(round_trip(system, "n_is_never_two_for_ever", [0, 1, 2, 0], 0))
    assert answer.what == "n_is_never_two_for_ever holds all along the loop"


def test_always_eventually_must_fail_all_along_the_loop() -> None:
    system = ring(properties=[tiny_models.n_is_zero_again_and_again])
    answer = diverges(round_trip(system, "n_is_zero_again_and_again", [0, 1, 2, 0], 0))
    assert (answer.step, answer.what) == (0, "n_is_zero_again_and_again holds here, on the loop")


def test_leads_to_needs_what_leads_to_it_since_it_held_last() -> None:
    system = attrs.evolve(tiny_models.counter(3), properties=[tiny_models.one_leads_to_ten])
    assert replay(trace_of(system, "one_leads_to_ten")).verdict is Verdict.REPRODUCED
    still = tiny_models.counter(0, properties=[tiny_models.one_leads_to_ten])
    trace = Trace("tiny", "one_leads_to_ten", "", ((0,),), (), 0, world=World(still))
    assert diverges(trace).what == "one_leads_to_ten: what leads to it does not hold since it held last"


# ---- what differs


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (1, 1, None),
        (1, True, ("", 1, True)),
        ((1, (2, 3)), (1, (2, 4)), ("[1][1]", 3, 4)),
        ((1,), (1, 2), ("", (1,), (1, 2))),
        (Ref("pods", 1), Ref("pods", 2), (".index", 1, 2)),
        (None, Uid(1), ("", None, Uid(1))),
        (frozenset({1}), frozenset({2}), ("", frozenset({1}), frozenset({2}))),
    ],
)
def test_the_first_difference_has_a_path(old: Any, new: Any, path: Any) -> None:
    assert first_difference(old, new) == path


# ---- files


def saved(tmp_path: Path, change: Callable[[dict[str, Any]], None] | None = None) -> Path:
    path = tmp_path / "lost.itf.json"
    trace = trace_of(compare_and_swap(2, 2, compares=False), "no_update_is_lost")
    write_itf(attrs.evolve(trace, how={"system": "lost", "settings": {"a": "b"}}), path)
    if change is not None:
        document = json.loads(path.read_text(encoding="utf-8"))
        change(document)
        path.write_text(json.dumps(document), encoding="utf-8")
    return path


def lost(how: Mapping[str, Any]) -> System:
    return compare_and_swap(2, 2, compares=False)


def test_a_saved_trace_is_reproduced_on_the_system_that_its_how_names(tmp_path: Path) -> None:
    seen: list[Mapping[str, Any]] = []

    def build(how: Mapping[str, Any]) -> System:
        seen.append(how)
        return lost(how)

    assert replay_file(saved(tmp_path), build) == ReplayResult(Verdict.REPRODUCED)
    assert seen == [{"system": "lost", "settings": {"a": "b"}}]


def test_a_saved_trace_diverges_where_the_spec_was_repaired(tmp_path: Path) -> None:
    answer = replay_file(saved(tmp_path), lambda how: compare_and_swap(2, 2))
    assert (answer.verdict, answer.step) == (Verdict.DIVERGED, 4)
    assert answer.possible


def test_a_saved_value_that_was_changed_is_named_with_old_and_new(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        text = json.dumps(document["states"][3]["object"]).replace("1", "5")
        document["states"][3]["object"] = json.loads(text)

    answer = replay_file(saved(tmp_path, change), lost)
    assert (answer.verdict, answer.step) == (Verdict.DIVERGED, 3)
    assert answer.what.endswith("leads elsewhere: object.value is 1 and not 5")


def test_a_saved_variable_that_is_gone_is_named(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        for state in document["states"]:
            state["colour"] = state.pop("object")

    answer = replay_file(saved(tmp_path, change), lost)
    assert (answer.step, answer.what) == (0, "the initial state differs: colour is gone")


def drop(*keys: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        del document[keys[-1]]

    return change


def put(value: Any, *keys: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop("#meta"), "the file has no #meta"),
        (drop("#meta", "how"), "#meta has no how"),
        (drop("#meta", "property"), "#meta has no property"),
        (put(7, "#meta", "property"), "#meta has a wrong property"),
        (put("dream", "#meta", "reading"), "reading is 'dream'"),
        (put([], "states"), "states is empty"),
        (put(3, "states"), "has a wrong states"),
        (put(3, "states", 1), "state 1 is no JSON object"),
        (put(3, "states", 0), "state 0 is no"),
        (drop("states", 2, "#meta", "label"), "#meta of state 2 has no label"),
        (put(99, "loop"), "loop is 99"),
        (put(True, "loop"), "loop is True"),
    ],
)
def test_a_file_that_is_no_trace_is_refused_with_what_is_wrong(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    path = saved(tmp_path, change)
    with pytest.raises(UsageError) as raised:
        replay_file(path, lost)
    assert str(path) in str(raised.value)
    assert words in str(raised.value)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "bad.itf.json"
    path.write_bytes(text)
    with pytest.raises(UsageError, match=r"bad\.itf\.json"):
        replay_file(path, lost)
    with pytest.raises(UsageError, match="nowhere"):
        replay_file(tmp_path / "nowhere.itf.json", lost)


def test_a_saved_trace_of_a_property_that_is_gone_is_refused(tmp_path: Path) -> None:
    @invariant()
    def another(see: Reader) -> bool:
        """It is another one."""
        return True

    with pytest.raises(UsageError, match="has no property no_update_is_lost"):
        replay_file(saved(tmp_path), lambda how: attrs.evolve(lost(how), properties=[another]))
