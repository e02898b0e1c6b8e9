"""Broken twins of PodGC, chosen by `--set`: some property notices each."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec_models.controllers.pod_gc.decisions import GcNode, GcPod, OrphanPass, Quarantine, quarantined

_DECISIONS = "kspec_models.controllers.pod_gc.decisions"


@broken_twin(
    "pod-gc.orphans", "by-the-cache", f"{_DECISIONS}:orphan_pass", "no live GET confirms that a missing node is gone"
)
def by_the_cache(
    pods: tuple[GcPod, ...], cached: frozenset[str], existing: frozenset[str], quarantine: Quarantine, now: int
) -> OrphanPass:
    """What the cache does not show is gone."""
    waiting = quarantined(quarantine, {pod.node for pod in pods if pod.node not in cached}, now)
    gone = {name for name, due in waiting if due <= now and name not in cached}
    kept = tuple([(name, due) for name, due in waiting if due > now])
    return OrphanPass(tuple([pod for pod in pods if pod.node in gone]), kept)


@broken_twin("pod-gc.orphans", "kept", f"{_DECISIONS}:orphan_pass", "pods of nodes that are gone stay")
def kept(
    pods: tuple[GcPod, ...], cached: frozenset[str], existing: frozenset[str], quarantine: Quarantine, now: int
) -> OrphanPass:
    """Nobody is an orphan."""
    return OrphanPass((), ())


@broken_twin(
    "pod-gc.out-of-service", "without-the-taint", f"{_DECISIONS}:is_out_of_service", "to be not ready is enough"
)
def when_not_ready(node: GcNode) -> bool:
    """Nobody has to say that the node is down for good."""
    return not node.ready


@broken_twin("pod-gc.surplus", "all", f"{_DECISIONS}:surplus", "every terminated pod goes, however few there are")
def all_of_them(terminated: int, threshold: int) -> int:
    """No threshold."""
    return terminated


@broken_twin("pod-gc.surplus", "one-stays", f"{_DECISIONS}:surplus", "one pod more than the threshold is kept")
def one_more(terminated: int, threshold: int) -> int:
    """Off by one."""
    return max(0, terminated - threshold - 1)
