"""Words and lines that all faces of a story share."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kernel.trace import Change, Lane
from kspec.report import words
from kspec.report.wrapping import wrap
from tests.kspec.report_stories import STUCK, SURPLUS

NBSP = words.NBSP


def lines(*changes: Change) -> list[str]:
    """The lines of changes, with ordinary spaces."""
    return [line.replace(NBSP, " ") for line in words.change_lines(changes)]


def test_an_object_that_came_is_told_with_its_fields_on_one_line() -> None:
    whole, field = Change("Pod a", "", None, ""), Change("Pod a", "phase", None, "Pending")
    assert lines(whole) == ["+ Pod a"]
    assert lines(whole, field) == ["+ Pod a: phase Pending"]
    assert lines(field) == ["+ Pod a: phase Pending"]


def test_an_object_that_went_is_told_without_its_fields() -> None:
    assert lines(Change("Pod a", "phase", "Running", None), Change("Pod a", "", "", None)) == ["− Pod a"]


def test_fields_go_from_old_to_new_one_line_an_object() -> None:
    changes = [Change("a", "x", "1", "2"), Change("b", "", "old", "new"), Change("a", "y", None, "3")]
    changes.append(Change("a", "z", "4", None))
    assert lines(*changes) == ["a: x 1 → 2, y none → 3, z 4 → gone", "b: old → new"]


def test_the_answer_stands_before_the_first_change() -> None:
    assert words.answer_lines(SURPLUS.steps[2]) == ["201 Created  + Pod shop-a"]


@pytest.mark.parametrize(
    ("answer", "said_no"),
    [("201 Created", False), ("409 Conflict", True), ("500 Internal Server Error", True), ("", False)],
)
def test_answers_of_400_and_more_are_refusals(answer: str, said_no: bool) -> None:
    assert words.refused(attrs.evolve(SURPLUS.steps[0], answer=answer)) is said_no


def test_a_bare_name_gives_way_to_what_is_said_of_the_object() -> None:
    assert words.objects(SURPLUS)[0].startswith("ReplicaSet shop: replicas")
    assert len(words.objects(SURPLUS)) == 4


def test_lanes_in_which_nothing_happens_are_left_out_and_missing_ones_added() -> None:
    lanes = [lane.name for lane in words.prepared(STUCK).lanes]
    assert lanes == ["user", "api", "deployment", "replicaset", "scheduler", "kubelet"]
    idle = words.prepared(attrs.evolve(STUCK, lanes=(Lane("idle", "idle"),)))
    assert "idle" not in [lane.name for lane in idle.lanes]
    assert sorted(lane.name for lane in idle.lanes) == sorted(lanes)


def test_counted() -> None:
    assert [words.counted(1, "delivery"), words.counted(2, "delivery"), words.counted(0, "step")] == [
        "1 delivery",
        "2 deliveries",
        "0 steps",
    ]


def test_a_long_list_says_how_much_it_leaves_out() -> None:
    assert words.at_most(list("abcd"), 4) == list("abcd")
    assert words.at_most(list("abcde"), 4) == ["a", "b", "c", "… and 2 more"]


def test_lines_break_at_spaces_then_after_separators_then_anywhere() -> None:
    assert wrap("see replicasets/gate-new-a/status now", 16) == ["see replicasets/", "gate-new-a/", "status now"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrap(f"a{NBSP}b c", 3) == [f"a{NBSP}b", "c"]
    assert wrap("", 5) == []


@given(st.text(alphabet="ab /-.\u00a0", max_size=40), st.integers(3, 20), st.integers(0, 2))
def test_wrapping_keeps_every_character_and_the_width(text: str, width: int, hanging: int) -> None:
    found = wrap(text, width, hanging=hanging)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= width - (hanging if i else 0) for i, line in enumerate(found))
