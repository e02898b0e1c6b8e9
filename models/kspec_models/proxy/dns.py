"""The cluster's DNS: the name of a Service is its address, or, of a headless one, the addresses of its endpoints.

Models the specification of DNS for Services (github.com/kubernetes/dns docs/specification.md; P38, P39) as CoreDNS
answers it: from its caches of Services and EndpointSlices. What it answers follows the API late, by a step of its own.

Simplified: a client asks anew for each connection and takes any of the addresses, each with the same chance; caches of
clients and the records' time to live only add to the delay.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.networking import Endpoint, EndpointSlice, Service

NOT_MODELLED = ("SRV records, hostnames of single pods, ExternalName, caches of clients",)


@attrs.frozen
class Record:
    """What a name is answered with: a Service's address, or pods. A headless Service without any: NXDOMAIN."""

    name: str
    cluster_ip: str = ""
    pods: frozenset[Ref] = frozenset()

    def told(self, called: Callable[[Ref], str]) -> str:
        """The name, and what it is answered with."""
        return f"{self.name} → {self.cluster_ip or ', '.join(map(called, sorted(self.pods))) or 'NXDOMAIN'}"


Records = frozenset[Record]
NO_RECORDS: Records = frozenset()


def record_of(service: Service, endpoints: frozenset[Endpoint]) -> Record:
    """The record of a Service: a headless one has an address for each endpoint that is ready (P38)."""
    if not service.headless:
        return Record(service.name, service.cluster_ip)
    return Record(service.name, pods=frozenset(each.pod for each in endpoints if each.ready))


def dns(name: str = "dns") -> Actor:
    """The cluster's DNS server."""
    actor = Actor(name, watches=(Service, EndpointSlice), own={"records": NO_RECORDS}, not_modelled=NOT_MODELLED)

    @actor.once()
    def answer_anew(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        slices = {each.name: each.endpoints for each in cache.list(EndpointSlice)}
        wanted = frozenset(record_of(each, slices.get(each.name, frozenset())) for each in cache.list(Service))
        if here.records != wanted:
            yield told(wanted), here.set(records=wanted)

    return actor


def told(records: Records) -> str:
    """The records in words."""
    return "; ".join(each.told(repr) for each in sorted(records, key=lambda each: each.name)) or "no records"
