"""Which endpoints a node sends traffic to: traffic policies, hints, and what is left when nothing is ready.

This is kube-proxy's side of an endpoint, the same for its iptables, ipvs and nftables modes.

Upstream: pkg/proxy/topology.go CategorizeEndpoints, topologyModeFromHints; serviceport.go UsesClusterEndpoints,
UsesLocalEndpoints.
"""

from __future__ import annotations

import enum

import attrs


@attrs.frozen
class Endpoint:
    """An endpoint as a node sees it. `local`: on this node; hints name the zones and nodes that should use it."""

    address: str
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    local: bool = False
    zone_hints: tuple[str, ...] = ()
    node_hints: tuple[str, ...] = ()

    @property
    def draining(self) -> bool:
        """Terminating, and still serving: the last resort (P21)."""
        return self.serving and self.terminating


@attrs.frozen
class Policies:
    """The traffic policies of a Service port. `external`: it has a node port, a load balancer or external addresses."""

    internal_local: bool = False
    external_local: bool = False
    external: bool = False

    @property
    def uses_cluster(self) -> bool:
        """Some traffic may go to any node: also external traffic under Local, if it comes from the cluster (P08)."""
        return not self.internal_local or self.external

    @property
    def uses_local(self) -> bool:
        """Some traffic may only go to this node; an external policy without external traffic counts for nothing."""
        return self.internal_local or (self.external_local and self.external)


class Hints(enum.Enum):
    """Which hints count for a whole Service."""

    NONE = "none"
    ZONE = "zone"
    NODE = "node"


@attrs.frozen
class Routed:
    """Where traffic goes: `cluster` and `local` by policy, `works`: the Service has working endpoints, anywhere."""

    cluster: tuple[Endpoint, ...] = ()
    local: tuple[Endpoint, ...] = ()
    works: bool = False

    def reachable(self, endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
        """All that this node may send to, in the order of `endpoints`."""
        return tuple(each for each in endpoints if each in self.cluster or each in self.local)


def hints_in_use(endpoints: tuple[Endpoint, ...], node: str, zone: str, node_hints: bool = True) -> Hints:
    """Which hints count (P23, topologyModeFromHints): every ready endpoint must have one, and one must be for us.

    Node hints win over zone hints. `node_hints`: they are enabled (PreferSameTrafficDistribution).
    """
    ready = tuple(each for each in endpoints if each.ready)
    if node_hints and all(each.node_hints for each in ready) and any(node in each.node_hints for each in ready):
        return Hints.NODE
    if all(each.zone_hints for each in ready) and any(zone in each.zone_hints for each in ready):
        return Hints.ZONE
    return Hints.NONE


def hinted(endpoint: Endpoint, hints: Hints, node: str, zone: str) -> bool:
    """Whether an endpoint is for this node by the hints that count (availableForTopology)."""
    match hints:
        case Hints.NONE:
            return True
        case Hints.NODE:
            return node in endpoint.node_hints
        case Hints.ZONE:
            return zone in endpoint.zone_hints


def usable(endpoints: tuple[Endpoint, ...], ready: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """The ready ones among `endpoints` as given; if there are none, those that still serve while they end (P21)."""
    return ready or tuple(each for each in endpoints if not each.ready and each.draining)


def route(endpoints: tuple[Endpoint, ...], policies: Policies, node: str, zone: str, node_hints: bool = True) -> Routed:
    """Where this node sends a Service port's traffic (P21-P24, CategorizeEndpoints)."""
    cluster: tuple[Endpoint, ...] = ()
    local: tuple[Endpoint, ...] = ()
    works = False
    if policies.uses_cluster:
        hints = hints_in_use(endpoints, node, zone, node_hints)
        near = tuple(each for each in endpoints if each.ready and hinted(each, hints, node, zone))
        cluster = usable(endpoints, near)
        works = bool(cluster)
    if policies.uses_local:
        # Hints never apply here (P24).
        here = tuple(each for each in endpoints if each.local)
        local = usable(here, tuple(each for each in here if each.ready))
        works = works or any(each.ready or each.draining for each in endpoints)
    return Routed(cluster, local, works)
