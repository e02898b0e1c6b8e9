"""What a picture shows, row by row and column by column, before anything is drawn.

Rows are steps (and the start, a loop's end, who waits for what); columns are the story's lanes, beside one of numbers
and, in a lasso, one for the loop's arrow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import attrs

from kspec.kernel.trace import Story, StoryStep
from kspec.report import boxes, words
from kspec.report.boxes import INSIDE, Attributes, measure

NUMBER, LOOP = "no", "loop"
"""The columns that are no lanes."""

PAGE = 940.0
"""Points: 1280 pixels less the margins."""

MARGINS, GAP = 50.0, 26.0
"""Points for the numbers' column, and between two columns."""

SMALLEST_PAGE = 360.0
"""Points that all lanes take together, so that sentences below them are not broken into bits."""

NARROWEST = 104.0
"""Points of the narrowest column; with very many lanes the page grows instead."""

STORE_WEIGHT = 1.7

HEADS_EVERY, ONE_SCREEN = 12, 15
"""Rows between two repetitions of the titles, in a story of more steps than fit one screen."""


@attrs.frozen
class Message:
    """An arrow in a row: a call, a refused call, or a delivery from the store."""

    tail: str
    head: str
    kind: Literal["call", "refused", "deliver"]


@attrs.frozen
class Row:
    """The boxes of one row by column; `framed`: it belongs to the loop. `name` is the same in every run."""

    name: str
    boxes: Mapping[str, Attributes]
    message: Message | None = None
    framed: bool = False


