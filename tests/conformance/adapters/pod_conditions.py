"""The conditions ContainersReady, Ready and Initialized."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.kube.objects import Phase
from kspec_models.kubelet import conditions
from kspec_models.kubelet.conditions import Condition, ContainerReport
from tests.conformance.adapters import _containers
from tests.conformance.interface import Given

TOPIC = "pod-conditions"


def answer(given: Given) -> Any:
    """What the model says; no reason is left out."""
    condition = _condition(given)
    status = {"status": str(condition.status)}
    return {**status, "reason": condition.reason} if condition.reason else status


def _condition(given: Given) -> Condition:
    statuses = given.get("statuses")
    found = {each["name"]: each for each in statuses or ()}
    init = tuple(_report(each, found, True) for each in given.get("initContainers") or ())
    containers = tuple(_report(each, found, False) for each in given.get("containers") or ())
    phase, known = Phase(given["phase"]), statuses is not None
    if given["condition"] == "Initialized":
        return conditions.initialized(init, containers, phase, known)
    condition = conditions.containers_ready(init, containers, phase, known)
    if given["condition"] == "ContainersReady":
        return condition
    true = {each["type"] for each in given.get("podConditions") or () if each["status"] == "True"}
    return conditions.ready(condition, tuple(gate in true for gate in given.get("readinessGates") or ()))


def _report(container: Given, found: Mapping[str, Given], init: bool) -> ContainerReport:
    sidecar = init and _containers.is_sidecar(container)
    status = found.get(container["name"])
    if status is None:
        return ContainerReport(known=False, sidecar=sidecar)
    state = status.get("state")
    has_run = state == "running" or (isinstance(state, Mapping) and ("terminated" in state or "running" in state))
    return ContainerReport(True, status.get("ready", False), status.get("started", False), has_run, sidecar)
