"""Does a pod fit a node? The filters that look at nothing but the node and sums over its pods, in order (C25, C50).

Source: pkg/scheduler/apis/config/v1/default_plugins.go; pkg/scheduler/framework/runtime/framework.go, RunFilterPlugins.
They are the first of the default profile. Those that come after them (volumes, spreading, pod affinity) have nothing to
say of a pod where neither it nor another asks for them: then these are all (see `profile`).
"""

from __future__ import annotations

from collections.abc import Iterator

from kspec.kube.objects import Node, PodSpec
from kspec_models.scheduler.filters import (
    node_affinity,
    node_name,
    node_ports,
    node_unschedulable,
    resources_fit,
    taint_toleration,
)
from kspec_models.scheduler.node_info import EMPTY, NodeInfo
from kspec_models.scheduler.result import PASSED, FilterResult, Status

__all__ = ["EMPTY", "PASSED", "FilterResult", "NodeInfo", "Status", "feasible"]


def feasible(spec: PodSpec, node: Node, info: NodeInfo, *, wanted_node: str = "") -> FilterResult:
    """Whether the pod may go to this node: success, or the first filter's rejection.

    `info`: what is already there, without this pod. `wanted_node`: spec.nodeName, "" for a pod from the queue.
    """
    for result in _in_order(spec, node, info, wanted_node):
        if not result.fits:
            return result
    return PASSED


def _in_order(spec: PodSpec, node: Node, info: NodeInfo, wanted_node: str) -> Iterator[FilterResult]:
    yield node_unschedulable.filter_node(spec, node)
    yield node_name.filter_node(wanted_node, node)
    yield taint_toleration.filter_node(spec, node)
    yield node_affinity.filter_node(spec, node)
    yield node_ports.filter_node(spec, info)
    yield resources_fit.filter_node(spec, node, info)
