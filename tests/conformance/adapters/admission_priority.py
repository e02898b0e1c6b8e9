"""admission-priority: what the Priority plugin makes of a new pod."""

from __future__ import annotations

from kspec.kube.scheduling import PreemptionPolicy, PriorityClass
from kspec_models.apiserver import priority_admission
from kspec_models.apiserver.priority_admission import PodPriority
from kspec_models.apiserver.write import Rejected
from tests.conformance.interface import AtLeast, Given

TOPIC = "admission-priority"


def answer(given: Given) -> object:
    """What the admission decision says; not every case states the preemption policy."""
    pod = given["pod"]
    wanted = PodPriority(pod.get("priorityClassName", ""), pod.get("priority"), _policy(pod))
    try:
        admitted = priority_admission.resolved(wanted, tuple(_class(each) for each in given["classes"]))
    except Rejected:
        return {"error": True}
    policy = admitted.preemption_policy
    return AtLeast({"priority": admitted.priority, "preemptionPolicy": None if policy is None else policy.value})


def _class(raw: Given) -> PriorityClass:
    return PriorityClass(raw["name"], raw["value"], raw.get("globalDefault", False), _policy(raw))


def _policy(raw: Given) -> PreemptionPolicy | None:
    return PreemptionPolicy(raw["preemptionPolicy"]) if raw.get("preemptionPolicy") else None
