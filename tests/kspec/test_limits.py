"""What an engine says when it did not finish, and what it says to the author of a spec that is wrong."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kspec.engines import reference
from kspec.engines.common import kinds_of
from kspec.kernel.actions import Reader
from kspec.kernel.errors import SpecError, UsageError
from kspec.kernel.properties import eventually_always
from kspec.kernel.result import Limits, Progress, Result, Verdict
from kspec.kernel.system import System

from . import tiny_models as tiny
from .closure import closures
from .engines import ENGINES, FOLDING, Explore
from .random_systems import system


@pytest.fixture(params=ENGINES)
def explore(request: pytest.FixtureRequest) -> Explore:
    return ENGINES[request.param]


def verdicts(result: Result) -> dict[str, str]:
    return {p.name: p.verdict.value for p in result.properties}


BOTH = "n_is_never_negative", "n_stays_below_five"


# ---- limits


def test_a_finished_counter_has_every_verdict_that_it_should(explore: Explore) -> None:
    result = explore(tiny.counter(10))
    assert verdicts(result) == {
        "n_is_never_negative": "HOLDS",
        "n_stays_below_five": "VIOLATED",
        "n_settles_at_ten": "HOLDS",
        "n_grows_by_one": "HOLDS",
        "it_ends_at_ten": "HOLDS",
        "n_is_zero_again_and_again": "VIOLATED",
        "one_leads_to_ten": "HOLDS",
    }
    assert (result.distinct_states, result.generated_states, result.depth) == (11, 10, 10)
    assert result.complete and result.verdict is Verdict.VIOLATED and not result.interrupted


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        (Limits(states=8), "states: 8"),
        (Limits(depth=7), "depth: 7"),
        (Limits(seconds=0.1), "seconds: 0.1"),
        (Limits(seconds=0.0), "seconds: 0"),
        (Limits(memory_mb=1), "memory: 1 MB"),
    ],
)
def test_a_limit_is_named_and_leaves_open_what_it_leaves_open(explore: Explore, limits: Limits, named: str) -> None:
    result = explore(tiny.counter(None), limits=limits)
    assert result.limits == (named,) and not result.complete
    for prop in result.properties:
        if prop.name != "n_stays_below_five":
            assert prop.verdict is Verdict.INCONCLUSIVE and prop.why == named and prop.trace is None
    assert result.verdict in (Verdict.INCONCLUSIVE, Verdict.VIOLATED)


@pytest.mark.parametrize("limits", [Limits(states=8), Limits(depth=7)])
def test_a_violation_of_safety_found_before_the_limit_stands(explore: Explore, limits: Limits) -> None:
    result = explore(tiny.counter(None), limits=limits)
    assert result.distinct_states == 8
    assert result.property("n_stays_below_five").verdict is Verdict.VIOLATED
    assert result.verdict is Verdict.VIOLATED


@pytest.mark.parametrize("limits", [Limits(states=11), Limits(depth=10), Limits(states=11, depth=10)])
def test_a_limit_that_is_just_enough_is_not_reached(explore: Explore, limits: Limits) -> None:
    result = explore(tiny.counter(10), limits=limits)
    assert result.complete and result.limits == ()
    assert verdicts(result) == verdicts(explore(tiny.counter(10)))


def test_a_system_without_properties_is_inconclusive_when_it_is_not_finished(explore: Explore) -> None:
    assert explore(tiny.counter(None, properties=()), limits=Limits(states=5)).verdict is Verdict.INCONCLUSIVE
    assert explore(tiny.counter(5, properties=())).verdict is Verdict.HOLDS


def test_a_witness_that_a_limit_kept_out_of_reach_is_not_vacuous(explore: Explore) -> None:
    assert explore(tiny.with_witness(9), limits=Limits(depth=5)).properties[0].verdict is Verdict.INCONCLUSIVE
    assert explore(tiny.with_witness(9)).properties[0].verdict is Verdict.HOLDS
    vacuous = explore(tiny.with_witness(11)).properties[0]
    assert vacuous.verdict is Verdict.VACUOUS and vacuous.witness_reached is False
    assert "reached" in vacuous.why


def test_random_systems_cut_short_never_hold_and_find_no_false_violation(explore: Explore) -> None:
    for closure in closures()[::10]:
        least = len(closure.orbits)
        result = explore(system(closure.made), limits=Limits(states=least - 1))
        assert result.limits == (f"states: {least - 1}",) and result.distinct_states == least - 1
        for claim in closure.made.claims:
            verdict = result.property(claim.name).verdict
            assert verdict in (Verdict.INCONCLUSIVE, Verdict.VIOLATED)
            assert verdict is Verdict.INCONCLUSIVE or closure.meant(claim).verdict is Verdict.VIOLATED
            assert verdict is Verdict.INCONCLUSIVE or not claim.kind.is_liveness


# ---- names


def test_running_out_of_names_is_a_limit_that_is_said(explore: Explore) -> None:
    result = explore(tiny.stops_for_want_of_names(3))
    assert result.limits == ("slots of pods",) and not result.complete
    assert (result.distinct_states, result.generated_states) == (4, 6)
    assert {p.verdict for p in result.properties} == {Verdict.INCONCLUSIVE, Verdict.VIOLATED}
    assert result.property("n_is_never_negative").why == "slots of pods"


def test_a_violation_by_real_steps_stands_when_names_ran_out(explore: Explore) -> None:
    result = explore(tiny.stops_for_want_of_names(3))
    broken = result.property("n_grows_by_one")
    assert broken.verdict is Verdict.VIOLATED and broken.trace is not None and len(broken.trace.steps) == 2


def test_a_state_in_which_names_ran_out_is_neither_quiescent_nor_a_place_to_stay(explore: Explore) -> None:
    """With names it would count on: that it ends at 3, or stays there for ever, would be a false alarm."""
    result = explore(tiny.stops_for_want_of_names(3))
    assert result.property("it_ends_at_ten").verdict is Verdict.INCONCLUSIVE
    assert result.property("n_is_zero_again_and_again").verdict is Verdict.INCONCLUSIVE


def test_the_reference_shows_a_lasso_that_needs_no_names() -> None:
    """The user sets it back again and again: a fair behaviour whatever names there are."""
    result = reference.explore(tiny.stops_for_want_of_names(3))
    for name in ("n_settles_at_ten", "one_leads_to_ten"):
        found = result.property(name)
        assert found.verdict is Verdict.VIOLATED and found.trace is not None
        assert "user.reset" in [step.action.kind for step in found.trace.steps[found.trace.loop_at :]]


def test_names_that_are_enough_are_no_limit(explore: Explore) -> None:
    assert explore(tiny.stops_for_want_of_names(11)).limits == ()


# ---- Ctrl-C, progress


def test_ctrl_c_ends_a_run_with_what_was_found_so_far(explore: Explore) -> None:
    result = explore(tiny.interrupted_at(7))
    assert result.interrupted and not result.complete and result.limits == ()
    assert result.distinct_states == 8
    expected = dict.fromkeys(verdicts(result), "INCONCLUSIVE") | {"n_stays_below_five": "VIOLATED"}
    assert verdicts(result) == expected
    assert result.property("n_settles_at_ten").why == "interrupted"


def test_progress_is_told_at_least_every_two_seconds(explore: Explore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    told: list[Progress] = []

    def wait(n: int) -> None:
        nonlocal now
        now += 0.4

    monkeypatch.setattr("kspec.engines.common.time.perf_counter", lambda: now)
    explore(tiny.counter(None, before=wait), limits=Limits(states=100, seconds=1_000), progress=told.append)
    times = [0.0, *(p.elapsed for p in told)]
    assert times[-1] > 100 * 0.4 - 2 and all(b - a <= 2 for a, b in pairwise(times))
    last = told[-1]
    assert last.distinct > 50 and last.generated > 50 and last.depth > 50 and last.memory_mb > 5
    assert last.next_limit == "states: 100"
    assert [p.distinct for p in told] == sorted(p.distinct for p in told)


def test_liveness_reports_progress_and_keeps_to_the_limit_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search takes no time at all, each question of liveness half a second."""
    now = 0.0
    told: list[Progress] = []

    @eventually_always()
    def it_settles_in_the_end(see: Reader) -> bool:
        """In the end it is ten."""
        nonlocal now
        now += 0.5
        return bool(see("n") == 100)

    monkeypatch.setattr("kspec.engines.common.time.perf_counter", lambda: now)
    made = tiny.counter(100, properties=[it_settles_in_the_end, tiny.n_is_never_negative])
    finished = reference.explore(made, progress=told.append)
    assert finished.complete and all(b.elapsed - a.elapsed <= 2 for a, b in pairwise(told)) and len(told) > 20
    cut = reference.explore(made, limits=Limits(seconds=20))
    assert cut.limits == ("seconds: 20",) and not cut.complete
    assert verdicts(cut) == {"it_settles_in_the_end": "INCONCLUSIVE", "n_is_never_negative": "HOLDS"}


