"""Endpoints, and where a node sends traffic."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import ContainerPort, Phase
from kspec_models.controllers.endpointslice.decisions import (
    AddressType,
    Conditions,
    PodReport,
    PortsOf,
    addresses,
    belongs_in_endpoints,
    conditions,
    find_port,
    hostname,
)
from kspec_models.proxy.routing import Endpoint, Hints, Policies, hints_in_use, route

ZONES = ("a", "b")
HINTS = st.sampled_from(((), ("a",), ("b",), ("a", "b")))


@st.composite
def endpoints(draw: st.DrawFn) -> tuple[Endpoint, ...]:
    """As the EndpointSlice controller writes them: nothing is ready that terminates."""
    made = []
    for i in range(draw(st.integers(0, 4))):
        serving, terminating, local = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
        made.append(Endpoint(f"10.0.0.{i}", serving and not terminating, serving, terminating, local, draw(HINTS)))
    return tuple(made)


POLICIES = st.builds(Policies, st.booleans(), st.booleans(), st.booleans())


def test_a_terminating_pod_serves_and_is_not_ready() -> None:
    assert conditions(ready=True, deleting=True, publish_not_ready=False) == Conditions(False, True, True)


def test_published_not_ready_addresses_are_always_ready_whatever_they_serve() -> None:
    for ready in (False, True):
        for deleting in (False, True):
            assert conditions(ready, deleting, True) == Conditions(True, ready, deleting)


def test_finished_pods_and_pods_without_an_address_are_left_out_and_terminating_ones_kept() -> None:
    pod = PodReport(ready=True, ips=("10.0.0.1",))
    assert belongs_in_endpoints(attrs.evolve(pod, deleting=True))
    assert not belongs_in_endpoints(attrs.evolve(pod, deleting=True), include_terminating=False)
    assert not belongs_in_endpoints(attrs.evolve(pod, ips=()))
    assert not any(belongs_in_endpoints(attrs.evolve(pod, phase=each)) for each in (Phase.SUCCEEDED, Phase.FAILED))


def test_a_slice_holds_addresses_of_one_family() -> None:
    ips = ("10.0.0.1", "fd00::1")
    assert addresses(ips, AddressType.IPV4) == ("10.0.0.1",)
    assert addresses(ips, AddressType.IPV6) == ("fd00::1",)


def test_a_hostname_is_published_under_its_own_headless_service_only() -> None:
    pod = PodReport(ready=True, hostname="db-0", subdomain="db")
    assert hostname(pod, "db", "default") == "db-0"
    assert hostname(pod, "other", "default") == ""
    assert hostname(pod, "db", "elsewhere") == ""


def test_a_named_port_is_looked_for_with_its_protocol_in_regular_containers_first() -> None:
    def named(port: int, protocol: str = "TCP") -> tuple[ContainerPort, ...]:
        return (ContainerPort(port, protocol=protocol, name="http"),)

    sidecar, init = PortsOf(named(80)), PortsOf(named(79), serves=False)
    assert find_port("http", "TCP", (PortsOf(named(81)),), (sidecar,)) == 81
    assert find_port("http", "TCP", (PortsOf(named(81, "UDP")),), (init, sidecar)) == 80
    assert find_port("http", "TCP", (), (init,)) is None
    assert find_port(8080, "TCP", ()) == 8080


@given(endpoints(), POLICIES)
def test_traffic_of_the_local_policy_stays_on_the_node(given: tuple[Endpoint, ...], policies: Policies) -> None:
    assert all(each.local for each in route(given, policies, "n", "a").local)


@given(endpoints(), POLICIES)
def test_nothing_that_does_not_serve_gets_traffic(given: tuple[Endpoint, ...], policies: Policies) -> None:
    routed = route(given, policies, "n", "a")
    assert all(each.serving for each in routed.reachable(given))


@given(endpoints(), st.sampled_from(ZONES))
def test_with_the_cluster_policy_a_service_with_a_ready_endpoint_is_never_without_one(
    given: tuple[Endpoint, ...], zone: str
) -> None:
    routed = route(given, Policies(), "n", zone)
    ready = [each for each in given if each.ready]
    if ready:
        assert routed.cluster
        assert all(each.ready for each in routed.cluster)
    assert routed.works == any(each.serving for each in given)


def test_one_ready_endpoint_without_a_hint_ends_the_hints_of_all() -> None:
    hinted = Endpoint("10.0.0.1", zone_hints=("a",))
    assert hints_in_use((hinted,), "n", "a") is Hints.ZONE
    assert hints_in_use((hinted, Endpoint("10.0.0.2")), "n", "a") is Hints.NONE
    assert hints_in_use((hinted, Endpoint("10.0.0.2", ready=False)), "n", "a") is Hints.ZONE
    assert hints_in_use((hinted,), "n", "b") is Hints.NONE


def test_a_node_hint_wins_over_a_zone_hint() -> None:
    near = Endpoint("10.0.0.1", zone_hints=("a",), node_hints=("n",))
    zonal = Endpoint("10.0.0.2", zone_hints=("a",), node_hints=("m",))
    assert route((near, zonal), Policies(), "n", "a").cluster == (near,)
    assert route((near, zonal), Policies(), "n", "a", node_hints=False).cluster == (near, zonal)


def test_an_external_policy_counts_only_for_a_service_that_is_reached_from_outside() -> None:
    remote = (Endpoint("10.0.0.1"),)
    assert not Policies(external_local=True).uses_local
    routed = route(remote, Policies(external_local=True, external=True), "n", "a")
    assert (routed.cluster, routed.local) == (remote, ())
