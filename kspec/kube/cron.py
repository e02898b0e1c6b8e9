"""Schedules of CronJobs as they are written: five fields, descriptors such as `@daily`, `@every` with a duration.

What is modelled: github.com/robfig/cron/v3 ParseStandard, which upstream uses; a zone may stand in front
(`TZ=Europe/Rome 0 8 * * *`), which no CronJob may have any more that is created. When a schedule is due is not decided
here.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

SECOND = 1000
MINUTE = 60 * SECOND

_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MILLISECONDS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": 60 * MINUTE}


@attrs.frozen
class Field:
    """The values that one field admits. `star`: it admits everything, and was written `*` or `?`."""

    values: frozenset[int]
    star: bool = False


@attrs.frozen
class Fields:
    """A schedule of five fields, read on the clock of `zone` (a name of the IANA database)."""

    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field
    zone: str = "UTC"


@attrs.frozen
class Every:
    """`@every`: one interval after the other, in milliseconds; a whole number of seconds."""

    interval: int


Schedule = Fields | Every


def parse(text: str) -> Schedule:
    """Parse a schedule (ParseStandard). Raises ValueError with a message for people."""
    zone = "UTC"
    if text.startswith(("TZ=", "CRON_TZ=")):
        prefix, _, text = text.partition(" ")
        zone = prefix.partition("=")[2]
        if not is_zone(zone):
            raise ValueError(f"{zone!r} is no time zone; write a name such as Europe/Rome")
        text = text.strip()
    if text.startswith("@every "):
        return Every(max(SECOND, _duration(text.removeprefix("@every ")) // SECOND * SECOND))
    fields = _DESCRIPTORS.get(text, text).split()
    if len(fields) != 5:
        raise ValueError(f"{text!r} is no schedule; write five fields such as 0 8 * * 1-5, @daily, or @every 1h")
    return Fields(
        _field(fields[0], 0, 59),
        _field(fields[1], 0, 23),
        _field(fields[2], 1, 31),
        _field(fields[3], 1, 12, _MONTHS),
        _field(fields[4], 0, 6, _DAYS),
        zone,
    )


def is_zone(name: str) -> bool:
    """Whether the IANA database has a zone of this name; the empty name is UTC (time.LoadLocation)."""
    if name in ("", "UTC"):
        return True
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _field(text: str, least: int, most: int, names: tuple[str, ...] = ()) -> Field:
    parts = [_range(part, least, most, names) for part in text.split(",") if part]
    if not parts:
        raise ValueError(f"{text!r} is no field of a schedule; write numbers, ranges such as 1-5, or *")
    return Field(frozenset[int]().union(*(part.values for part in parts)), any(part.star for part in parts))


def _range(text: str, least: int, most: int, names: tuple[str, ...]) -> Field:
    bounds, slash, step_text = text.partition("/")
    step = _number(step_text, ()) if slash else 1
    low_text, dash, high_text = bounds.partition("-")
    if low_text in ("*", "?"):
        low, high = least, most
    else:
        low = _number(low_text, names, least)
        high = _number(high_text, names, least) if dash else (most if slash else low)
    if low < least or high > most or low > high or step == 0:
        raise ValueError(f"{text!r} is not within {least}-{most} in a schedule")
    return Field(frozenset(range(low, high + 1, step)), low_text in ("*", "?") and step == 1)


def _number(text: str, names: tuple[str, ...], first: int = 0) -> int:
    if text.lower() in names:
        return names.index(text.lower()) + first
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"{text!r} is no number in a schedule")
    return int(text)


def _duration(text: str) -> int:
    if not re.fullmatch(r"([0-9]{1,9}(ms|s|m|h))+", text):
        raise ValueError(f"{text!r} is no duration; write one such as 1h30m")
    return sum(int(number) * _MILLISECONDS[unit] for number, unit in re.findall(r"([0-9]+)(ms|s|m|h)", text))
