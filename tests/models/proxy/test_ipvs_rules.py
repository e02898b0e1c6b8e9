"""What kube-proxy puts on a node in ipvs mode, and how few of it a packet meets."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest

from kspec_models.proxy import iptables, ipvs_rules
from kspec_models.proxy.iptables import Endpoint, ServicePort
from kspec_models.proxy.iptables_walk import IpSet, Packet, SetType, Verdict, walk
from kspec_models.proxy.ipvs import Scheduler

NODE, OUTSIDE, POD = "192.168.0.2", "203.0.113.9", "10.9.0.9"
HERE = frozenset({NODE})
PODS = (Endpoint("10.1.0.1", 8080, local=True), Endpoint("10.2.0.1", 8080), Endpoint("10.3.0.1", 8080))


def services(number: int, pods: tuple[Endpoint, ...] = PODS) -> list[ServicePort]:
    return [
        ServicePort(f"ns/svc{i}:p80", f"172.30.{i // 250}.{i % 250 + 1}", 80, pods, node_port=30000 + i)
        for i in range(number)
    ]


def packets(number: int) -> dict[str, Packet]:
    last = services(number)[-1]
    return {
        "cluster IP": Packet(POD, last.cluster_ip, 80),
        "node port": Packet(OUTSIDE, NODE, last.node_port),
        "no service": Packet(POD, "198.51.100.7", 443),
    }


def test_two_thousand_node_port_services_are_72005_rules_in_iptables_mode_and_21_in_ipvs_mode() -> None:
    pods = tuple(Endpoint(f"10.1.0.{i}", 8080, local=i == 0) for i in range(10))
    many = services(2000, pods)
    node = ipvs_rules.generate(many, node_ips=HERE)

    assert iptables.counts(iptables.generate(many, node_ips=HERE)).nat == 72_005
    assert (node.rules, len(node.servers), node.real_servers) == (21, 4000, 40_000)
    assert node.entries == 2000 + 2000 + 2000 + 1  # cluster IPs with and without port, node ports, the one local pod


@pytest.mark.parametrize("to", ["cluster IP", "node port", "no service"])
def test_what_a_packet_meets_does_not_grow_with_the_services(to: str) -> None:
    few, many = [ipvs_rules.route(ipvs_rules.generate(services(n), node_ips=HERE), packets(n)[to]) for n in (1, 300)]
    assert (few.rules, few.lookups) == (many.rules, many.lookups)
    assert few.rules < 20


@pytest.mark.parametrize("to", ["cluster IP", "node port"])
def test_round_robin_gives_a_service_to_the_endpoints_that_iptables_gives_it_to(to: str) -> None:
    node, packet = ipvs_rules.generate(services(3), node_ips=HERE), packets(3)[to]
    by_chance = walk(iptables.generate(services(3), node_ips=HERE), packet)
    last, reached = None, Counter[str]()
    for _ in range(6):
        found = ipvs_rules.route(node, packet, last=last)
        assert found.verdict is Verdict.DNAT
        assert found.masqueraded is by_chance[0].masqueraded
        last = found.to
        reached[last] += 1

    assert set(reached.values()) == {2}
    assert set(reached) == {each.to for each in by_chance}


def test_the_newest_endpoint_is_first_in_the_kernels_list() -> None:
    node = ipvs_rules.generate(services(1), node_ips=HERE)
    assert ipvs_rules.route(node, packets(1)["cluster IP"]).to == PODS[-1].address


def test_only_what_comes_from_outside_is_masqueraded_on_the_cluster_ip() -> None:
    node, packet = ipvs_rules.generate(services(1), node_ips=HERE), packets(1)["cluster IP"]
    assert not ipvs_rules.route(node, packet).masqueraded
    assert ipvs_rules.route(node, attrs.evolve(packet, source=OUTSIDE)).masqueraded


def test_a_pod_that_is_sent_back_to_itself_is_masqueraded() -> None:
    node = ipvs_rules.generate(services(1, PODS[:1]), node_ips=HERE)
    packet = attrs.evolve(packets(1)["cluster IP"], source=PODS[0].ip)
    assert ipvs_rules.route(node, packet).masqueraded


def test_a_service_without_endpoints_refuses_what_is_sent_to_it() -> None:
    node = ipvs_rules.generate(services(1, ()), node_ips=HERE)
    assert ipvs_rules.route(node, packets(1)["cluster IP"]).verdict is Verdict.REJECT


def test_a_port_of_the_host_cannot_be_reached_through_a_cluster_ip() -> None:
    node = ipvs_rules.generate(services(1), node_ips=HERE)
    ssh = attrs.evolve(packets(1)["cluster IP"], port=22)
    assert ipvs_rules.route(node, ssh).verdict is Verdict.REJECT
    assert ipvs_rules.route(node, attrs.evolve(ssh, destination=NODE)).verdict is Verdict.ACCEPT


def test_destination_hashing_sends_a_whole_service_to_one_endpoint_and_source_hashing_does_not() -> None:
    node, packet = ipvs_rules.generate(services(1), node_ips=HERE), packets(1)["cluster IP"]

    def reached(scheduler: Scheduler) -> set[str]:
        sources = [attrs.evolve(packet, source=f"10.9.{i}.{i}") for i in range(40)]
        return {ipvs_rules.route(node, each, scheduler).to for each in sources}

    assert len(reached(Scheduler.DESTINATION_HASHING)) == 1
    assert reached(Scheduler.SOURCE_HASHING) == {each.address for each in PODS}


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        (SetType.PORT, (80,)),
        (SetType.ADDRESS, ("10.0.0.1",)),
        (SetType.ADDRESS_PORT, ("10.0.0.1", "tcp", 80)),
        (SetType.ADDRESS_PORT_SOURCE, ("10.0.0.1", "tcp", 80, POD)),
    ],
)
def test_a_set_is_asked_for_what_its_entries_are(kind: SetType, entry: tuple[object, ...]) -> None:
    packet = Packet(POD, "10.0.0.1", 80)
    assert IpSet(kind, frozenset({entry})).has(packet)
    assert not IpSet(kind).has(packet)
    assert not IpSet(kind, frozenset({entry})).has(Packet(OUTSIDE, "10.0.0.2", 81))
