"""A clock that ticks once a minute, so many times: what CronJobs are started by.

No part of Kubernetes. It starts when a CronJob is created, and all times are whole milliseconds since then. How long
anything takes is open: any number of minutes may pass between two steps of a controller, and none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.actions import Role
from kspec.kube.actor import Actor, Here
from kspec.kube.batch import CronJob
from kspec.kube.cache import Api, Cache
from kspec_models.controllers.cronjob.schedule import MINUTE

NOW = "clock/now"
"""The time."""


def clock(minutes: int) -> Actor:
    """A clock that stops after so many minutes, or before."""
    actor = Actor(
        "clock",
        watches=(CronJob,),
        own={"now": 0},
        role=Role.ENVIRONMENT,
        assumes=(f"minutes that pass: at most {minutes}",),
    )

    @actor.once(fair=False)
    def tick(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.now < minutes * MINUTE and cache.list(CronJob):
            yield f"minute {here.now // MINUTE + 1}", here.set(now=here.now + MINUTE)

    return actor
