"""What kube-proxy puts on a node in ipvs mode: virtual servers, ipsets, and iptables rules whose number is constant.

Upstream: pkg/proxy/ipvs/proxier.go syncProxyRules, writeIptablesRules, acceptIPVSTraffic, ipsetWithIptablesChain (1.36,
IPv4, the cluster's CIDR known). The rules ask sets of addresses and ports, each by one hash lookup; a packet for a
service is then found among the virtual servers by one more (Linux net/netfilter/ipvs/ip_vs_ctl.c ip_vs_service_find),
and the scheduler of `ipvs.choose` picks the real server. Cluster IPs are bound to the dummy interface kube-ipvs0, so
they are addresses of the node.

Simplified: every endpoint is a real server of weight 1 without connections; each rule that a packet tries and that
names a set counts as one lookup, also where another of its matches says no first. Not modelled: load balancers and
external IPs (with their sets and rules), UDP and SCTP, internalTrafficPolicy and externalTrafficPolicy Local, health
check node ports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address

import attrs

from kspec_models.proxy.iptables import NO_MATCH, ServicePort
from kspec_models.proxy.iptables_walk import (
    LOOPBACK,
    IpSet,
    Match,
    Outcome,
    Packet,
    Place,
    Rule,
    SetType,
    Tables,
    Verdict,
    outcome,
    through,
)
from kspec_models.proxy.ipvs import Scheduler, Server, added, choose

CLUSTER_IP, NODE_PORT, LOOP_BACK, IPVS_IPS = "KUBE-CLUSTER-IP", "KUBE-NODE-PORT-TCP", "KUBE-LOOP-BACK", "KUBE-IPVS-IPS"
EMPTY = {
    "KUBE-LOAD-BALANCER": SetType.ADDRESS_PORT,
    "KUBE-EXTERNAL-IP": SetType.ADDRESS_PORT,
    "KUBE-EXTERNAL-IP-LOCAL": SetType.ADDRESS_PORT,
    "KUBE-HEALTH-CHECK-NODE-PORT": SetType.PORT,
}
"""Sets that rules ask although nothing that is modelled here has entries in them."""

KNOWN = frozenset({"RELATED", "ESTABLISHED"})
Address = tuple[str, str, int]
"""Address, protocol and port: the key of a virtual server."""


@attrs.frozen
class IpvsNode:
    """A node whose kube-proxy runs in ipvs mode. `servers` are the real servers of each virtual server."""

    tables: Tables
    servers: Mapping[Address, tuple[Server, ...]]

    @property
    def rules(self) -> int:
        """How many iptables rules there are."""
        return sum(len(rules) for table in (self.tables.nat, self.tables.filter) for rules in table.values())

    @property
    def entries(self) -> int:
        """How many entries all ipsets have."""
        return sum(len(found.entries) for found in self.tables.sets.values())

    @property
    def real_servers(self) -> int:
        """How many real servers all virtual servers have."""
        return sum(map(len, self.servers.values()))


def generate(
    services: Iterable[ServicePort], cluster_cidr: str = "10.0.0.0/8", node_ips: frozenset[str] = frozenset()
) -> IpvsNode:
    """All that a full sync puts on a node (syncProxyRules)."""
    services = tuple(services)
    servers: dict[Address, tuple[Server, ...]] = {}
    for service in services:
        real: tuple[Server, ...] = ()
        for endpoint in service.endpoints:
            real = added(real, Server(endpoint.address))
        servers[service.cluster_ip, service.protocol, service.port] = real
        if service.node_port:
            servers.update({(ip, service.protocol, service.node_port): real for ip in sorted(node_ips)})
    sets = ipsets(services)
    bound = frozenset(service.cluster_ip for service in services)
    return IpvsNode(Tables(nat(sets, cluster_cidr), filters(), node_ips | bound, sets), servers)


def ipsets(services: tuple[ServicePort, ...]) -> dict[str, IpSet]:
    """The sets and their entries."""
    here = [(service, each) for service in services for each in service.endpoints if each.local]
    return {
        CLUSTER_IP: IpSet(SetType.ADDRESS_PORT, frozenset((s.cluster_ip, s.protocol, s.port) for s in services)),
        NODE_PORT: IpSet(SetType.PORT, frozenset((s.node_port,) for s in services if s.node_port)),
        LOOP_BACK: IpSet(
            SetType.ADDRESS_PORT_SOURCE, frozenset((each.ip, s.protocol, each.port, each.ip) for s, each in here)
        ),
        IPVS_IPS: IpSet(SetType.ADDRESS, frozenset((s.cluster_ip,) for s in services)),
        **{name: IpSet(kind) for name, kind in EMPTY.items()},
    }


def nat(sets: Mapping[str, IpSet], cluster_cidr: str) -> dict[str, tuple[Rule, ...]]:
    """The nat table. A rule that asks a set is written only if the set has entries."""

    def asks(name: str, target: Verdict | str, match: Match = NO_MATCH) -> tuple[Rule, ...]:
        return (Rule(attrs.evolve(match, in_set=name), target),) if sets[name].entries else ()

    return {
        "KUBE-SERVICES": (
            Rule(Match(source=LOOPBACK), Verdict.RETURN),
            *asks(CLUSTER_IP, "KUBE-MARK-MASQ", Match(not_source=cluster_cidr)),
            Rule(Match(to_node=True), "KUBE-NODE-PORT"),
            *asks(CLUSTER_IP, Verdict.ACCEPT),
        ),
        "KUBE-NODE-PORT": asks(NODE_PORT, "KUBE-MARK-MASQ", Match("tcp")),
        "KUBE-LOAD-BALANCER": (Rule(NO_MATCH, "KUBE-MARK-MASQ"),),
        "KUBE-POSTROUTING": (
            *asks(LOOP_BACK, Verdict.MASQUERADE),
            Rule(Match(marked=False), Verdict.RETURN),
            Rule(NO_MATCH, Verdict.FLIP_MARK),
            Rule(NO_MATCH, Verdict.MASQUERADE),
        ),
        "KUBE-MARK-MASQ": (Rule(NO_MATCH, Verdict.SET_MARK),),
    }


def filters() -> dict[str, tuple[Rule, ...]]:
    """The filter table. KUBE-IPVS-FILTER keeps the host's own ports from being reached through a cluster IP."""
    served = ("KUBE-LOAD-BALANCER", CLUSTER_IP, "KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL")
    return {
        "KUBE-SOURCE-RANGES-FIREWALL": (Rule(NO_MATCH, Verdict.DROP),),
        "KUBE-PROXY-FIREWALL": (),
        "KUBE-FORWARD": (Rule(Match(marked=True), Verdict.ACCEPT), Rule(Match(states=KNOWN), Verdict.ACCEPT)),
        "KUBE-NODE-PORT": (Rule(Match(in_set="KUBE-HEALTH-CHECK-NODE-PORT"), Verdict.ACCEPT),),
        "KUBE-IPVS-FILTER": (
            *[Rule(Match(in_set=name), Verdict.RETURN) for name in served],
            Rule(Match(in_set="KUBE-HEALTH-CHECK-NODE-PORT"), Verdict.RETURN),
            Rule(Match(states=frozenset({"NEW"}), in_set=IPVS_IPS), Verdict.REJECT),
        ),
        "KUBE-IPVS-OUT-FILTER": (),
    }


