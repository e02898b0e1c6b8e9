"""Tables of iptables rules as data, and the walk of a connection's first packet through them.

Upstream: Linux net/ipv4/netfilter/ip_tables.c ipt_do_table, and the matches addrtype, conntrack, mark, recent, set and
statistic; the hooks are those of pkg/proxy/iptables/proxier.go iptablesJumpChains. A random match splits the walk in
two with exact probabilities. Simplified: 1/n is exact (kube-proxy prints ten digits of it, the kernel rounds to 31
bits). Not modelled: rules of others (CNI, firewalls), later packets of a connection, which conntrack treats like the
first (P10).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from ipaddress import ip_address, ip_network

import attrs

LOOPBACK = "127.0.0.0/8"


class Verdict(enum.Enum):
    """What a rule does other than jump to a chain. The first three end the walk of a table."""

    ACCEPT = "ACCEPT"
    DROP = "DROP"
    REJECT = "REJECT"
    RETURN = "RETURN"
    DNAT = "DNAT"
    SET_MARK = "MARK --or-mark"
    FLIP_MARK = "MARK --xor-mark"
    MASQUERADE = "MASQUERADE"


class SetType(enum.Enum):
    """What the entries of an ipset are, and so what of a packet is looked up in it (`--match-set NAME dst,dst`)."""

    PORT = "bitmap:port dst"
    ADDRESS = "hash:ip dst"
    ADDRESS_PORT = "hash:ip,port dst,dst"
    ADDRESS_PORT_SOURCE = "hash:ip,port,ip dst,dst,src"


@attrs.frozen
class IpSet:
    """An ipset: its entries are found by a hash or a bit, however many there are."""

    type: SetType
    entries: frozenset[tuple[object, ...]] = frozenset()

    def has(self, packet: Packet) -> bool:
        """Whether the entry that a packet asks for is in it."""
        match self.type:
            case SetType.PORT:
                return (packet.port,) in self.entries
            case SetType.ADDRESS:
                return (packet.destination,) in self.entries
            case SetType.ADDRESS_PORT:
                return (packet.destination, packet.protocol, packet.port) in self.entries
            case SetType.ADDRESS_PORT_SOURCE:
                return (packet.destination, packet.protocol, packet.port, packet.source) in self.entries


@attrs.frozen
class Match:
    """What a packet must be for a rule to apply; what is not set asks nothing. Addresses may be CIDRs.

    `to_node`, `from_node`: the address is one of the node's (addrtype LOCAL). `remaining`: true with the probability
    1/remaining. `recent`: the client was sent through this chain not long ago. `in_set`: an ipset has it.
    """

    protocol: str = ""
    destination: str = ""
    port: int = 0
    source: str = ""
    not_source: str = ""
    to_node: bool = False
    from_node: bool = False
    marked: bool | None = None
    states: frozenset[str] = frozenset()
    not_states: frozenset[str] = frozenset()
    recent: str = ""
    remaining: int = 1
    in_set: str = ""


@attrs.frozen
class Rule:
    """One rule: `target` is a verdict or the chain to jump to; `to` is where DNAT sends; `remembers` sets `recent`."""

    match: Match
    target: Verdict | str
    to: str = ""
    remembers: str = ""


@attrs.frozen
class Tables:
    """The chains of a node's tables and its ipsets, by name; `node_ips` are its own addresses next to the loopback."""

    nat: Mapping[str, tuple[Rule, ...]]
    filter: Mapping[str, tuple[Rule, ...]]
    node_ips: frozenset[str] = frozenset()
    sets: Mapping[str, IpSet] = attrs.field(factory=dict)

    def is_local(self, address: str) -> bool:
        """Whether an address is the node's own."""
        return address in self.node_ips or within(address, LOOPBACK)


@attrs.frozen
class Packet:
    """The first packet of a connection. `recent`: the chains (KUBE-SEP) that remember its source (P11)."""

    source: str
    destination: str
    port: int
    protocol: str = "tcp"
    recent: frozenset[str] = frozenset()
    marked: bool = False
    states: frozenset[str] = frozenset({"NEW"})


@attrs.frozen
class Outcome:
    """One end of a walk. `to`: where the packet goes, as address:port.

    `rules`: how many were tried on the way; `lookups`: how often a set or a virtual server was looked up by its hash.
    """

    probability: Fraction
    verdict: Verdict
    to: str
    masqueraded: bool
    rules: int
    lookups: int = 0


@attrs.frozen
class Place:
    """A packet about to try the rule at `stack[-1]`, in the innermost of the chains that it is in.

    `rules`: how many it has tried; `lookups`: how many of them ask an ipset.
    """

    packet: Packet
    stack: tuple[tuple[str, int], ...] = ()
    probability: Fraction = Fraction(1)
    rules: int = 0
    masqueraded: bool = False
    lookups: int = 0


@lru_cache(maxsize=65536)
def within(address: str, wanted: str) -> bool:
    """Whether an address is the wanted one, or in the wanted CIDR."""
    if "/" not in wanted:
        return address == wanted
    return ip_address(address) in ip_network(wanted)


