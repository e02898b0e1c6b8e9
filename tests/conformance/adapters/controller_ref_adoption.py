"""Which objects a controller claims: `op` claim."""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import LabelSelector
from kspec_models.helpers import controller_ref, labels
from kspec_models.helpers.controller_ref import Claimed, Owner
from tests.conformance.interface import Given, Skip

TOPIC = "controller-ref-adoption"


def answer(given: Given) -> Any:
    """What the model says."""
    if given["op"] != "claim":
        raise Skip(f"op {given['op']}")
    controller = given["controller"]
    selector = LabelSelector(match_labels=tuple(sorted(given["selector"].items())))
    claims = {
        pod["name"]: controller_ref.claim(_claimed(pod, controller, selector), controller["terminating"])
        for pod in given["pods"]
    }
    return {
        "claimed": [name for name, claim in claims.items() if claim.ours],
        "patches": sum(claim.patches for claim in claims.values()),
    }


def _claimed(pod: Given, controller: Given, selector: LabelSelector) -> Claimed:
    owner = Owner.NONE
    if pod.get("owner") is not None:
        owner = Owner.ME if pod["owner"] == controller["uid"] else Owner.OTHER
    return Claimed(
        owner=owner,
        matches=labels.selector_matches(selector, tuple(sorted(pod["labels"].items()))),
        deleting=pod.get("terminating", False),
        same_namespace=pod["namespace"] == controller["namespace"],
    )
