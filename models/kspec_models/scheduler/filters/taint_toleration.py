"""TaintToleration: a node's taints keep off the pods that do not tolerate them (C53).

Source: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go. PreferNoSchedule only scores.
"""

from __future__ import annotations

from kspec.kube.objects import Node, PodSpec, Taint
from kspec_models.helpers.tolerations import first_untolerated
from kspec_models.scheduler import gates
from kspec_models.scheduler.result import PASSED, FilterResult, QueueingHint, hint, unresolvable

NAME = "TaintToleration"
REASON = "node(s) had untolerated taint(s)"


def filter_node(spec: PodSpec, node: Node) -> FilterResult:
    """Reject if some NoSchedule or NoExecute taint is not tolerated."""
    if untolerated(spec, node) is None:
        return PASSED
    return unresolvable(NAME, REASON)


def untolerated(spec: PodSpec, node: Node) -> Taint | None:
    """The first taint that keeps this pod off the node."""
    return first_untolerated(node.taints, spec.tolerations, comparison_operators=gates.comparison_operators())


def hint_after_node_change(spec: PodSpec, before: Node | None, after: Node) -> QueueingHint:
    """Queue if the node was new (`before` is None) or not tolerated, and now is tolerated."""
    was_kept_off = before is None or untolerated(spec, before) is not None
    return hint(was_kept_off and untolerated(spec, after) is None)


def hint_after_toleration_added(*, itself: bool) -> QueueingHint:
    """Queue if the rejected pod `itself` got a toleration, whichever it is."""
    return hint(itself)
