"""Breaking a text into lines, for columns of characters and for widths in points alike.

Lines break at spaces (never at a no-break space); a word that is too long for a line of its own breaks after one of
`/ - . , _ = :`, and only where that does not help either between two characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Measure = Callable[[str], float]
"""How much room a text takes."""

_PIECES = re.compile(r"[^/\-.,_=:]*[/\-.,_=:]?")


def wrap(text: str, width: float, *, hanging: float = 0, measure: Measure = len) -> list[str]:
    """The lines of a text, each at most `width` wide, all but the first at most `width - hanging`.

    An empty text has no lines. A line is wider than asked for only where a single character is.
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        room = width - (hanging if lines else 0)
        longer = f"{line} {word}" if line else word
        if measure(longer) <= room:
            line = longer
            continue
        if line and measure(word) <= width - hanging:
            lines.append(line)
            line = word
            continue
        *full, line = _broken(line, word, width, hanging, first=not lines, measure=measure)
        lines += full
    return [*lines, line] if line else lines


def _broken(line: str, word: str, width: float, hanging: float, *, first: bool, measure: Measure) -> list[str]:
    """The lines that end with a word which does not fit into one; the last may go on."""
    lines: list[str] = []
    if line and measure(f"{line} {_pieces(word)[0]}") > width - (0 if first else hanging):
        lines.append(line)
        line = ""
    line += " " if line else ""
    for piece in _pieces(word):
        parts = [piece] if measure(piece) <= width - hanging else list(piece)
        for part in parts:
            room = width - (0 if first and not lines else hanging)
            if line and measure(line + part) > room:
                lines.append(line)
                line = ""
            line += part
    return [*lines, line]


def _pieces(word: str) -> list[str]:
    return [piece for piece in _PIECES.findall(word) if piece]
