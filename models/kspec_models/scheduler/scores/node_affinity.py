"""NodeAffinity's score: the weights of the preferred terms that a node meets (C85).

Sources: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go, PreScore, Score, NormalizeScore;
staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go, NewPreferredSchedulingTerms.
"""

from __future__ import annotations

from collections.abc import Iterable

from kspec.kube.objects import Node, NodeSelectorTerm, Operator
from kspec.kube.placement import PreferredTerm
from kspec_models.helpers.labels import from_expression
from kspec_models.scheduler.filters.node_affinity import term_matches
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.scores.normalize import normalized

Preferred = tuple[PreferredTerm, ...]


def pre_score(preferred: Preferred, added: Preferred = ()) -> Status:
    """Skip if nothing is preferred; Error if a term that counts cannot be parsed. `added`: the profile's own terms."""
    if not preferred and not added:
        return Status.SKIP
    return Status.SUCCESS if all(parses(each.term) for each in preferred if counts(each)) else Status.ERROR


def counts(preferred: PreferredTerm) -> bool:
    """Whether a term counts at all: it has a weight and asks for something."""
    return preferred.weight != 0 and bool(preferred.term.match_expressions or preferred.term.match_fields)


def parses(term: NodeSelectorTerm) -> bool:
    """Whether the term is valid: its expressions are, and each field is In or NotIn of one value."""
    try:
        for expression in term.match_expressions:
            from_expression(expression, numeric=True)
    except ValueError:
        return False
    return all(
        field.operator in (Operator.IN, Operator.NOT_IN) and len(field.values) == 1 for field in term.match_fields
    )


def raw_score(preferred: Preferred, node: Node) -> int:
    """The weights of the terms that the node meets."""
    return sum(each.weight for each in preferred if counts(each) and term_matches(each.term, node))


def scores(preferred: Preferred, nodes: Iterable[Node], added: Preferred = ()) -> dict[str, int]:
    """By name of node: 100 for the largest sum; all 0 if no node meets a term."""
    return normalized({node.name: raw_score((*preferred, *added), node) for node in nodes})
