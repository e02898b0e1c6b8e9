"""What a kube-proxy has written onto its node, as small values, and where packets go by it.

Upstream: syncProxyRules of `pkg/proxy/iptables/proxier.go` and `pkg/proxy/ipvs/proxier.go`.

A node's rules are a pure function of the service ports and usable endpoints that kube-proxy knew at its last sync
(syncProxyRules writes them anew from its maps). So the state holds those (`ServedPort`), and the rules, or the virtual
servers, are generated when a packet comes: `iptables.generate`, `ipvs_rules.generate`. Nothing is lost by it, and equal
knowledge is one state.

Which endpoints are usable is `routing.route` (P21). Simplified: one node's view without traffic policies and hints; a
pod's address stands for its mention.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

import attrs

from kspec.kernel.values import Ref
from kspec.kube.networking import Endpoint, Service, ServicePort
from kspec_models.proxy import iptables, ipvs_rules, routing
from kspec_models.proxy.iptables_walk import Outcome, Packet, Verdict, walk
from kspec_models.proxy.mode import Mode

NODE_IP, OUTSIDE, ANOTHER_POD = "192.168.0.2", "203.0.113.9", "10.255.0.1"
POD_CIDR = "10.0.0.0/8"


@attrs.frozen
class ServedPort:
    """One port of a Service as kube-proxy knew it, with the endpoints that it uses."""

    service: str
    cluster_ip: str
    port: ServicePort
    endpoints: frozenset[Ref] = frozenset()

    def told(self, called: Callable[[Ref], str]) -> str:
        """The port, and where its packets go."""
        return f"{self.service}:{self.port.port} → {', '.join(map(called, sorted(self.endpoints))) or 'none'}"


Programmed = frozenset[ServedPort]
"""What is on a node."""


def usable(endpoints: Iterable[Endpoint]) -> frozenset[Ref]:
    """The endpoints that traffic goes to: the ready ones, or those that still serve while they end (P21)."""
    known = {
        address_of(each.pod): (each, routing.Endpoint(address_of(each.pod), each.ready, each.serving, each.terminating))
        for each in endpoints
    }
    ordered = tuple(found for _, (_, found) in sorted(known.items()))
    routed = routing.route(ordered, routing.Policies(), node="", zone="")
    return frozenset(known[each.address][0].pod for each in routed.cluster)


def served_ports(service: Service, endpoints: Iterable[Endpoint]) -> tuple[ServedPort, ...]:
    """The ports of a Service. Of a headless one kube-proxy knows nothing (P37)."""
    if service.headless:
        return ()
    pods = usable(endpoints)
    return tuple(ServedPort(service.name, service.cluster_ip, port, pods) for port in service.ports)


def address_of(pod: Ref) -> str:
    """The address of a pod."""
    return f"10.0.{pod.index // 250}.{pod.index % 250 + 1}"


def rules_port(served: ServedPort) -> iptables.ServicePort:
    """A served port as the generators of rules take it."""
    target = served.port.target_port if isinstance(served.port.target_port, int) else served.port.port
    endpoints = tuple(iptables.Endpoint(address_of(pod), target) for pod in sorted(served.endpoints))
    return iptables.ServicePort(
        f"default/{served.service}:{served.port.name}",
        served.cluster_ip,
        served.port.port,
        endpoints,
        served.port.protocol.lower(),
        served.port.node_port,
    )


def outcomes(programmed: Programmed, packet: Packet, mode: Mode) -> tuple[Outcome, ...]:
    """Every way of a connection's first packet through what is on the node; the probabilities sum up to one.

    In ipvs mode the scheduler is rr: it gives each real server its turn, and where it stands is not known. So each
    server of the list is taken to be the one that was chosen last, equally often.
    """
    ports = [rules_port(each) for each in sorted(programmed, key=lambda each: (each.service, each.port.port))]
    if mode is Mode.IPTABLES:
        return walk(iptables.generate(ports, POD_CIDR, frozenset({NODE_IP})), packet)
    node = ipvs_rules.generate(ports, POD_CIDR, frozenset({NODE_IP}))
    servers = node.servers.get((packet.destination, packet.protocol, packet.port), ())
    turns: list[str | None] = [server.name for server in servers] or [None]
    found = [ipvs_rules.route(node, packet, last=last) for last in turns]
    return tuple(attrs.evolve(each, probability=Fraction(1, len(turns))) for each in found)


def packet_to(address: str, port: ServicePort) -> Packet:
    """A packet from a pod of the cluster to a service's own address."""
    return Packet(ANOTHER_POD, address, port.port, port.protocol.lower())


def packet_to_node(port: ServicePort) -> Packet:
    """A packet from outside to the node."""
    return Packet(OUTSIDE, NODE_IP, port.node_port, port.protocol.lower())


def reached(programmed: Programmed, packet: Packet, mode: Mode) -> Mapping[Ref | None, Fraction]:
    """Who gets a packet, and with which probability; None: nobody, it is refused or goes nowhere."""
    pods = {address_of(pod): pod for served in programmed for pod in served.endpoints}
    shares: dict[Ref | None, Fraction] = {}
    for each in outcomes(programmed, packet, mode):
        pod = pods.get(each.to.rpartition(":")[0]) if each.verdict is Verdict.DNAT else None
        shares[pod] = shares.get(pod, Fraction(0)) + each.probability
    return shares
