"""A monitor of CronJobs: for which times each has started a Job. No part of Kubernetes, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kspec.kernel.values import Value
from kspec.kube.batch import CronJob, Job
from kspec.kube.cluster import Cluster, Seen, Writes
from kspec_models.client.history import Monitor, as_cached

NAME = "monitor of cronjobs"


@attrs.frozen
class Started:
    """The times for which a Job was created, and those for which a second one was."""

    once: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()


@attrs.frozen
class OneMore:
    """A Job was created for this time."""

    scheduled: int

    def __call__(self, started: Started) -> Started:
        if self.scheduled in started.once:
            return attrs.evolve(started, again=started.again | {self.scheduled})
        return attrs.evolve(started, once=started.once | {self.scheduled})


@attrs.frozen
class Starts(Monitor):
    """Remembers for which times each CronJob has started a Job: `starts/<cronjob>`."""

    name: str = NAME
    watches: tuple[type, ...] = (Job, CronJob)
    not_modelled: tuple[str, ...] = ()

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """One record for each CronJob."""
        return {f"starts/{name}": Started() for name in cluster.kind(CronJob).names}

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """A version was committed."""
        if before is not None or after is None or after.kind.cls is not Job:
            return []
        job = as_cached(after)
        if job.owner is None or job.owner.name not in cluster.kind(CronJob).names:
            return []
        return [(f"starts/{job.owner.name}", OneMore(job.scheduled))]
