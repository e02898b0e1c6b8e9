"""Which pods PodGC deletes in one pass, and which of them it must call failed first.

Models pkg/controller/podgc/gc_controller.go: gcTerminated, gcTerminating, gcOrphaned, gcUnscheduledTerminating (W149).
A pass runs all four, every 20 seconds. Each deletion is forced (grace period 0), so that a pod's object can go while
its containers still run (W150).

Times are whole seconds by the controller's clock. Not modelled: the order of parallel deletions, and lookups that fail
with anything but "not found" (such a node counts as existing).
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kube.objects import Phase, Taint

DEFAULT_THRESHOLD = 12500
"""How many terminated pods the cluster keeps (--terminated-pod-gc-threshold)."""

QUARANTINE = 40
"""Seconds for which a node must be missing from the cache before its pods are orphans."""

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
"""The taint by which an operator says that a node is down for good; its value and effect do not matter."""

EVICTED = "Evicted"


@attrs.frozen
class GcPod:
    """A pod to PodGC. `node` empty: not scheduled; `phase` None: never written; `created` orders by age."""

    name: str
    phase: Phase | None = None
    reason: str = ""
    node: str = ""
    created: int = 0
    deleting: bool = False


@attrs.frozen
class GcNode:
    """A node of the cache. `ready`: its Ready condition is True."""

    name: str
    ready: bool = True
    taints: tuple[Taint, ...] = ()


Quarantine = tuple[tuple[str, int], ...]
"""Nodes that were missing, and when to look at each again: sorted by name, at most one entry a node."""


@attrs.frozen
class OrphanPass:
    """The orphans that a pass deletes, and who is in quarantine after it."""

    orphans: tuple[GcPod, ...]
    quarantine: Quarantine


# ---- one pod


def is_terminated(phase: Phase | None) -> bool:
    """Whether a pod's life is over. So is one whose phase was never written (isPodTerminated)."""
    return phase not in (Phase.PENDING, Phase.RUNNING, Phase.UNKNOWN)


def is_evicted(pod: GcPod) -> bool:
    """Whether the kubelet threw it out (eviction.PodIsEvicted)."""
    return pod.phase is Phase.FAILED and pod.reason == EVICTED


def fails_first(phase: Phase | None) -> bool:
    """Whether the phase is set to Failed before the deletion: nobody else would (W149, markFailedAndDeletePod)."""
    return phase is not Phase.SUCCEEDED and phase is not Phase.FAILED


def is_out_of_service(node: GcNode) -> bool:
    """Whether pods that terminate on this node are not waited for: it is not ready, and has the taint (W149.2)."""
    return not node.ready and any(taint.key == OUT_OF_SERVICE for taint in node.taints)


def deletion_order(pods: Iterable[GcPod]) -> tuple[GcPod, ...]:
    """Evicted pods first, as no controller counts on them; then the oldest; of the same second, by name
    (byEvictionAndCreationTimestamp)."""
    return tuple(sorted(pods, key=lambda pod: (not is_evicted(pod), pod.created, pod.name)))


def surplus(terminated: int, threshold: int) -> int:
    """How many terminated pods go: those beyond the threshold; a threshold of 0 or less switches it off."""
    return max(0, terminated - threshold) if threshold > 0 else 0


# ---- the four parts of a pass


def terminated(pods: tuple[GcPod, ...], threshold: int = DEFAULT_THRESHOLD) -> tuple[GcPod, ...]:
    """Terminated pods beyond the threshold, in order of deletion (W149.1, gcTerminated)."""
    found = deletion_order(pod for pod in pods if is_terminated(pod.phase))
    return found[: surplus(len(found), threshold)]


def terminating_out_of_service(pods: tuple[GcPod, ...], nodes: tuple[GcNode, ...]) -> tuple[GcPod, ...]:
    """Terminating pods on nodes that are out of service, in order of deletion (W149.2, gcTerminating)."""
    down = {node.name for node in nodes if is_out_of_service(node)}
    return deletion_order(pod for pod in pods if pod.deleting and pod.node in down)


def unscheduled_terminating(pods: tuple[GcPod, ...]) -> tuple[GcPod, ...]:
    """Terminating pods that no kubelet has ever had (W149.4, gcUnscheduledTerminating)."""
    return tuple(pod for pod in pods if pod.deleting and pod.node == "")


def orphan_pass(
    pods: tuple[GcPod, ...], cached: frozenset[str], existing: frozenset[str], quarantine: Quarantine, now: int
) -> OrphanPass:
    """The pods whose node is gone (W149.3, gcOrphaned, discoverDeletedNodes).

    `cached` are the nodes that the cache has, `existing` those that a live GET finds: it is asked only about nodes
    whose quarantine is over and that are still not in the cache.
    """
    missing = {pod.node for pod in pods if pod.node != "" and pod.node not in cached}
    waiting = quarantined(quarantine, missing, now)
    released = {name for name, due in waiting if due <= now}
    gone = {name for name in released if name not in cached and name not in existing}
    kept = tuple((name, due) for name, due in waiting if name not in released)
    return OrphanPass(tuple(pod for pod in pods if pod.node in gone), kept)


def quarantined(quarantine: Quarantine, missing: Iterable[str], now: int) -> Quarantine:
    """The quarantine with these nodes in it; one that is in it already keeps its time.

    That holds also if the node was there again meanwhile: the delaying queue forgets nothing before its time.
    """
    dues = dict.fromkeys(missing, now + QUARANTINE) | dict(quarantine)
    return tuple(sorted(dues.items()))
