"""kube-proxy: it sees Services and EndpointSlices, and some time later its node's rules say so.

Models `pkg/proxy/iptables/proxier.go` and `pkg/proxy/ipvs/proxier.go`: changes are gathered as they are seen (the
change trackers keep only the latest), and a sync writes the rules of all that is known at once, atomically (P09). The
sync is a step of its own, which comes at any later time: that is the delay in which a node sends packets by what was
true before. `programmed` says what is kept of the rules and why that is enough.

Simplified: one kube-proxy stands for one node, through which the clients' packets go; another name makes another one.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.settings import current, declare
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache
from kspec.kube.networking import EndpointSlice, Service
from kspec_models.proxy.mode import Mode
from kspec_models.proxy.programmed import Programmed, served_ports

NOT_MODELLED = (
    "connections that are open already, which rules do not touch (P10); partial syncs, session affinity",
    "traffic policies, topology hints, external addresses and load balancers of composed Services",
    "a start before Services and EndpointSlices have been listed (P09)",
    "ipvs schedulers other than rr in a cluster: lc, dh, sh, sed and nq are decisions with cases of their own",
)

declare(
    "proxy.mode",
    ("iptables", "ipvs"),
    "what kube-proxy writes onto its node: iptables rules with a random choice, or ipvs servers that take turns",
)
NOTHING: Programmed = frozenset()


def mode() -> Mode:
    """The mode of this run."""
    return Mode(current("proxy.mode"))


def known(cache: Cache) -> Programmed:
    """What a sync would write, by what kube-proxy has seen."""
    slices = {each.name: each.endpoints for each in cache.list(EndpointSlice) if not each.deleting}
    return frozenset(
        port for service in cache.list(Service) for port in served_ports(service, slices.get(service.name, ()))
    )


def told(programmed: Programmed) -> str:
    """The endpoints of each service port, in words."""
    ports = sorted(programmed, key=lambda each: (each.service, each.port.port))
    return "; ".join(each.told(repr) for each in ports) or "no service"


def kube_proxy(name: str = "kube-proxy") -> Actor:
    """The kube-proxy of one node."""
    actor = Actor(name, watches=(Service, EndpointSlice), own={"rules": NOTHING}, not_modelled=NOT_MODELLED)

    @actor.once()
    def sync_rules(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        wanted = known(cache)
        if here.rules != wanted:
            yield told(wanted), here.set(rules=wanted)

    return actor
