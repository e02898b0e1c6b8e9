"""Broken twins of the taint eviction controller, chosen by `--set`: some property notices each."""

from __future__ import annotations

from typing import Any

from kspec.kernel.settings import broken_twin
from kspec.kube.cache import Api
from kspec.kube.objects import Taint, Toleration

_CONTROLLER = "kspec_models.controllers.taint_eviction"


@broken_twin(
    "taint-eviction.tolerations", "ignored", f"{_CONTROLLER}.decisions:used_tolerations", "nothing tolerates anything"
)
def none_used(
    taints: tuple[Taint, ...], tolerations: tuple[Toleration, ...], *, comparison_operators: bool = False
) -> tuple[Toleration, ...] | None:
    """No toleration counts."""
    return None


@broken_twin("taint-eviction.effects", "all", f"{_CONTROLLER}.decisions:no_execute", "every taint evicts")
def every_taint(taints: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """NoSchedule evicts as well."""
    return taints


@broken_twin(
    "taint-eviction.effects", "none", f"{_CONTROLLER}.decisions:no_execute", "no taint evicts, not even NoExecute"
)
def no_taint(taints: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """Nobody is evicted."""
    return ()


@broken_twin(
    "taint-eviction.deletion", "forced", f"{_CONTROLLER}.eviction:deletion", "pods are deleted with grace period 0"
)
def forced(pod: Any, api: Api) -> Any:
    """The pod is gone before its kubelet knows."""
    return api.delete(pod, grace_period_seconds=0)
