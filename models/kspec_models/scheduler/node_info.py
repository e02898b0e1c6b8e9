"""What is already on a node, as the scheduler's snapshot holds it: sums, never the pods themselves.

Source: pkg/scheduler/framework/types.go, NodeInfo.AddPod (requested amounts, used ports; C57, C59). A pod counts from
the moment it is assumed until its deletion is seen (C77).
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kube.objects import PodSpec, Resources
from kspec_models.helpers.pod_resources import HostPort, added, host_ports, pod_requests
from kspec_models.scheduler import gates


@attrs.frozen
class NodeInfo:
    """Requested amounts (cpu in millicores), number of pods, and the host ports in use, sorted and distinct."""

    requested: Resources = ()
    pods: int = 0
    ports: tuple[HostPort, ...] = ()

    def add(self, spec: PodSpec) -> NodeInfo:
        """The same node with one more pod."""
        requests = pod_requests(spec, pod_level=gates.pod_level_resources())
        new_ports = host_ports(spec)
        ports = tuple(sorted({*self.ports, *new_ports})) if new_ports else self.ports
        return NodeInfo(added(self.requested, requests), self.pods + 1, ports)

    @classmethod
    def of(cls, specs: Iterable[PodSpec]) -> NodeInfo:
        """A node with these pods on it."""
        info = cls()
        for spec in specs:
            info = info.add(spec)
        return info


EMPTY = NodeInfo()
