"""A story as a picture: dot source for graphviz, and the SVG that it lays out.

Nothing is placed by hand. Invisible chains hold the columns (one a lane), `rank=same` holds the rows (one a step), and
every box of a column is equally wide, so that dot has no freedom left. The source is the same in every run; the bytes
of an SVG depend on the layout program.
"""

from __future__ import annotations

from itertools import pairwise

import graphviz

from kspec.kernel.trace import Story
from kspec.report import layout, words
from kspec.report.boxes import BLUE, GREY, INK, POINTS, escape, measure
from kspec.report.fold import fold
from kspec.report.rows import LOOP, NUMBER, ONE_SCREEN, PAGE, Message, Row, Sheet, sheet
from kspec.report.wrapping import wrap

TITLE_POINTS = 12.0

FONT = "Helvetica"
"""One family: with a list, layout programs measure the wrong font."""

LOOSE, DENSE, LOOSE_STEPS = "0.11", "0.07", 9
"""The distance of rows, in inches, in a story of few steps and of many."""

IDLE = {"shape": "point", "width": "0.01", "style": "invis"}
"""A lane in which nothing happens in a row."""


def dot(story: Story, *, most: int | None = None) -> str:
    """The dot source of a story, folded to `most` rows."""
    return str(_digraph(words.prepared(fold(story, most))).source)


def svg(story: Story, *, most: int | None = None) -> str:
    """The picture of a story, folded to `most` rows.

    Raises UsageError where no layout program is installed, or it fails.
    """
    shown = words.prepared(fold(story, most))
    return layout.svg(_digraph(shown).source, on_one_screen=len(shown.steps) <= ONE_SCREEN)


def _digraph(story: Story) -> graphviz.Digraph:
    laid = sheet(story)
    graph = graphviz.Digraph(
        words.clean(story.property) or "story",
        graph_attr={
            "splines": "line",  # the only setting with level arrows that meet the boxes' centres
            "nodesep": "0.33",
            "ranksep": LOOSE if len(story.steps) <= LOOSE_STEPS else DENSE,
            "fontname": FONT,
            "fontsize": f"{TITLE_POINTS:g}",
            "margin": "0",
            "pad": "0.1",
            "bgcolor": "white",
            "labelloc": "t",
            "labeljust": "l",
            "outputorder": "edgesfirst",
            "label": _title(story),
        },
        node_attr={"shape": "plain", "fontname": FONT, "fontsize": f"{POINTS:g}"},
        edge_attr={"arrowsize": "0.8"},
    )
    frame = graphviz.Digraph(
        "cluster_loop", graph_attr={"style": "filled", "color": "#EEEEEE", "margin": "4", "label": ""}
    )
    for row in laid.rows:
        _boxes(frame if row.framed else graph, laid, row)
    if any(row.framed for row in laid.rows):
        graph.subgraph(frame)
    for row in laid.rows:
        _across(graph, laid, row)
    for above, below in pairwise(laid.rows):
        _down(graph, laid, above, below)
    graph.node("end", **laid.last)
    graph.edge(f"{laid.rows[-1].name}_{laid.columns[0]}", "end:left", style="invis", weight="100")
    return graph


def _title(story: Story) -> str:
    """The verdict, and what it is about, in lines that are no wider than a page."""
    verdict, about = words.title(story)

    def size(text: str) -> float:
        return measure(text, bold=True, points=TITLE_POINTS)

    first, *rest = wrap(f"{verdict}  {about}", PAGE, measure=size)
    lines = [f"<B>{verdict}</B>&#160;&#160;{escape(first.removeprefix(verdict).lstrip())}", *map(escape, rest)]
    return "<" + "".join(f"{line}<BR ALIGN='LEFT'/>" for line in lines) + ">"


def _boxes(graph: graphviz.Digraph, laid: Sheet, row: Row) -> None:
    with graph.subgraph(graph_attr={"rank": "same"}) as rank:
        for column in laid.columns:
            rank.node(f"{row.name}_{column}", group=column, id=f"{row.name}-{column}", **row.boxes.get(column, IDLE))


def _across(graph: graphviz.Digraph, laid: Sheet, row: Row) -> None:
    """The message of a row, and what keeps the order of the columns (a second edge beside a message would bend it)."""
    joined = None
    if row.message is not None:
        ends = (row.message.tail, row.message.head)
        backward = laid.columns.index(ends[0]) > laid.columns.index(ends[1])
        joined = (ends[1], ends[0]) if backward else ends
        graph.edge(f"{row.name}_{joined[0]}", f"{row.name}_{joined[1]}", **_arrow(row.message, backward))
    for pair in pairwise(laid.columns):
        if pair != joined:
            graph.edge(f"{row.name}_{pair[0]}", f"{row.name}_{pair[1]}", style="invis")


def _arrow(message: Message, backward: bool) -> dict[str, str]:
    tip = {"call": "normal", "refused": "tee", "deliver": "vee"}[message.kind]
    way = {"dir": "back", "arrowtail": tip} if backward else {"arrowhead": tip}
    look = {"style": "dashed", "color": BLUE} if message.kind == "deliver" else {}
    return {"penwidth": "1.4", **way, **look}


def _down(graph: graphviz.Digraph, laid: Sheet, above: Row, below: Row) -> None:
    for column in laid.columns:
        line = {"style": "dotted", "color": GREY, "arrowhead": "none"}
        if column == LOOP and above.framed and below.framed:
            first = "label" in above.boxes[LOOP]
            line = {"penwidth": "3", "color": INK}
            line |= {"dir": "back", "arrowtail": "normal"} if first else {"arrowhead": "none"}
        elif column in (LOOP, NUMBER):
            line = {"style": "invis", "arrowhead": "none"}
        graph.edge(f"{above.name}_{column}", f"{below.name}_{column}", weight="100", **line)
