"""The boxes of a picture: graphviz's HTML-like labels, as wide as their column, with all lines broken beforehand.

Shape carries the meaning, so that a picture is read without colour: square is what is true, round is what an actor
does, dashed what it only believes or waits for, white on black the clause that fails, its row, and faults. Colours are
those of Okabe and Ito. Texts are measured with the widths of Helvetica (its AFM), to which Arial, Liberation Sans and
Nimbus Sans are metric-compatible.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as escape_html

import attrs

from kspec.kernel.trace import Lane, Story, StoryStep
from kspec.report import words
from kspec.report.wrapping import wrap

INK, GREY, DARK = "#000000", "#767676", "#333333"
BLUE, SKY, ORANGE, PEACH = "#0072B2", "#E3F1FA", "#D55E00", "#FDEBDD"

POINTS = 9.0
"""Size of the texts in boxes."""

INSIDE = 9.0
"""Points of a column that its texts cannot use."""

CORNER = words.NBSP
"""What keeps the lines of a round box out of its corners."""

BELIEF = 170.0
"""Points that a column needs to set a belief beside the truth."""

START_LINES, CHANGE_LINES = 10, 6

Attributes = dict[str, str]
"""The attributes of a node."""

_WIDTHS = {
    222: "ijl",
    191: "'",
    260: "|",
    278: " !,./:;I[\\]ft\u00a0",
    333: "()-`r·",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu–",
    584: "+<=>~−≠«»",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
}
_WIDTH_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}


def measure(text: str, *, bold: bool = False, points: float = POINTS) -> float:
    """The points that a text takes; what Helvetica does not have counts as wide as its size."""
    em = sum(_WIDTH_OF.get(character, 1000) for character in text) / 1000
    return em * points * (1.09 if bold else 1.02)


def escape(text: str) -> str:
    """The text as HTML for graphviz, which puts names of its own for a backslash and some letter, one for two of them.

    A backslash in a run of text of its own stays as it is.
    """
    return re.sub(r"\\(?=[A-Z\\])", "<FONT>&#92;</FONT>", escape_html(text)).replace("\\", "&#92;")


def lines_of(text: str, width: float, tag: str = "", indent: str = "") -> list[str]:
    """The lines of a text as HTML, each in a tag (`B`, `I`) if one is given, and after an indentation."""

    def size(part: str) -> float:
        return measure(part, bold=tag == "B")

    found = [indent + escape(line) for line in wrap(text, width, measure=size)]
    return [f"<{tag}>{line}</{tag}>" for line in found] if tag else found


@attrs.frozen
class Paint:
    """How a box looks."""

    line: str
    fill: str = "white"
    pen: float = 1
    style: str = "SOLID"


ACTS = Paint(INK, style="ROUNDED")
MISLED = Paint(ORANGE, pen=2, style="ROUNDED")
TRUE = Paint(BLUE, SKY)
BREAKS = Paint(BLUE, SKY, pen=2)
REFUSED = Paint(BLUE, style="DASHED")
FAULT = Paint(INK, INK)
FOLDED = Paint(GREY, style="DASHED")
WAITS = Paint(INK, pen=2, style="DASHED")
IDLE = Paint(GREY, style="DASHED")
LAST = Paint(INK, pen=2)
HEAD = Paint(DARK, DARK, style="ROUNDED")


def _cell(lines: Sequence[str], width: float = 0, attributes: str = "") -> str:
    size = f" WIDTH='{width:.0f}'" if width else ""
    more = f" {attributes}" if attributes else ""
    return f"<TD ALIGN='LEFT' BALIGN='LEFT'{size}{more}>" + "<BR ALIGN='LEFT'/>".join(lines) + "</TD>"


def _table(cells: Sequence[str], paint: Paint) -> Attributes:
    rows = "".join(f"<TR>{cell}</TR>" for cell in cells)
    look = f"BORDER='{paint.pen:g}' STYLE='{paint.style}' COLOR='{paint.line}' BGCOLOR='{paint.fill}'"
    return {"label": f"<<TABLE {look} CELLBORDER='0' CELLSPACING='0' CELLPADDING='2'>{rows}</TABLE>>"}


def _white(lines: Sequence[str]) -> list[str]:
    return [f"<FONT COLOR='white'>{line}</FONT>" for line in lines]


def _black(text: str, width: float) -> str:
    return _cell(_white(lines_of(text, width - INSIDE, "B")), 0, f"BGCOLOR='{INK}'")


# ---- rows of steps


def head_box(lane: Lane, width: float) -> Attributes:
    """The title of a column."""
    title = "<BR/>".join(lines_of(lane.title, width - INSIDE, "B") + lines_of(lane.note, width - INSIDE))
    return _table([f"<TD WIDTH='{width:.0f}'><FONT COLOR='white'>{title}</FONT></TD>"], HEAD)


def start_box(heading: str, texts: Sequence[str], width: float) -> Attributes:
    """What is true before the first step."""
    return true_box(heading, words.at_most(list(texts), START_LINES), width)


def true_box(heading: str, texts: Sequence[str], width: float, paint: Paint = TRUE) -> Attributes:
    """Facts under a heading."""
    told = [line for text in texts for line in lines_of(text, width - INSIDE)]
    return _table([_cell([*lines_of(heading, width - INSIDE, "B"), *told], width)], paint)


def actor_box(step: StoryStep, width: float, *, whole: bool) -> Attributes:
    """What an actor does and why. `whole`: what it changes and breaks is told here, not in a box of the store."""
    inner = width - INSIDE
    if step.kind == "fault":
        told = [*lines_of(f"FAULT: {step.action}", inner, "B"), *lines_of(step.says, inner)]
        return _table([_cell(_white([*told, *_changes(step, inner)]), width), *_breaks(step, width)], FAULT)
    told = [*lines_of(step.action, inner, "B", CORNER), *lines_of(step.says, inner, "", CORNER)]
    cells = [_cell([*told, *(_changes(step, inner, CORNER) if whole else [])], width)]
    if step.belief is not None:
        cells += _belief(step, inner)
    return _table([*cells, *(_breaks(step, width) if whole else [])], MISLED if step.belief else ACTS)


def store_box(step: StoryStep, width: float) -> Attributes:
    """What the store answered, and how the truth changed."""
    inner = width - INSIDE
    shown = words.at_most(words.answer_lines(step), CHANGE_LINES)
    told = [line for text in shown for line in lines_of(text, inner)]
    answer = escape(step.answer)
    if answer and told[0].startswith(answer):
        told[0] = f"<B>{answer}</B>{told[0].removeprefix(answer)}"
    if not step.changes:
        told.append("nothing changes")
    paint = REFUSED if words.refused(step) else BREAKS if step.breaks else TRUE
    return _table([_cell(told, width), *_breaks(step, width)], paint)


def fold_box(step: StoryStep, width: float) -> Attributes:
    """Several steps in one row, with what they changed together."""
    return _table(
        [_cell([*lines_of(step.action, width - INSIDE, "I"), *_changes(step, width - INSIDE)], width)], FOLDED
    )


def _changes(step: StoryStep, inner: float, indent: str = "") -> list[str]:
    shown = words.at_most(words.change_lines(step.changes), CHANGE_LINES)
    return [line for text in shown for line in lines_of(text, inner, "", indent)]


def _breaks(step: StoryStep, width: float) -> list[str]:
    return [_black(step.breaks, width)] if step.breaks else []


def _belief(step: StoryStep, inner: float) -> list[str]:
    assert step.belief is not None
    half = (inner - 22) / 2
    believed = ["<I>believes</I>", *lines_of(step.belief.believed, half - INSIDE, "I")]
    truth = ["the truth", *lines_of(step.belief.truth, half - INSIDE, "B")]
    pair = (
        "<TD ALIGN='LEFT'><TABLE BORDER='0' CELLBORDER='1' CELLSPACING='1' CELLPADDING='2'><TR>"
        + _cell(believed, half, f"VALIGN='TOP' STYLE='DASHED' COLOR='{ORANGE}' BGCOLOR='{PEACH}'")
        + "<TD BORDER='0'><B>≠</B></TD>"
        + _cell(truth, half, f"VALIGN='TOP' COLOR='{BLUE}' BGCOLOR='{SKY}'")
        + "</TR></TABLE></TD>"
    )
    unseen = lines_of(words.pending(step.belief), inner, "I", CORNER)
    return [pair, *([_cell(unseen)] if unseen else [])]


def number_label(step: StoryStep) -> Attributes:
    """The number of a row; white on black where the step breaks the property."""
    if not step.breaks:
        return plain_label(words.numbers(step))
    number = f"<FONT COLOR='white' POINT-SIZE='12'><B>{words.numbers(step)}</B></FONT>"
    return {"label": f"<<TABLE BORDER='0' CELLPADDING='2' BGCOLOR='{INK}'><TR><TD>{number}</TD></TR></TABLE>>"}


def plain_label(text: str, *, bold: bool = False) -> Attributes:
    """A short text without a box."""
    return {"label": f"<<B>{escape(text)}</B>>", "fontsize": "11"} if bold else {"label": text, "fontsize": "12"}


# ---- the end


def wait_box(what: str, why: str, width: float) -> Attributes:
    """Who waits for what, and why that cannot come; or that an actor has nothing to do."""
    inner = width - INSIDE
    told = ["<I>waits for</I>", *lines_of(what, inner, "B")] if what else ["<I>has nothing to do</I>"]
    return _table([_cell([*told, *lines_of(why, inner)], width)], WAITS if what else IDLE)


def last_box(story: Story, width: float, legend: str) -> Attributes:
    """The property, the clause that failed, the objects, and how to read the picture. Port `left` is its left edge."""
    inner = width - 2 * INSIDE
    sentence = _white(lines_of(words.ending(story), width - INSIDE, "B"))
    heading = _cell(sentence, 0, f"COLSPAN='2' BGCOLOR='{INK}'")
    told = lines_of(words.clause(story), inner, "B")
    named = [name.replace(" ", words.NBSP) for name in words.objects(story)]
    told += lines_of("objects: " + " · ".join(named), inner) if named else []
    cells = [heading, "<TD PORT='left' WIDTH='8'></TD>" + _cell(told, width - INSIDE)]
    return _table([*cells, "<TD></TD>" + _cell(lines_of(legend, inner, "I"))], LAST)
