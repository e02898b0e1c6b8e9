"""What must hold of Services and of the packets that are sent to them.

- `services_reach_ready_pods_when_all_is_quiet` and `endpoints_are_true_when_all_is_quiet` are promises: what is written
  and what the rules do agree with the pods in the end. Before that they are behind.
- `each_endpoint_gets_an_equal_share` is what kube-proxy's random picks are written for (P03), at any time.
- `no_packet_reaches_a_pod_that_has_ended` and `a_service_that_answered_refuses_no_packet` are what people hope for in
  a rollout. Kubernetes promises neither: a pod's containers end while rules still name it, unless they wait (preStop).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from kspec.kernel.properties import (
    Broken,
    Happened,
    eventually_always,
    invariant,
    leads_to,
    quiescence,
    step_invariant,
)
from kspec.kernel.registry import offer
from kspec.kernel.values import Ref
from kspec.kube.lenses import LatestFields
from kspec.kube.networking import EndpointSlice, Service, ServiceType
from kspec.kube.objects import LabelSelector, Phase, Pod
from kspec.kube.truth import Truth
from kspec_models.controllers.service.reconcile import CloudLoadBalancer
from kspec_models.helpers.labels import selector_matches
from kspec_models.proxy import starting
from kspec_models.proxy.kube_proxy import mode
from kspec_models.proxy.programmed import ServedPort, packet_to, reached
from kspec_models.traffic import NOT_SENT, Clients, Traffic

PROXY, CLIENT = "kube-proxy", "client"


def ready_pods(truth: Truth, service: Any) -> frozenset[Ref]:
    """The pods that a Service selects and that are ready, and not being deleted."""
    rows = truth.each("pods", LatestFields(("labels", "ready", "deleting", "phase", "namespace")))
    selector = LabelSelector(service.selector)
    return frozenset(
        Ref("pods", i)
        for i, row in enumerate(rows)
        if row is not None
        and (row[1], row[2], row[3], row[4]) == (True, False, Phase.RUNNING, service.namespace)
        and selector_matches(selector, row[0])
    )


def services(truth: Truth) -> Iterator[Any]:
    """The Services with a selector."""
    for name in truth.names(Service):
        service = truth.get(Service, name)
        if service is not None and service.selector and not service.deleting:
            yield service


def served(truth: Truth, service: str = "") -> list[ServedPort]:
    """What is on the node, of one Service or of all."""
    ports = [port for port in truth.variable(f"{PROXY}/rules") if service in ("", port.service)]
    return sorted(ports, key=lambda port: (port.service, port.port.port))


def a_service_has_an_endpoint(truth: Truth) -> bool:
    """The rules of a node lead to a pod."""
    return any(port.endpoints for port in served(truth))


@quiescence(witness=a_service_has_an_endpoint, about=(Service, EndpointSlice, Pod), needs=(PROXY,))
def services_reach_ready_pods_when_all_is_quiet(truth: Truth) -> bool | Broken:
    """Once all is quiet, a packet to a Service that has ready pods reaches one of them, and each can be reached."""
    rules = truth.variable(f"{PROXY}/rules")
    for service in services(truth):
        wanted = ready_pods(truth, service)
        for port in [] if service.headless or not wanted else service.ports:
            reaches = frozenset(reached(rules, packet_to(service.cluster_ip, port), mode()))
            if reaches != wanted:
                lost = "nobody" if None in reaches else f"{len(reaches & wanted)} of them"
                others = len({pod for pod in reaches if pod is not None} - wanted)
                also = f" and {others} pod{'s' if others > 1 else ''} beside" if others else ""
                pods = f"{len(wanted)} ready pod{'s' if len(wanted) > 1 else ''}"
                text = f"Service {service.name} has {pods}, and packets reach {lost}{also}"
                return Broken(text, (f"Service {service.name}",))
    return True


def a_slice_has_an_endpoint(truth: Truth) -> bool:
    """An EndpointSlice names a pod that is ready."""
    return any(each.ready for endpoints in truth.all(EndpointSlice, "endpoints") for each in endpoints)


@quiescence(witness=a_slice_has_an_endpoint, about=(Service, EndpointSlice, Pod), needs=("endpointslice",))
def endpoints_are_true_when_all_is_quiet(truth: Truth) -> bool | Broken:
    """Once all is quiet, the ready endpoints of a Service are the ready pods that it selects."""
    for service in services(truth):
        if service.publish_not_ready_addresses:
            continue
        endpoints = truth.field(EndpointSlice, service.name, "endpoints") or frozenset()
        named = frozenset(each.pod for each in endpoints if each.ready)
        wanted = ready_pods(truth, service)
        if named != wanted:
            text = f"{len(named - wanted)} wrong and {len(wanted - named)} missing among the ready endpoints"
            return Broken(f"{text} of Service {service.name}", (f"EndpointSlice {service.name}",))
    return True


def a_service_has_two_endpoints(truth: Truth) -> bool:
    """The rules of a node lead to two pods of a Service."""
    return any(len(port.endpoints) > 1 for port in served(truth))


@invariant(witness=a_service_has_two_endpoints, about=(Service,), needs=(PROXY,))
def each_endpoint_gets_an_equal_share(truth: Truth) -> bool | Broken:
    """Each endpoint that a node's rules know gets the same share of a Service's packets."""
    rules = truth.variable(f"{PROXY}/rules")
    for port in served(truth):
        if not port.endpoints:
            continue
        shares = reached(rules, packet_to(port.cluster_ip, port.port), mode())
        if {*shares.values()} != {Fraction(1, len(port.endpoints))}:
            parts = ", ".join(sorted(str(share) for share in shares.values()))
            return Broken(f"the shares of {port.service}'s endpoints are {parts}", (f"Service {port.service}",))
    return True


# ---- what clients meet


def met(truth: Truth) -> dict[str, Traffic]:
    """What became of the packets of each of the clients' ways."""
    client = truth.cluster.component(CLIENT)
    return {variable.split("/", 1)[1]: truth.variable(variable) for variable in client.variables(truth.cluster)}


