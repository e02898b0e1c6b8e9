"""NodeAffinity: nodeSelector and required node affinity (C54, C55).

Both must match. Of the affinity's terms one must match; of a term everything. A term without requirements matches
nothing, and so does a term with a requirement that is not valid, NotIn included. No terms match nothing.
Sources: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go;
staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go. Preferred terms only score. A
profile may add required terms of its own (`added`, None: none), of which every node must meet one beside the pod's.
"""

from __future__ import annotations

from kspec.kube.objects import Node, NodeSelectorTerm, Operator, PodSpec, Requirement
from kspec_models.helpers.labels import from_expression, includes
from kspec_models.scheduler.result import PASSED, FilterResult, QueueingHint, hint, skipped, unresolvable

NAME = "NodeAffinity"
REASON = "node(s) didn't match Pod's node affinity/selector"
REASON_ENFORCED = "node(s) didn't match scheduler-enforced node affinity"
REASON_CONFLICT = "pod affinity terms conflict"
NODE_NAME_FIELD = "metadata.name"

Terms = tuple[NodeSelectorTerm, ...]


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


def matches(spec: PodSpec, node: Node) -> bool:
    """Whether a node is one that the pod asks for."""
    if not includes(node.labels, spec.node_selector):
        return False
    return meets_one(spec.node_affinity, node)


def meets_one(terms: Terms | None, node: Node) -> bool:
    """Whether a node meets some term. No affinity (None) asks for nothing; an empty list of terms matches nothing."""
    return terms is None or any(term_matches(term, node) for term in terms)


def term_matches(term: NodeSelectorTerm, node: Node) -> bool:
    """Whether a node meets every expression and field of one term."""
    if not term.match_expressions and not term.match_fields:
        return False
    try:
        required = [from_expression(each, numeric=True) for each in term.match_expressions]
    except ValueError:
        return False
    return all(each.matches(node.labels) for each in required) and all(
        field_matches(field, node) for field in term.match_fields
    )


def field_matches(field: Requirement, node: Node) -> bool:
    """Whether a node meets one matchFields entry: In or NotIn of one value, and the only field is metadata.name."""
    if len(field.values) != 1 or field.operator not in (Operator.IN, Operator.NOT_IN):
        return False
    value = node.name if field.key == NODE_NAME_FIELD else ""
    return (value == field.values[0]) is (field.operator is Operator.IN)


def hint_after_node_change(spec: PodSpec, before: Node | None, after: Node, added: Terms | None = None) -> QueueingHint:
    """Queue if the node is new (`before` is None) or did not match, and now matches, the `added` terms too."""
    if not meets_one(added, after):
        return QueueingHint.SKIP
    return hint((before is None or not matches(spec, before)) and matches(spec, after))


def _pins_a_name(field: Requirement) -> bool:
    return field.key == NODE_NAME_FIELD and field.operator is Operator.IN
