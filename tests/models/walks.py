"""The thin cluster, walked by hand."""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kernel.values import Ref
from kspec.kube.objects import Deployment, Pod, PodSpec
from kspec_models import users
from kspec_models.scopes.workloads import a_replicaset, cluster, node, template
from tests.kspec.kube.small import Walk

WEB = a_replicaset("web", 2)
POD = Pod(spec=PodSpec(template("web", "web:1").spec.containers))
ON_A_NODE = attrs.evolve(POD, node=Ref("nodes", 0))
REPLICASET, DEPLOYMENT, SCHEDULER, KUBELET = "replicaset", "deployment", "scheduler", "kubelet"


def walk(things: list[Any], *more: Any, nodes: int = 1, pods: int = 2, **how: Any) -> Walk:
    found = tuple(node(f"node-{i}") for i in range(nodes))
    deployments = any(isinstance(thing, Deployment) for thing in things)
    people = (users.apply(things), *more)
    return Walk(cluster("walk", people, pods=pods, nodes=found, deployments=deployments, **how).system())


COMPONENTS = ("deployment", "replicaset", "scheduler", "kubelet")


def settled(walked: Walk) -> Walk:
    """Everything has been applied, and no component has anything to do."""
    while walked.can("user.apply"):
        walked("user.apply")
    return walked.until_quiet(*COMPONENTS)


def pods_of(walked: Walk) -> list[Pod]:
    return list(walked.all("pods"))
