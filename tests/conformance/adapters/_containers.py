"""Restart policies of containers, as the kubelet's vector files write them."""

from __future__ import annotations

from kspec_models.kubelet.restart import ExitCodeRule, RestartPolicy, Restarts
from tests.conformance.interface import Given


def policy(raw: str | None) -> RestartPolicy:
    """A pod's policy; none is Always, as the API server's default has it."""
    return RestartPolicy(raw or "Always")


def restarts(pod: str | None, container: Given) -> Restarts:
    """How a container is restarted."""
    own = container.get("restartPolicy")
    return Restarts(
        policy(pod),
        RestartPolicy(own) if own else None,
        tuple(_rule(each) for each in container.get("restartPolicyRules") or ()),
    )


def is_sidecar(container: Given) -> bool:
    """Whether an init container is a sidecar."""
    return bool(container.get("restartPolicy") == "Always")


def _rule(raw: Given) -> ExitCodeRule:
    codes = raw["exitCodes"]
    return ExitCodeRule(tuple(codes["values"]), codes["operator"] == "NotIn", raw["action"] == "RestartAllContainers")
