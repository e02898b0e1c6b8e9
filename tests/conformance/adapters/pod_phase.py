"""A pod's phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec_models.kubelet import phase
from kspec_models.kubelet.phase import End, Observed, State, Status
from tests.conformance.adapters import _containers
from tests.conformance.interface import Given

TOPIC = "pod-phase"


def answer(given: Given) -> Any:
    """What the model says. Statuses come in two lists, or in one for all containers."""
    found = {
        each["name"]: _status(each)
        for key in ("statuses", "containerStatuses", "initContainerStatuses")
        for each in given.get(key) or ()
    }

    def observed(container: Given, init: bool) -> Observed:
        return Observed(
            found.get(container["name"]),
            _containers.restarts(given["restartPolicy"], container),
            init and _containers.is_sidecar(container),
        )

    result = phase.phase(
        tuple(observed(each, True) for each in given.get("initContainers") or ()),
        tuple(observed(each, False) for each in given.get("containers") or ()),
        terminal=given.get("terminal", False),
        initialized=given.get("hasInitialized", False),
    )
    return {"phase": result.value}


def _status(raw: Given) -> Status:
    state = raw.get("state")
    last = raw.get("last") or {}
    if isinstance(state, Mapping) and "terminated" in state:
        return Status(State.TERMINATED, End(state["terminated"], state.get("reason", "")))
    end = End(last["terminated"], last.get("reason", "")) if "terminated" in last else None
    if isinstance(state, Mapping):
        return Status(State.WAITING, end)
    return Status(State(state) if state else None, end, raw.get("started", False))
