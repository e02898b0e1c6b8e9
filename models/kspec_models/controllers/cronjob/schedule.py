"""Schedules of CronJobs: the next time that one names. How they are written is said in `kspec.kube.cron`.

What is modelled: SpecSchedule.Next of github.com/robfig/cron/v3, which upstream uses.

Times are whole milliseconds since 1970 (UTC). A minute matches if the zone's clock, looked at in that minute, shows
what the fields say: a time that the clock skips in spring is skipped, one that it shows twice in autumn is met twice.
Bounds: nothing later than five years ahead is found, as upstream; times are those that datetime can hold.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from kspec.kube.cron import MINUTE as MINUTE
from kspec.kube.cron import SECOND as SECOND
from kspec.kube.cron import Every as Every
from kspec.kube.cron import Fields as Fields
from kspec.kube.cron import Schedule as Schedule
from kspec.kube.cron import is_zone as is_zone
from kspec.kube.cron import parse as parse

YEARS_AHEAD = 5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_after(schedule: Schedule, time: int) -> int | None:
    """The first time of the schedule after `time`; None if there is none within five years (SpecSchedule.Next)."""
    if isinstance(schedule, Every):
        return time // SECOND * SECOND + schedule.interval
    zone = UTC if schedule.zone in ("", "UTC") else ZoneInfo(schedule.zone)
    time = time // MINUTE * MINUTE + MINUTE
    last_year = _clock(time, zone).year + YEARS_AHEAD
    while (clock := _clock(time, zone)).year <= last_year:
        if clock.month not in schedule.month.values:
            time = _midnight(clock.year + clock.month // 12, clock.month % 12 + 1, 1, zone)
        elif not day_matches(schedule, clock):
            tomorrow = clock.date() + timedelta(days=1)
            time = _midnight(tomorrow.year, tomorrow.month, tomorrow.day, zone)
        elif clock.hour not in schedule.hour.values:
            time += (60 - clock.minute) * MINUTE
        elif clock.minute not in schedule.minute.values:
            time += MINUTE
        else:
            return time
    return None


def day_matches(schedule: Fields, clock: datetime) -> bool:
    """Day of month and day of week: both must match if one was written `*` or `?`, else one is enough (dayMatches)."""
    day = clock.day in schedule.day.values
    weekday = clock.isoweekday() % 7 in schedule.weekday.values
    return day and weekday if schedule.day.star or schedule.weekday.star else day or weekday


def _clock(time: int, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=time)).astimezone(zone)


def _midnight(year: int, month: int, day: int, zone: tzinfo) -> int:
    return (datetime(year, month, day, tzinfo=zone) - _EPOCH) // timedelta(milliseconds=1)
