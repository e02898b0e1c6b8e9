"""Times in vector files: `now`, `now-3600s`, or null for a time that is not set."""

from __future__ import annotations

import re

_AGO = re.compile(r"now(?:-([0-9]+)s)?\Z")


def seconds_ago(text: str | None) -> int | None:
    """How long ago in seconds; None for a time that is not set. Raises ValueError."""
    if text is None:
        return None
    match = _AGO.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no time such as now-3600s")
    return int(match[1] or 0)
