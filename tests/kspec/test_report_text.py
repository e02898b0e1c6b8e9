"""Stories for a terminal."""

from __future__ import annotations

import attrs
import pytest
from syrupy.assertion import SnapshotAssertion

from kspec.kernel.trace import Belief, Change, Lane, Story, StoryStep
from kspec.report.text import text
from tests.kspec.report_stories import FIGHT, LIGHT, LONG, STORIES, STUCK, SURPLUS


@pytest.mark.parametrize("name", STORIES)
def test_a_story_reads_as_it_did(name: str, snapshot: SnapshotAssertion) -> None:
    assert text(STORIES[name]) == snapshot


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    assert max(len(line) for line in text(STORIES[name], width=width).split("\n")) <= width


def test_the_first_line_is_the_verdict_and_the_last_ones_are_property_clause_and_objects() -> None:
    lines = text(SURPLUS).split("\n")
    assert lines[0] == "VIOLATED  no_surplus_pods in replicaset.stale, expectations off, 10 steps"
    ending = lines[lines.index("BROKEN") :]
    assert ending[1] == "property  A ReplicaSet never has more active pods than its largest replicas."
    assert ending[2] == "clause    Broken at step 10: active pods of ReplicaSet shop = 3, its largest replicas = 2"
    assert ending[3] == "objects   ReplicaSet shop: replicas 2, available 0"
    assert len(ending) == 3 + 4


def test_a_belief_stands_beside_the_truth_with_what_is_still_on_its_way() -> None:
    told = text(SURPLUS)
    assert "≠ believes: 0 pods; the truth: 2 pods" in told
    assert "not yet seen: Pod shop-a (step 9), Pod shop-b (step 4)" in told


def test_a_step_says_who_did_what_and_which_field_went_from_what_to_what() -> None:
    (row,) = [line for line in text(FIGHT, width=160).split("\n") if line.startswith("│    3  ")]
    assert "scaler by load" in row
    assert "PUT deployments/web/scale (2 is less than minReplicas)" in row
    assert row.endswith("200 OK  Deployment web: spec.replicas 2 → 3")


def test_the_loop_is_marked_from_its_first_step_to_its_last() -> None:
    lines = text(FIGHT).split("\n")
    begin = next(i for i, line in enumerate(lines) if line.startswith("┌─ loop"))
    end = next(i for i, line in enumerate(lines) if line.startswith("└─ the same as before step 3: steps 3 to 7"))
    assert lines[begin + 1].startswith("│    3  ")
    assert all(line.startswith("│") for line in lines[begin + 1 : end])
    assert not any(line.startswith("│") for line in lines[:begin] + lines[end:])


def test_a_stuck_story_says_of_every_actor_what_it_waits_for_and_why() -> None:
    lines = text(STUCK, width=160).split("\n")
    (row,) = [line for line in lines if "waits for a node for gate-new-a" in line]
    assert "scheduler" in row
    assert row.endswith("because edge-node: its port 8443 is held by gate-old-a")
    assert sum("has nothing to do" in line for line in lines) == 3


def test_a_story_that_begins_later_says_after_which_step_and_says_it_once() -> None:
    told = text(STUCK)
    assert "after step 12" in told
    assert "after steps 1 to 12" not in told


def test_a_long_story_is_folded_and_says_what_the_fold_changed() -> None:
    rows = [line for line in text(LONG).split("\n") if "… " in line]
    assert rows
    assert any("deliveries" in row for row in rows)
    assert "  2–6  " in text(LONG)
    assert "… " not in text(LONG, most=100)


def test_a_run_is_no_violation() -> None:
    told = text(attrs.evolve(SURPLUS, kind="run", property="run", clause="", steps=SURPLUS.steps[:-1]))
    assert told.startswith("RUN  replicaset.stale, expectations off, 9 steps\n")
    assert "VIOLATED" not in told
    assert "property" not in told


def test_what_a_terminal_would_obey_is_shown_and_not_sent() -> None:
    told = text(attrs.evolve(LIGHT, sentence="red \x1b[31m and \u202e back\nnext"))
    assert "red \\x1b[31m and \\u202e back next" in told
    assert "\x1b" not in told


def test_an_actor_without_a_lane_is_told_by_its_name() -> None:
    step = StoryStep(
        1, "intruder", "local", "write", changes=(Change("x", "", "0", "1"),), belief=Belief("0", "1"), breaks="no"
    )
    told = text(Story("s", "p", "It holds.", "safety", {}, (Lane("api", "the store"),), (step,), "no"))
    assert "intruder" in told
    assert "x: 0 → 1" in told
    assert "! no" in told


def test_a_story_without_steps_is_told() -> None:
    told = text(Story("s", "p", "It moves.", "stuck", {"api": ("x: 0",)}, (), (), "", waits=(("a", "b", "c"),)))
    assert told.startswith("VIOLATED  p in s, 0 steps")
    assert "waits for b" in told
