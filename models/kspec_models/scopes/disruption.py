"""Closed scopes of drains against budgets: the API server pays for each eviction, and asks again and again."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kernel.values import Ref
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import LabelSelector, Node, Phase, Pod, ReplicaSet, labels
from kspec.kube.policy import PodDisruptionBudget
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.client.history import monitors
from kspec_models.controllers.disruption.reconcile import disruption
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.kubelet import kubelet
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import a_replicaset, node

PEOPLE_DELETE = "pods that people delete, rollouts and scale-downs: they ask no budget"


def drained(
    name: str,
    *drains: Component,
    replicas: int = 2,
    min_available: int = 1,
    pods: int = 4,
    nodes: Sequence[Node] = (node("node-1"), node("node-2")),
    expected: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> Cluster:
    """A ReplicaSet with a budget, and people who drain nodes. `without`: properties that have nothing to speak of."""
    web = a_replicaset("web", replicas)
    budget = PodDisruptionBudget("web", LabelSelector(labels(app="web")), min_available=min_available)
    kinds = (ReplicaSet, Pod, PodDisruptionBudget)
    return Cluster(
        name,
        (*drains, disruption, replicaset, scheduler(), kubelet(), *monitors((ReplicaSet, Pod))),
        Scope(
            slots={Pod: pods, Node: len(nodes)},
            nodes=tuple(nodes),
            stored=(budget, web),
            whole=frozenset({"replicaset", "disruption"}),
        ),
        kinds_used=kinds,
        properties=tuple([p for p in load().properties.values() if p.name not in without]),
        not_modelled=(*NOT_MODELLED, PEOPLE_DELETE),
        expected=expected,
    )


@system("drain.budget", quick=True)
def drain_budget() -> System:
    """Two replicas of which one must be available; a node is drained, and replacements come up on the other one."""
    return drained("drain.budget", users.drain(("node-1",))).system()


LATE = (
    "concurrent_updates_never_both_succeed",
    "nothing_but_the_api_server_writes_the_store",
    "a_refused_request_changes_nothing",
    "evictions_keep_to_the_budget",
)
"""What can be broken where pods only go."""


@system("drain.late", quick=True)
def drain_late() -> System:
    """Two people drain two nodes, and the disruption controller is late: no permission is ever used twice.

    Three pods that run, nobody who replaces them, no kubelet that ends them, and one that must stay.
    """
    web = labels(app="web")
    running = [Pod(labels=web, node=Ref("nodes", n % 2), phase=Phase.RUNNING, ready=True) for n in range(3)]
    budget = PodDisruptionBudget("web", LabelSelector(web), min_available=1)
    nodes = (node("node-1"), node("node-2"))
    people = (users.drain(("node-1",)), users.drain(("node-2",), name="user-2"))
    return Cluster(
        "drain.late",
        (*people, disruption),
        Scope(
            slots={Pod: 3, Node: 2},
            nodes=nodes,
            stored=(budget, *running),
            caches={"disruption": "delayed"},
        ),
        kinds_used=(Pod, PodDisruptionBudget, ReplicaSet),
        properties=tuple([load().properties[name] for name in LATE]),
        not_modelled=(*NOT_MODELLED, PEOPLE_DELETE),
    ).system()


@system("drain.blocked", quick=True)
def drain_blocked() -> System:
    """Expected to fail: both replicas must be available, so no eviction is ever granted, and the drain never ends."""
    return drained(
        "drain.blocked",
        users.drain(("node-1",)),
        min_available=2,
        expected=("a_drain_completes",),
        without=("evictions_keep_to_the_budget",),
    ).system()