def test_a_limit_of_time_holds_in_real_time(explore: Explore) -> None:
    assert explore(tiny.counter(None), limits=Limits(seconds=0.2)).seconds < 2


# ---- worlds that grow


def test_a_world_that_grows_is_laid_out_again(explore: Explore) -> None:
    result = explore(tiny.grows(4))
    assert (result.distinct_states, result.complete) == (5, True)


def test_a_world_that_grows_and_cannot_be_laid_out_again_is_an_error_of_its_spec(explore: Explore) -> None:
    with pytest.raises(SpecError, match="grew while it was explored"):
        explore(tiny.grows(4, again=False))


# ---- stuttering, quiescence, vacuity


@pytest.mark.parametrize("stutters", [False, True])
def test_a_component_that_changes_nothing_neither_acts_nor_is_owed_anything(explore: Explore, stutters: bool) -> None:
    result = explore(tiny.a_user_may_rest(stutters=stutters))
    ends, settles = result.property("it_ends_at_ten"), result.property("n_settles_at_ten")
    assert ends.verdict is Verdict.VIOLATED and ends.trace is not None and ends.trace.steps == ()
    assert ends.trace.clause == "it ended at 0"
    assert settles.verdict is Verdict.VIOLATED and settles.trace is not None
    assert settles.trace.steps == () and settles.trace.loop_at == 0
    assert result.generated_states == (3 if stutters else 1)
    assert result.never_enabled == (() if stutters else ("component.work",))


