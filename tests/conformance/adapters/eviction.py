"""eviction: the answer of the eviction subresource, and what it writes."""

from __future__ import annotations

from kspec.kube.objects import Phase
from kspec.kube.policy import UnhealthyPodEvictionPolicy
from kspec_models.apiserver import eviction
from tests.conformance.interface import Given

TOPIC = "eviction"


def answer(given: Given) -> object:
    """What the eviction decision says."""
    raw = given["pod"]
    pod = eviction.EvictedPod(Phase(raw["phase"]), raw["ready"], raw["deleting"])
    result = eviction.evict(pod, tuple(_budget(each) for each in given["pdbs"]))
    return {"code": result.code, "decrement": result.decrement, "deleted": result.delete}


def _budget(raw: Given) -> eviction.BudgetStatus:
    return eviction.BudgetStatus(
        raw["disruptionsAllowed"],
        raw["currentHealthy"],
        raw["desiredHealthy"],
        raw["disruptedPods"],
        raw["statusObserved"],
        UnhealthyPodEvictionPolicy(raw.get("unhealthyPodEvictionPolicy") or "IfHealthyBudget"),
    )
