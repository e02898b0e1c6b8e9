"""Broken twins around Services and configuration: what people and kubelets do wrong beside the network."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.kernel.actions import Reader
from kspec.kernel.settings import broken_twin
from kspec.kube.cluster import Cluster
from kspec_models.kubelet.configuration import Contents


@broken_twin("kubelet.pre-stop", "short", "kspec_models.pre_stop:sleep_is_over", "a preStop sleep may end at any time")
def over_at_any_time(see: Reader, cluster: Cluster, proxies: Sequence[str]) -> bool:
    """It is over."""
    return True


@broken_twin(
    "kubelet.environment",
    "live",
    "kspec_models.kubelet.configuration:environment_after",
    "the environment of running containers follows the objects",
)
def live_environment(environment: Contents | None, seen: Contents) -> Contents | None:
    """Like files."""
    return seen


@broken_twin(
    "kubelet.volumes",
    "as-at-the-start",
    "kspec_models.kubelet.configuration:volume_after",
    "files are never written anew (as those of a subPath)",
)
def volume_of_the_start(volume: Contents | None, seen: Contents) -> Contents | None:
    """They stay."""
    return volume
