"""NodePorts: no two pods of a node take the same host port (C56, C57).

Source: pkg/scheduler/framework/plugins/nodeports/node_ports.go.
"""

from __future__ import annotations

from kspec.kube.objects import PodSpec
from kspec_models.helpers.pod_resources import HostPort, host_ports
from kspec_models.scheduler.node_info import NodeInfo
from kspec_models.scheduler.result import PASSED, FilterResult, QueueingHint, hint, skipped, unschedulable

NAME = "NodePorts"
REASON = "node(s) didn't have free ports for the requested pod ports"


def filter_node(spec: PodSpec, info: NodeInfo) -> FilterResult:
    """Reject if a port that the pod takes is in use. Evicting its user would free it."""
    if conflict(host_ports(spec), info.ports):
        return unschedulable(NAME, REASON)
    return PASSED


def pre_filter(spec: PodSpec) -> FilterResult:
    """Skip a pod that takes no host port."""
    return PASSED if host_ports(spec) else skipped(NAME)


def conflict(wanted: tuple[HostPort, ...], used: tuple[HostPort, ...]) -> bool:
    """Whether some wanted port is in use."""
    return any(port.conflicts(other) for port in wanted for other in used)


def hint_after_pod_deleted(spec: PodSpec, deleted: PodSpec, *, assigned: bool) -> QueueingHint:
    """Queue if the deleted pod had a node (`assigned`: bound or nominated) and held a port that this pod wants."""
    return hint(assigned and conflict(host_ports(spec), host_ports(deleted)))
