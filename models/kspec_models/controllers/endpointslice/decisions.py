"""What an endpoint of a Service says of its pod: conditions, addresses, and the port behind a name.

Upstream: staging/src/k8s.io/endpointslice/utils.go podToEndpoint, FindPort; util/controller_utils.go
ShouldPodBeInEndpoints. Not modelled: how endpoints are packed into slices, hints for topology, owner references.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import ContainerPort, Phase


class AddressType(enum.Enum):
    """addressType of an EndpointSlice, where it is a family of IP addresses."""

    IPV4 = "IPv4"
    IPV6 = "IPv6"


@attrs.frozen
class Conditions:
    """conditions of an endpoint."""

    ready: bool
    serving: bool
    terminating: bool


@attrs.frozen
class PodReport:
    """What an endpoint is made of. `hostname` and `subdomain` are the pod's own, empty if it has none."""

    ready: bool
    deleting: bool = False
    phase: Phase = Phase.RUNNING
    ips: tuple[str, ...] = ()
    namespace: str = "default"
    hostname: str = ""
    subdomain: str = ""


@attrs.frozen
class PortsOf:
    """The ports of one container; `serves`: it is a regular container or a sidecar."""

    ports: tuple[ContainerPort, ...] = ()
    serves: bool = True


def belongs_in_endpoints(pod: PodReport, include_terminating: bool = True) -> bool:
    """Whether a selected pod has an endpoint: it has an address and is not finished (P29, ShouldPodBeInEndpoints)."""
    if pod.phase in (Phase.SUCCEEDED, Phase.FAILED) or not pod.ips:
        return False
    return include_terminating or not pod.deleting


def conditions(ready: bool, deleting: bool, publish_not_ready: bool) -> Conditions:
    """An endpoint's conditions (P28, podToEndpoint).

    `publish_not_ready` is the Service's publishNotReadyAddresses: every endpoint is ready, whatever it serves.
    """
    return Conditions(publish_not_ready or (ready and not deleting), ready, deleting)


def family(address: str) -> AddressType:
    """The family of an IP address: only IPv6 has colons."""
    return AddressType.IPV6 if ":" in address else AddressType.IPV4


def addresses(ips: tuple[str, ...], wanted: AddressType) -> tuple[str, ...]:
    """The pod's addresses of one family, as they are written (getEndpointAddresses)."""
    return tuple(ip for ip in ips if family(ip) is wanted)


def hostname(pod: PodReport, service: str, namespace: str) -> str:
    """The endpoint's hostname: the pod's, if its subdomain is this Service of its namespace; else none."""
    return pod.hostname if pod.subdomain == service and pod.namespace == namespace else ""


def find_port(
    target: int | str, protocol: str, containers: tuple[PortsOf, ...], init_containers: tuple[PortsOf, ...] = ()
) -> int | None:
    """The number of a Service's targetPort on a pod, None if no container has it (FindPort).

    A number is taken as it is, whether or not a container names it. A name is looked for in the regular containers
    first, then in sidecars; the protocol must be the same.
    """
    if isinstance(target, int):
        return target
    for container in (*containers, *init_containers):
        for port in container.ports if container.serves else ():
            if port.name == target and port.protocol == protocol:
                return port.container_port
    return None
