"""NodeResourcesFit: what a pod requests must be free on the node (C58).

Source: pkg/scheduler/framework/plugins/noderesources/fit.go, fitsRequest. Not modelled: extended resources that are
backed by dynamic resource allocation, and a resize in place that was put off.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Node, PodSpec, Resources
from kspec_models.helpers.pod_resources import amount_of, in_upstream_order, is_counted, is_extended, pod_requests
from kspec_models.scheduler import gates
from kspec_models.scheduler.node_info import EMPTY, NodeInfo
from kspec_models.scheduler.result import PASSED, FilterResult, QueueingHint, Status, hint, unresolvable, unschedulable

NAME = "NodeResourcesFit"
PODS = "pods"


@attrs.frozen
class FitArgs:
    """Arguments of the plugin: extended resources, and domains of them, that are not checked."""

    ignored_resources: frozenset[str] = frozenset()
    ignored_resource_groups: frozenset[str] = frozenset()

    def ignores(self, name: str) -> bool:
        """Whether this resource is not checked."""
        group = name.partition("/")[0]
        return is_extended(name) and (name in self.ignored_resources or group in self.ignored_resource_groups)


@attrs.frozen
class Insufficient:
    """One resource of which too little is free, in its unit (cpu: millicores)."""

    resource: str
    requested: int
    used: int
    capacity: int
    unresolvable: bool

    @property
    def reason(self) -> str:
        """In upstream's words."""
        return "Too many pods" if self.resource == PODS else f"Insufficient {self.resource}"


DEFAULT_ARGS = FitArgs()


def room_for(request: int, used: int, capacity: int) -> Status:
    """Whether a request fits beside what is used: unresolvable if it would not fit on the empty node either.

    A request of zero always fits, also where more is used than there is.
    """
    if request <= 0 or request <= capacity - used:
        return Status.SUCCESS
    if request > capacity:
        return Status.UNSCHEDULABLE_AND_UNRESOLVABLE
    return Status.UNSCHEDULABLE


def room_for_one_more(pods: int, allowed: int) -> bool:
    """Whether one more pod may run on the node, whatever it requests."""
    return pods + 1 <= allowed


def filter_node(spec: PodSpec, node: Node, info: NodeInfo, args: FitArgs = DEFAULT_ARGS) -> FilterResult:
    """Reject if something that the pod requests is not free; say everything that is short."""
    short = insufficient(spec, node, info, args)
    if not short:
        return PASSED
    reasons = tuple(each.reason for each in short)
    if any(each.unresolvable for each in short):
        return unresolvable(NAME, *reasons)
    return unschedulable(NAME, *reasons)


def insufficient(spec: PodSpec, node: Node, info: NodeInfo, args: FitArgs = DEFAULT_ARGS) -> tuple[Insufficient, ...]:
    """Everything that is short: pods, cpu, memory, ephemeral-storage, then other resources by name."""
    found = []
    allowed = amount_of(node.allocatable, PODS)
    if not room_for_one_more(info.pods, allowed):
        found.append(Insufficient(PODS, 1, info.pods, allowed, False))
    requests = requests_of(spec)
    for name in in_upstream_order(name for name, _ in requests if is_counted(name) and not args.ignores(name)):
        request = amount_of(requests, name)
        used, capacity = amount_of(info.requested, name), amount_of(node.allocatable, name)
        room = room_for(request, used, capacity)
        if room is not Status.SUCCESS:
            unresolvable_here = room is Status.UNSCHEDULABLE_AND_UNRESOLVABLE
            found.append(Insufficient(name, request, used, capacity, unresolvable_here))
    return tuple(found)


def requests_of(spec: PodSpec) -> Resources:
    """What the pod requests under the gates in force."""
    return pod_requests(spec, pod_level=gates.pod_level_resources())


def fits_empty(spec: PodSpec, node: Node | None) -> bool:
    """Whether the pod would fit if it had the node to itself. No node: no."""
    return node is not None and not insufficient(spec, node, EMPTY)


def requested_resource_grew(spec: PodSpec, before: Node, after: Node) -> bool:
    """Whether a node's update leaves more pods, or more of a resource that this pod requests."""
    if amount_of(after.allocatable, PODS) > amount_of(before.allocatable, PODS):
        return True
    return any(
        request > 0 and is_counted(name) and amount_of(after.allocatable, name) > amount_of(before.allocatable, name)
        for name, request in requests_of(spec)
    )


def hint_after_node_change(spec: PodSpec, before: Node | None, after: Node) -> QueueingHint:
    """Queue if the pod fits the empty node, which is new (`before` is None) or offers more of what the pod requests."""
    return hint(fits_empty(spec, after) and (before is None or requested_resource_grew(spec, before, after)))


def hint_after_pod_deleted(*, assigned: bool) -> QueueingHint:
    """Queue if the deleted pod had a node (`assigned`: bound or nominated), whatever it requested."""
    return hint(assigned)


def hint_after_pod_resized(
    spec: PodSpec, before: PodSpec, after: PodSpec, *, itself: bool, assigned: bool, in_place_resize: bool = True
) -> QueueingHint:
    """Queue if the rejected pod `itself` shrank, or one that is bound (`assigned`) shrank in what this pod requests.

    `in_place_resize`: the gate InPlacePodVerticalScaling, without which no update shrinks a pod (C60).
    """
    if not in_place_resize:
        return QueueingHint.SKIP
    return hint(itself or (assigned and _released(requests_of(spec), requests_of(before), requests_of(after))))


def _released(wanted: Resources, before: Resources, after: Resources) -> bool:
    return any(
        request != 0 and is_counted(name) and amount_of(before, name) > amount_of(after, name)
        for name, request in wanted
    )
