"""Clients: packets that are sent to a Service, and what becomes of them.

They are no component of Kubernetes: a packet goes by the rules that are on a node just then, and is answered or not by
what really runs, whatever the API says. A client may send at any time. It remembers what became of its last packets,
as shares of all that chance may bring, and it sends again when that would be different: nothing else is to be learned
from one more packet. It begins when it would not only be refused.

Sound: between two of its packets the rules and the containers may change at will, so every mixture of old rules and
ended containers that can be met is met by some packet. Clients are not fair: nobody has to send.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Protocol

import attrs

from kspec.kernel.actions import Action, Reader, Set, Step
from kspec.kernel.values import Ref, Value
from kspec.kube.cluster import Cluster, Seen, Writes
from kspec.kube.lenses import LatestFields
from kspec.kube.networking import Service
from kspec.kube.objects import Pod
from kspec_models.kubelet import Containers
from kspec_models.kubelet.runtime import Health, Runtime
from kspec_models.proxy import ingress
from kspec_models.proxy.kube_proxy import mode
from kspec_models.proxy.mode import Mode
from kspec_models.proxy.programmed import packet_to, packet_to_node, reached

NOT_MODELLED = (
    "the network between nodes, connections that stay open, retries: each packet is the first one of a connection",
)


class Met(enum.Enum):
    """What a packet meets at the end of its way."""

    READY = "which is ready"
    UNREADY = "which is not ready"
    ENDED = "which has ended"
    REFUSED = "nobody"


@attrs.frozen
class Traffic:
    """What became of packets: of `of` that are equally likely, so many were met by each."""

    ready: int = 0
    unready: int = 0
    ended: int = 0
    refused: int = 0
    of: int = 0

    def __str__(self) -> str:
        meets = ("a ready pod", "a pod that is not ready", "a pod that has ended", "no endpoint")
        counts = zip(meets, (self.ready, self.unready, self.ended, self.refused), strict=True)
        parts = [what if n == self.of else f"{n}/{self.of} {what}" for what, n in counts if n]
        return ", ".join(parts) or "none was sent"


NOT_SENT = Traffic()


@attrs.frozen
class Answers:
    """What a packet meets where a kubelet shows every container: what its programs do, whatever has been reported."""

    def __call__(self, runtime: Runtime) -> Met:
        if not runtime.runs:
            return Met.ENDED
        return Met.READY if all(each.health is Health.SERVING for _, each in runtime.running()) else Met.UNREADY


def met(pod: tuple[bool] | None, containers: Containers) -> Met:
    """What a packet meets where all containers of a pod are one: `pod` is its Ready condition, None if it is gone.

    A pod that is being deleted answers until its containers end.
    """
    if containers is not Containers.RUNNING:
        return Met.ENDED
    return Met.UNREADY if pod is not None and not pod[0] else Met.READY


def traffic(shares: Mapping[Ref | None, Fraction], meets: Callable[[Ref | None], Met]) -> Traffic:
    """What becomes of packets that go to these pods with these probabilities (None: refused)."""
    of = math.lcm(*(share.denominator for share in shares.values()))
    counts = dict.fromkeys(Met, 0)
    for pod, share in shares.items():
        counts[meets(pod)] += int(share * of)
    return Traffic(counts[Met.READY], counts[Met.UNREADY], counts[Met.ENDED], counts[Met.REFUSED], of)


class Way(Protocol):
    """How a client reaches a Service."""

    @property
    def name(self) -> str:
        """What the client calls it."""

    def shares(self, see: Reader) -> Mapping[Ref | None, Fraction]:
        """Which pods its packets go to, and with which probability."""


@attrs.frozen
class ClusterIP:
    """From a pod to the Service's own address.

    `runs`: the variable that says in which mode the proxy runs, if that may be another one than it was told.
    """

    service: Service
    proxy: str = "kube-proxy"
    runs: str = ""

    @property
    def name(self) -> str:
        """Address and port."""
        return f"{self.service.name}:{self.service.ports[0].port}"

    def shares(self, see: Reader) -> Mapping[Ref | None, Fraction]:
        """By the rules that are on the node now."""
        return reached(
            see(f"{self.proxy}/rules"),
            packet_to(self.service.cluster_ip, self.service.ports[0]),
            mode_of(see, self.runs),
        )


def mode_of(see: Reader, runs: str) -> Mode:
    """The mode in which a proxy runs."""
    return (see(runs) if runs else None) or mode()


@attrs.frozen
class NodePort:
    """From outside to a port of the node."""

    service: Service
    proxy: str = "kube-proxy"
    runs: str = ""

    @property
    def name(self) -> str:
        """The node's port."""
        return f"node port {self.service.ports[0].node_port}"

    def shares(self, see: Reader) -> Mapping[Ref | None, Fraction]:
        """By the rules that are on the node now."""
        return reached(see(f"{self.proxy}/rules"), packet_to_node(self.service.ports[0]), mode_of(see, self.runs))