def a_client_meets_a_ready_pod(truth: Truth) -> bool:
    """A packet was met by a ready pod."""
    return any(traffic.ready for traffic in met(truth).values())


@invariant(witness=a_client_meets_a_ready_pod, about=(Service,), needs=(CLIENT,))
def no_packet_reaches_a_pod_that_has_ended(truth: Truth) -> bool | Broken:
    """No packet is sent to a pod whose containers have ended."""
    for way, traffic in met(truth).items():
        if traffic.ended:
            share = "" if traffic.ended == traffic.of else f"{traffic.ended} of {traffic.of} "
            return Broken(f"{share or 'all '}packets to {way} reach a pod that has ended")
    return True


@step_invariant(witness=a_client_meets_a_ready_pod, about=(Service,), needs=(CLIENT,))
def a_service_that_answered_refuses_no_packet(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """Once packets to a Service have reached ready pods, none is refused or met by a pod that is not ready."""
    if happened.actor != CLIENT:
        return True
    was = met(before)
    for way, traffic in met(after).items():
        if was[way] not in (NOT_SENT, traffic) and was[way].ready and (traffic.refused or traffic.unready):
            return Broken(f"{way} met {was[way]}, and now meets {traffic}")
    return True


def every_way_is_answered(truth: Truth) -> bool:
    """Packets on every way of the clients are met by ready pods."""
    return all(traffic.ready == traffic.of > 0 for traffic in met(truth).values())


@quiescence(witness=every_way_is_answered, about=(Service, Pod), needs=(CLIENT, PROXY))
def every_way_to_a_service_leads_to_the_same_pods_when_all_is_quiet(truth: Truth) -> bool | Broken:
    """Once all is quiet, cluster IP, node port, name and Ingress lead to the same pods, in equal shares."""
    client = truth.cluster.component(CLIENT)
    assert isinstance(client, Clients)
    ways = {way.name: way.shares(truth.see) for way in client.ways}
    first, *others = ways.items()
    for name, shares in others:
        if shares != first[1]:
            pods = [len([pod for pod in each if pod is not None]) for each in (first[1], shares)]
            return Broken(f"packets to {first[0]} reach {pods[0]} pods; to {name} others: {pods[1]}")
    return True


ALL = (
    services_reach_ready_pods_when_all_is_quiet,
    endpoints_are_true_when_all_is_quiet,
    each_endpoint_gets_an_equal_share,
    no_packet_reaches_a_pod_that_has_ended,
    a_service_that_answered_refuses_no_packet,
    every_way_to_a_service_leads_to_the_same_pods_when_all_is_quiet,
)
"""What must hold of Services, in the order of reports."""

offer(*ALL, of="services")


# ---- a start of kube-proxy


def it_runs_as_it_was_told(truth: Truth) -> bool:
    """kube-proxy runs in the mode that was asked for."""
    return truth.variable(starting.RUNS) is starting.WANTED


@invariant(witness=it_runs_as_it_was_told, needs=(starting.NODE,))
def kube_proxy_runs_in_no_other_mode_than_it_was_told(truth: Truth) -> bool | Broken:
    """A kube-proxy that runs, runs in the mode that was asked for."""
    runs = truth.variable(starting.RUNS)
    if runs in (None, starting.WANTED):
        return True
    return Broken(f"it was told to use {starting.WANTED.value} and runs {runs.value}")


def ipvs_can_be_used(truth: Truth) -> bool:
    """The kernel has what ipvs needs."""
    return bool(truth.variable(starting.USABLE))


@leads_to(ipvs_can_be_used)
def kube_proxy_runs_once_it_can(truth: Truth) -> bool | Broken:
    """Once ipvs can be used, kube-proxy runs in the end, although it has exited before."""
    return truth.variable(starting.RUNS) is not None or Broken("ipvs can be used, and kube-proxy does not run")


OF_STARTS = (kube_proxy_runs_in_no_other_mode_than_it_was_told, kube_proxy_runs_once_it_can)
"""What must hold of kube-proxy's start."""

offer(*OF_STARTS, of="proxy.start")


# ---- load balancers


def balancers(truth: Truth) -> frozenset[str]:
    """The Services that have a load balancer in the cloud."""
    return frozenset(truth.names(CloudLoadBalancer))


def wanting(truth: Truth) -> frozenset[str]:
    """The Services that want one, and are not being deleted."""
    rows = truth.all(Service, "name", "type", "deleting")
    return frozenset(name for name, kind, deleting in rows if kind is ServiceType.LOAD_BALANCER and not deleting)


def a_load_balancer_exists(truth: Truth) -> bool:
    """The cloud has made a load balancer."""
    return bool(balancers(truth))


@invariant(witness=a_load_balancer_exists, about=(Service, CloudLoadBalancer))
def no_load_balancer_outlives_its_service(truth: Truth) -> bool | Broken:
    """As long as there is a load balancer, there is its Service."""
    left = balancers(truth) - frozenset(truth.names(Service))
    return not left or Broken(f"the load balancer of Service {min(left)} is there, and the Service is not")


@eventually_always(witness=a_load_balancer_exists, about=(Service, CloudLoadBalancer))
def load_balancers_are_those_that_are_wanted_in_the_end(truth: Truth) -> bool | Broken:
    """Once nobody changes them any more, the Services that want a load balancer have one, and no others."""
    if balancers(truth) == wanting(truth):
        return True
    return Broken(f"{len(wanting(truth))} wanted, {len(balancers(truth))} there")


def a_service_is_being_deleted(truth: Truth) -> bool:
    """Some Service is marked as deleted."""
    return any(truth.all(Service, "deleting"))


@leads_to(a_service_is_being_deleted, about=(Service, CloudLoadBalancer))
def a_deleted_service_goes(truth: Truth) -> bool | Broken:
    """A Service that is marked as deleted goes in the end."""
    return not a_service_is_being_deleted(truth) or Broken("a Service is marked as deleted, and stays")


OF_LOAD_BALANCERS = (
    no_load_balancer_outlives_its_service,
    load_balancers_are_those_that_are_wanted_in_the_end,
    a_deleted_service_goes,
)
"""What must hold of load balancers."""

offer(*OF_LOAD_BALANCERS, of="service.loadbalancer")
