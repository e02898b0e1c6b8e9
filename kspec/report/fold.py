"""Shortening a long story: runs of steps that a reader does not need become one row with their net effect.

Never folded are the first step and the last, what users do, faults, beliefs, what breaks the property, what a belief
speaks of ("not yet seen: web-a (step 3)"), and where a loop begins. The rest goes in this order, the earliest first,
and no further than needed: deliveries and steps that change nothing, writes of status, other writes, and at last
refused calls and what an actor did right before it acted on a belief or broke the property. A fold says how many of
what it holds and what they changed together: nothing is hidden but the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import attrs

from kspec.kernel.trace import Change, Story, StoryStep
from kspec.report.words import counted, loop_begins, refused

MOST = 30
"""Rows of a tall page: a longer story is folded."""

MOST_OF_A_RUN = 100
"""Rows of a run, which is there to be read step by step."""

KEPT, CAUSE, WRITE, STATUS, QUIET = range(5)
"""How dear a step is to the reader; `KEPT` is never folded."""

_CITED = re.compile(r"step[ \u00a0](\d+)")
_STATUS = re.compile(r"/status\b|\bstatus\b", re.IGNORECASE)


def fold(story: Story, most: int | None = None) -> Story:
    """The story with at most `most` rows (more only where more steps must not be folded); short ones are unchanged."""
    if most is None:
        most = MOST_OF_A_RUN if story.kind == "run" else MOST
    if len(story.steps) <= most:
        return story
    ranks = _ranks(story)
    for least in (QUIET, STATUS, WRITE, CAUSE):
        for cut in range(1, len(story.steps) + 1):
            folded = [rank >= least and (i < cut or rank > least) for i, rank in enumerate(ranks)]
            if _rows(folded) <= most:
                return attrs.evolve(story, steps=tuple(_joined(story, folded)))
    return attrs.evolve(story, steps=tuple(_joined(story, [rank > KEPT for rank in ranks])))


def _ranks(story: Story) -> list[int]:
    steps = story.steps
    cited = {int(n) for step in steps if step.belief for text in step.belief.pending for n in _CITED.findall(text)}
    ranks = [_rank(step) for step in steps]
    for i, step in enumerate(steps):
        if _must_stay(story, step) or step.number in cited or i in (0, len(steps) - 1):
            ranks[i] = KEPT
    for i, step in enumerate(steps):
        if ranks[i] == KEPT and (step.belief or step.breaks):
            for j in range(i - 1, -1, -1):
                if steps[j].actor == step.actor:
                    ranks[j] = min(ranks[j], CAUSE)
                    break
    return ranks


def _must_stay(story: Story, step: StoryStep) -> bool:
    special = step.kind in ("fault", "fold") or step.belief is not None or bool(step.breaks)
    return special or step.actor.startswith("user") or step.number == loop_begins(story)


def _rank(step: StoryStep) -> int:
    if refused(step):
        return CAUSE
    if step.kind == "deliver" or not step.changes:
        return QUIET
    if _STATUS.search(step.action) or all(_STATUS.search(change.field) for change in step.changes):
        return STATUS
    return WRITE


def _rows(folded: Sequence[bool]) -> int:
    return sum(1 for i, hidden in enumerate(folded) if not (hidden and i and folded[i - 1]))


def _joined(story: Story, folded: Sequence[bool]) -> Iterable[StoryStep]:
    """The rows; a run of one step stays as it is, for a fold of it would be no shorter."""
    run: list[StoryStep] = []
    for step, hidden in zip(story.steps, folded, strict=True):
        if hidden:
            run.append(step)
            continue
        yield from _row_of(story, run)
        run = []
        yield step
    yield from _row_of(story, run)


def _row_of(story: Story, run: Sequence[StoryStep]) -> Iterable[StoryStep]:
    if len(run) < 2:
        yield from run
        return
    yield StoryStep(
        number=run[0].number,
        actor=story.store,
        kind="fold",
        action=f"… {_what(run)}",
        changes=tuple(net(change for step in run for change in step.changes)),
        upto=run[-1].number,
    )


def _what(run: Sequence[StoryStep]) -> str:
    nouns = {"deliver": "delivery", "call": "call", "local": "local step"}
    counts = dict.fromkeys(("delivery", "call", "refused call", "local step"), 0)
    for step in run:
        counts["refused call" if refused(step) else nouns[step.kind]] += 1
    return ", ".join(counted(number, noun) for noun, number in counts.items() if number)


def net(changes: Iterable[Change]) -> list[Change]:
    """What several changes come to: for each field the first old value and the last new one, where these differ."""
    joined: dict[tuple[str, str], Change] = {}
    for change in changes:
        key = change.object, change.field
        joined[key] = _both(joined[key], change) if key in joined else change
    gone = {name for (name, field), change in joined.items() if not field and change.new is None}
    return [
        change
        for (name, field), change in joined.items()
        if change.old != change.new and (not field or name not in gone)
    ]


def _both(first: Change, last: Change) -> Change:
    """Two changes of one field as one: of what changed in a mapping, both."""
    if first.field and first.old == last.old == "":
        return attrs.evolve(first, new=f"{first.new}, {last.new}")
    return attrs.evolve(first, new=last.new)