def test_quiescence_says_nothing_of_a_cluster_that_never_rests(explore: Explore) -> None:
    result = explore(tiny.never_rests())
    assert result.property("it_ends_at_ten").verdict is Verdict.VACUOUS
    assert result.property("n_is_zero_again_and_again").verdict is Verdict.HOLDS
    assert result.verdict is Verdict.VACUOUS


def test_all_violated_properties_are_told_in_one_run_each_with_its_own_trace(explore: Explore) -> None:
    result = explore(tiny.breaks_every_kind_of_safety())
    traces = {p.name: p.trace for p in result.properties if p.trace is not None}
    assert {name: (len(t.steps), t.clause, t.objects) for name, t in traces.items() if t.loop_at is None} == {
        "n_stays_below_five": (4, "n is 7", ("n",)),
        "n_grows_by_one": (4, "leaper.leap by leaper added 4", ()),
        "it_ends_at_ten": (4, "it ended at 7", ()),
    }
    lassos = {name for name, t in traces.items() if t.loop_at is not None}
    assert lassos == {"n_settles_at_ten", "n_is_zero_again_and_again", "one_leads_to_ten"}
    assert result.property("n_is_never_negative").verdict is Verdict.HOLDS


# ---- what is asked for


def test_properties_are_chosen_by_globs(explore: Explore) -> None:
    chosen = explore(tiny.counter(10), properties=["n_is_*", "it_ends_at_ten"]).properties
    assert [p.name for p in chosen] == ["n_is_never_negative", "it_ends_at_ten", "n_is_zero_again_and_again"]


def test_an_unknown_property_is_refused_with_close_matches(explore: Explore) -> None:
    with pytest.raises(UsageError, match="has no property n_stays_below_fife; did you mean n_stays_below_five"):
        explore(tiny.counter(10), properties=["n_stays_below_fife"])


def test_kinds_are_told_in_the_order_of_the_system() -> None:
    assert kinds_of(tiny.stops_for_want_of_names(3)) == ("counter.count", "user.reset")


# ---- specs that are wrong


@pytest.mark.parametrize(
    ("lay", "says"),
    [
        (lambda: tiny.raises(ZeroDivisionError("no")), r"action counter.count .*ZeroDivisionError: no .*py:\d+"),
        (lambda: tiny.raises(KeyError("x"), in_property=True), r"complains.* KeyError: 'x' .*py:\d+"),
        (tiny.two_ways_to_say_one, "True and 1|1 and True"),
        (tiny.writes_a_list, r"\[1\] is a list, which is no value; use a tuple"),
    ],
)
def test_an_error_of_a_spec_is_one_sentence_that_says_where(explore: Explore, lay: object, says: str) -> None:
    assert callable(lay)
    made = lay()
    assert isinstance(made, System)
    with pytest.raises(SpecError, match=says):
        explore(made)


def test_questions_that_differ_only_in_a_class_are_two(explore: Explore) -> None:
    result = explore(tiny.asks_of_two_classes())
    assert (result.distinct_states, result.generated_states) == (7, 6)
    assert verdicts(result) == {"true_is_never_taken_for_one": "HOLDS"}


# ---- incarnations


def test_incarnations_are_told_apart_and_labels_do_not_pile_up(explore: Explore) -> None:
    """(absent, none seen), (a, none seen), (a, a seen), (absent, a seen), (b, a seen)."""
    result = explore(tiny.is_made_again_and_again())
    assert (result.distinct_states, result.generated_states, result.complete) == (5, 8, True)
    assert verdicts(result) == {"what_was_seen_is_what_is_there": "VIOLATED", "it_settles": "VIOLATED"}
    broken, lasso = (p.trace for p in result.properties)
    assert broken is not None and len(broken.steps) == 4 and broken.clause == "another one is there"
    assert lasso is not None and lasso.loop_at is not None and lasso.states[lasso.loop_at] == lasso.states[-1]


def test_the_engines_that_fold_are_known() -> None:
    assert set(FOLDING) < set(ENGINES)
