"""Broken twins of the DaemonSet controller, chosen by `--set`."""

from __future__ import annotations

import attrs

from kspec.kernel.settings import broken_twin
from kspec.kube.objects import IntOrPercent, Toleration
from kspec_models.controllers.daemonset.decisions import DaemonPod, NodeActions, Placement, node_actions
from kspec_models.controllers.daemonset.rollout import Limits
from kspec_models.controllers.daemonset.status import Counts, status
from kspec_models.helpers.int_or_percent import resolve

_DAEMONSET = "kspec_models.controllers.daemonset"


@broken_twin(
    "daemonset.tolerations",
    "its-own",
    f"{_DAEMONSET}.decisions:daemon_tolerations",
    "no tolerations are added to those of the template",
)
def only_its_own(own: tuple[Toleration, ...], host_network: bool) -> tuple[Toleration, ...]:
    """As if daemon pods were pods like others."""
    return own


@broken_twin(
    "daemonset.misplaced", "kept", f"{_DAEMONSET}.decisions:node_actions", "pods stay where they should not be"
)
def they_stay(
    placement: Placement, pods: tuple[DaemonPod, ...], surge: bool = False, failed_backoff: bool = False
) -> NodeActions:
    """Every pod may stay where it is."""
    return node_actions(attrs.evolve(placement, should_continue=True), pods, surge, failed_backoff)


@broken_twin(
    "daemonset.unavailable",
    "ignored",
    f"{_DAEMONSET}.rollout:replaceable",
    "a rollout replaces every old pod at once",
)
def all_at_once(most_unavailable: int, unavailable: int, candidates: int) -> int:
    """All candidates."""
    return candidates


@broken_twin("daemonset.status", "one-short", f"{_DAEMONSET}.reconcile:status", "one node is left out of the status")
def one_short(nodes: tuple[tuple[bool, tuple[DaemonPod, ...]], ...]) -> Counts:
    """Counts one node too few."""
    return status(nodes[1:])


@broken_twin(
    "daemonset.surging",
    "old-first",
    f"{_DAEMONSET}.decisions:surplus_while_surging",
    "an old pod goes before its successor is available",
)
def old_first(pods: tuple[DaemonPod, ...], running: tuple[int, ...]) -> tuple[int, ...]:
    """As soon as there is a new pod, the old one goes."""
    new = [i for i in running if pods[i].updated]
    return tuple(i for i in running if not pods[i].updated) if new else ()


@broken_twin(
    "daemonset.stranded", "kept", f"{_DAEMONSET}.reconcile:stranded", "pods that wait for a node which is gone stay"
)
def nobody_deletes_them(*_: object) -> list[object]:
    """They wait for ever."""
    return []


@broken_twin(
    "daemonset.unavailable", "never-taken", f"{_DAEMONSET}.rollout:replaceable", "no old pod that is available goes"
)
def none_goes(most_unavailable: int, unavailable: int, candidates: int) -> int:
    """None."""
    return 0


@broken_twin("daemonset.limits", "both-zero", f"{_DAEMONSET}.rollout:limits", "both limits may come to zero")
def may_both_be_zero(desired: int, surge: IntOrPercent, unavailable: IntOrPercent) -> Limits:
    """As they are written."""
    return Limits(resolve(surge, desired, up=True), resolve(unavailable, desired, up=True))


@broken_twin("daemonset.limits", "rounded-down", f"{_DAEMONSET}.rollout:limits", "maxUnavailable rounds down")
def as_of_a_deployment(desired: int, surge: IntOrPercent, unavailable: IntOrPercent) -> Limits:
    """As those of a Deployment."""
    most_surge, most_unavailable = resolve(surge, desired, up=True), resolve(unavailable, desired, up=False)
    if desired > 0 and most_surge == 0 and most_unavailable == 0:
        return Limits(0, 1)
    return Limits(most_surge, most_unavailable)
