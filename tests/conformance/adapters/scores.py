"""scores: resources, images, how many feasible nodes are enough, which node is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec.kube.objects import Node, PodSpec
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.scores import image_locality, resources, selection
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "scores"

STRATEGIES = {"least": "LeastAllocated", "most": "MostAllocated", "ratio": "RequestedToCapacityRatio"}


def answer(given: Given) -> object:
    """What the score plugins say."""
    match given["op"]:
        case "least" | "most" | "ratio":
            return _fit(given, STRATEGIES[given["op"]], given["resources"], given.get("shape", ()))
        case "fit-score":
            strategy = given["strategy"]
            return _fit(given, strategy["type"], strategy["resources"], strategy.get("shape", ()))
        case "balanced":
            return _balanced(given)
        case "image":
            return _images(given)
        case "image-name":
            return {"name": image_locality.normalized_name(given["name"])}
        case "num-feasible":
            percentage = selection.percentage_of(given["profile_percentage"], given["global_percentage"])
            return {"find": selection.nodes_to_find(given["nodes"], percentage)}
        case "select":
            groups = selection.ranking(selection.Scored(**each) for each in given["list"])
            return {"order": [name for group in groups for name in group]}
        case op:
            raise Skip(f"unknown op {op}")


def _fit(given: Given, kind: str, weights: Sequence[Any], shape: Sequence[Any]) -> object:
    points = tuple(resources.Point(each["Utilization"], each["Score"]) for each in shape)
    strategy = resources.Strategy(resources.StrategyType(kind), _weights(weights), points)
    spec = _objects.pod_spec(given["pod"])
    nodes = [_objects.node(each) for each in given["nodes"]]
    return {"scores": {node.name: resources.fit_score(spec, node, _on(given, node.name), strategy) for node in nodes}}


def _balanced(given: Given) -> object:
    spec, weights = _objects.pod_spec(given["pod"]), _weights(given["resources"])
    before = resources.balanced_pre_score(spec, weights)
    nodes = [_objects.node(each) for each in given["nodes"]] if before is Status.SUCCESS else []
    found = {node.name: resources.balanced_score(spec, node, _on(given, node.name), weights) for node in nodes}
    return {"prescore": before.value, "scores": found}


def _images(given: Given) -> object:
    volumes = tuple(each["image"]["reference"] for each in given["pod"].get("volumes") or () if "image" in each)
    nodes = [
        Node(node["name"], images=tuple((tuple(each["names"]), each["sizeBytes"]) for each in node.get("images") or ()))
        for node in given["nodes"]
    ]
    return {"scores": image_locality.scores(_objects.pod_spec(given["pod"]), nodes, volumes)}


def _weights(raw: Sequence[Mapping[str, Any]]) -> resources.Weights:
    return tuple((each["Name"], each["Weight"]) for each in raw)


def _on(given: Given, node: str) -> list[PodSpec]:
    return [_objects.pod_spec(each) for each in given["existing"] if each.get("node") == node]
