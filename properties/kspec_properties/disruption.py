"""What must hold of evictions, budgets and drains.

- `evictions_keep_to_the_budget`: an eviction that a budget pays for leaves as many healthy pods as the budget wants, by
  what is true. It is said of evictions only: a budget is never asked about anything else that takes pods away.
- `a_drain_completes`: once a node is cordoned by a drain, what was on it goes in the end. Where a budget can never be
  paid it does not, and nobody is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from kspec.kernel.properties import Broken, Happened, leads_to, step_invariant
from kspec.kernel.registry import offer
from kspec.kube.lenses import LatestField
from kspec.kube.objects import Node, Pod
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.truth import Truth
from kspec_models.controllers.disruption.decisions import Budget, BudgetPod, covered, desired_of_min_available
from kspec_models.helpers.labels import selector_matches
from kspec_properties.waiting import Waits, kubelet_waits, replicaset_waits


def healthy(truth: Truth, budget: PodDisruptionBudget) -> int:
    """How many pods of a budget are ready and do not go."""
    pods = truth.all(Pod, "labels", "ready", "deleting", "namespace")
    near = [(of, ready, deleting) for of, ready, deleting, namespace in pods if namespace == budget.namespace]
    return sum(1 for of, ready, deleting in near if ready and not deleting and selector_matches(budget.selector, of))


def must_be_healthy(truth: Truth, budget: PodDisruptionBudget) -> int:
    """How many pods minAvailable wants; percentages are of the pods that there are."""
    pods = tuple([BudgetPod("", of) for of in truth.all(Pod, "labels")])
    number = len(covered(Budget(selector=budget.selector), pods))
    return 0 if budget.min_available is None else desired_of_min_available(number, budget.min_available)


def a_budget_was_paid(truth: Truth) -> bool:
    """Some eviction was granted, and its budget has written it down."""
    return any(truth.all(PodDisruptionBudget, "disrupted_pods"))


@step_invariant(witness=a_budget_was_paid, about=(PodDisruptionBudget, Pod))
def evictions_keep_to_the_budget(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """No eviction leaves fewer healthy pods than the budget wants."""
    if not happened.kind.endswith(".evict"):
        return True
    for name in after.names(PodDisruptionBudget):
        budget = after.get(PodDisruptionBudget, name)
        assert budget is not None
        left, wanted = healthy(after, budget), must_be_healthy(before, budget)
        if left < healthy(before, budget) and left < wanted:
            return Broken(
                f"after the eviction {left} healthy pods are left, and PodDisruptionBudget {name} wants {wanted}",
                (f"PodDisruptionBudget {name}",),
            )
    return True


def pods_on_cordoned_nodes(truth: Truth) -> int:
    """How many pods are on nodes that are cordoned."""
    cordoned = truth.each("nodes", LatestField("unschedulable"))
    return sum(1 for node in truth.all(Pod, "node") if node is not None and cordoned[node.index])


def a_pod_is_on_a_cordoned_node(truth: Truth) -> bool:
    """Some pod is on a node that is cordoned."""
    return pods_on_cordoned_nodes(truth) > 0


def who_waits(truth: Truth) -> Waits:
    """Which evictions a budget refuses for ever, and that nobody else is going to change that."""
    found: list[tuple[str, str, str]] = []
    for name, budget in budgets_that_refuse(truth):
        wanted, now = must_be_healthy(truth, budget), healthy(truth, budget)
        why = f"PodDisruptionBudget {name} wants {wanted} healthy pods, there are {now}, and an eviction would leave "
        found.append(("user", "an eviction to be granted (it tries again after each 429)", f"{why}{max(now - 1, 0)}"))
        found.append(
            ("disruption", "", f"{name} allows {budget.disruptions_allowed} disruptions, and its status says so")
        )
    return (*found, *replicaset_waits(truth), *kubelet_waits(truth))


def budgets_that_refuse(truth: Truth) -> Iterator[tuple[str, PodDisruptionBudget]]:
    """The budgets that allow no disruption, and cover a pod on a node that is cordoned."""
    cordoned = truth.each("nodes", LatestField("unschedulable"))
    pods = truth.all(Pod, "labels", "node", "namespace")
    held = [(of, where) for of, node, where in pods if node is not None and cordoned[node.index]]
    for name in truth.names(PodDisruptionBudget):
        budget = truth.get(PodDisruptionBudget, name)
        assert budget is not None
        covers = [1 for of, where in held if where == budget.namespace and selector_matches(budget.selector, of)]
        if covers and budget.disruptions_allowed <= 0:
            yield name, budget


@leads_to(a_pod_is_on_a_cordoned_node, about=(PodDisruptionBudget, Node, Pod), waits=who_waits)
def a_drain_completes(truth: Truth) -> bool | Broken:
    """What is on a node that is drained goes in the end."""
    left = pods_on_cordoned_nodes(truth)
    return left == 0 or Broken(f"{left} {'pod is' if left == 1 else 'pods are'} still on nodes that are drained", ())


offer(evictions_keep_to_the_budget, a_drain_completes)
