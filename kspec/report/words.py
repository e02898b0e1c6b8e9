"""What the text and the picture of a story say in the same words: changes, objects, beliefs, headings.

`prepared` is the first thing that every face does with a story: after it, no text can hurt a terminal or break an SVG,
and every actor that does something has a lane.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from kspec.kernel.trace import Belief, Change, Lane, Story, StoryStep

NBSP = "\u00a0"

ENDINGS = {
    "safety": "BROKEN",
    "lasso": "REPEATS FOR EVER",
    "stuck": "STUCK FOR EVER",
    "run": "WHAT THIS SHOWS",
}
"""What the last box of each kind of story is headed with."""


def clean(text: str) -> str:
    """The text on one line, without anything that a terminal would obey or XML forbids: shown as its escape."""
    return "".join(_shown(c) for c in text)


def _shown(character: str) -> str:
    if character.isprintable() or character == NBSP:
        return character
    return " " if character.isspace() else character.encode("unicode_escape").decode("ascii")


def prepared(story: Story) -> Story:
    """The story with clean texts, a lane for every actor that does something, and no lane that nothing happens in."""
    story = _cleaned(story)
    used = [story.store, *story.start, *[step.actor for step in story.steps], *[lane for lane, _, _ in story.waits]]
    told = {lane.name for lane in story.lanes}
    missing = [Lane(name, name) for name in dict.fromkeys(used) if name not in told]
    return attrs.evolve(story, lanes=tuple([lane for lane in story.lanes if lane.name in used] + missing))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple([_cleaned(part) for part in value])
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(part) for key, part in value.items()}
    if isinstance(value, (Story, StoryStep, Lane, Belief, Change)):
        fields = [field.name for field in attrs.fields(type(value))]
        return attrs.evolve(value, **{name: _cleaned(getattr(value, name)) for name in fields})
    return value


# ---- headings


def title(story: Story) -> tuple[str, str]:
    """The headline in two parts: the verdict, and what it is about."""
    about = story.system if story.property == "run" else f"{story.property} in {story.system}"
    return "RUN" if story.kind == "run" else "VIOLATED", f"{about}, {counted(last_number(story), 'step')}"


def ending(story: Story) -> str:
    """What the end of the story is headed with: what kind of end it is, and the sentence of the property."""
    return f"{ENDINGS[story.kind]}: {story.sentence}" if story.sentence else ENDINGS[story.kind]


def last_number(story: Story) -> int:
    """The number of the last step; 0 in a story without steps."""
    return (story.steps[-1].upto or story.steps[-1].number) if story.steps else 0


def numbers(step: StoryStep) -> str:
    """`7`, or `8–16` of a fold."""
    return f"{step.number}–{step.upto}" if step.upto is not None and step.upto != step.number else str(step.number)


def begins(story: Story) -> tuple[str, str]:
    """The number before the first step that is told, and how its row is headed."""
    before = story.steps[0].number - 1 if story.steps else 0
    return str(before), f"after step {before}" if before > 0 else "at the start"


def start(story: Story) -> dict[str, list[str]]:
    """What is true at the start by lane, without a line that only repeats how the row is headed."""
    repeated = f"after steps 1 to {begins(story)[0]}:"
    return {lane: [line for line in lines if line != repeated] for lane, lines in story.start.items()}


def loop_begins(story: Story) -> int | None:
    """The number of the first step of the loop that is told (the telling may begin inside the loop); None without."""
    if story.loop_at is None:
        return None
    return next((step.number for step in story.steps if (step.upto or step.number) >= story.loop_at), None)


def repeats(story: Story) -> str:
    """What closes a loop, in words."""
    last = last_number(story)
    loop = f"steps {story.loop_at} to {last} repeat" if last != story.loop_at else f"step {last} repeats"
    return f"the same as before step {story.loop_at}: {loop} for ever"


def clause(story: Story) -> str:
    """What exactly is wrong, and at which step where one step breaks it."""
    broken = [step.number for step in story.steps if step.breaks]
    if broken and story.clause and not story.clause.startswith("Broken at"):
        return f"Broken at step {broken[-1]}: {story.clause}"
    return story.clause


def objects(story: Story) -> list[str]:
    """The objects that it is about, each once: what is said of one in a later line takes the place of its bare name."""
    lines = list(dict.fromkeys(story.objects))
    found: dict[str, None] = {}
    for line in lines:
        fuller = [other for other in lines if other.startswith(f"{line}:")]
        found.update(dict.fromkeys(fuller or [line]))
    return list(found)


# ---- steps


def refused(step: StoryStep) -> bool:
    """Whether the API server said no."""
    return step.answer[:1] in ("4", "5")


def answer_lines(step: StoryStep) -> list[str]:
    """What the store answered, on the line of the first change."""
    changes = change_lines(step.changes)
    if not step.answer:
        return changes
    return [f"{step.answer}  {changes[0]}" if changes else step.answer, *changes[1:]]


def change_lines(changes: Iterable[Change]) -> list[str]:
    """One line for each object: `+ Pod web-a: phase Pending`, `− Pod web-a`, `Pod web-a: phase Pending → Running`."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.object, []).append(change)
    return [_change_line(name, group) for name, group in groups.items()]


def _change_line(name: str, group: list[Change]) -> str:
    whole = [change for change in group if not change.field]
    created = whole[0].old is None and whole[0].new is not None if whole else all(c.old is None for c in group)
    if whole and whole[-1].new is None:
        return f"− {name}"
    details = [_detail(change, created) for change in group if change.field or change.new]
    return ("+ " if created else "") + name + (": " + ", ".join(details) if details else "")


def _detail(change: Change, created: bool) -> str:
    field = f"{change.field} " if change.field else ""
    if change.new is None:
        return f"{field}{_arrow(change.old or '', 'gone')}"
    if created or (change.field and change.old == ""):
        return f"{field}{change.new}"
    return f"{field}{_arrow('none' if change.old is None else change.old, change.new)}"


def _arrow(old: str, new: str) -> str:
    """Short values stay on one line with their arrow."""
    return f"{old}{NBSP}→{NBSP if len(old) + len(new) <= 24 else ' '}{new}"


def pending(belief: Belief) -> str:
    """What is still on its way to an actor; "" when nothing is."""
    return "not yet seen: " + ", ".join(belief.pending) if belief.pending else ""


def counted(number: int, noun: str) -> str:
    """`1 step`, `2 steps`, `3 deliveries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def at_most(lines: list[str], most: int) -> list[str]:
    """The lines, or as many of the first as leave room to say how many more there are."""
    return lines if len(lines) <= most else [*lines[: most - 1], f"… and {len(lines) - most + 1} more"]