@attrs.frozen
class Sheet:
    """A whole picture: columns from left to right by their names, rows from top to bottom, and the last box."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    last: Attributes


def sheet(story: Story) -> Sheet:
    """Lay a story out (see `words.prepared`, `fold.fold`: both come first)."""
    return _Layout(story).sheet()


def widths(story: Story) -> dict[str, float]:
    """The points of each lane: what its longest line asks for; where the page is too narrow, the greedy share it.

    The store's lane has `STORE_WEIGHT` shares, the others one: it tells the most.
    """
    wanted = _wanted(story)
    weight = {lane: STORE_WEIGHT if lane == story.store else 1.0 for lane in wanted}
    left, room = sum(weight.values()), max(PAGE - MARGINS - GAP * len(wanted), NARROWEST * len(wanted))
    shared: dict[str, float] = {}
    for name in sorted(wanted, key=lambda lane: wanted[lane] / weight[lane]):
        shared[name] = min(wanted[name], room * weight[name] / left)
        left, room = left - weight[name], room - shared[name]
    stretch = max(1.0, SMALLEST_PAGE / sum(shared.values()))
    return {lane: shared[lane] * stretch for lane in wanted}


def _wanted(story: Story) -> dict[str, float]:
    wanted = {lane.name: max(measure(lane.title, bold=True), measure(lane.note)) for lane in story.lanes}

    def ask(lane: str, *texts: str, bold: bool = False) -> None:
        wanted[lane] = max([wanted[lane], *[measure(text, bold=bold) for text in texts]])

    for lane, texts in story.start.items():
        ask(lane, *texts)
    for step in story.steps:
        place = _place_of_changes(story, step)
        if place == story.store:
            ask(place, *words.answer_lines(step))
        else:
            ask(place, *words.change_lines(step.changes))
        if step.kind != "fold":
            ask(step.actor, step.action, bold=True)
            ask(step.actor, step.says)
            ask(place, step.breaks, bold=True)
        if step.belief is not None:
            wanted[step.actor] = max(wanted[step.actor], boxes.BELIEF)
    for lane, _, _ in story.waits:
        wanted[lane] = max(wanted[lane], 130.0)
    return {lane: max(points + INSIDE + 2, 72.0) for lane, points in wanted.items()}


def _tells_store(story: Story, step: StoryStep) -> bool:
    """Whether what a step changes is told in the column of the store: of calls; of any write where none is a call."""
    if step.kind == "call":
        return step.actor != story.store
    called = any(other.kind == "call" for other in story.steps)
    return step.kind == "local" and bool(step.changes) and not called and step.actor != story.store


def _place_of_changes(story: Story, step: StoryStep) -> str:
    return story.store if step.kind == "fold" or _tells_store(story, step) else step.actor


def legend(story: Story) -> str:
    """How to read the picture: only what is in it."""
    steps = story.steps
    parts = {
        "solid arrow: API call": any(step.kind == "call" for step in steps),
        "solid arrow: a write": not any(step.kind == "call" for step in steps)
        and any(_tells_store(story, step) for step in steps),
        "dashed arrow: a watch event arrives": any(step.kind == "deliver" for step in steps),
        "square: what is true": True,
        "round: what an actor does": bool(steps),
        "dashed beside square: what it believes beside what is true": any(step.belief for step in steps),
        "dashed grey: several steps in one row": any(step.kind == "fold" for step in steps),
    }
    return " · ".join(text for text, there in parts.items() if there)


class _Layout:
    """One picture while it is laid out."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._wide = widths(story)
        self._ids = _identifiers([lane.name for lane in story.lanes])
        self._loop_at = words.loop_begins(story)

    def sheet(self) -> Sheet:
        total = sum(self._wide.values()) + GAP * len(self._wide)
        looped = (LOOP,) if self._loop_at is not None else ()
        last = boxes.last_box(self._story, total, legend(self._story))
        return Sheet((*looped, NUMBER, *self._ids.values()), tuple(self._rows()), last)

    def _rows(self) -> Iterator[Row]:
        story = self._story
        yield Row("head", self._heads())
        yield self._start()
        since = 2
        for i, step in enumerate(story.steps):
            yield self._step(step)
            since += 1
            if since >= HEADS_EVERY and len(story.steps) > ONE_SCREEN and i < len(story.steps) - 4:
                framed = self._in_loop(step) and self._in_loop(story.steps[i + 1])
                yield Row(f"head{step.number}", self._heads() | (self._pass(framed)), framed=framed)
                since = 1
        if self._loop_at is not None:
            yield self._again()
        if story.waits:
            yield self._waits()

    def _in_loop(self, step: StoryStep) -> bool:
        return self._loop_at is not None and step.number >= self._loop_at

    def _pass(self, framed: bool) -> dict[str, Attributes]:
        """The arrow of the loop passes a row: a point as wide as its line."""
        return {LOOP: {"shape": "point", "width": "0.042"}} if framed else {}

    def _heads(self) -> dict[str, Attributes]:
        return {self._ids[lane.name]: boxes.head_box(lane, self._wide[lane.name]) for lane in self._story.lanes}

    def _start(self) -> Row:
        number, heading = words.begins(self._story)
        told = {
            self._ids[lane]: boxes.start_box(heading, texts, self._wide[lane])
            for lane, texts in words.start(self._story).items()
        }
        return Row("start", {NUMBER: boxes.plain_label(number), **told})

    def _step(self, step: StoryStep) -> Row:
        story, ids, wide = self._story, self._ids, self._wide
        found: dict[str, Attributes] = {NUMBER: boxes.number_label(step)}
        message = None
        actor, store = ids[step.actor], ids[story.store]
        if step.kind == "fold":
            found[store] = boxes.fold_box(step, wide[story.store])
        elif _tells_store(story, step):
            found[actor] = boxes.actor_box(step, wide[step.actor], whole=False)
            found[store] = boxes.store_box(step, wide[story.store])
            message = Message(actor, store, "refused" if words.refused(step) else "call")
        else:
            found[actor] = boxes.actor_box(step, wide[step.actor], whole=True)
            if step.kind == "deliver" and actor != store:
                found[store] = {"shape": "point", "width": "0.07", "color": boxes.BLUE}
                message = Message(store, actor, "deliver")
        framed = self._in_loop(step)
        if framed:
            found |= {LOOP: boxes.plain_label("LOOP", bold=True)} if step.number == self._loop_at else self._pass(True)
        return Row(f"s{step.number}", found, message, framed)

    def _again(self) -> Row:
        story = self._story
        found = boxes.true_box(words.repeats(story), (), self._wide[story.store], boxes.LAST)
        to = boxes.plain_label(f"to {story.loop_at}", bold=True)
        return Row("again", {LOOP: to, self._ids[story.store]: found}, framed=True)

    def _waits(self) -> Row:
        found = {self._ids[lane]: boxes.wait_box(what, why, self._wide[lane]) for lane, what, why in self._story.waits}
        return Row("waits", {NUMBER: boxes.plain_label("end", bold=True), **found})


def _identifiers(names: list[str]) -> dict[str, str]:
    """A short identifier for each lane, so that a page can link to `s3-replicaset`."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "lane"
        while plain in (NUMBER, LOOP, *found.values()):
            plain += "_"
        found[name] = plain
    return found
