"""Stories as pictures. The dot source is pinned; the SVG, whose bytes are the layout program's, is looked into."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import attrs
import pytest
from syrupy.assertion import SnapshotAssertion

from kspec.kernel.errors import UsageError
from kspec.kernel.trace import Belief, Lane, Story, StoryStep
from kspec.report import layout, words
from kspec.report.boxes import POINTS, measure
from kspec.report.graph import dot, svg
from kspec.report.rows import PAGE, Row, Sheet, sheet, widths
from tests.kspec.report_stories import FIFTEEN, FIGHT, LIGHT, LONG, STORIES, STUCK, SURPLUS, TALL

SVG = "{http://www.w3.org/2000/svg}"
PIXELS = 96 / 72


def laid(story: Story) -> Sheet:
    """The rows and columns of a story."""
    return sheet(words.prepared(story))


def row(story: Story, name: str) -> Row:
    """One row of a story."""
    (found,) = [row for row in laid(story).rows if row.name == name]
    return found


def label(found: Row, column: str) -> str:
    """What stands in a box, without its tags."""
    return re.sub(r"<[^>]*>", " ", found.boxes[column]["label"]).replace(words.NBSP, " ").replace("&#160;", " ")


def texts(picture: str) -> str:
    """All texts of an SVG."""
    found = (text.text or "" for text in ElementTree.fromstring(picture).iter(f"{SVG}text"))
    return " ".join(found).replace(words.NBSP, " ")


def size(picture: str) -> tuple[float, float]:
    """Width and height in pixels."""
    root = ElementTree.fromstring(picture)
    width, height = (float(root.attrib[name].removesuffix("pt")) * PIXELS for name in ("width", "height"))
    return width, height


@pytest.mark.parametrize("name", ["surplus", "stuck", "fight", "light", "long"])
def test_the_dot_source_is_as_it_was(name: str, snapshot: SnapshotAssertion) -> None:
    assert dot(STORIES[name]) == snapshot


@pytest.mark.parametrize("name", STORIES)
def test_every_row_has_a_node_in_every_column(name: str) -> None:
    found = laid(STORIES[name])
    source = dot(STORIES[name], most=100)
    for one in found.rows:
        for column in found.columns:
            assert f'id="{one.name}-{column}"' in source
            assert set(one.boxes) <= set(found.columns)


def test_a_call_goes_to_the_store_and_a_refused_one_does_not_get_through() -> None:
    called, refused = row(FIGHT, "s3").message, row(FIGHT, "s5").message
    assert called is not None and (called.tail, called.head, called.kind) == ("scaler", "api", "call")
    assert refused is not None and (refused.tail, refused.head, refused.kind) == ("user", "api", "refused")
    assert "409 Conflict" in label(row(FIGHT, "s5"), "api")
    assert "nothing changes" in label(row(FIGHT, "s5"), "api")
    assert "arrowhead=tee" in dot(FIGHT)


def test_a_delivery_comes_from_the_store() -> None:
    found = row(SURPLUS, "s7").message
    assert found is not None and (found.tail, found.head, found.kind) == ("api", "kubelet", "deliver")


def test_messages_are_declared_from_left_to_right() -> None:
    found = laid(SURPLUS)
    for one in found.rows:
        if one.message is not None:
            ends = sorted((one.message.tail, one.message.head), key=found.columns.index)
            assert f"{one.name}_{ends[0]} -> {one.name}_{ends[1]} [" in dot(SURPLUS)
            assert f"{one.name}_{ends[1]} -> {one.name}_{ends[0]} [" not in dot(SURPLUS)


def test_what_is_believed_stands_beside_the_truth() -> None:
    told = label(row(SURPLUS, "s10"), "replicaset")
    assert re.search(r"believes +0 pods +≠ +the truth +2 pods", re.sub(r" +", " ", told))
    assert "not yet seen: Pod shop-a (step 9)" in re.sub(r" +", " ", told)


def test_the_step_that_breaks_the_property_is_white_on_black() -> None:
    found = row(SURPLUS, "s10")
    assert "BGCOLOR='#000000'" in found.boxes["no"]["label"]
    assert "active pods of ReplicaSet shop = 3" in label(found, "api")
    assert "BGCOLOR='#000000'" not in row(SURPLUS, "s9").boxes["no"]["label"]


def test_a_loop_is_framed_from_its_first_step_to_where_it_closes() -> None:
    framed = [one.name for one in laid(FIGHT).rows if one.framed]
    assert framed == ["s3", "s4", "s5", "s6", "s7", "again"]
    assert "LOOP" in label(row(FIGHT, "s3"), "loop")
    assert "the same as before step 3" in label(row(FIGHT, "again"), "api")
    assert laid(SURPLUS).columns[0] == "no"


def test_a_telling_that_begins_inside_the_loop_marks_its_first_step() -> None:
    inside = attrs.evolve(FIGHT, steps=FIGHT.steps[3:])
    assert [one.name for one in laid(inside).rows if one.framed] == ["s4", "s5", "s6", "s7", "again"]
    assert "LOOP" in label(row(inside, "s4"), "loop")
    assert "to 3" in label(row(inside, "again"), "loop")
    assert "to 3" in texts(svg(inside))


def test_a_stuck_state_says_who_waits_for_what() -> None:
    found = row(STUCK, "waits")
    assert "waits for" in label(found, "scheduler") and "a node for gate-new-a" in label(found, "scheduler")
    assert "has nothing to do" in label(found, "replicaset")
    assert "waits for" not in label(found, "replicaset")
    assert "api" not in found.boxes


def test_where_nothing_is_a_call_writes_are_told_in_the_store_and_faults_where_they_happen() -> None:
    assert "light: colour Red → Green" in label(row(LIGHT, "s1"), "the_state")
    assert "FAULT: lose power" in label(row(LIGHT, "s3"), "timer")
    assert row(LIGHT, "s3").message is None


def test_titles_are_repeated_on_a_tall_page_only() -> None:
    assert [one.name for one in laid(TALL).rows if one.name.startswith("head")] == ["head", "head10", "head21"]
    assert [one.name for one in laid(FIFTEEN).rows if one.name.startswith("head")] == ["head"]


def test_columns_fit_the_page_and_their_texts() -> None:
    for story in STORIES.values():
        found = widths(words.prepared(story))
        assert sum(found.values()) <= PAGE
        assert list(found) == [lane.name for lane in words.prepared(story).lanes]
    assert widths(words.prepared(FIGHT))["user"] >= measure("PUT deployments/web", bold=True)


def test_texts_are_measured_as_helvetica_sets_them() -> None:
    assert measure("il", points=1000) < measure("mw", points=1000) < measure("mw", bold=True, points=1000)
    assert measure("0123456789") == pytest.approx(10 * 0.556 * POINTS, rel=0.05)
    assert measure("界") >= POINTS


# ---- SVG


@pytest.mark.parametrize("name", ["surplus", "stuck", "fight", "light", "fifteen"])
def test_up_to_fifteen_steps_fit_one_screen(name: str) -> None:
    assert len(STORIES[name].steps) <= 15
    width, height = size(svg(STORIES[name]))
    assert width <= 1280
    assert height <= 801


@pytest.mark.parametrize("name", ["tall", "long"])
def test_longer_stories_are_a_tall_page(name: str) -> None:
    width, height = size(svg(STORIES[name]))
    assert width <= 1280
    assert 800 < height < 2200


def test_the_picture_tells_the_whole_story() -> None:
    told = texts(svg(SURPLUS))
    for step in SURPLUS.steps:
        assert step.action.split("\u00a0")[0] in told
        assert step.answer in told
    assert "VIOLATED" in told
    assert "BROKEN: A ReplicaSet never has more active pods than its largest replicas." in told
    assert "Broken at step 10" in told
    assert "dashed arrow: a watch event arrives" in told


def test_boxes_do_not_overlap() -> None:
    picture = ElementTree.fromstring(svg(SURPLUS))
    boxes = []
    for group in picture.iter(f"{SVG}g"):
        points = [p.attrib["points"] for p in group.iter(f"{SVG}polygon")]
        if re.fullmatch(r"s\d+-api", group.attrib.get("id", "")) and points:
            numbers = [[float(n) for n in pair.split(",")] for pair in points[0].split()]
            boxes.append((min(y for _, y in numbers), max(y for _, y in numbers)))
    assert len(boxes) == 6
    assert all(upper[1] < lower[0] for upper, lower in pairwise(sorted(boxes)))


def test_fonts_are_a_list_that_exists_everywhere() -> None:
    families = set(re.findall(r'font-family="([^"]*)"', svg(LIGHT)))
    assert families == {layout.FAMILY}


HOSTILE = Story(
    "a:b\n<x>&\"'",
    "p<q>",
    "s & <b>\x1b[31m",
    "safety",
    {"api:1": ("x" * 300, *[f"Object {i}" for i in range(40)])},
    (),
    (
        StoryStep(1, "user 1", "call", "POST <script>alert(1)</script> " + "y" * 120, "why & \u202e why", "201"),
        StoryStep(2, "user 1", "local", "think", belief=Belief("a" * 80, "<b>", ()), breaks="c" * 200),
        StoryStep(3, "user_1", "local", "\\N and \\G"),
    ),
    "clause <&> \\N \\G \\n \\\\ end",
    ("o" * 300,),
    store="api:1",
)


def test_no_text_can_break_a_picture() -> None:
    told = texts(svg(HOSTILE))
    assert "POST <script>alert(1)</script>" in told
    assert "… and 32 more" in told
    assert "\\x1b[31m" in told
    assert re.sub(r"\s", "", HOSTILE.clause) in re.sub(r"\s", "", told)
    assert size(svg(HOSTILE))[0] <= 1280


def test_many_lanes_widen_the_page_instead_of_hiding_texts() -> None:
    kubelets = [Lane(f"kubelet-{i}", f"kubelet of node {i}") for i in range(9)]
    steps = [StoryStep(11 + i, lane.name, "local", "start containers") for i, lane in enumerate(kubelets)]
    story = attrs.evolve(SURPLUS, lanes=(*SURPLUS.lanes, *kubelets), steps=(*SURPLUS.steps, *steps))
    assert min(widths(words.prepared(story)).values()) >= 80
    assert texts(svg(story)).count("kubelet of node 8") == texts(svg(story)).count("kubelet of node 0") > 0


def test_a_long_title_is_broken_instead_of_widening_the_page() -> None:
    picture = svg(attrs.evolve(LIGHT, system="a-very-long-file-name.yaml --with rollout " * 8))
    assert size(picture)[0] <= 1280
    assert texts(picture).count("--with rollout") == 8


def test_nothing_internal_is_shown_under_the_mouse() -> None:
    titles = [title.text for title in ElementTree.fromstring(svg(FIGHT)).iter(f"{SVG}title")]
    assert titles == ["replicas_settle"]


def test_a_story_without_steps_is_drawn() -> None:
    picture = svg(Story("s", "p", "It moves.", "stuck", {"api": ()}, (), (), "", waits=(("a", "b", "c"),)))
    assert "STUCK FOR EVER: It moves." in texts(picture)


# ---- the layout program


def test_the_pinned_layout_program_is_found_in_the_scripts_folder_whatever_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert layout.find().endswith("graphviz-pure")


def test_the_systems_dot_does_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: "/usr/bin/dot" if name == "dot" else None)
    assert layout.find() == "/usr/bin/dot"


def test_without_a_layout_program_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(UsageError, match="pip install graphviz-pure"):
        svg(LIGHT)
    assert dot(LIGHT).startswith("digraph")


def test_what_the_layout_program_complains_of_is_told() -> None:
    with pytest.raises(UsageError, match="could not draw the picture"):
        layout.svg("digraph {")


def test_a_layout_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **options: object) -> None:
        raise subprocess.TimeoutExpired("dot", 60)

    monkeypatch.setattr(subprocess, "run", never)
    with pytest.raises(UsageError, match="did not lay the picture out in 60 s"):
        layout.svg("digraph {}")


def test_a_folded_story_links_its_rows() -> None:
    assert "s2-api" in [group.attrib.get("id") for group in ElementTree.fromstring(svg(LONG)).iter(f"{SVG}g")]
    assert "2–6" in texts(svg(LONG))