INPUT = ("KUBE-IPVS-FILTER", "KUBE-PROXY-FIREWALL", "KUBE-NODE-PORT")
FORWARD = ("KUBE-PROXY-FIREWALL", "KUBE-FORWARD")


def route(
    node: IpvsNode, packet: Packet, scheduler: Scheduler = Scheduler.ROUND_ROBIN, last: str | None = None
) -> Outcome:
    """Where the first packet of a connection goes; `last` is rr's memory. Outcome.lookups counts virtual servers too.

    What is addressed to the node passes INPUT and meets ipvs there (LOCAL_IN); anything else is forwarded.
    """
    place = _first(through(node.tables, node.tables.nat, "KUBE-SERVICES", Place(packet)))[0]
    local = node.tables.is_local(packet.destination)
    for chain in INPUT if local else FORWARD:
        place, verdict = _first(through(node.tables, node.tables.filter, chain, place))
        if verdict in (Verdict.DROP, Verdict.REJECT):
            return outcome(place, verdict)
        if verdict is Verdict.ACCEPT:
            break
    verdict = Verdict.ACCEPT
    if local:
        place, verdict = _served(node, place, scheduler, last)
    if verdict is not Verdict.REJECT:
        place = _first(through(node.tables, node.tables.nat, "KUBE-POSTROUTING", place))[0]
    return outcome(place, verdict)


def _served(node: IpvsNode, place: Place, scheduler: Scheduler, last: str | None) -> tuple[Place, Verdict]:
    """What ipvs does with a packet to the node: nothing if there is no virtual server, DNAT to the chosen one.

    Without a real server the client is told that the port is unreachable (ip_vs_leave).
    """
    packet = place.packet
    place = attrs.evolve(place, lookups=place.lookups + 1)
    real = node.servers.get((packet.destination, packet.protocol, packet.port))
    if real is None:
        return place, Verdict.ACCEPT
    hashed = packet.source if scheduler is Scheduler.SOURCE_HASHING else packet.destination
    chosen = choose(scheduler, real, last, int(IPv4Address(hashed)))
    if chosen is None:
        return place, Verdict.REJECT
    address, _, port = chosen.name.rpartition(":")
    sent = attrs.evolve(packet, destination=address, port=int(port), states=packet.states | {"DNAT"})
    return attrs.evolve(place, packet=sent), Verdict.DNAT


def _first(ends: Iterable[tuple[Place, Verdict]]) -> tuple[Place, Verdict]:
    """The one end of a walk without random choices."""
    (end,) = ends
    return end
