"""CronJobs: `op` sync, most-recent, next.

A Job that already exists is the CronJob's own, as in upstream's test; the cases do not say whose it is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kspec.kube.batch import ConcurrencyPolicy
from kspec_models.controllers.cronjob import missed, schedule, sync
from tests.conformance.interface import AtLeast, Given, Skip

TOPIC = "cronjob-schedule"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "sync":
            return _sync(given)
        case "most-recent":
            return _most_recent(given)
        case "next":
            parsed = schedule.parse(given["schedule"])
            created, last, now = (_time(given[name]) for name in ("created", "last_schedule", "now"))
            return {"after_s": _seconds(missed.next_look(parsed, created or 0, last, now or 0))}
    raise Skip(f"op {given['op']}")


def _sync(given: Given) -> Any:
    raw = given["job"]
    name = None if raw is None else sync.job_name(_time(raw["created"]) or 0)
    live = (name,) if name is not None and raw.get("in_live_active") else ()
    cronjob = sync.CronJob(
        schedule=given["schedule"],
        created=_time(given["created"]) or 0,
        concurrency=ConcurrencyPolicy(given["concurrency"] or "Allow"),
        time_zone=given["timeZone"],
        suspend=given["suspend"],
        deadline=given["deadline"],
        last_schedule=_time(given["last_schedule"]),
        active=(name,) if name is not None and raw["in_active"] else (),
    )
    jobs: tuple[sync.Job, ...] = ()
    if name is not None and raw["in_lister"]:
        jobs = (sync.Job(name, raw["finished"], _time(raw["created"]) or 0 if raw["finished"] else None),)
    api = sync.Api(live, () if name is None else (name,), "get_error" in given, _created(given.get("create_error")))
    outcome = sync.sync(cronjob, jobs, api, _time(given["now"]) or 0)
    return AtLeast(
        {
            "create": outcome.create is not None,
            "delete": bool(outcome.delete),
            "active": len(outcome.cronjob.active),
            "update_status": outcome.update_status,
            "warnings": outcome.warnings,
            "error": outcome.error,
            "requeue_after_s": None if outcome.requeue_after is None else _seconds(outcome.requeue_after),
        }
    )


def _most_recent(given: Given) -> Any:
    now, created, last = (_time(given[name]) for name in ("now", "created", "last_schedule"))
    deadline = given["deadline"] if given["use_deadline"] else None
    earliest = missed.earliest_time(created or 0, last, deadline, now or 0)
    try:
        due = missed.most_recent(schedule.parse(given["schedule"]), earliest, now or 0)
    except ValueError:
        return {"error": True}
    recent = None if due.most_recent is None else _text(due.most_recent)
    return {"earliest": _text(due.earliest), "most_recent": recent, "missed": due.missed.value}


def _created(error: str | None) -> sync.Created:
    if error is None:
        return sync.Created.OK
    if "already exists" in error:
        return sync.Created.EXISTS_OURS
    if "being terminated" in error:
        return sync.Created.NAMESPACE_TERMINATING
    return sync.Created.REFUSED


def _time(text: str | None) -> int | None:
    return None if text is None else (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def _text(time: int) -> str:
    return (_EPOCH + timedelta(milliseconds=time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(milliseconds: int) -> float | int:
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000
