"""preemption: victims on each node, budgets, the choice of a node, and who may preempt at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kspec.kube.objects import Pod
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.scheduler import preemption
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.snapshot import PlacedNode, Snapshot
from tests.conformance.adapters import _placed
from tests.conformance.interface import Given, Skip

TOPIC = "preemption"

ALLOCATABLE = {"cpu": "500m", "memory": "500", "pods": "32"}
"""What every node of upstream's tests has."""


def answer(given: Given) -> object:
    """What preemption would do."""
    match given["op"]:
        case "victims":
            found = preemption.candidates(_placed.pod(given["pod"]), _snapshot(given), _budgets(given))
            return {
                "candidates": {
                    each.node: {
                        "victims": sorted(victim.name for victim in each.victims),
                        "pdb_violations": each.violations,
                    }
                    for each in found
                }
            }
        case "best":
            found = preemption.candidates(_placed.pod(given["pod"]), _snapshot(given), _budgets(given))
            return {"nodes": sorted(each.node for each in preemption.best(found))}
        case "pdb-split":
            victims = [tuple(_placed.pod(each) for each in victim) for victim in given["victims"]]
            violating, others = preemption.split_by_budgets(victims, _budgets(given))
            return {"violating": _names(violating), "non_violating": _names(others)}
        case "eligible":
            return {"eligible": _eligible(given)}
        case op:
            raise Skip(f"unknown op {op}")


def _eligible(given: Given) -> bool:
    pod = given["pod"]
    nominated: PlacedNode | None = next(
        (at for at in _snapshot(given) if at.node.name == pod.get("nominatedNodeName")), None
    )
    status = Status(given["nominated_node_status"])
    return preemption.eligible(_placed.pod(pod), pod.get("preemptionPolicy", ""), nominated, status)


def _snapshot(given: Given) -> Snapshot:
    return _placed.snapshot([_node(name) for name in given["nodes"]], given["existing"])


def _node(name: str) -> Mapping[str, Any]:
    """A node by its name, or by hostname/zone/region."""
    keys = ("hostname", "zone", "region")
    parts = name.split("/")
    return {"name": parts[0], "labels": dict(zip(keys, parts, strict=False)), "allocatable": ALLOCATABLE}


def _budgets(given: Given) -> tuple[PodDisruptionBudget, ...]:
    return tuple(
        PodDisruptionBudget(
            each.get("name", ""),
            _placed.label_selector(each.get("selector")),
            disruptions_allowed=each["disruptionsAllowed"],
            disrupted_pods=tuple(each["disruptedPods"]),
            namespace=each.get("namespace", ""),
        )
        for each in given.get("pdbs") or ()
    )


def _names(victims: Iterable[tuple[Pod, ...]]) -> list[list[str]]:
    return [[pod.name for pod in victim] for victim in victims]
