"""Where a DaemonSet's pods belong, and which of those on one node go or are missing.

Upstream: pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod, podsShouldBeOnNode;
util/daemonset_util.go AddOrUpdateDaemonPodTolerations.

Simplified: ages are numbers; the backoff of a node with failed pods is a truth value that comes in from outside.
Whether a node meets selector and required affinity comes in as well (it is the scheduler's rule, C54). Not modelled:
the burst of 250 creations and deletions a sync, and slow start (W87).
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Effect, Operator, Phase, Taint, Toleration
from kspec_models.helpers.tolerations import first_untolerated

_EVERYWHERE = tuple(
    Toleration(f"node.kubernetes.io/{key}", Operator.EXISTS, effect=effect)
    for key, effect in (
        ("not-ready", Effect.NO_EXECUTE),
        ("unreachable", Effect.NO_EXECUTE),
        ("disk-pressure", Effect.NO_SCHEDULE),
        ("memory-pressure", Effect.NO_SCHEDULE),
        ("pid-pressure", Effect.NO_SCHEDULE),
        ("unschedulable", Effect.NO_SCHEDULE),
    )
)
_ON_THE_HOST_NETWORK = (
    *_EVERYWHERE,
    Toleration("node.kubernetes.io/network-unavailable", Operator.EXISTS, effect=Effect.NO_SCHEDULE),
)


@attrs.frozen
class Placement:
    """Whether a node should get a pod, and whether one that is there may stay."""

    should_run: bool
    should_continue: bool


@attrs.frozen
class DaemonPod:
    """A pod of the DaemonSet on one node. `created` orders by age (larger is newer).

    `updated`: of the template in force. `bound`: the scheduler has bound it; before, it belongs to the node by its
    affinity.
    """

    phase: Phase = Phase.RUNNING
    terminating: bool = False
    ready: bool = True
    available: bool = True
    updated: bool = True
    bound: bool = True
    created: int = 0


@attrs.frozen
class NodeActions:
    """What one node needs: a pod or none, and the positions of the pods to delete, in upstream's order."""

    create: bool = False
    delete: tuple[int, ...] = ()


def daemon_tolerations(own: tuple[Toleration, ...], host_network: bool) -> tuple[Toleration, ...]:
    """The tolerations of the template and those that every daemon pod gets (W81, AddOrUpdateDaemonPodTolerations).

    So neither cordon nor drain nor the failure of a node keeps daemon pods off.
    """
    return own + (_ON_THE_HOST_NETWORK if host_network else _EVERYWHERE)


def node_should_run(
    template_node: str | None,
    node: str,
    selected: bool,
    taints: tuple[Taint, ...],
    tolerations: tuple[Toleration, ...],
) -> Placement:
    """Whether the node is one of the DaemonSet's (W80, NodeShouldRunDaemonPod). Room on the node is not asked about.

    `template_node` is the template's nodeName; `selected`: the node meets the template's nodeSelector and required
    affinity; `tolerations` are those of the pod (`daemon_tolerations`). A taint that is not tolerated keeps new pods
    off; only NoExecute also ends those that are there.
    """
    if template_node and template_node != node:
        return Placement(False, False)
    if not selected:
        return Placement(False, False)
    if first_untolerated(taints, tolerations) is not None:
        ends = first_untolerated(taints, tolerations, effects=(Effect.NO_EXECUTE,))
        return Placement(False, ends is None)
    return Placement(True, True)


def oldest_first(pods: tuple[DaemonPod, ...], positions: tuple[int, ...]) -> tuple[int, ...]:
    """Bound pods before others, then by age (W83, podByCreationTimestampAndPhase). Equals keep their order."""
    return tuple(sorted(positions, key=lambda i: (not pods[i].bound, pods[i].created)))


def node_actions(
    placement: Placement, pods: tuple[DaemonPod, ...], surge: bool = False, failed_backoff: bool = False
) -> NodeActions:
    """What to create and delete on one node, whatever the rollout does (W83, podsShouldBeOnNode).

    `surge`: maxSurge is not 0. `failed_backoff`: a pod failed here not long ago, so that failed ones stay for now.
    Without surge a terminating pod is not replaced before it is gone, and of several only the oldest stays.
    """
    if placement.should_run and not pods:
        return NodeActions(create=True)
    alive = tuple(i for i, pod in enumerate(pods) if not pod.terminating)
    if not placement.should_continue:
        return NodeActions(delete=alive)
    finished = tuple(i for i in alive if _is_cleaned_up(pods[i], failed_backoff))
    running = oldest_first(pods, tuple(i for i in alive if pods[i].phase not in (Phase.FAILED, Phase.SUCCEEDED)))
    if not surge:
        return NodeActions(delete=finished + running[1:])
    if not running:
        return NodeActions(create=placement.should_run, delete=finished)
    return NodeActions(delete=finished + surplus_while_surging(pods, running))


def surplus_while_surging(pods: tuple[DaemonPod, ...], running: tuple[int, ...]) -> tuple[int, ...]:
    """Who goes where a node may hold an old pod and its successor (W85); `running` is oldest first.

    One of each stays at most, and the old one only while it is ready and the new one is not yet available.
    """
    new = tuple(i for i in running if pods[i].updated)
    old = tuple(i for i in running if not pods[i].updated)
    surplus = tuple(i for i in running if i in new[1:] or i in old[1:])
    if new and old and (not pods[old[0]].ready or pods[new[0]].available):
        return (*surplus, old[0])
    return surplus


def _is_cleaned_up(pod: DaemonPod, failed_backoff: bool) -> bool:
    return pod.phase is Phase.SUCCEEDED or (pod.phase is Phase.FAILED and not failed_backoff)
