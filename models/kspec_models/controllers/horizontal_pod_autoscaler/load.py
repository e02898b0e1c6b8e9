"""The load on a workload, as an input: how much CPU its pods use together, and what is measured of it.

No part of Kubernetes: it stands for the people who use the workload, and for the metrics API. The load is shared evenly
by the pods that are ready. It changes when the story wants it to; a measurement may be off by `noise` percent, more or
less as it pleases, for ever.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from kspec.kernel.actions import Role
from kspec.kernel.errors import SpecError
from kspec.kube.actor import Actor, Here
from kspec.kube.autoscaling import HorizontalPodAutoscaler
from kspec.kube.cache import Api, Cache
from kspec.kube.objects import Pod, PodSpec

DEMAND, NOISE = "load/demand", "load/noise"
"""How much CPU the workload needs now, in millicores; by how many percent what is measured is above it."""


def load(*demands: int, noise: int = 0, patient: str = "") -> Actor:
    """A load that takes these values one after another; each change may come at any time, and need not.

    `patient`: it changes only when the workload of this autoscaler has come to rest at the size that it wants.
    """
    if len(set(demands)) != len(demands):
        raise SpecError(f"load{demands}: a value comes twice, so that the load would never end to change")
    following: dict[int, int] = dict(itertools.pairwise(demands))
    watches = (Pod, HorizontalPodAutoscaler) if patient else ()
    actor = Actor(
        "load",
        watches,
        own={"demand": demands[0], "noise": 0},
        role=Role.ENVIRONMENT,
        assumes=(f"the load takes these values, in this order: {', '.join(f'{demand}m' for demand in demands)}",),
    )

    @actor.once(fair=False)
    def change(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if here.demand in following and (not patient or at_rest(cache, patient, here.demand)):
            after = following[here.demand]
            yield f"{here.demand}m of CPU become {after}m", here.set(demand=after)

    if noise:

        @actor.once(fair=False)
        def sway(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
            after = noise if here.noise == 0 else 0
            yield f"what is measured is {after}% above what is used", here.set(noise=after)

    return actor


def at_rest(cache: Cache, autoscaler: str, demand: int) -> bool:
    """Whether the autoscaler has looked at this load, and as many pods are ready as it wants."""
    hpa = cache.get(HorizontalPodAutoscaler, autoscaler)
    if hpa is None:
        return False
    pods = [pod for pod in cache.list(Pod) if not pod.deleting]
    enough = wanted(demand, requested(pods[0].spec) or 0, hpa) if pods else None
    return hpa.status_desired_replicas == enough == len(pods) and all(pod.ready for pod in pods)


def wanted(demand: int, request: int, hpa: HorizontalPodAutoscaler) -> int:
    """The fewest pods, within the autoscaler's range, of which none uses more than its target."""
    pods = -(-100 * demand // (hpa.target_utilization * request))
    return min(max(pods, hpa.min_replicas), hpa.max_replicas)


def requested(spec: PodSpec) -> int | None:
    """The CPU that all containers request together, in millicores; None: one of them requests none."""
    requests = [dict(container.requests).get("cpu") for container in spec.containers]
    return None if None in requests else sum(request for request in requests if request is not None)


def measured(demand: int, noise: int, ready: int) -> int | None:
    """What the metrics API says of each ready pod, in millicores; None: there is nobody to measure."""
    return demand * (100 + noise) // 100 // ready if ready else None
