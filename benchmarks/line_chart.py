"""A line chart as SVG: straight axes from zero, one line a series, each named at its end.

A chart library (matplotlib, pygal) would be the project's largest dependency for one picture; this is a text with
numbers in it. Colours are readable on white and told apart by colour-blind readers (Okabe and Ito).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import attrs

COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7")
WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 230, 56, 56
TICKS = 4


@attrs.frozen
class Series:
    """One line: its name and a point (x, y) for each measurement."""

    name: str
    points: tuple[tuple[float, float], ...]


def line_chart(title: str, x_label: str, y_label: str, series: Sequence[Series]) -> str:
    """The chart as an SVG document."""
    most_x = max(x for each in series for x, _ in each.points)
    most_y = round_up(max(y for each in series for _, y in each.points))
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + across * x / most_x, TOP + down * (1 - y / most_y)

    parts = [text(LEFT, 26, title, size=17, weight="bold"), text(LEFT, 46, y_label, colour="#555555")]
    for i in range(TICKS + 1):
        x, y = at(most_x * i / TICKS, most_y * i / TICKS)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{LEFT + across}" stroke="#dddddd"/>')
        parts.append(text(LEFT - 8, y + 4, f"{most_y * i / TICKS:,.0f}", anchor="end", colour="#555555"))
        parts.append(text(x, TOP + down + 20, f"{most_x * i / TICKS:,.0f}", anchor="middle", colour="#555555"))
    parts.append(text(LEFT + across / 2, HEIGHT - 12, x_label, anchor="middle", colour="#555555"))
    for each, colour in zip(series, COLOURS, strict=False):
        points = [at(x, y) for x, y in each.points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
        parts.append(text(points[-1][0] + 10, points[-1][1] + 4, each.name, colour=colour))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="13" role="img">\n<title>{escape(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n'
    )


def text(
    x: float, y: float, words: str, *, anchor: str = "start", colour: str = "#222222", size: int = 13, weight: str = ""
) -> str:
    """Some words at a place."""
    bold = f' font-weight="{weight}"' if weight else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}" font-size="{size}"{bold}>{escape(words)}</text>'


def round_up(number: float) -> float:
    """The next number that four ticks divide well: 1, 2, 4 or 8 times a power of ten."""
    scale = 1.0
    while scale * 10 < number:
        scale *= 10
    return next(scale * times for times in (1, 2, 4, 8, 10) if scale * times >= number)
