"""pdb: the status of a PodDisruptionBudget."""

from __future__ import annotations

from kspec.kube.objects import LabelSelector
from kspec_models.controllers.disruption import decisions
from kspec_models.controllers.disruption.decisions import Budget, BudgetPod, BudgetStatus, Controller
from kspec_models.helpers.int_or_percent import int_or_percent
from tests.conformance.adapters import _objects
from tests.conformance.interface import AtLeast, Given

TOPIC = "pdb"


def answer(given: Given) -> object:
    """What the disruption controller's decisions say; not every case states every number."""
    before = BudgetStatus(disrupted=tuple((name, 0) for name in given.get("disrupted") or ()))
    pods = tuple(_pod(each) for each in given["pods"])
    controllers = tuple(_controller(each) for each in given["controllers"])
    status = decisions.status_of(_budget(given["pdb"]), pods, controllers, before)
    return AtLeast(
        {
            "disruptionsAllowed": status.allowed,
            "currentHealthy": status.current,
            "desiredHealthy": status.desired,
            "expectedPods": status.expected,
        }
    )


def _budget(raw: Given) -> Budget:
    least, most = raw.get("minAvailable"), raw.get("maxUnavailable")
    return Budget(
        None if least is None else int_or_percent(least),
        None if most is None else int_or_percent(most),
        _selector(raw.get("selector")),
    )


def _selector(raw: Given | None) -> LabelSelector | None:
    if raw is None:
        return None
    return LabelSelector(
        _objects.labels(raw.get("matchLabels")),
        tuple(_objects.requirement(each) for each in raw.get("matchExpressions") or ()),
    )


def _pod(raw: Given) -> BudgetPod:
    owner = raw.get("owner")
    return BudgetPod(
        raw["name"],
        _objects.labels(raw.get("labels")),
        raw.get("ready", False),
        raw.get("terminating", False),
        _uid(owner) if owner else None,
    )


def _controller(raw: Given) -> Controller:
    owner = raw.get("owner")
    return Controller(raw["kind"], raw["uid"], raw.get("replicas"), _uid(owner) if owner else None)


def _uid(reference: str) -> str:
    """The uid of `Kind/uid`."""
    return reference.split("/")[-1]
