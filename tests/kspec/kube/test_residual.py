"""Reconciles in progress: what they will do for every answer that they ask for, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kspec.kernel.actions import Set, whole
from kspec.kernel.errors import ImpureError, SpecError
from kspec.kernel.values import Ref, rename
from kspec.kube.requests import AlreadyExists, Code, Refused, Request, Verb
from kspec.kube.residual import Ask, Leaf, Reconcile, Resume, Run, Work, answered, resume

from .reconciles import GET, after, begun, calls, create, delete, first, looking_at

# ---- what is asked, and what is not


def test_a_reconcile_without_calls_is_over_at_once() -> None:
    def idle(run: Run) -> Reconcile:
        run.ask("n")
        yield from ()

    (began,) = begun(idle, {"n": 1})
    assert began.leaf == Leaf((), None)


@pytest.mark.parametrize("batches", [1, 3, 6])
def test_answers_that_are_ignored_cost_one_run_for_each_yield_and_one_more(batches: int) -> None:
    runs = []

    def careless(run: Run) -> Reconcile:
        runs.append(run)
        for i in range(batches):
            yield [create(f"{i}"), create(f"{i}")]

    work = first(careless)
    assert len(runs) == batches + 1
    for i in range(batches):
        assert [c.resource for c in work.calls] == [f"{i}", f"{i}"] and isinstance(work.then, Leaf)
        node = after(work, Code.CREATED, Code.FORBIDDEN)
        work = node.work
    assert node == Leaf((), None)


def test_how_many_calls_failed_tells_the_ways_on_apart() -> None:
    def counting(run: Run) -> Reconcile:
        answers = yield [create()] * 2
        run.write("failed", Set(answers.failed))
        if answers.failed < 2:
            yield create("more")

    work = first(counting)
    assert isinstance(work.then, Ask) and work.then.question == "failed" and len(work.then.answers) == 3
    ok, no = Code.CREATED, Code.FORBIDDEN
    for codes, failed in (((ok, ok), 0), ((no, ok), 1), ((ok, no), 1), ((no, no), 2)):
        node = after(work, *codes)
        assert node.writes == (("failed", Set(failed)),)
        assert calls(node) == (["POST more"] if failed < 2 else [])


def test_whether_all_calls_succeeded_is_one_question_of_two_answers() -> None:
    def checking(run: Run) -> Reconcile:
        answers = yield [create()] * 3
        if not answers.ok:
            yield create("complaint")
            run.write("failed", Set(answers.failed))

    work = first(checking)
    assert isinstance(work.then, Ask)
    assert after(work, Code.CREATED, Code.CREATED, Code.CREATED) == Leaf((), None)
    node = after(work, Code.CREATED, Code.FORBIDDEN, Code.INVALID)
    assert calls(node) == ["POST complaint"]
    assert after(node.work, Code.CREATED).writes == (("failed", Set(2)),)


def test_an_answer_may_be_asked_about_after_later_calls() -> None:
    def late(run: Run) -> Reconcile:
        answers = yield [create("a")] * 2
        yield [create("b")]
        yield create("c")
        if answers.failed:
            yield create("again")

    for codes, says in (((Code.CREATED, Code.CREATED), []), ((Code.CREATED, Code.FORBIDDEN), ["POST again"])):
        node = after(first(late), *codes)
        node = after(node.work, Code.FORBIDDEN)
        node = after(node.work, Code.CREATED)
        assert calls(node) == says


def test_calls_in_flight_are_a_multiset_whose_answers_come_in_any_order() -> None:
    def two(run: Run) -> Reconcile:
        answers = yield [create("b"), create("a")]
        run.write("ok", Set(answers.ok))

    work = first(two)
    a, b = work.calls
    one = answered(answered(work, a, Code.CREATED), b, Code.FORBIDDEN)  # type: ignore[arg-type]  # the rest of it
    other = answered(answered(work, b, Code.FORBIDDEN), a, Code.CREATED)  # type: ignore[arg-type]  # the rest of it
    assert one == other
    refused = answered(work, b, Code.FORBIDDEN)
    assert isinstance(refused, Work) and refused.refused == (Code.FORBIDDEN,) and refused.calls == (a,)


# ---- refusals


def test_a_refusal_that_is_not_handled_ends_the_reconcile() -> None:
    def naive(run: Run) -> Reconcile:
        yield create()
        yield create("more")

    work = first(naive)
    assert calls(after(work, Code.CREATED)) == ["POST more"]
    assert after(work, Code.ALREADY_EXISTS) == Leaf((), None, "409 AlreadyExists")
    assert after(work, Code.FORBIDDEN) == Leaf((), None, "403 Forbidden")


def test_a_refusal_that_is_handled_lets_it_go_on() -> None:
    def patient(run: Run) -> Reconcile:
        try:
            yield create()
        except AlreadyExists:
            run.write("taken", Set(True))
        yield create("more")

    work = first(patient)
    assert after(work, Code.ALREADY_EXISTS).writes == (("taken", Set(True)),)
    assert calls(after(work, Code.ALREADY_EXISTS)) == calls(after(work, Code.CREATED)) == ["POST more"]
    assert after(work, Code.INVALID).work is None


def test_answers_that_make_no_difference_are_not_told_apart() -> None:
    def last(run: Run) -> Reconcile:
        with contextlib.suppress(Refused):
            yield delete(0)
        yield create()

    assert isinstance(first(last).then, Leaf)


# ---- memory


def test_updates_of_the_memory_go_with_the_step_after_which_they_are_made() -> None:
    def counted(run: Run) -> Reconcile:
        run.write("n", Set(1))
        yield create()
        run.write("n", Set(2))

    (began,) = begun(counted)
    assert began.leaf.writes == (("n", Set(1)),) and began.leaf.work is not None
    assert after(began.leaf.work, Code.CREATED) == Leaf((("n", Set(2)),), None)
    assert after(began.leaf.work, Code.FORBIDDEN).writes == ()


def test_a_reconcile_sees_its_own_update_of_its_memory() -> None:
    def forgetful(run: Run) -> Reconcile:
        assert run.ask("n") == 0
        run.write("n", Set(5))
        yield create(f"{run.ask('n')}")

    assert calls(begun(forgetful, {"n": 0})[0].leaf) == ["POST 5"]


# ---- what cannot be told beforehand


def test_after_a_get_the_reconcile_is_run_again_with_what_came_back() -> None:
    def reader(run: Run) -> Reconcile:
        run.ask("n")
        found = yield GET
        yield create(f"{found}")

    work = first(reader, {"n": 3})
    assert work.then == Resume(((("n", whole, 0, 0), 3),), ())
    (began,) = resume(reader, looking_at({"n": 4}), work.then, ("ok", "it", 1))
    assert calls(began.leaf) == ["POST it"]
    (began,) = resume(reader, looking_at({}), work.then, ("refused", Code.NOT_FOUND, 1))
    assert began.leaf == Leaf((), None, "404 NotFound")


def test_a_get_whose_answer_nobody_looks_at_is_told_beforehand() -> None:
    def reader(run: Run) -> Reconcile:
        yield GET
        yield create("whatever came back")

    work = first(reader)
    assert isinstance(work.then, Ask)
    granted = dict(work.then.answers)[None]
    assert isinstance(granted, Leaf) and calls(granted) == ["POST whatever came back"]


def test_a_question_after_a_call_is_asked_when_its_time_has_come() -> None:
    def late(run: Run) -> Reconcile:
        before = run.ask("n")
        yield create()
        yield create(f"{before} then {run.ask('n')}")

    work = first(late, {"n": 1})
    assert isinstance(work.then, Resume) and work.then.script == ()
    (began,) = resume(late, looking_at({"n": 2}), work.then, ("ok", None, 1))
    assert calls(began.leaf) == ["POST 1 then 2"]


def test_after_a_late_question_everything_is_told_beforehand_again() -> None:
    def late(run: Run) -> Reconcile:
        yield create()
        run.ask("n")
        yield create("two")
        yield create("three")

    (began,) = resume(late, looking_at({"n": 2}), first(late).then, ("ok", None, 1))  # type: ignore[arg-type]  # a Resume
    assert began.leaf.work is not None and isinstance(began.leaf.work.then, Ask)
    assert calls(after(began.leaf.work, Code.CREATED)) == ["POST three"]


def test_what_came_back_is_still_known_when_the_reconcile_runs_again() -> None:
    def both(run: Run) -> Reconcile:
        answers = yield [create()] * 2
        found = yield GET
        yield create(f"{found}: failed {answers.failed}, all ok {answers.ok}")

    for codes, says in (
        ((Code.CREATED, Code.CREATED), "POST it: failed 0, all ok True"),
        ((Code.FORBIDDEN, Code.CREATED), "POST it: failed 1, all ok False"),
    ):
        node = after(first(both), *codes)
        (began,) = resume(both, looking_at({}), node.work.then, ("ok", "it", 1))
        assert calls(began.leaf) == [says]


def test_an_empty_list_of_calls_is_answered_at_once() -> None:
    def nothing(run: Run) -> Reconcile:
        answers = yield []
        run.write("ok", Set((answers.ok, answers.failed)))
        yield create()

    (began,) = begun(nothing)
    assert began.leaf.writes == (("ok", Set((True, 0))),) and calls(began.leaf) == ["POST thing"]


# ---- open choices


def choosing(run: Run) -> Reconcile:
    one = run.choose([Ref("things", i) for i in range(3)])
    yield delete(one)


def test_each_way_of_an_open_choice_is_a_beginning_of_its_own() -> None:
    ways = begun(choosing)
    assert [way.taken for way in ways] == [(Ref("things", i),) for i in range(3)]
    assert [calls(way.leaf) for way in ways] == [["DELETE things"]] * 3
    assert len({way.leaf for way in ways}) == 3


def test_choices_after_choices_multiply() -> None:
    def twice(run: Run) -> Reconcile:
        yield create("ab"[run.choose("ab")] + "xyz"[run.choose("xyz")])

    assert sorted(calls(way.leaf)[0] for way in begun(twice)) == [f"POST {a}{b}" for a in "ab" for b in "xyz"]


def test_a_choice_after_a_call_is_open_again_when_its_time_has_come() -> None:
    def late(run: Run) -> Reconcile:
        yield create()
        yield create("ab"[run.choose("ab")])

    work = first(late)
    assert isinstance(work.then, Resume)
    ways = list(resume(late, looking_at({}), work.then, ("ok", None, 1)))
    assert [calls(way.leaf) for way in ways] == [["POST a"], ["POST b"]]


def one_by_one(run: Run) -> Reconcile:
    """Deletes one of all things, looks again, and deletes the same once more."""
    things = run.ask(("each", "things"))
    pairs = getattr(things, "answers", None) or [(Ref("things", i), x) for i, x in enumerate(things) if x is not None]
    refs = [ref for ref, _ in pairs]
    chosen = refs[run.choose(refs)]
    yield Request(Verb.DELETE, "things", chosen)
    run.ask("n")
    yield Request(Verb.PATCH, "things", chosen)


def swapped(value: Any) -> Any:
    renamed = rename(value, "things", (1, 0, 2).__getitem__)
    return renamed


def test_a_renaming_renames_what_was_chosen_and_what_it_will_do() -> None:
    state = {("each", "things"): ("a", "b", None)}
    for way in begun(one_by_one, state):
        work = way.leaf.work
        assert work is not None
        renamed = swapped(work)
        (began,) = resume(one_by_one, looking_at({"n": 0}), renamed.then, ("ok", None, 1))
        assert began.leaf.work is not None
        assert began.leaf.work.calls[0].name == renamed.calls[0].name != work.calls[0].name


def test_a_reconcile_that_waits_mentions_no_member_that_it_did_not_see() -> None:
    (began, *_) = begun(one_by_one, {("each", "things"): ("a", None, "c")})
    assert isinstance(began.leaf.work, Work) and isinstance(began.leaf.work.then, Resume)
    ((_, seen),) = began.leaf.work.then.asked
    assert [ref.index for ref, _ in seen.answers] == [0, 2]


# ---- equal and canonical


def thrifty(run: Run) -> Reconcile:
    missing = 3 - run.ask("have") - run.ask("coming")
    if missing:
        answers = yield [create()] * missing
        run.write("failed", Set(answers.failed))


def test_two_reconciles_that_will_do_the_same_are_equal_whatever_they_saw() -> None:
    one, other = first(thrifty, {"have": 1, "coming": 0}), first(thrifty, {"have": 0, "coming": 1})
    assert one == other and hash(one) == hash(other)
    assert one != first(thrifty, {"have": 0, "coming": 0})


def deleting(*members: int) -> Callable[[Run], Reconcile]:
    def make(run: Run) -> Reconcile:
        answers = yield [delete(i) for i in members]
        run.write("failed", Set(answers.failed))

    return make


def test_a_renaming_keeps_the_calls_in_flight_in_order() -> None:
    assert swapped(first(deleting(0, 2))) == first(deleting(1, 2))
    assert swapped(first(deleting(0, 1))) == first(deleting(0, 1)) == first(deleting(1, 0))


# ---- errors for people


def test_what_is_no_call_is_refused_by_name() -> None:
    def wrong(run: Run) -> Iterator[Any]:
        yield "pods"

    with pytest.raises(SpecError, match=r"yields API calls .* not 'p'|not 'pods'"):
        begun(wrong)  # type: ignore[arg-type]  # on purpose


def test_a_get_is_never_one_of_several_calls() -> None:
    def wrong(run: Run) -> Reconcile:
        yield [create(), GET]

    with pytest.raises(SpecError, match="no GET or LIST"):
        begun(wrong)


def test_a_reconcile_that_chooses_among_other_things_when_it_runs_again_is_impure() -> None:
    def fickle(run: Run) -> Reconcile:
        options.append(options[-1] + 1)
        run.choose(list(options[-2:]))
        yield create()

    options = [0]
    with pytest.raises(ImpureError, match="not a pure function"):
        begun(fickle)


def test_codes_that_nobody_will_ask_for_are_not_kept() -> None:
    def careless(run: Run) -> Reconcile:
        yield [create("a"), create("b")]

    work = first(careless)
    for code in (Code.CREATED, Code.FORBIDDEN):
        rest = answered(work, work.calls[0], code)
        assert isinstance(rest, Work) and rest.refused == ()
