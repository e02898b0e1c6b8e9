"""A monitor of Jobs: how many pods of each have really succeeded. No part of Kubernetes, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kspec.kernel.values import Value
from kspec.kube.batch import Job
from kspec.kube.cluster import Cluster, Seen, Writes
from kspec.kube.objects import Phase, Pod
from kspec_models.client.history import Monitor, OneMore, as_cached

NAME = "monitor of jobs"


@attrs.frozen
class Successes(Monitor):
    """Counts the pods of each Job that have reached the phase Succeeded: `succeeded/<job>`."""

    name: str = NAME
    watches: tuple[type, ...] = (Pod, Job)
    not_modelled: tuple[str, ...] = ()

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """One number for each Job."""
        return {f"succeeded/{name}": 0 for name in cluster.kind(Job).names}

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """A version was committed."""
        if before is None or after is None or after.kind.cls is not Pod:
            return []
        was = as_cached(before)
        now = as_cached(after)
        if was.phase is now.phase or now.phase is not Phase.SUCCEEDED or now.owner is None:
            return []
        return [(f"succeeded/{now.owner.name}", OneMore())] if now.owner.name in cluster.kind(Job).names else []
