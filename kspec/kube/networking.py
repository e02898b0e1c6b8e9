"""Kinds that bring traffic to pods: Service (core), EndpointSlice (discovery.k8s.io), Ingress (networking.k8s.io).

What is simplified: as in `objects`. An endpoint's address is a mention of its pod, so that an address is never given to
another pod while somebody remembers it. A Service has one EndpointSlice, called like the Service.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import ClassVar

import attrs

from kspec.kernel.values import Ref, Uid
from kspec.kube.objects import Labels, OwnerReference


class ServiceType(enum.Enum):
    """spec.type of a Service."""

    CLUSTER_IP = "ClusterIP"
    NODE_PORT = "NodePort"
    LOAD_BALANCER = "LoadBalancer"


HEADLESS = "None"
"""spec.clusterIP of a headless Service."""


@attrs.frozen
class ServicePort:
    """One of spec.ports of a Service; `node_port` 0: none. `target_port` may be the name of a container's port."""

    port: int = 80
    target_port: int | str = 80
    node_port: int = 0
    protocol: str = "TCP"
    name: str = ""


@attrs.frozen
class Service:
    """A Service. Its cluster IP and node ports are those that it was posted with: there is no allocator here.

    An empty `selector` selects nothing: its EndpointSlice is somebody else's. `load_balancer`: the address in its
    status; `load_balancer_class`: whose load balancers it wants, empty: those of the cloud.
    """

    name: str
    selector: Labels = ()
    ports: tuple[ServicePort, ...] = (ServicePort(),)
    type: ServiceType = ServiceType.CLUSTER_IP
    cluster_ip: str = "172.30.0.1"
    publish_not_ready_addresses: bool = False
    labels: Labels = ()
    deleting: bool = False
    namespace: str = "default"
    uid: Uid | None = None
    finalizers: tuple[str, ...] = ()
    load_balancer_class: str = ""
    load_balancer: str = ""

    shown: ClassVar[tuple[str, ...]] = ("selector", "cluster_ip")
    STATUS: ClassVar[frozenset[str]] = frozenset({"load_balancer"})

    @property
    def headless(self) -> bool:
        """It has no address of its own: DNS answers with its endpoints (P38)."""
        return self.cluster_ip == HEADLESS


@attrs.frozen
class Endpoint:
    """One of the endpoints of an EndpointSlice: the pod, and its conditions (P28)."""

    pod: Ref
    ready: bool = True
    serving: bool = True
    terminating: bool = False

    def told(self, called: Callable[[Ref], str]) -> str:
        """The pod, with what keeps traffic away from it."""
        terminating = "terminating" if self.terminating else ""
        notes = [note for note in ("" if self.ready else "not ready", terminating) if note]
        return called(self.pod) + (f" ({', '.join(notes)})" if notes else "")


@attrs.frozen
class EndpointSlice:
    """The endpoints of a Service, by the Service's name."""

    name: str
    endpoints: frozenset[Endpoint] = frozenset()
    owner: OwnerReference | None = None
    deleting: bool = False
    namespace: str = "default"

    shown: ClassVar[tuple[str, ...]] = ("endpoints",)
    mentions: ClassVar[bool] = True
    """An address that is still written down is given to no other pod."""


class PathType(enum.Enum):
    """pathType of an Ingress path."""

    EXACT = "Exact"
    PREFIX = "Prefix"


@attrs.frozen
class IngressPath:
    """One path of a rule, and the Service and port that it leads to. `host` empty: every host."""

    path: str
    service: str
    port: int = 80
    path_type: PathType = PathType.PREFIX
    host: str = ""


@attrs.frozen
class Ingress:
    """An Ingress: its rules, one entry for each path of each host. `default_service`: where nothing else matches."""

    name: str
    paths: tuple[IngressPath, ...] = ()
    default_service: str = ""
    default_port: int = 80
    ingress_class: str = ""
    deleting: bool = False
    namespace: str = "default"
