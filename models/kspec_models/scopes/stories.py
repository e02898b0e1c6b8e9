"""The stories by which people know Deployments: from the post to running containers, a rollback, a rollout that is
stuck."""

from __future__ import annotations

from kspec.kernel.registry import system
from kspec.kernel.system import System
from kspec_models import users
from kspec_models.scopes.workloads import a_deployment, cluster


@system("deployment.handoffs", quick=True)
def deployment_handoffs() -> System:
    """From `kubectl apply` of a Deployment of one to a running container: who hands what to whom, with late caches."""
    web = a_deployment("web", 1)
    caches = dict.fromkeys(("deployment", "replicaset", "scheduler", "kubelet"), "delayed")
    idle = ("kubelet.stop", "kubelet.remove")
    return cluster("deployment.handoffs", (users.apply([web]),), pods=1, caches=caches, idle=idle).system()


@system("deployment.rollback", quick=True)
def deployment_rollback() -> System:
    """A Deployment of two is changed to an image that never becomes ready; the user takes it back some time later."""
    web = a_deployment("web", 2)
    people = (users.apply([web]), users.rollout(web, "web:broken"), users.undo(web))
    broken = frozenset({"web:broken"})
    return cluster("deployment.rollback", people, pods=4, broken_images=broken).system()


@system("deployment.stuck", quick=True)
def deployment_stuck() -> System:
    """Expected to fail: the same, and nobody takes it back. The old pods go on, and the rollout is stuck for ever."""
    web = a_deployment("web", 2)
    people = (users.apply([web]), users.rollout(web, "web:broken"))
    return cluster(
        "deployment.stuck",
        people,
        pods=3,
        broken_images=frozenset({"web:broken"}),
        expected=("a_rollout_completes",),
        idle=("kubelet.stop", "kubelet.remove"),
    ).system()
