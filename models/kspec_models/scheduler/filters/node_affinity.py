"""NodeAffinity: nodeSelector and required node affinity (C54, C55).

What matches is the helpers' (`required_node_affinity`). Preferred terms only score. A profile may add required terms of
its own (`added`, None: none), of which every node must meet one beside the pod's.
Source: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go.
"""

from __future__ import annotations

from kspec.kube.objects import Node, Operator, PodSpec, Requirement
from kspec_models.helpers.required_node_affinity import NODE_NAME_FIELD as NODE_NAME_FIELD
from kspec_models.helpers.required_node_affinity import Terms as Terms
from kspec_models.helpers.required_node_affinity import matches as matches
from kspec_models.helpers.required_node_affinity import meets_one as meets_one
from kspec_models.helpers.required_node_affinity import term_matches as term_matches
from kspec_models.scheduler.result import PASSED, FilterResult, QueueingHint, hint, skipped, unresolvable

NAME = "NodeAffinity"
REASON = "node(s) didn't match Pod's node affinity/selector"
REASON_ENFORCED = "node(s) didn't match scheduler-enforced node affinity"
REASON_CONFLICT = "pod affinity terms conflict"


def filter_node(spec: PodSpec, node: Node, added: Terms | None = None) -> FilterResult:
    """Reject unless the node has every label of nodeSelector and meets a term of the required affinity."""
    if not meets_one(added, node):
        return unresolvable(NAME, REASON_ENFORCED)
    if matches(spec, node):
        return PASSED
    return unresolvable(NAME, REASON)


def pre_filter(spec: PodSpec, added: Terms | None = None) -> FilterResult:
    """Skip if there is nothing to match; reject every node if the terms pin the node's name in contradiction."""
    if not spec.node_selector and spec.node_affinity is None and added is None:
        return skipped(NAME)
    if pinned_nodes(spec) == frozenset():
        return unresolvable(NAME, REASON_CONFLICT)
    return PASSED


def pinned_nodes(spec: PodSpec) -> frozenset[str] | None:
    """The only nodes that need to be looked at, where every term pins the node's name with In. None: all nodes."""
    if not spec.node_affinity:
        return None
    pinned: frozenset[str] = frozenset()
    for term in spec.node_affinity:
        names = [frozenset(field.values) for field in term.match_fields if _pins_a_name(field)]
        if not names:
            return None
        pinned |= frozenset.intersection(*names)
    return pinned


def hint_after_node_change(spec: PodSpec, before: Node | None, after: Node, added: Terms | None = None) -> QueueingHint:
    """Queue if the node is new (`before` is None) or did not match, and now matches, the `added` terms too."""
    if not meets_one(added, after):
        return QueueingHint.SKIP
    return hint((before is None or not matches(spec, before)) and matches(spec, after))


def _pins_a_name(field: Requirement) -> bool:
    return field.key == NODE_NAME_FIELD and field.operator is Operator.IN
