"""Broken twins of kube-proxy and of those who lead to Services beside it."""

from __future__ import annotations

from collections.abc import Iterable

from kspec.kernel.settings import broken_twin
from kspec.kernel.values import Ref
from kspec.kube.networking import Endpoint, Service
from kspec_models.proxy.dns import Record


@broken_twin(
    "proxy.probability",
    "same-for-each",
    "kspec_models.proxy.iptables:remaining",
    "each rule of a service has the probability 1/n, not 1/(what is left)",
)
def same_for_each(before: int, endpoints: int) -> int:
    """Every rule but the last one chooses among all endpoints."""
    return 1 if before == endpoints - 1 else endpoints


@broken_twin(
    "proxy.endpoints", "all", "kspec_models.proxy.programmed:usable", "endpoints are used whether they are ready or not"
)
def all_endpoints(endpoints: Iterable[Endpoint]) -> frozenset[Ref]:
    """Every endpoint of a slice."""
    return frozenset(each.pod for each in endpoints)


@broken_twin("dns.headless", "unknown", "kspec_models.proxy.dns:record_of", "a headless Service has no addresses")
def only_cluster_ips(service: Service, endpoints: frozenset[Endpoint]) -> Record:
    """The cluster IP, and nothing for a Service without one."""
    return Record(service.name, "" if service.headless else service.cluster_ip)


@broken_twin(
    "proxy.restart", "never", "kspec_models.proxy.starting:tries", "a kube-proxy that has exited is not started again"
)
def only_once(exited: bool) -> bool:
    """Until it has exited."""
    return not exited
