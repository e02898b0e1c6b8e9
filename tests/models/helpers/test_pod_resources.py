"""What a pod asks for: the sum that the scheduler reserves, and the node's ports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Container, ContainerPort, PodSpec
from kspec_models.helpers.pod_resources import (
    HostPort,
    PodSpecWithRequests,
    amount_of,
    host_ports,
    is_counted,
    is_extended,
    pod_requests,
)

CPU = st.integers(0, 50)


def needs(cpu: int, *, sidecar: bool = False) -> Container:
    return Container("c", requests=(("cpu", cpu),), restart_policy="Always" if sidecar else "")


def cpu_of(spec: PodSpec) -> int:
    return amount_of(pod_requests(spec), "cpu")


def test_containers_add_up_and_the_largest_init_container_counts_if_it_is_more() -> None:
    assert cpu_of(PodSpec((needs(2), needs(3)), (needs(4),))) == 5
    assert cpu_of(PodSpec((needs(2), needs(3)), (needs(4), needs(9), needs(1)))) == 9


def test_a_sidecar_counts_beside_the_containers_and_beside_later_init_containers_only() -> None:
    assert cpu_of(PodSpec((needs(2),), (needs(5, sidecar=True),))) == 7
    assert cpu_of(PodSpec((needs(2),), (needs(5, sidecar=True), needs(4)))) == 9
    assert cpu_of(PodSpec((needs(2),), (needs(9), needs(5, sidecar=True)))) == 9


def test_overhead_comes_on_top_of_everything() -> None:
    spec = PodSpec((needs(2),), (needs(9),), overhead=(("cpu", 1), ("memory", 7)))
    assert pod_requests(spec) == (("cpu", 10), ("memory", 7))


def test_requests_of_the_pod_as_a_whole_replace_the_sum_even_by_less_but_not_for_every_resource() -> None:
    spec = PodSpecWithRequests((needs(9),), requests=(("cpu", 4), ("example.com/gpu", 1)), overhead=(("cpu", 1),))
    assert pod_requests(spec) == (("cpu", 5),)
    assert pod_requests(spec, pod_level=False) == (("cpu", 10),)


@given(st.lists(CPU, max_size=3), st.lists(st.tuples(CPU, st.booleans()), max_size=4))
def test_the_sum_is_the_most_that_ever_runs_at_once(containers: list[int], init: list[tuple[int, bool]]) -> None:
    moments, sidecars = [], 0
    for cpu, sidecar in init:
        moments.append(sidecars + cpu)
        sidecars += cpu if sidecar else 0
    moments.append(sidecars + sum(containers))
    spec = PodSpec(tuple(needs(cpu) for cpu in containers), tuple(needs(cpu, sidecar=s) for cpu, s in init))
    assert cpu_of(spec) == max(moments)


def port(number: int, ip: str = "", protocol: str = "TCP") -> ContainerPort:
    return ContainerPort(number, number, protocol, ip)


def test_ports_of_containers_and_sidecars_count_and_those_of_init_containers_do_not() -> None:
    spec = PodSpec(
        (Container("web", ports=(port(80), ContainerPort(81))),),
        (Container("init", ports=(port(90),)), Container("side", ports=(port(91),), restart_policy="Always")),
    )
    assert host_ports(spec) == (HostPort("0.0.0.0", "TCP", 80), HostPort("0.0.0.0", "TCP", 91))


@pytest.mark.parametrize(
    ("other", "conflicts"),
    [
        (HostPort("10.0.0.1", "TCP", 80), True),
        (HostPort("0.0.0.0", "TCP", 80), True),
        (HostPort("10.0.0.2", "TCP", 80), False),
        (HostPort("10.0.0.1", "UDP", 80), False),
        (HostPort("10.0.0.1", "TCP", 81), False),
        (HostPort("::", "TCP", 80), False),
    ],
)
def test_ports_conflict_on_the_same_address_or_all_of_ipv4(other: HostPort, conflicts: bool) -> None:
    mine = HostPort("10.0.0.1", "TCP", 80)
    assert mine.conflicts(other) is conflicts
    assert other.conflicts(mine) is conflicts


def test_names_of_resources_say_how_they_are_counted() -> None:
    assert is_extended("example.com/gpu")
    assert not is_extended("kubernetes.io/gpu")
    assert is_counted("kubernetes.io/gpu")
    assert is_counted("hugepages-2Mi")
    assert not is_counted("requests.example.com/gpu")
    assert not is_counted("pods")
