"""NodeUnschedulable: a cordoned node takes only pods that tolerate it (C51).

Source: pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go.
"""

from __future__ import annotations

from kspec.kube.objects import Effect, Node, PodSpec, Taint
from kspec_models.helpers.tolerations import any_tolerates
from kspec_models.scheduler import gates
from kspec_models.scheduler.result import PASSED, FilterResult, QueueingHint, hint, unresolvable

NAME = "NodeUnschedulable"
REASON = "node(s) were unschedulable"
CORDON = Taint("node.kubernetes.io/unschedulable", "", Effect.NO_SCHEDULE)


def filter_node(spec: PodSpec, node: Node) -> FilterResult:
    """Reject if the node is cordoned, unless the pod tolerates the taint that goes with it."""
    if not node.unschedulable or tolerates_cordon(spec):
        return PASSED
    return unresolvable(NAME, REASON)


def tolerates_cordon(spec: PodSpec) -> bool:
    """Whether a pod may go to a cordoned node."""
    return any_tolerates(spec.tolerations, CORDON, comparison_operators=gates.comparison_operators())


def hint_after_node_change(before: Node | None, after: Node) -> QueueingHint:
    """Queue if a node is added that is not cordoned (`before` is None), or is no longer cordoned."""
    return hint((before is None or before.unschedulable) and not after.unschedulable)


def hint_after_toleration_added(after: PodSpec, *, itself: bool) -> QueueingHint:
    """Queue if the rejected pod `itself` was changed and now tolerates the cordon."""
    return hint(itself and tolerates_cordon(after))
