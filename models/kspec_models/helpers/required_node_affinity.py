"""Whether a node is one that a pod asks for: nodeSelector and required node affinity (C54, C55).

Both must match. Of the affinity's terms one must match; of a term everything. A term without requirements matches
nothing, and so does a term with a requirement that is not valid, NotIn included. No terms match nothing.
Source: staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go. The scheduler asks it, and
so does the DaemonSet controller (W80).
"""

from __future__ import annotations

from kspec.kube.objects import NODE_NAME_FIELD as NODE_NAME_FIELD
from kspec.kube.objects import Node, NodeSelectorTerm, Operator, PodSpec, Requirement
from kspec_models.helpers.labels import from_expression, includes

Terms = tuple[NodeSelectorTerm, ...]


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
