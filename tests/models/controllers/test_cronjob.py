"""CronJobs: schedules, missed times, and one sync."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.batch import ConcurrencyPolicy
from kspec_models.controllers.cronjob import missed, schedule, sync
from kspec_models.controllers.cronjob.missed import Missed
from kspec_models.controllers.cronjob.schedule import MINUTE, Every
from kspec_models.controllers.cronjob.sync import Api, Created, CronJob, Job

HOUR = 60 * MINUTE
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOURLY = "0 * * * *"


def at(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def following(text: str, after: str) -> int | None:
    return schedule.next_after(schedule.parse(text), at(after))


@pytest.mark.parametrize(
    ("text", "after", "following_time"),
    [
        ("*/15 * * * *", "2026-01-01T10:15:00Z", "2026-01-01T10:30:00Z"),
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
        ("0 12 13 * fri", "2026-01-01T00:00:00Z", "2026-01-02T12:00:00Z"),
        ("0 12 */2 * fri", "2026-01-02T13:00:00Z", "2026-01-03T12:00:00Z"),
        ("0 12 ? dec 5", "2026-01-01T00:00:00Z", "2026-12-04T12:00:00Z"),
        ("20/20 8-10 * * *", "2026-01-01T08:41:00Z", "2026-01-01T09:20:00Z"),
        ("TZ=Asia/Kolkata 0 8 * * *", "2026-01-01T00:00:00Z", "2026-01-01T02:30:00Z"),
    ],
)
def test_the_next_time_is_the_one_that_a_calendar_shows(text: str, after: str, following_time: str) -> None:
    assert following(text, after) == at(following_time)


def test_a_time_that_the_clock_skips_is_skipped_and_one_that_it_shows_twice_is_met_twice() -> None:
    assert following("TZ=Europe/Rome 30 2 29 3 *", "2026-03-01T00:00:00Z") == at("2027-03-29T00:30:00Z")
    first = following("TZ=Europe/Rome 30 2 * * *", "2026-10-25T00:00:00Z")
    assert first == at("2026-10-25T00:30:00Z")
    assert following("TZ=Europe/Rome 30 2 * * *", "2026-10-25T00:30:00Z") == at("2026-10-25T01:30:00Z")


def test_every_counts_from_the_time_before_and_is_at_least_a_second() -> None:
    assert schedule.parse("@every 1h30m") == Every(90 * MINUTE)
    assert schedule.parse("@every 10ms") == Every(1000)
    assert schedule.next_after(Every(HOUR), 1_234) == 1_000 + HOUR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* * * * 7",
        "5-1 * * * *",
        "*/0 * * * *",
        "@never",
        "@every x",
        "TZ=No/Where * * * * *",
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"schedule|duration|time zone"):
        schedule.parse(text)


@given(st.integers(0, 59), st.integers(0, 23), st.integers(0, 4 * 10**12))
def test_the_next_time_is_later_and_within_a_day_of_a_daily_schedule(minute: int, hour: int, time: int) -> None:
    found = schedule.next_after(schedule.parse(f"{minute} {hour} * * *"), time)
    assert found is not None and 0 < found - time <= 24 * HOUR
    assert found % (24 * HOUR) == hour * HOUR + minute * MINUTE


def test_a_day_that_never_comes_is_an_error_and_not_a_wait() -> None:
    assert following("0 0 31 2 *", "2026-01-01T00:00:00Z") is None
    with pytest.raises(ValueError, match="names no time"):
        missed.most_recent(schedule.parse("0 0 31 2 *"), 0, HOUR)


@given(st.integers(1, 400), st.integers(0, HOUR - 1))
def test_the_most_recent_of_many_missed_times_is_the_last_one(hours: int, rest: int) -> None:
    due = missed.most_recent(schedule.parse(HOURLY), 0, hours * HOUR + rest)
    assert due.most_recent == hours * HOUR
    assert due.missed is (Missed.NONE if hours == 1 else Missed.MANY if hours > missed.MANY else Missed.FEW)


def test_the_deadline_bounds_how_far_back_times_count() -> None:
    assert missed.earliest_time(0, 5000, 60, 100_000) == 40_000
    assert missed.earliest_time(0, 5000, None, 100_000) == 5000
    assert missed.is_too_late(0, 10, 10_001) and not missed.is_too_late(0, 10, 10_000)


DUE = CronJob(HOURLY, created=HOUR // 2)
NOW = HOUR + MINUTE


def test_the_name_keeps_a_time_from_being_started_twice_after_a_crash_before_the_status() -> None:
    first = sync.sync(DUE, (), Api(), NOW)
    assert first.create == HOUR
    name = sync.job_name(HOUR)
    again = sync.sync(DUE, (), Api(create=Created.EXISTS_OURS, jobs=(name,)), NOW)
    assert again.create is None and again.update_status
    assert again.cronjob == first.cronjob


def test_somebody_elses_job_of_that_name_is_left_alone() -> None:
    outcome = sync.sync(DUE, (), Api(create=Created.EXISTS_OTHER), NOW)
    assert (outcome.create, outcome.cronjob, outcome.update_status) == (None, DUE, False)


@pytest.mark.parametrize(
    ("concurrency", "created", "deleted"),
    [
        (ConcurrencyPolicy.ALLOW, True, ()),
        (ConcurrencyPolicy.FORBID, False, ()),
        (ConcurrencyPolicy.REPLACE, True, (7,)),
    ],
)
def test_an_active_job_is_joined_waited_for_or_replaced(
    concurrency: ConcurrencyPolicy, created: bool, deleted: tuple[int, ...]
) -> None:
    cronjob = attrs.evolve(DUE, concurrency=concurrency, active=(7,))
    outcome = sync.sync(cronjob, (Job(7),), Api(active=(7,), jobs=(7,)), NOW)
    assert (outcome.create is not None, outcome.delete) == (created, deleted)


def test_a_job_that_only_the_cache_lacks_stays_active() -> None:
    cronjob = attrs.evolve(DUE, suspend=True, active=(7,))
    assert sync.sync(cronjob, (), Api(jobs=(7,)), NOW).cronjob.active == (7,)
    assert sync.sync(cronjob, (), Api(), NOW).cronjob.active == ()
    assert sync.sync(cronjob, (), Api(get_fails=True), NOW).error


def test_a_zone_or_schedule_that_cannot_be_read_is_a_warning_and_no_retry() -> None:
    for wrong in (attrs.evolve(DUE, time_zone="No/Where"), attrs.evolve(DUE, schedule="nonsense")):
        outcome = sync.sync(wrong, (), Api(), NOW)
        assert (outcome.create, outcome.warnings, outcome.error, outcome.requeue_after) == (None, 1, False, None)


def test_the_oldest_of_the_history_go_and_those_that_never_started_stay_longest() -> None:
    jobs = ((30, "c"), (None, "d"), (10, "a"), (10, "b"))
    assert sync.by_start(jobs) == (2, 3, 0, 1)
    assert sync.surplus_history(jobs, 2) == (2, 3)
    assert sync.surplus_history(jobs, None) == ()


@pytest.mark.parametrize(("hours", "how_many"), [(100, Missed.FEW), (101, Missed.MANY)])
def test_more_than_a_hundred_are_many(hours: int, how_many: Missed) -> None:
    assert missed.most_recent(schedule.parse(HOURLY), 0, hours * HOUR).missed is how_many


def test_a_time_whose_job_is_active_is_not_started_again_although_the_status_does_not_say_so() -> None:
    name = sync.job_name(HOUR)
    started = attrs.evolve(DUE, active=(name,))
    assert sync.sync(started, (Job(name),), Api(active=(name,), jobs=(name,)), NOW).create is None
    written = attrs.evolve(DUE, last_schedule=HOUR)
    assert not sync.may_start(written, HOUR, NOW)
