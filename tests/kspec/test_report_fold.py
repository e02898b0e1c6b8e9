"""Shortening long stories."""

from __future__ import annotations

from typing import Literal

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kspec.kernel.trace import Belief, Change, Story, StoryStep
from kspec.report.fold import MOST, fold, net
from tests.kspec.report_stories import API, FIGHT, LONG, REPLICASET, SURPLUS, TALL, USER, call, sees


def covered(story: Story) -> list[int]:
    """The numbers of all steps that the rows stand for, in order."""
    return [n for step in story.steps for n in range(step.number, (step.upto or step.number) + 1)]


def test_a_story_of_one_page_is_not_folded() -> None:
    assert len(TALL.steps) <= MOST
    assert fold(TALL) is TALL


def test_a_longer_story_is_folded_to_one_page_and_every_step_is_accounted_for() -> None:
    folded = fold(LONG)
    assert len(LONG.steps) == 61
    assert MOST - 2 <= len(folded.steps) <= MOST
    assert covered(folded) == list(range(1, 62))


def test_no_step_that_matters_is_folded_however_short_the_page() -> None:
    kept = {step.number for step in fold(LONG, most=2).steps if step.kind != "fold"}
    by_name = {
        "first": 1,
        "cited by the belief": 7,
        "cited too": 57,
        "fault": 59,
        "breaks": 61,
    }
    assert set(by_name.values()) <= kept
    assert len(fold(LONG, most=2).steps) < MOST


def test_deliveries_go_before_writes_and_writes_before_refused_calls() -> None:
    def folded(most: int) -> set[str]:
        shown = {step.number for step in fold(LONG, most).steps}
        hidden = [step for step in LONG.steps if step.number not in shown or step.number not in kept_numbers(most)]
        return {
            "refused" if step.answer.startswith("4") else "deliver" if step.kind == "deliver" else "write"
            for step in hidden
        }

    def kept_numbers(most: int) -> set[int]:
        return {step.number for step in fold(LONG, most).steps if step.kind != "fold"}

    # every delivery of this story stands alone between two writes, so that deliveries alone shorten nothing
    assert folded(40) == {"deliver", "write"}
    assert folded(5) == {"deliver", "write", "refused"}


def test_what_an_actor_saw_before_it_acted_on_a_belief_outlives_writes() -> None:
    bound = [call(n, "scheduler", "POST x", "201 Created", (Change("Pod x", "", None, ""),)) for n in range(2, 42)]
    bound[20] = sees(22, "replicaset", "Pod x", 1)
    last = attrs.evolve(SURPLUS.steps[-1], number=42)
    folded = fold(attrs.evolve(SURPLUS, steps=(SURPLUS.steps[0], *bound, last)), most=10)
    assert bound[20] in folded.steps
    assert len(folded.steps) <= 10


def test_only_quiet_steps_are_folded_where_that_is_enough() -> None:
    steps = [SURPLUS.steps[0]]
    steps += [sees(n, "replicaset", "Pod shop-a", 1) for n in range(2, 30)]
    steps += [call(30, "replicaset", "POST pods/shop-b", "201 Created", (Change("Pod shop-b", "", None, ""),))]
    steps += [sees(n, "replicaset", "Pod shop-b", 30) for n in range(31, 40)]
    folded = fold(attrs.evolve(SURPLUS, steps=tuple(steps)), most=12)
    assert [step.action for step in folded.steps if step.kind == "fold"] == ["… 28 deliveries"]
    assert folded.steps[2].action == "POST pods/shop-b"
    assert len(folded.steps) == 12


def test_a_fold_does_not_cross_the_beginning_of_a_loop() -> None:
    quiet = tuple(sees(n, "scaler", "Deployment web", 1) for n in range(1, 61))
    folded = fold(attrs.evolve(FIGHT, steps=quiet, loop_at=33), most=10)
    assert 33 in [step.number for step in folded.steps if step.kind != "fold"]
    assert all(step.number > 33 or (step.upto or step.number) < 33 for step in folded.steps if step.kind == "fold")


def test_a_fold_stands_in_the_store_and_tells_what_its_steps_changed_together() -> None:
    (first, *_) = [step for step in fold(LONG).steps if step.kind == "fold"]
    assert first.actor == "api"
    assert first.action == "… 3 deliveries, 2 calls"
    assert Change("Pod shop-a", "", None, "") in first.changes
    assert Change("Pod shop-a", "spec.nodeName", "none", "edge-node") in first.changes


def test_what_a_refused_call_is_called() -> None:
    refused = [call(n, "replicaset", "PUT x", "409 Conflict") for n in range(2, 40)]
    folded = fold(attrs.evolve(SURPLUS, steps=(SURPLUS.steps[0], *refused)), most=3)
    assert folded.steps[1].action == "… 37 refused calls"


def test_the_net_of_changes_is_first_old_to_last_new() -> None:
    steps = [Change("d", "replicas", "2", "3"), Change("d", "image", "a", "b"), Change("d", "replicas", "3", "5")]
    assert net(steps) == [Change("d", "replicas", "2", "5"), Change("d", "image", "a", "b")]


def test_what_came_and_went_leaves_nothing_behind() -> None:
    steps = [Change("p", "", None, ""), Change("p", "phase", None, "Pending"), Change("p", "", "", None)]
    assert net([*steps, Change("d", "x", "1", "2"), Change("d", "x", "2", "1")]) == []
    assert net(steps[1:]) == [Change("p", "", "", None)]


KINDS: tuple[Literal["call", "deliver", "local", "fault"], ...] = ("call", "deliver", "local", "fault")


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Stories of up to 80 steps of all kinds."""
    steps: list[StoryStep] = []
    for n in range(1, draw(st.integers(1, 80)) + 1):
        kind = draw(st.sampled_from(KINDS))
        actor = draw(st.sampled_from(("user", "replicaset")))
        old, new = draw(st.tuples(st.sampled_from("ab"), st.sampled_from("ab")))
        steps.append(
            StoryStep(
                n,
                actor,
                kind,
                "does it",
                answer=draw(st.sampled_from(("", "200 OK", "409 Conflict"))),
                changes=() if old == new else (Change("Pod x", draw(st.sampled_from(("phase", "status"))), old, new),),
                belief=Belief("a", "b", (f"x (step\u00a0{max(1, n - 3)})",)) if draw(st.integers(0, 9)) == 0 else None,
            )
        )
    loop_at = draw(st.none() | st.integers(1, len(steps)))
    return Story("s", "p", "It holds.", "run", {}, (USER, API, REPLICASET), tuple(steps), "", loop_at=loop_at)


@given(stories(), st.integers(1, 40))
def test_every_step_is_accounted_for_and_what_matters_is_there(story: Story, most: int) -> None:
    folded = fold(story, most)
    assert covered(folded) == [step.number for step in story.steps]
    shown = [step for step in folded.steps if step.kind != "fold"]
    assert set(shown) <= set(story.steps)
    for step in story.steps:
        if step.kind == "fault" or step.actor == "user" or step.belief or step.number in (1, story.loop_at):
            assert step in shown
    assert story.steps[-1] in shown
    if len(story.steps) <= most:
        assert folded is story
    else:
        adjacent = zip(folded.steps, folded.steps[1:], strict=False)
        assert not any(a.kind == b.kind == "fold" for a, b in adjacent)
