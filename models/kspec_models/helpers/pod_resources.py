"""What a pod asks for: resources summed over its containers, and host ports (C56, C57, C59).

Sources: staging/src/k8s.io/component-helpers/resource/helpers.go, PodRequests and AggregateContainerRequests;
pkg/scheduler/util/utils.go, GetHostPorts; pkg/apis/core/v1/helper/helpers.go for the names of resources.
Not modelled: what a resize in place has allocated but not yet applied (C60), and claims of dynamic resources.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kube.objects import Container, ContainerPort, PodSpec, Resources

ANY_IP = "0.0.0.0"

_NATIVE = ("cpu", "memory", "ephemeral-storage")
_POD_LEVEL = ("cpu", "memory")
_HUGE_PAGES = "hugepages-"


@attrs.frozen
class PodSpecWithRequests(PodSpec):
    """A pod's spec that also asks for resources as a whole (spec.resources.requests)."""

    requests: Resources = ()


@attrs.frozen(order=True)
class HostPort:
    """A port of the node that a pod takes: ip, protocol and port, with the defaults filled in."""

    ip: str
    protocol: str
    port: int

    def conflicts(self, other: HostPort) -> bool:
        """Same protocol and port, and one of the two takes every address or both take the same.

        Only 0.0.0.0 stands for every address: `::` does not.
        """
        if self.protocol != other.protocol or self.port != other.port:
            return False
        return self.ip == other.ip or ANY_IP in (self.ip, other.ip)


def amount_of(resources: Resources, name: str) -> int:
    """The amount of one resource, 0 if it is not named."""
    for each, amount in resources:
        if each == name:
            return amount
    return 0


def added(left: Resources, right: Resources) -> Resources:
    """The sum of two lists of resources."""
    if not left or not right:
        return left or right
    total = dict(left)
    for name, amount in right:
        total[name] = total[name] + amount if name in total else amount
    return tuple(sorted(total.items(), key=_name))


def largest(left: Resources, right: Resources) -> Resources:
    """The larger amount of each resource. A resource that is not named is 0."""
    if not left or not right:
        return left or right
    most = dict(left)
    for name, amount in right:
        most[name] = max(most[name], amount) if name in most else amount
    return tuple(sorted(most.items(), key=_name))


def pod_requests(spec: PodSpec, *, pod_level: bool = True) -> Resources:
    """What the scheduler reserves for a pod.

    Containers and sidecars run together, so they add up. An ordinary init container runs alone but for the sidecars
    that were started before it, so the largest of them counts where it is more. Requests of the pod as a whole replace
    that sum for cpu, memory and huge pages (`pod_level`: the gate PodLevelResources). The runtime's overhead is added.
    """
    running: Resources = ()
    for container in spec.containers:
        running = added(running, container.requests)
    sidecars: Resources = ()
    starting: Resources = ()
    for container in spec.init_containers:
        if is_sidecar(container):
            running = added(running, container.requests)
            sidecars = added(sidecars, container.requests)
            starting = largest(starting, sidecars)
        else:
            starting = largest(starting, added(container.requests, sidecars))
    needed = largest(running, starting)
    if pod_level and isinstance(spec, PodSpecWithRequests):
        needed = _replaced(needed, spec.requests)
    return added(needed, spec.overhead)


def host_ports(spec: PodSpec) -> tuple[HostPort, ...]:
    """The node's ports that a pod takes: those of its containers and sidecars, not of ordinary init containers."""
    return tuple(
        HostPort(port.host_ip or ANY_IP, port.protocol or "TCP", port.host_port)
        for port in _ports(spec)
        if _taken(port)
    )


def is_sidecar(container: Container) -> bool:
    """Whether an init container keeps running beside the others."""
    return container.restart_policy == "Always"


def is_extended(name: str) -> bool:
    """Whether a resource is an extended one: of a vendor's domain, such as example.com/gpu."""
    return "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")


def is_counted(name: str) -> bool:
    """Whether the scheduler counts this resource at all."""
    return (
        name in _NATIVE
        or is_extended(name)
        or "kubernetes.io/" in name
        or name.startswith((_HUGE_PAGES, "attachable-volumes-"))
    )


def in_upstream_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names of resources as failures list them: cpu, memory, ephemeral-storage, then the others by name."""
    return tuple(sorted(names, key=lambda name: (_NATIVE.index(name) if name in _NATIVE else len(_NATIVE), name)))


def _replaced(requests: Resources, by: Resources) -> Resources:
    """Pod-level requests in place of the containers', for the resources that may be named there."""
    total = dict(requests)
    total.update((name, amount) for name, amount in by if name in _POD_LEVEL or name.startswith(_HUGE_PAGES))
    return tuple(sorted(total.items(), key=_name))


def _ports(spec: PodSpec) -> Iterable[ContainerPort]:
    for container in spec.containers:
        yield from container.ports
    for container in spec.init_containers:
        if is_sidecar(container):
            yield from container.ports


def _taken(port: ContainerPort) -> bool:
    return port.host_port > 0


def _name(item: tuple[str, int]) -> str:
    """Sort by name alone: an amount may be symbolic."""
    return item[0]