def matches(match: Match, packet: Packet, tables: Tables) -> bool:
    """Whether everything but the random choice of a rule agrees with a packet."""
    return (
        (not match.protocol or match.protocol == packet.protocol)
        and (not match.port or match.port == packet.port)
        and (not match.destination or within(packet.destination, match.destination))
        and (not match.source or within(packet.source, match.source))
        and not (match.not_source and within(packet.source, match.not_source))
        and (not match.to_node or tables.is_local(packet.destination))
        and (not match.from_node or tables.is_local(packet.source))
        and (match.marked is None or match.marked is packet.marked)
        and (not match.states or bool(match.states & packet.states))
        and not match.not_states & packet.states
        and (not match.recent or match.recent in packet.recent)
        and (not match.in_set or tables.sets[match.in_set].has(packet))
    )


def walk(tables: Tables, packet: Packet) -> tuple[Outcome, ...]:
    """Every way of a packet through nat, filter and nat's KUBE-POSTROUTING; the probabilities sum up to one."""
    found: list[Outcome] = []
    for after in through(tables, tables.nat, "KUBE-SERVICES", Place(packet)):
        found.extend(_filter(tables, packet, after[0]))
    return tuple(found)


def _filter(tables: Tables, packet: Packet, place: Place) -> Iterator[Outcome]:
    waiting = [(place, hooks(tables, packet, place.packet))]
    while waiting:
        here, chains = waiting.pop()
        if not chains:
            for after, _ in through(tables, tables.nat, "KUBE-POSTROUTING", here):
                yield outcome(after, Verdict.DNAT if "DNAT" in after.packet.states else Verdict.ACCEPT)
            continue
        for after, verdict in through(tables, tables.filter, chains[0], here):
            if verdict in (Verdict.DROP, Verdict.REJECT):
                yield outcome(after, verdict)
            else:
                waiting.append((after, () if verdict is Verdict.ACCEPT else chains[1:]))


def hooks(tables: Tables, sent: Packet, now: Packet) -> tuple[str, ...]:
    """The filter chains that a new connection passes, in order, by where it comes from and where it goes now.

    One that starts on the node and ends there passes OUTPUT, then INPUT.
    """
    ends, starts = tables.is_local(now.destination), tables.is_local(sent.source)
    output = ("KUBE-PROXY-FIREWALL", "KUBE-SERVICES", "KUBE-FIREWALL") if starts else ()
    if ends:
        return (*output, "KUBE-PROXY-FIREWALL", "KUBE-NODEPORTS", "KUBE-EXTERNAL-SERVICES", "KUBE-FIREWALL")
    return output or ("KUBE-PROXY-FIREWALL", "KUBE-FORWARD", "KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES")


def outcome(place: Place, verdict: Verdict) -> Outcome:
    """The end of a walk at this place."""
    to = f"{place.packet.destination}:{place.packet.port}"
    return Outcome(place.probability, verdict, to, place.masqueraded, place.rules, place.lookups)


def through(
    tables: Tables, table: Mapping[str, tuple[Rule, ...]], chain: str, start: Place
) -> Iterator[tuple[Place, Verdict]]:
    """The ends of a walk from a chain's first rule on; RETURN if it falls out of the chain."""
    waiting = [attrs.evolve(start, stack=((chain, 0),))]
    while waiting:
        place = waiting.pop()
        verdict: Verdict | None = None
        while verdict is None:
            if not place.stack:
                verdict = Verdict.RETURN
                break
            *outer, (name, at) = place.stack
            rules = table.get(name, ())
            first = at
            while at < len(rules) and not matches(rules[at].match, place.packet, tables):
                at += 1
            tried = rules[first : at + 1]
            lookups = place.lookups + sum(1 for rule in tried if rule.match.in_set)
            place = attrs.evolve(place, stack=tuple(outer), rules=place.rules + len(tried), lookups=lookups)
            if at == len(rules):
                continue
            rule = rules[at]
            place = attrs.evolve(place, stack=(*outer, (name, at + 1)))
            chance = Fraction(1, rule.match.remaining)
            if chance != 1:
                waiting.append(attrs.evolve(place, probability=place.probability * (1 - chance)))
            place, verdict = _apply(rule, attrs.evolve(place, probability=place.probability * chance))
        yield attrs.evolve(place, stack=()), verdict


def _apply(rule: Rule, place: Place) -> tuple[Place, Verdict | None]:
    """What a rule that applies does to a packet, and the verdict if that ends the table's walk."""
    packet = place.packet
    match rule.target:
        case str(chain):
            return attrs.evolve(place, stack=(*place.stack, (chain, 0))), None
        case Verdict.RETURN:
            return attrs.evolve(place, stack=place.stack[:-1]), None
        case Verdict.SET_MARK:
            return attrs.evolve(place, packet=attrs.evolve(packet, marked=True)), None
        case Verdict.FLIP_MARK:
            return attrs.evolve(place, packet=attrs.evolve(packet, marked=not packet.marked)), None
        case Verdict.MASQUERADE:
            return attrs.evolve(place, masqueraded=True), Verdict.MASQUERADE
        case Verdict.DNAT:
            address, _, port = rule.to.rpartition(":")
            recent = packet.recent | {rule.remembers} if rule.remembers else packet.recent
            sent = attrs.evolve(
                packet, destination=address, port=int(port), recent=recent, states=packet.states | {"DNAT"}
            )
            return attrs.evolve(place, packet=sent), Verdict.DNAT
        case verdict:
            return place, verdict
