"""A preStop sleep: containers of a pod that is being deleted end only some time later.

Models `lifecycle.preStop.sleep` (or `exec: sleep`) as people use it for rollouts. Times are abstract, so the length of
the sleep is an assumption about an order: it outlasts the way from the deletion over the EndpointSlice controller to
the rules of the node. A sleep that may end at any time is no more than what a kubelet does without it.

What waits is the kubelet's step `stop`; all else is the kubelet's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Action, ActionFunction, Reader, Step
from kspec.kernel.values import Ref, Value
from kspec.kube.cluster import Cluster, Component, Seen, Writes
from kspec.kube.networking import Service
from kspec.kube.watch import LatestField, Obj

STOP = "stop"


@attrs.frozen
class LongEnough:
    """A kubelet whose pods sleep, when they are told to end, until all else has done what their deletion asks of it.

    That is: the EndpointSlice controller has written its slices and is at rest, none names a pod that is being deleted
    as ready, and no rule of these proxies leads to one. A sleep that only outlasts kube-proxy is not enough: a rollout
    does not wait for endpoints, so the old pod may be deleted before any slice names the new one.
    """

    kubelet: Component
    proxies: tuple[str, ...] = ("kube-proxy",)

    @property
    def name(self) -> str:
        """The kubelet's."""
        return self.kubelet.name

    @property
    def watches(self) -> tuple[type, ...]:
        """The kubelet's."""
        return self.kubelet.watches

    @property
    def not_modelled(self) -> tuple[str, ...]:
        """The kubelet's, and the assumption."""
        proxies = " and ".join(self.proxies)
        return (
            *self.kubelet.not_modelled,
            f"preStop: the sleep is assumed to outlast the EndpointSlice controller and {proxies}",
        )

    def selects(self, kind: type) -> Callable[[Any], bool] | None:
        """The kubelet's."""
        return self.kubelet.selects(kind)

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """The kubelet's."""
        return self.kubelet.variables(cluster)

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """The kubelet's."""
        return self.kubelet.member_variables(cluster)

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """The kubelet's."""
        return self.kubelet.observed(cluster, before, after)

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """The kubelet's; no containers are ended while packets may still be sent to a pod that is being deleted."""
        for action in self.kubelet.actions(cluster):
            yield attrs.evolve(action, function=self._later(cluster, action)) if action.name == STOP else action

    def _later(self, cluster: Cluster, stop: Action) -> ActionFunction:
        services = cluster.kind(Service).names

        def stops(see: Reader) -> Iterator[Step]:
            if sleep_is_over(see, services, self.proxies):
                yield from stop.function(see)

        return stops


def sleep_is_over(see: Reader, services: Sequence[str], proxies: Sequence[str]) -> bool:
    """Whether everybody has done what the deletion of pods asks: no packet is sent to any of them any more."""
    named = [port.endpoints for proxy in proxies for port in see(f"{proxy}/rules")]
    for name in services:
        if see(f"services/{name}", LatestField("selector")):
            pods = see(f"endpointslices/{name}", ReadyEndpoints())
            if pods is None or see(f"endpointslice/{name}") is not None:
                return False
            named.append(pods)
    deleted = see.each("pods", LatestField("deleting"))
    return not any(deleted[pod.index] for pods in named for pod in pods)


@attrs.frozen
class ReadyEndpoints:
    """The pods that a slice names as ready, in its latest version; None if there is no such slice yet."""

    def __call__(self, obj: Obj) -> frozenset[Ref] | None:
        if obj.latest is None:
            return None
        return frozenset(each.pod for each in obj.latest.endpoints if each.ready)
