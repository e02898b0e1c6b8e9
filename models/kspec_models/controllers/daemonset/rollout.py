"""A DaemonSet's rolling update: how many nodes may change at a time, and which.

Upstream: pkg/controller/daemon/update.go rollingUpdate, updatedDesiredNodeCounts; util/daemonset_util.go
UnavailableCount, SurgeCount.

Upstream goes over nodes in the order of a Go map, which is random: how many of the candidates is decided, which ones is
open. Here candidates are taken in the order given, and a caller may give any order.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import IntOrPercent
from kspec_models.helpers.int_or_percent import resolve


@attrs.frozen
class Limits:
    """maxSurge and maxUnavailable as numbers of nodes."""

    surge: int
    unavailable: int


class OnNode(enum.Enum):
    """What the update finds on a node that is, or was, one of the DaemonSet's."""

    NONE = "no pod, or only terminating ones: the manage pass will create one"
    UNCLEAR = "several pods of one version: the manage pass will delete some"
    BOTH_WAITING = "an old pod, and a new one that is not yet available"
    BOTH_AVAILABLE = "an old pod, and a new one that is available"
    NEW_AVAILABLE = "a new pod that is available"
    NEW_WAITING = "a new pod that is not yet available"
    OLD_AVAILABLE = "an old pod that is available"
    OLD_UNAVAILABLE = "an old pod that is not available"


@attrs.frozen
class Update:
    """Positions of nodes: whose old pod is deleted, and who gets a new pod beside the old one."""

    delete_old: tuple[int, ...] = ()
    create_new: tuple[int, ...] = ()


def limits(desired: int, surge: IntOrPercent, unavailable: IntOrPercent) -> Limits:
    """Both of the desired number of nodes, both rounded up; never both 0 while there is a node (W84).

    Upstream: updatedDesiredNodeCounts. A Deployment's maxUnavailable rounds down.
    """
    most_surge = resolve(surge, desired, up=True)
    most_unavailable = resolve(unavailable, desired, up=True)
    if desired > 0 and most_surge == 0 and most_unavailable == 0:
        return Limits(0, 1)
    return Limits(most_surge, most_unavailable)


def rolling_update(nodes: tuple[OnNode, ...], limit: Limits) -> Update:
    """What one pass of the update changes (W84, W85, rollingUpdate)."""
    return _surging(nodes, limit.surge) if limit.surge > 0 else _replacing(nodes, limit.unavailable)


def replaceable(most_unavailable: int, unavailable: int, candidates: int) -> int:
    """How many available old pods may go: what the limit leaves, never below none (W84)."""
    return max(0, min(most_unavailable - unavailable, candidates))


def _replacing(nodes: tuple[OnNode, ...], most_unavailable: int) -> Update:
    """Without surge. An old pod that is not available is replaced at once, and counts as unavailable."""
    at_once = tuple(i for i, node in enumerate(nodes) if node is OnNode.OLD_UNAVAILABLE)
    candidates = tuple(i for i, node in enumerate(nodes) if node is OnNode.OLD_AVAILABLE)
    unavailable = sum(1 for node in nodes if node not in (OnNode.NEW_AVAILABLE, OnNode.OLD_AVAILABLE))
    return Update(delete_old=at_once + candidates[: replaceable(most_unavailable, unavailable, len(candidates))])


def _surging(nodes: tuple[OnNode, ...], most_surge: int) -> Update:
    """With surge. A node whose old pod is not available gets a new one at once, beyond the surge."""
    at_once = tuple(i for i, node in enumerate(nodes) if node is OnNode.OLD_UNAVAILABLE)
    candidates = tuple(i for i, node in enumerate(nodes) if node is OnNode.OLD_AVAILABLE)
    surged = sum(1 for node in nodes if node in (OnNode.BOTH_WAITING, OnNode.UNCLEAR))
    return Update(
        delete_old=tuple(i for i, node in enumerate(nodes) if node is OnNode.BOTH_AVAILABLE),
        create_new=at_once + candidates[: replaceable(most_surge, surged, len(candidates))],
    )
