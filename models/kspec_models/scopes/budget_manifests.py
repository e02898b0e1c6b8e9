"""PodDisruptionBudgets of a person's own manifests, and who keeps their status.

The disruption controller runs: how many disruptions a budget allows is what it counts in this cluster, whatever the
manifest's status says. Budgets are known by their name alone: two of one name in different namespaces are refused.
"""

from __future__ import annotations

import attrs

from kspec.kube.cluster import Cluster
from kspec.kube.manifests import Entry, Manifests
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.typed_policies import policy_of
from kspec_models.controllers.disruption.reconcile import disruption
from kspec_models.scopes.storage_manifests import each_once


def budgets_in(manifests: Manifests) -> tuple[PodDisruptionBudget, ...]:
    """The budgets of the manifests, as they are when they are created. Raises UsageError."""
    return each_once(manifests, budget)


def budget(entry: Entry) -> PodDisruptionBudget | None:
    """A budget without its status; None if it is none."""
    found = policy_of(entry)
    if not isinstance(found, PodDisruptionBudget):
        return None
    return PodDisruptionBudget(
        found.name,
        found.selector,
        found.min_available,
        found.max_unavailable,
        found.unhealthy_pod_eviction_policy,
        namespace=found.namespace,
    )


def with_budgets(cluster: Cluster, budgets: tuple[PodDisruptionBudget, ...]) -> Cluster:
    """The cluster with these budgets from the start, and the controller that keeps their status."""
    return attrs.evolve(
        cluster,
        components=(*cluster.components, disruption),
        scope=attrs.evolve(cluster.scope, stored=(*cluster.scope.stored, *budgets)),
        kinds_used=(*cluster.kinds_used, PodDisruptionBudget),
    )
