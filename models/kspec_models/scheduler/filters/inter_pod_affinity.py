"""InterPodAffinity: near the pods that a pod asks for, away from those it avoids and that avoid it (C72 to C75).

Two pods are near each other by a topology key if their nodes have the same value of that label. Affinity counts pods
that match all terms at once; anti-affinity counts for each term. Existing pods' anti-affinity works both ways.
Terminating pods count until they are gone. Source: pkg/scheduler/framework/plugins/interpodaffinity/filtering.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from kspec.kube.objects import Labels, Node, Pod
from kspec.kube.placement import AffinityTerm
from kspec_models.helpers.labels import value_of
from kspec_models.scheduler.result import PASSED, FilterResult, skipped, unresolvable, unschedulable
from kspec_models.scheduler.snapshot import (
    Namespaces,
    PlacedNode,
    Snapshot,
    affinity_of,
    check_selectors,
    term_selects,
)

NAME = "InterPodAffinity"
REASON_AFFINITY = "node(s) didn't match pod affinity rules"
REASON_ANTI = "node(s) didn't match pod anti-affinity rules"
REASON_EXISTING_ANTI = "node(s) didn't satisfy existing pods anti-affinity rules"

Domain = tuple[str, str]
"""A topology key and its value."""

Counts = tuple[tuple[Domain, int], ...]
"""How many matches each domain has, sorted; none is not listed."""


@attrs.frozen
class State:
    """What PreFilter counts: for the pod's affinity, its anti-affinity, and existing pods' anti-affinity."""

    affinity: Counts = ()
    anti_affinity: Counts = ()
    existing_anti_affinity: Counts = ()


def count(pod: Pod, snapshot: Snapshot, namespaces: Namespaces = ()) -> State:
    """Everything that matches, by domain. Raises ValueError if a selector is not valid."""
    affinity, anti, existing_anti = Counter[Domain](), Counter[Domain](), Counter[Domain]()
    for at in snapshot:
        for other in at.pods:
            if matches_all(affinity_of(pod).required, pod, other, namespaces):
                affinity.update(_domains(affinity_of(pod).required, at.node.labels))
            anti.update(_domains(_selecting(affinity_of(pod).required_anti, pod, other, namespaces), at.node.labels))
            back = _selecting(affinity_of(other).required_anti, other, pod, namespaces)
            existing_anti.update(_domains(back, at.node.labels))
    return State(_sorted(affinity), _sorted(anti), _sorted(existing_anti))


def pre_filter(pod: Pod, snapshot: Snapshot, namespaces: Namespaces = ()) -> FilterResult:
    """Skip if neither side asks for anything; reject every node if a selector of the pod cannot be parsed."""
    try:
        check_selectors(affinity_of(pod))
    except ValueError as error:
        return unresolvable(NAME, f"parsing pod: {error}")
    if affinity_of(pod).required or affinity_of(pod).required_anti:
        return PASSED
    return PASSED if count(pod, snapshot, namespaces).existing_anti_affinity else skipped(NAME)


def filter_node(pod: Pod, node: Node, state: State, namespaces: Namespaces = ()) -> FilterResult:
    """Reject unless affinity, anti-affinity and existing pods' anti-affinity all hold, asked in this order."""
    if not affinity_holds(pod, node.labels, state, namespaces):
        return unresolvable(NAME, REASON_AFFINITY)
    if not anti_affinity_holds(pod, node.labels, state):
        return unschedulable(NAME, REASON_ANTI)
    if any(dict(state.existing_anti_affinity).get(domain, 0) > 0 for domain in node.labels):
        return unschedulable(NAME, REASON_EXISTING_ANTI)
    return PASSED


def affinity_holds(pod: Pod, labels: Labels, state: State, namespaces: Namespaces = ()) -> bool:
    """Whether the node has every topology key, and in each of its domains is a pod that matches all terms.

    The first of a set of pods that want each other may go anywhere with the keys: it matches all its own terms, and
    no pod in the cluster does (satisfyPodAffinity).
    """
    terms, counts = affinity_of(pod).required, dict(state.affinity)
    domains = list(_domains(terms, labels))
    if len(domains) < len(terms):
        return False
    if all(counts.get(domain, 0) > 0 for domain in domains):
        return True
    return not counts and matches_all(terms, pod, pod, namespaces)


def anti_affinity_holds(pod: Pod, labels: Labels, state: State) -> bool:
    """Whether no domain of the node holds a pod that a term avoids. A node without the key is in no domain."""
    counts = dict(state.anti_affinity)
    return not any(counts.get(domain, 0) > 0 for domain in _domains(affinity_of(pod).required_anti, labels))


def matches_all(terms: tuple[AffinityTerm, ...], owner: Pod, other: Pod, namespaces: Namespaces = ()) -> bool:
    """Whether a pod matches every term. No terms: no pod does (podMatchesAllAffinityTerms)."""
    return bool(terms) and all(term_selects(term, owner, other, namespaces) for term in terms)


def verdict(pod: Pod, at: PlacedNode, snapshot: Snapshot, namespaces: Namespaces = ()) -> FilterResult:
    """PreFilter and filter of one node in one."""
    before = pre_filter(pod, snapshot, namespaces)
    if before != PASSED:
        return before
    return filter_node(pod, at.node, count(pod, snapshot, namespaces), namespaces)


def _selecting(
    terms: tuple[AffinityTerm, ...], owner: Pod, other: Pod, namespaces: Namespaces
) -> Iterable[AffinityTerm]:
    return (term for term in terms if term_selects(term, owner, other, namespaces))


def _domains(terms: Iterable[AffinityTerm], labels: Labels) -> Iterable[Domain]:
    for term in terms:
        value = value_of(labels, term.topology_key)
        if value is not None:
            yield term.topology_key, value


def _sorted(counter: Counter[Domain]) -> Counts:
    return tuple(sorted(counter.items()))
