"""resources-fit: what is short on a node, what a node's growth means for a pod, the requeue hints."""

from __future__ import annotations

from kspec.kernel import settings
from kspec.kube.objects import Node
from kspec_models.scheduler import node_info
from kspec_models.scheduler.filters import resources_fit
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "resources-fit"


def answer(given: Given) -> object:
    """What the NodeResourcesFit filter says under the gates of the case."""
    pod_level = "on" if given.get("pod_level_resources", True) else "off"
    with settings.applied({"scheduler.pod-level-resources": pod_level}):
        return _answer(given)


def _answer(given: Given) -> object:
    spec = _objects.pod_spec(given["pod"])
    match given["op"]:
        case "fit":
            return _fit(given)
        case "fit-empty-node":
            return {"fits": resources_fit.fits_empty(spec, _objects.node_or_none(given["node"]))}
        case "increased":
            before, after = _objects.node(given["before"]), _objects.node(given["after"])
            return {"increased": resources_fit.requested_resource_grew(spec, before, after)}
        case "hint-node":
            old, new = _objects.node_or_none(given["before"]), _objects.node(given["after"])
            return {"hint": resources_fit.hint_after_node_change(spec, old, new).value}
        case "hint-pod":
            return _hint_after_pod_event(given)
        case op:
            raise Skip(f"unknown op {op}")


def _fit(given: Given) -> object:
    spec = _objects.pod_spec(given["pod"])
    node = Node("node", allocatable=_objects.resources(given["allocatable"]))
    info = node_info.NodeInfo.of(_objects.pod_spec(each) for each in given["existing"])
    args = resources_fit.FitArgs(
        frozenset(given.get("ignored_resources") or ()), frozenset(given.get("ignored_groups") or ())
    )
    short = [
        {
            "resource": each.resource,
            "requested": each.requested,
            "used": each.used,
            "capacity": each.capacity,
            "unresolvable": each.unresolvable,
        }
        for each in resources_fit.insufficient(spec, node, info, args)
    ]
    status = resources_fit.filter_node(spec, node, info, args).status.value
    return _objects.WhenAsked({"filter": status}, {"insufficient": short})


def _hint_after_pod_event(given: Given) -> object:
    pod, before, after = given["pod"], given["before"], given["after"]
    if after is None:
        return {"hint": resources_fit.hint_after_pod_deleted(assigned=_objects.assigned(before)).value}
    hint = resources_fit.hint_after_pod_resized(
        _objects.pod_spec(pod),
        _objects.pod_spec(before),
        _objects.pod_spec(after),
        itself=_objects.same_pod(pod, after),
        assigned=bool(after.get("node")),
        in_place_resize=bool(given.get("in_place_resize", True)),
    )
    return {"hint": hint.value}
