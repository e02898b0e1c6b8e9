"""Probe workers: `op` sequence, state."""

from __future__ import annotations

from typing import Any

import attrs

from kspec_models.kubelet import probes
from kspec_models.kubelet.probes import ContainerState, Outcome, Probe, Seen, Settings, Worker
from kspec_models.kubelet.restart import RestartPolicy
from tests.conformance.adapters import _containers
from tests.conformance.interface import Given, Skip

TOPIC = "probes"

OUTCOMES = {"S": Outcome.SUCCESS, "F": Outcome.FAILURE, "U": Outcome.UNKNOWN, "W": Outcome.WARNING}
STATES = {"absent from status": ContainerState.ABSENT}


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "sequence":
            return _sequence(given)
        case "state":
            return _state(given)
    raise Skip(f"op {given['op']}")


def _sequence(given: Given) -> Any:
    """A container runs, which has started unless it is a startup probe that is asked."""
    settings = Settings(Probe(given["probe"]), given["successThreshold"], given["failureThreshold"])
    seen = Seen(started=settings.probe is not Probe.STARTUP)
    worker, goes_on = Worker(), True
    results: list[str | None] = []
    on_hold: list[bool] = []
    for letter in given["outcomes"]:
        turn = probes.step(worker, settings, seen, OUTCOMES[letter])
        worker, goes_on = turn.worker, goes_on and turn.goes_on
        results.append(worker.published.value if worker.published else None)
        on_hold.append(worker.on_hold)
    first = probes.initial(settings.probe).value
    return {"initial": first, "results": results, "onHold": on_hold, "continue": goes_on}


def _state(given: Given) -> Any:
    """Upstream's probe succeeds in these cases, with thresholds of 1."""
    settings = Settings(Probe(given["probe"]), 1, 1)
    may_restart = _containers.policy(given.get("restartPolicy")) is not RestartPolicy.NEVER
    seen = Seen(
        known=given.get("podStatus") != "none",
        finished=given.get("podPhase") in ("Failed", "Succeeded"),
        deleting=given.get("podDeleting", False),
        may_restart=may_restart,
        started=settings.probe is not Probe.STARTUP,
        in_initial_delay=given.get("withinInitialDelay", False),
    )
    container = given.get("container", "running")
    seen = attrs.evolve(seen, state=STATES.get(container) or ContainerState(container))
    turn = probes.step(Worker(), settings, seen, Outcome.SUCCESS)
    result = {"continue": turn.goes_on, "set": turn.worker.published is not None}
    return result if turn.worker.published is None else {**result, "result": turn.worker.published.value}
