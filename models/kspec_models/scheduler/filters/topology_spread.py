"""PodTopologySpread: no domain gets too many more matching pods than the emptiest one (C67 to C70).

Sources: pkg/scheduler/framework/plugins/podtopologyspread/filtering.go, common.go. There are no hard constraints by
default (C71; the soft ones are in the score). The API server's merging of matchLabelKeys into the selector at
creation is not modelled: the keys are merged here, which selects the same.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kube.objects import Labels, Node, Pod
from kspec.kube.placement import SpreadConstraint, WhenUnsatisfiable
from kspec_models.helpers.labels import (
    Selector,
    SelectorOperator,
    as_selector,
    new_requirement,
    sorted_selector,
    value_of,
)
from kspec_models.scheduler.filters import node_affinity, taint_toleration
from kspec_models.scheduler.result import PASSED, FilterResult, skipped, unresolvable, unschedulable
from kspec_models.scheduler.snapshot import PlacedNode, Snapshot

NAME = "PodTopologySpread"
REASON = "node(s) didn't match pod topology spread constraints"
REASON_NO_LABEL = REASON + " (missing required label)"

Counts = tuple[tuple[str, int], ...]
"""How many matching pods each domain of one constraint has, by the label's value, sorted; 0 is listed."""


@attrs.frozen
class Gates:
    """Feature gates, on in 1.36. `inclusion_policies` off: affinity is honoured and taints are not, whatever a
    constraint says; `match_label_keys` off: those are ignored."""

    inclusion_policies: bool = True
    match_label_keys: bool = True


DEFAULT_GATES = Gates()


def constraints(pod: Pod, when: WhenUnsatisfiable) -> tuple[SpreadConstraint, ...]:
    """The pod's constraints that filter, or that score."""
    return tuple(each for each in pod.spec.spread if each.when is when)


def selector_of(constraint: SpreadConstraint, labels: Labels, gates: Gates = DEFAULT_GATES) -> Selector:
    """Whom a constraint counts: its selector, and the pod's own values of matchLabelKeys. Raises ValueError.

    No selector selects nothing, unless a matchLabelKeys key gives it something to ask for (mergeLabelSetWithSelector).
    """
    selector = as_selector(constraint.selector)
    values = [(key, value_of(labels, key)) for key in constraint.match_label_keys if gates.match_label_keys]
    own = tuple(new_requirement(key, SelectorOperator.EQUALS, (value,)) for key, value in values if value is not None)
    return sorted_selector((*own, *selector.requirements)) if own else selector


def matching_pods(pods: Iterable[Pod], selector: Selector, namespace: str) -> int:
    """How many pods of one node count: same namespace, not terminating, selected (countPodsMatchSelector).

    An empty selector, which elsewhere selects everything, counts none.
    """
    if selector.empty:
        return 0
    return sum(not pod.deleting and pod.namespace == namespace and selector.matches(pod.labels) for pod in pods)


def has_all_keys(labels: Labels, among: Iterable[SpreadConstraint]) -> bool:
    """Whether a node has the topology keys of all constraints."""
    return all(value_of(labels, each.topology_key) is not None for each in among)


def is_included(constraint: SpreadConstraint, pod: Pod, node: Node, gates: Gates = DEFAULT_GATES) -> bool:
    """Whether a node counts for a constraint, by its inclusion policies (matchNodeInclusionPolicies)."""
    if (constraint.honor_affinity or not gates.inclusion_policies) and not node_affinity.matches(pod.spec, node):
        return False
    honor_taints = constraint.honor_taints and gates.inclusion_policies
    return not honor_taints or taint_toleration.untolerated(pod.spec, node) is None


def count(pod: Pod, snapshot: Snapshot, gates: Gates = DEFAULT_GATES) -> tuple[Counts, ...]:
    """The matching pods in each domain of each hard constraint (calPreFilterState)."""
    hard = constraints(pod, WhenUnsatisfiable.DO_NOT_SCHEDULE)
    found = []
    for constraint in hard:
        selector = selector_of(constraint, pod.labels, gates)
        domains: dict[str, int] = {}
        for at in snapshot:
            if not has_all_keys(at.node.labels, hard) or not is_included(constraint, pod, at.node, gates):
                continue
            value = value_of(at.node.labels, constraint.topology_key) or ""
            domains[value] = domains.get(value, 0) + matching_pods(at.pods, selector, pod.namespace)
        found.append(tuple(sorted(domains.items())))
    return tuple(found)


def changed(
    pod: Pod,
    counts: tuple[Counts, ...],
    other: Pod,
    node: Node,
    by: int,
    gates: Gates = DEFAULT_GATES,
) -> tuple[Counts, ...]:
    """The counts after `other` was added to a node (`by` 1) or taken from it (-1), as preemption tries (C100)."""
    hard = constraints(pod, WhenUnsatisfiable.DO_NOT_SCHEDULE)
    if other.namespace != pod.namespace or not has_all_keys(node.labels, hard):
        return counts
    new = []
    for constraint, before in zip(hard, counts, strict=True):
        domains = dict(before)
        selected = selector_of(constraint, pod.labels, gates).matches(other.labels)
        if selected and is_included(constraint, pod, node, gates):
            value = value_of(node.labels, constraint.topology_key) or ""
            domains[value] = domains.get(value, 0) + by
        new.append(tuple(sorted(domains.items())))
    return tuple(new)


def global_minimum(counts: Counts, min_domains: int) -> int:
    """The fewest matching pods of a domain; 0 while there are fewer than minDomains domains (minMatchNum)."""
    if len(counts) < min_domains:
        return 0
    return min((number for _, number in counts), default=0)


def skew_allowed(matching: int, itself: int, minimum: int, max_skew: int) -> bool:
    """Whether one more pod keeps within maxSkew. `itself`: 1 if the pod is one that its constraint counts, else 0."""
    return matching + itself - minimum <= max_skew


def pre_filter(pod: Pod) -> FilterResult:
    """Skip a pod without hard constraints."""
    return PASSED if constraints(pod, WhenUnsatisfiable.DO_NOT_SCHEDULE) else skipped(NAME)


def filter_node(pod: Pod, node: Node, counts: tuple[Counts, ...], gates: Gates = DEFAULT_GATES) -> FilterResult:
    """Reject a node without a topology key, and one whose domain would have too many."""
    for constraint, domains in zip(constraints(pod, WhenUnsatisfiable.DO_NOT_SCHEDULE), counts, strict=True):
        value = value_of(node.labels, constraint.topology_key)
        if value is None:
            return unresolvable(NAME, REASON_NO_LABEL)
        itself = 1 if selector_of(constraint, pod.labels, gates).matches(pod.labels) else 0
        minimum = global_minimum(domains, constraint.min_domains)
        if not skew_allowed(dict(domains).get(value, 0), itself, minimum, constraint.max_skew):
            return unschedulable(NAME, REASON)
    return PASSED


def verdict(pod: Pod, at: PlacedNode, snapshot: Snapshot) -> FilterResult:
    """PreFilter and filter of one node in one."""
    before = pre_filter(pod)
    return filter_node(pod, at.node, count(pod, snapshot)) if before == PASSED else before
