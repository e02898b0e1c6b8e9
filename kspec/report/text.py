"""A story for a terminal: one row a step, with who did what, why, and what it changed (old → new).

The last lines are the property, the clause that failed, and the objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from kspec.kernel.trace import Story, StoryStep
from kspec.report import words
from kspec.report.fold import fold
from kspec.report.wrapping import wrap

WIDTH = 100
"""Columns."""

LONGEST_WHO = 24
NUMBER, GAP = 5, 2
"""Columns of a step's number (the bar of a loop comes before it), and between two columns."""

INDENT = 1 + NUMBER + GAP

HEADING = 10
"""Columns of the headings of the last lines."""

START_LINES = 12


def text(story: Story, *, width: int = WIDTH, most: int | None = None) -> str:
    """The story in lines of at most `width` columns (at least 60), folded to `most` rows; no newline at the end."""
    page = _Page(words.prepared(fold(story, most)), max(width, 60))
    return "\n".join(line.rstrip().replace(words.NBSP, " ") for line in page.lines())


@attrs.frozen
class _Page:
    story: Story
    width: int

    def lines(self) -> Iterator[str]:
        """All lines."""
        verdict, about = words.title(self.story)
        yield from _indented(f"{verdict}  {about}", self.width)
        yield ""
        yield from self._row("step", ["who"], ["does"], ["what changes (old → new)"])
        yield from self._start()
        for step in self.story.steps:
            if step.number == self._loop:
                yield "┌─ loop " + "─" * (self.width - 8)
            yield from self._step(step)
        if self._loop is not None:
            yield from _indented(words.repeats(self.story), self.width, "└─ ", "   ")
        yield from self._waits()
        yield ""
        yield from self._end()

    # ---- rows

    @property
    def _loop(self) -> int | None:
        return words.loop_begins(self.story)

    @property
    def _columns(self) -> tuple[int, int, int]:
        who = min(max([len(lane.title) for lane in self.story.lanes] + [3]), LONGEST_WHO)
        rest = self.width - INDENT - who - 2 * GAP
        said = [len(step.action) + (len(step.says) + 3 if step.says else 0) for step in self.story.steps]
        does = min(max([*said, 20]), rest * 9 // 20)
        return who, does, rest - does

    def _row(self, number: str, who: list[str], does: list[str], changes: list[str], bar: str = " ") -> Iterator[str]:
        columns = [_wrapped(lines, size) for lines, size in zip((who, does, changes), self._columns, strict=True)]
        for i in range(max(1, *map(len, columns))):
            cells = [column[i] if i < len(column) else "" for column in columns]
            padded = [f"{cell:<{size}}" for cell, size in zip(cells, self._columns, strict=True)]
            yield f"{bar}{number if i == 0 else '':>{NUMBER}}" + " " * GAP + (" " * GAP).join(padded)

    def _start(self) -> Iterator[str]:
        number, heading = words.begins(self.story)
        for i, (lane, lines) in enumerate(words.start(self.story).items()):
            yield from self._row(
                number if i == 0 else "", [self._title(lane)], [heading], words.at_most(list(lines), START_LINES)
            )

    def _step(self, step: StoryStep) -> Iterator[str]:
        bar = "│" if self._loop is not None and step.number >= self._loop else " "
        number = words.numbers(step) + ("!" if step.breaks else "")
        changes = words.answer_lines(step)
        action = f"FAULT: {step.action}" if step.kind == "fault" else step.action
        who = "" if step.kind == "fold" else self._title(step.actor)
        yield from self._row(number, [who], [f"{action} ({step.says})" if step.says else action], changes, bar)
        for line in self._remarks(step):
            yield from _indented(line, self.width, bar + " " * INDENT, bar + " " * (INDENT + 2))

    def _remarks(self, step: StoryStep) -> Iterator[str]:
        if step.belief is not None:
            yield f"≠ believes: {step.belief.believed}; the truth: {step.belief.truth}"
            if step.belief.pending:
                yield words.pending(step.belief)
        if step.breaks:
            yield f"! {step.breaks}"

    def _waits(self) -> Iterator[str]:
        for i, (lane, what, why) in enumerate(self.story.waits):
            if i == 0:
                yield ""
            waits = [f"waits for {what}"] if what else ["has nothing to do"]
            yield from self._row("end" if i == 0 else "", [self._title(lane)], waits, [f"because {why}"] if why else [])

    def _end(self) -> Iterator[str]:
        yield words.ENDINGS[self.story.kind]
        if self.story.sentence:
            yield from self._ending("property" if self.story.kind != "run" else "", [self.story.sentence])
        if self.story.clause:
            yield from self._ending("clause", [words.clause(self.story)])
        yield from self._ending("objects", words.objects(self.story))

    def _ending(self, heading: str, lines: Sequence[str]) -> Iterator[str]:
        hang = " " * (HEADING if len(lines) == 1 else HEADING + 2)
        for i, line in enumerate(lines):
            first = f"{heading if i == 0 else '':<{HEADING}}"
            yield from _indented(line, self.width, first, hang)

    def _title(self, lane: str) -> str:
        return next((found.title for found in self.story.lanes if found.name == lane), lane)


def _wrapped(lines: Sequence[str], size: int) -> list[str]:
    return [part for line in lines for part in _indented(line, size)]


def _indented(line: str, width: int, first: str = "", rest: str = "  ") -> list[str]:
    """The lines of a text, the first with one indentation and the rest with another."""
    parts = wrap(line, width - len(first), hanging=len(rest) - len(first))
    return [(first if i == 0 else rest) + part for i, part in enumerate(parts)]
