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
from kspec.kube.lenses import LatestField, Pending
from kspec.kube.networking import EndpointSlice, Service
from kspec.kube.objects import Pod
from kspec.kube.watch import Obj
from kspec_models.proxy.programmed import usable

STOP = "stop"


@attrs.frozen
class LongEnough:
    """A kubelet whose pods sleep, when they are told to end, until all else has done what their deletion asks of it.

    That is: the EndpointSlice controller has seen it, has written its slices and is at rest, none has packets sent to a
    pod that is being deleted, these proxies have seen that, and no rule of theirs leads to one. A sleep that only
    outlasts kube-proxy is not enough: a rollout does not wait for endpoints, so the old pod may be deleted before any
    slice names the new one. For rollouts only: the last pod of a Service is sent packets until it ends (P21), and
    would sleep for ever.
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
        def stops(see: Reader) -> Iterator[Step]:
            if sleep_is_over(see, cluster, self.proxies):
                yield from stop.function(see)

        return stops


def sleep_is_over(see: Reader, cluster: Cluster, proxies: Sequence[str]) -> bool:
    """Whether everybody has done what the deletion of pods asks: no packet is sent to any of them any more."""
    slices = cluster.kind(EndpointSlice)
    named = [port.endpoints for proxy in proxies for port in see(f"{proxy}/rules")]
    for name in cluster.kind(Service).names:
        if see(f"services/{name}", LatestField("selector")):
            pods = see(f"endpointslices/{name}", UsableEndpoints()) if name in slices.names else None
            if pods is None or see(f"endpointslice/{name}") is not None or on_the_way(see, cluster, name, proxies):
                return False
            named.append(pods)
    deleted = see.each("pods", LatestField("deleting"))
    return not any(deleted[pod.index] for pods in named for pod in pods)


def on_the_way(see: Reader, cluster: Cluster, service: str, proxies: Sequence[str]) -> bool:
    """Whether somebody has not yet seen the latest pods, or the latest slice of a Service."""
    pods, slices = cluster.kind(Pod), cluster.kind(EndpointSlice)
    if pods.is_late("endpointslice") and any(see.each("pods", Pending(pods, "endpointslice"))):
        return True
    late = [observer for observer in ("endpointslice", *proxies) if slices.is_late(observer)]
    return any(see(f"endpointslices/{service}", Pending(slices, observer)) for observer in late)


@attrs.frozen
class UsableEndpoints:
    """The pods to which the latest version of a slice has packets sent; None if there is no such slice yet."""

    def __call__(self, obj: Obj) -> frozenset[Ref] | None:
        return None if obj.latest is None else usable(obj.latest.endpoints)
