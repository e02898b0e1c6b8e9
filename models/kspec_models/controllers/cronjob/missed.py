"""Which scheduled time of a CronJob is due, how many were missed, and when to look again.

Upstream: pkg/controller/cronjob/utils.go mostRecentScheduleTime, nextScheduleTimeDuration, missedSchedulesType.
Times are whole milliseconds; deadlines whole seconds.
"""

from __future__ import annotations

import enum

import attrs

from kspec_models.controllers.cronjob.schedule import SECOND, Schedule, next_after

MANY = 100
"""More missed times than these are many: an event says so, and the last of them is started all the same (W100)."""

REQUEUE_DELAY = 100
"""Added to the time of the next look, in milliseconds, against clocks that drift (nextScheduleDelta)."""


class Missed(enum.Enum):
    """How many times passed without a Job, not counting a single one that is due."""

    NONE = "none"
    FEW = "few"
    MANY = "many"


@attrs.frozen
class Due:
    """`earliest`: the time from which on times count. `most_recent`: the last one that has come; None: none has."""

    earliest: int
    most_recent: int | None
    missed: Missed


def earliest_time(created: int, last_schedule: int | None, deadline: int | None, now: int) -> int:
    """Times count from the last scheduled one, or else from creation, and not before the deadline reaches (W100).

    `deadline` is startingDeadlineSeconds, None if it is not set or not to be taken into account.
    """
    since = created if last_schedule is None else last_schedule
    return since if deadline is None else max(since, now - deadline * SECOND)


def most_recent(schedule: Schedule, earliest: int, now: int) -> Due:
    """The last scheduled time that has come (mostRecentScheduleTime, W100).

    The number of missed times is an estimate from the first interval. Raises ValueError for a schedule that names no
    time, as the 31st of February.
    """
    first = next_after(schedule, earliest)
    second = None if first is None else next_after(schedule, first)
    if first is None or second is None:
        raise ValueError("the schedule names no time within five years, or only one")
    if now < first:
        return Due(earliest, None, Missed.NONE)
    if now < second:
        return Due(earliest, first, Missed.NONE)
    interval = (second - first) // SECOND
    count = missed_count(now - first, interval)
    found = _last_until(schedule, first + (count - 2) * interval * SECOND, now)
    return Due(earliest, found, Missed.MANY if count > MANY else Missed.FEW)


def missed_count(elapsed: int, interval: int) -> int:
    """How many times passed in `elapsed` milliseconds since the first one, at `interval` seconds each."""
    return elapsed // SECOND // interval + 1


def next_look(schedule: Schedule, created: int, last_schedule: int | None, now: int) -> int:
    """Milliseconds until the CronJob is looked at again (nextScheduleTimeDuration).

    Raises ValueError for a schedule that names no time.
    """
    due = most_recent(schedule, earliest_time(created, last_schedule, None, now), now)
    following = next_after(schedule, due.earliest if due.most_recent is None else due.most_recent)
    if following is None:
        raise ValueError("the schedule names no time within five years, or only one")
    return following + REQUEUE_DELAY - now


def is_too_late(scheduled: int, deadline: int | None, now: int) -> bool:
    """Whether a time that has come may no longer be started (W100). `deadline` in seconds; None: there is none."""
    return deadline is not None and scheduled + deadline * SECOND < now


def _last_until(schedule: Schedule, start: int, now: int) -> int | None:
    last, time = None, next_after(schedule, start)
    while time is not None and time <= now:
        last, time = time, next_after(schedule, time)
    return last
