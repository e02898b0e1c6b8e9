"""The iptables rules that kube-proxy writes on a node, as data, from services and their endpoints.

Upstream: pkg/proxy/iptables/proxier.go syncProxyRules (a full sync, IPv4, the cluster's CIDR known, node ports also
on localhost), P01 to P08, P11. `ServicePort.endpoints` are the usable ones, as CategorizeEndpoints chooses them.
Simplified: no comments; the rule that counts localhost traffic to node ports is there, its counter is not. Not
modelled: partial syncs (P09), health check ports, masquerade-all, a restriction of node ports to some addresses, and
the load balancer's own address as a source behind source ranges.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Iterable, Mapping

import attrs

from kspec_models.proxy.iptables_walk import LOOPBACK, Match, Rule, Tables, Verdict
from kspec_models.proxy.routing import Policies

NO_MATCH = Match()
BUILT_IN_NAT = ("KUBE-NODEPORTS", "KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-MARK-MASQ")
BUILT_IN_FILTER = (
    "KUBE-NODEPORTS",
    "KUBE-SERVICES",
    "KUBE-EXTERNAL-SERVICES",
    "KUBE-FIREWALL",
    "KUBE-FORWARD",
    "KUBE-PROXY-FIREWALL",
)


@attrs.frozen
class Endpoint:
    """A usable endpoint; `local`: its pod is on this node."""

    ip: str
    port: int
    local: bool = False

    @property
    def address(self) -> str:
        """As the rules name it."""
        return f"{self.ip}:{self.port}"


@attrs.frozen
class ServicePort:
    """One port of a service. `name` is namespace/name:port; `affinity`: sessionAffinity is ClientIP."""

    name: str
    cluster_ip: str
    port: int
    endpoints: tuple[Endpoint, ...] = ()
    protocol: str = "tcp"
    node_port: int = 0
    external_ips: tuple[str, ...] = ()
    load_balancer_ips: tuple[str, ...] = ()
    source_ranges: tuple[str, ...] = ()
    internal_local: bool = False
    external_local: bool = False
    affinity: bool = False

    @property
    def external(self) -> bool:
        """Whether it can be reached from outside (ExternallyAccessible)."""
        return bool(self.node_port or self.external_ips or self.load_balancer_ips)

    @property
    def local_endpoints(self) -> tuple[Endpoint, ...]:
        """Those that a Local policy allows (P22)."""
        return tuple(each for each in self.endpoints if each.local)

    @property
    def policies(self) -> Policies:
        """Its traffic policies."""
        return Policies(self.internal_local, self.external_local, self.external)


@attrs.frozen
class Counts:
    """How many rules and chains a node has."""

    nat: int
    filter: int
    nat_chains: int


def chain_name(kind: str, service: ServicePort, endpoint: str = "") -> str:
    """The chain of a service port or of one of its endpoints (P02, portProtoHash, servicePortEndpointChainName)."""
    digest = hashlib.sha256((service.name + service.protocol + endpoint).encode()).digest()
    return f"KUBE-{kind}-{b32encode(digest).decode()[:16]}"


def remaining(before: int, endpoints: int) -> int:
    """Among how many the rule chooses that has so many others of the same endpoints before it (P03)."""
    return endpoints - before


def probability(among: int) -> str:
    """How the choice among so many endpoints is written (P03, Proxier.probability)."""
    return f"{1 / among:.10f}"


def generate(
    services: Iterable[ServicePort], cluster_cidr: str = "10.0.0.0/8", node_ips: frozenset[str] = frozenset()
) -> Tables:
    """All rules of a full sync (syncProxyRules)."""
    writing = _Writing(cluster_cidr)
    for service in services:
        writing.service(service)
    writing.built_in()
    return Tables(_frozen(writing.nat), _frozen(writing.filter), node_ips)


def counts(tables: Tables) -> Counts:
    """The number of rules and of nat chains, empty chains too (number_generated_rules_test.go)."""
    return Counts(_rules(tables.nat), _rules(tables.filter), len(tables.nat))


def rules_by_kind(tables: Tables) -> dict[str, int]:
    """The nat rules of each chain; those of services and endpoints are taken together by their kind, as KUBE-SVC-*."""
    found: dict[str, int] = {}
    for name, rules in tables.nat.items():
        kind = name if name in BUILT_IN_NAT else name[: len("KUBE-SVC-")] + "*"
        if rules:
            found[kind] = found.get(kind, 0) + len(rules)
    return found


def _rules(table: Mapping[str, tuple[Rule, ...]]) -> int:
    return sum(map(len, table.values()))


def _frozen(table: Mapping[str, list[Rule]]) -> dict[str, tuple[Rule, ...]]:
    return {name: tuple(rules) for name, rules in table.items()}


class _Writing:
    """Tables while they are written."""

    def __init__(self, cluster_cidr: str) -> None:
        self.cidr = cluster_cidr
        self.nat: dict[str, list[Rule]] = {name: [] for name in BUILT_IN_NAT}
        self.filter: dict[str, list[Rule]] = {name: [] for name in BUILT_IN_FILTER}

    def to_nat(self, chain: str, match: Match, target: Verdict | str, to: str = "", remembers: str = "") -> None:
        self.nat.setdefault(chain, []).append(Rule(match, target, to, remembers))

    def to_filter(self, chain: str, match: Match, target: Verdict) -> None:
        self.filter[chain].append(Rule(match, target))

    def service(self, service: ServicePort) -> None:
        """The rules of one service port."""
        self._internal(service)
        self._external(service)
        if not service.endpoints:
            return
        if service.external:
            self._external_chain(service)
        if service.policies.uses_cluster:
            self._choices(chain_name("SVC", service), service, service.endpoints)
        if service.policies.uses_local:
            self._choices(chain_name("SVL", service), service, service.local_endpoints)
        for each in service.endpoints if service.policies.uses_cluster else service.local_endpoints:
            self._endpoint(service, each)

    def _internal(self, service: ServicePort) -> None:
        """Traffic to the cluster IP; masqueraded if it comes from outside of the cluster (P07)."""
        match = Match(service.protocol, service.cluster_ip, service.port)
        refusal = no_endpoints(service, service.internal_local)
        if refusal is not None:
            self.to_filter("KUBE-SERVICES", match, refusal)
            return
        chain = chain_name("SVL" if service.internal_local else "SVC", service)
        self.to_nat("KUBE-SERVICES", match, chain)
        self.to_nat(chain, attrs.evolve(match, not_source=self.cidr), "KUBE-MARK-MASQ")

    def _external(self, service: ServicePort) -> None:
        """Traffic to addresses outside of the cluster and to node ports (P05, P06)."""
        refusal = no_endpoints(service, service.external_local)
        chain = chain_name("EXT", service)
        ranges = bool(service.source_ranges)
        for ip in (*service.external_ips, *service.load_balancer_ips):
            match = Match(service.protocol, ip, service.port)
            guarded = ranges and ip in service.load_balancer_ips
            if service.endpoints:
                self.to_nat("KUBE-SERVICES", match, chain_name("FW", service) if guarded else chain)
                if guarded:
                    self.to_filter("KUBE-PROXY-FIREWALL", match, Verdict.DROP)
            if refusal is not None:
                self.to_filter("KUBE-EXTERNAL-SERVICES", match, refusal)
        if service.node_port:
            match = Match(service.protocol, port=service.node_port)
            if service.endpoints:
                self.to_nat("KUBE-NODEPORTS", attrs.evolve(match, destination=LOOPBACK), chain)
                self.to_nat("KUBE-NODEPORTS", match, chain)
            if refusal is not None:
                self.to_filter("KUBE-EXTERNAL-SERVICES", attrs.evolve(match, to_node=True), refusal)

    def _external_chain(self, service: ServicePort) -> None:
        """KUBE-EXT: under Local, traffic of pods and of the node goes to all endpoints (P08); the rest keeps its IP."""
        chain, cluster = chain_name("EXT", service), chain_name("SVC", service)
        if service.external_local:
            self.to_nat(chain, Match(source=self.cidr), cluster)
            self.to_nat(chain, Match(from_node=True), "KUBE-MARK-MASQ")
            self.to_nat(chain, Match(from_node=True), cluster)
        else:
            self.to_nat(chain, NO_MATCH, "KUBE-MARK-MASQ")
        if no_endpoints(service, service.external_local) is None:
            self.to_nat(chain, NO_MATCH, chain_name("SVL", service) if service.external_local else cluster)
        if service.load_balancer_ips:
            for source in service.source_ranges:
                self.to_nat(chain_name("FW", service), Match(source=source), chain)

    def _choices(self, chain: str, service: ServicePort, endpoints: tuple[Endpoint, ...]) -> None:
        """The choice among endpoints: whom the client had before, else by chance (writeServiceToEndpointRules)."""
        names = [chain_name("SEP", service, each.address) for each in endpoints]
        if service.affinity:
            for name in names:
                self.to_nat(chain, Match(recent=name), name)
        for i, name in enumerate(names):
            self.to_nat(chain, Match(remaining=remaining(i, len(names))), name)

    def _endpoint(self, service: ServicePort, endpoint: Endpoint) -> None:
        """KUBE-SEP: what comes from the endpoint itself is masqueraded (P07), then all goes to it."""
        chain = chain_name("SEP", service, endpoint.address)
        self.to_nat(chain, Match(source=endpoint.ip), "KUBE-MARK-MASQ")
        remembers = chain if service.affinity else ""
        self.to_nat(chain, Match(service.protocol), Verdict.DNAT, endpoint.address, remembers)

    def built_in(self) -> None:
        """The rules that are there without any service; the way to node ports is the last of KUBE-SERVICES (P01)."""
        self.to_nat("KUBE-SERVICES", Match(to_node=True), "KUBE-NODEPORTS")
        self.to_nat("KUBE-POSTROUTING", Match(marked=False), Verdict.RETURN)
        self.to_nat("KUBE-POSTROUTING", NO_MATCH, Verdict.FLIP_MARK)
        self.to_nat("KUBE-POSTROUTING", NO_MATCH, Verdict.MASQUERADE)
        self.to_nat("KUBE-MARK-MASQ", NO_MATCH, Verdict.SET_MARK)
        known = frozenset({"RELATED", "ESTABLISHED"})
        outside = Match(destination=LOOPBACK, not_source=LOOPBACK, not_states=known | {"DNAT"})
        self.to_filter("KUBE-FIREWALL", outside, Verdict.DROP)
        self.to_filter("KUBE-FORWARD", Match(states=frozenset({"INVALID"})), Verdict.DROP)
        self.to_filter("KUBE-FORWARD", Match(marked=True), Verdict.ACCEPT)
        self.to_filter("KUBE-FORWARD", Match(states=known), Verdict.ACCEPT)


def no_endpoints(service: ServicePort, local: bool) -> Verdict | None:
    """How traffic under a policy (`local` or not) is refused (P06, P22): None if there is an endpoint for it."""
    if not service.endpoints:
        return Verdict.REJECT
    if local and not service.local_endpoints:
        return Verdict.DROP
    return None
