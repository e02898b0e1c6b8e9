"""The rules of kube-proxy in iptables mode, and where packets go through them."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest

from kspec_models.proxy.iptables import Endpoint, ServicePort, chain_name, counts, generate, probability
from kspec_models.proxy.iptables_walk import Outcome, Packet, Verdict, walk

PODS = (Endpoint("10.1.0.1", 8080, local=True), Endpoint("10.2.0.1", 8080), Endpoint("10.3.0.1", 8080))
SERVICE = ServicePort("ns1/svc1:p80", "172.30.0.41", 80, PODS, node_port=30001)
LOCAL = attrs.evolve(SERVICE, external_local=True)
NODE = "192.168.0.2"
OUTSIDE, POD = "203.0.113.9", "10.9.0.9"
TO_CLUSTER_IP = Packet(POD, "172.30.0.41", 80)
TO_NODE_PORT = Packet(OUTSIDE, NODE, 30001)


def _walk(service: ServicePort, packet: Packet) -> tuple[Outcome, ...]:
    found = walk(generate([service], node_ips=frozenset({NODE})), packet)
    assert sum(each.probability for each in found) == 1
    return found


def _ends(service: ServicePort, packet: Packet) -> set[str]:
    found = _walk(service, packet)
    assert {each.verdict for each in found} == {Verdict.DNAT}
    return {each.to for each in found}


def test_chains_have_the_names_that_upstream_gives_them() -> None:
    service = ServicePort("ns1/svc1:p80", "172.30.0.41", 80)
    assert chain_name("SVC", service) == "KUBE-SVC-XPGD46QRK7WJZT7O"
    assert chain_name("SEP", service, "10.180.0.1:80") == "KUBE-SEP-SXIVWICOYRO3J4NJ"


@pytest.mark.parametrize("pods", range(1, 12))
def test_every_endpoint_has_the_same_chance(pods: int) -> None:
    endpoints = tuple(Endpoint(f"10.1.0.{i}", 80) for i in range(pods))
    found = _walk(attrs.evolve(SERVICE, endpoints=endpoints), TO_CLUSTER_IP)
    assert {each.to: each.probability for each in found} == {e.address: Fraction(1, pods) for e in endpoints}


def test_a_probability_has_ten_digits() -> None:
    assert probability(3) == "0.3333333333"
    assert probability(6) == "0.1666666667"


def test_only_traffic_from_outside_or_back_to_its_own_pod_is_masqueraded_on_the_cluster_ip() -> None:
    assert not any(each.masqueraded for each in _walk(SERVICE, TO_CLUSTER_IP))
    assert all(each.masqueraded for each in _walk(SERVICE, attrs.evolve(TO_CLUSTER_IP, source=OUTSIDE)))
    hairpin = _walk(SERVICE, attrs.evolve(TO_CLUSTER_IP, source=PODS[1].ip))
    assert {each.to for each in hairpin if each.masqueraded} == {PODS[1].address}


def test_a_node_port_leads_to_every_endpoint_and_hides_the_client() -> None:
    assert _ends(SERVICE, TO_NODE_PORT) == {each.address for each in PODS}
    assert all(each.masqueraded for each in _walk(SERVICE, TO_NODE_PORT))
    assert _ends(SERVICE, Packet("127.0.0.1", "127.0.0.1", 30001)) == {each.address for each in PODS}


def test_under_local_only_outside_traffic_stays_on_the_node_and_keeps_its_address() -> None:
    assert _ends(LOCAL, TO_NODE_PORT) == {PODS[0].address}
    assert not any(each.masqueraded for each in _walk(LOCAL, TO_NODE_PORT))
    for source in (POD, NODE):
        assert _ends(LOCAL, attrs.evolve(TO_NODE_PORT, source=source)) == {each.address for each in PODS}


def test_under_local_without_a_local_endpoint_outside_traffic_is_dropped() -> None:
    elsewhere = attrs.evolve(LOCAL, endpoints=PODS[1:])
    assert [each.verdict for each in _walk(elsewhere, TO_NODE_PORT)] == [Verdict.DROP]
    assert _ends(elsewhere, attrs.evolve(TO_NODE_PORT, source=POD)) == {each.address for each in PODS[1:]}
    assert _ends(elsewhere, TO_CLUSTER_IP) == {each.address for each in PODS[1:]}


def test_internal_local_drops_what_has_no_endpoint_on_the_node() -> None:
    internal = ServicePort("ns/a", "172.30.0.41", 80, PODS, internal_local=True)
    assert _ends(internal, TO_CLUSTER_IP) == {PODS[0].address}
    elsewhere = attrs.evolve(internal, endpoints=PODS[1:])
    assert [each.verdict for each in _walk(elsewhere, TO_CLUSTER_IP)] == [Verdict.DROP]


@pytest.mark.parametrize("packet", [TO_CLUSTER_IP, TO_NODE_PORT, attrs.evolve(TO_CLUSTER_IP, source=NODE)])
def test_a_service_without_endpoints_is_rejected(packet: Packet) -> None:
    assert [each.verdict for each in _walk(attrs.evolve(SERVICE, endpoints=()), packet)] == [Verdict.REJECT]


def test_a_client_that_is_remembered_goes_back_and_one_whose_endpoint_is_gone_is_balanced_anew() -> None:
    sticky = attrs.evolve(SERVICE, affinity=True)
    before = attrs.evolve(TO_CLUSTER_IP, recent=frozenset({chain_name("SEP", sticky, PODS[2].address)}))
    assert _ends(sticky, TO_CLUSTER_IP) == {each.address for each in PODS}
    assert _ends(sticky, before) == {PODS[2].address}
    assert _ends(attrs.evolve(sticky, endpoints=PODS[:2]), before) == {each.address for each in PODS[:2]}


def test_a_load_balancer_with_source_ranges_drops_all_others() -> None:
    balanced = attrs.evolve(SERVICE, load_balancer_ips=("5.6.7.8",), source_ranges=("203.0.113.0/25",))
    assert _ends(balanced, Packet(OUTSIDE, "5.6.7.8", 80)) == {each.address for each in PODS}
    assert [each.verdict for each in _walk(balanced, Packet("198.51.100.1", "5.6.7.8", 80))] == [Verdict.DROP]


def test_what_is_for_no_service_passes_untouched() -> None:
    (only,) = _walk(SERVICE, Packet(POD, "198.51.100.7", 443))
    assert (only.verdict, only.to, only.masqueraded) == (Verdict.ACCEPT, "198.51.100.7:443", False)


def test_a_packet_to_the_last_service_tries_the_rules_of_all_before() -> None:
    services = [attrs.evolve(SERVICE, name=f"ns/{i}", cluster_ip=f"172.30.1.{i}", node_port=0) for i in range(50)]
    tables = generate(services)
    first, last = (min(each.rules for each in walk(tables, Packet(POD, s.cluster_ip, 80))) for s in services[::49])
    assert last - first == 49
    assert counts(tables).nat == 5 + 50 * (2 + 3 * len(PODS))