@attrs.frozen
class Name:
    """From a pod by the Service's name: DNS is asked, and one of the addresses that it answers with is taken."""

    service: Service
    server: str = "dns"
    proxy: str = "kube-proxy"

    @property
    def name(self) -> str:
        """The name within its namespace."""
        return f"{self.service.name}.{self.service.namespace}"

    def shares(self, see: Reader) -> Mapping[Ref | None, Fraction]:
        """To the pods themselves, or by the rules for the address that the name has."""
        record = next((each for each in see(f"{self.server}/records") if each.name == self.service.name), None)
        if record is not None and record.cluster_ip:
            return ClusterIP(self.service, self.proxy).shares(see)
        return evenly(record.pods if record is not None else frozenset())


@attrs.frozen
class Url:
    """From outside to a host and path, for which an Ingress has a rule."""

    host: str
    path: str = "/"
    controller: str = "ingress-controller"

    @property
    def name(self) -> str:
        """The URL."""
        return f"http://{self.host}{self.path}"

    def shares(self, see: Reader) -> Mapping[Ref | None, Fraction]:
        """By the routes that the Ingress controller has now."""
        return evenly(ingress.backends(see(f"{self.controller}/routes"), self.host, self.path))


def evenly(pods: frozenset[Ref]) -> Mapping[Ref | None, Fraction]:
    """Each with the same chance; without any, nobody is reached."""
    return {pod: Fraction(1, len(pods)) for pod in pods} or {None: Fraction(1)}


@attrs.frozen
class Clients:
    """Those who send packets: `client/<way>` is what became of the last ones.

    If they do not `send`, they only say which ways there are, for properties that follow all of them in every state.
    """

    ways: tuple[Way, ...]
    send: bool = True
    name: str = "client"
    watches: tuple[type, ...] = ()
    not_modelled: tuple[str, ...] = NOT_MODELLED

    def selects(self, kind: type) -> Callable[[Any], bool] | None:
        """It watches nothing."""
        return None

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """What became of its packets, for each way."""
        return {f"{self.name}/{way.name}": NOT_SENT for way in self.ways if self.send}

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """None."""
        return {}

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """It sees nothing of the API."""
        return []

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """It sends on each way. A component, so that all is quiet only once the client has seen what is true then."""
        for way in self.ways if self.send else ():
            yield Action(self.name, "sends to", self._sends(cluster, way), about=way.name, fair=False)

    def _sends(self, cluster: Cluster, way: Way) -> Callable[[Reader], Iterator[Step]]:
        variable, in_detail = f"{self.name}/{way.name}", "runtime" in variables_of_pods(cluster)

        def sends(see: Reader) -> Iterator[Step]:
            shares, before = way.shares(see), see(variable)
            meets = met_now(see, shares, in_detail)
            found = traffic(shares, meets)
            if found == before or (before == NOT_SENT and found.refused == found.of):
                return  # that nobody answers before anybody did says nothing
            yield Step([(variable, Set(found))], says=told(shares, meets))

        return sends


def variables_of_pods(cluster: Cluster) -> frozenset[str]:
    """What is kept of each pod by those who run it."""
    members = [component.member_variables(cluster).get(Pod, {}) for component in cluster.components]
    return frozenset(name for variables in members for name in variables)


def met_now(see: Reader, shares: Mapping[Ref | None, Fraction], in_detail: bool) -> Callable[[Ref | None], Met]:
    """What packets meet at each of these pods now; `in_detail`: the kubelet shows every container."""
    if set(shares) == {None}:
        return lambda pod: Met.REFUSED
    if in_detail:
        found = see.each("runtime", Answers())
    else:
        pods = see.each("pods", LatestFields(("ready",)))
        found = tuple(map(met, pods, see.each("containers")))
    return lambda pod: Met.REFUSED if pod is None else found[pod.index]


def told(shares: Mapping[Ref | None, Fraction], meets: Callable[[Ref | None], Met]) -> str:
    """Who gets which share, in words."""
    parts = []
    for pod, share in sorted(shares.items(), key=lambda pair: (pair[0] is None, pair[0] or Ref("", 0))):
        part = "all" if share == 1 else str(share)
        parts.append(f"{part} refused" if pod is None else f"{part} to {pod!r}, {meets(pod).value}")
    return "; ".join(parts)


def clients(*ways: Way, send: bool = True) -> Clients:
    """Clients that send on these ways."""
    return Clients(ways, send)
