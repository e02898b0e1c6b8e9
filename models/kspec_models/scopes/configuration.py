"""Closed scopes of configuration: what containers see of an edit."""

from __future__ import annotations

from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.core import ConfigMap, Secret
from kspec.kube.objects import Pod, ReplicaSet
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.configuration import Configured, from_config_map, from_secret
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import a_replicaset, node

SETTINGS, NEW_SETTINGS = ConfigMap("settings", (("colour", "blue"),)), ConfigMap("settings", (("colour", "green"),))
PASSWORD, NEW_PASSWORD = Secret("database", (("password", "first"),)), Secret("database", (("password", "second"),))


@system("config.rollout", quick=True)
def config_rollout() -> System:
    """A pod takes a ConfigMap and a Secret as environment and as files; the user edits one, and deletes the pod.

    The environment shows the old value until the pod is replaced; the files show the new one in the end, with nobody's
    help. Each of the two acts may come at any time, or never.
    """
    web = a_replicaset("web", 1)
    pods = Configured((from_config_map("settings"), from_secret("database")))
    return Cluster(
        "config.rollout",
        (
            users.apply([SETTINGS, PASSWORD, web]),
            users.edit(NEW_SETTINGS, NEW_PASSWORD),
            users.delete_a_pod(),
            replicaset,
            scheduler(),
            kubelet(detail=pods),
        ),
        Scope(slots={Pod: 2}, nodes=(node(),), whole=frozenset({"replicaset"})),
        (*load().properties.values(), *load().parts["configuration"]),
        kinds_used=(Pod, ReplicaSet, ConfigMap, Secret),
        not_modelled=NOT_MODELLED,
    ).system()
