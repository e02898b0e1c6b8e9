"""Feasibility as a whole: the order of the filters, and NodeInfo as a sum that cannot be told apart by order."""

from __future__ import annotations

from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kernel.values import check_value
from kspec.kube.objects import Container, ContainerPort, Node, PodSpec, Taint, labels
from kspec_models.scheduler.framework import EMPTY, PASSED, NodeInfo, feasible

GREEDY = PodSpec(
    (Container("c", requests=(("cpu", 5),), ports=(ContainerPort(host_port=80),)),), node_selector=labels(disk="ssd")
)
BAD = Node("n", taints=(Taint("t"),), unschedulable=True, allocatable=(("cpu", 1), ("pods", 0)))
BUSY = EMPTY.add(GREEDY)

SPECS = st.lists(
    st.builds(
        lambda cpu, gpu, port: PodSpec(
            (Container("c", requests=(("cpu", cpu), ("example.com/gpu", gpu)), ports=(ContainerPort(host_port=port),)),)
        ),
        st.integers(0, 9),
        st.integers(0, 2),
        st.integers(0, 3),
    ),
    max_size=5,
)


def test_the_first_filter_that_rejects_answers_and_the_order_is_the_default_profiles() -> None:
    node, info, wanted = BAD, BUSY, "m"
    order: list[str] = []
    cures: dict[str, dict[str, Any]] = {
        "NodeUnschedulable": {"unschedulable": False},
        "TaintToleration": {"taints": ()},
        "NodeAffinity": {"labels": labels(disk="ssd")},
        "NodeResourcesFit": {"allocatable": (("cpu", 5), ("pods", 1))},
    }
    while (result := feasible(GREEDY, node, info, wanted_node=wanted)) != PASSED:
        order.append(result.plugin)
        if result.plugin == "NodeName":
            wanted = "n"
        elif result.plugin == "NodePorts":
            info = EMPTY
        else:
            node = attrs.evolve(node, **cures[result.plugin])
    assert order == [
        "NodeUnschedulable",
        "NodeName",
        "TaintToleration",
        "NodeAffinity",
        "NodePorts",
        "NodeResourcesFit",
    ]


@given(SPECS, st.randoms())
def test_the_order_in_which_pods_came_to_a_node_cannot_be_told(specs: list[PodSpec], random: Random) -> None:
    shuffled = list(specs)
    random.shuffle(shuffled)
    assert NodeInfo.of(specs) == NodeInfo.of(shuffled)


@given(SPECS)
def test_a_node_on_which_pods_were_placed_one_by_one_is_never_overfull(specs: list[PodSpec]) -> None:
    node = Node("n", allocatable=(("cpu", 12), ("example.com/gpu", 2), ("pods", 3)))
    info = EMPTY
    for spec in specs:
        if feasible(spec, node, info).fits:
            info = info.add(spec)
    requested = dict(info.requested)
    assert requested.get("cpu", 0) <= 12
    assert requested.get("example.com/gpu", 0) <= 2
    assert info.pods <= 3
    assert len({port.port for port in info.ports}) == len(info.ports)


@pytest.mark.parametrize("info", [EMPTY, BUSY])
def test_a_node_info_is_a_value(info: NodeInfo) -> None:
    check_value(info, "info")
    assert hash(info) == hash(NodeInfo(info.requested, info.pods, info.ports))


def test_adding_a_pod_sums_requests_counts_it_and_keeps_ports_distinct() -> None:
    twice = BUSY.add(GREEDY)
    assert (twice.requested, twice.pods, twice.ports) == ((("cpu", 10),), 2, BUSY.ports)
