"""The spec of Kubernetes: one component a module or folder, and closed scopes beside them.

Importing it offers the API server's pipeline, the components, the built-in systems and the settings to the checker.
"""

from kspec.kernel.registry import registry
from kspec_models import apiserver, etcd, kubelet, service_twins, traffic, twins, users
from kspec_models.apiserver import twins as apiserver_twins
from kspec_models.apiserver import why as why
from kspec_models.controllers.cronjob import reconcile as cronjob
from kspec_models.controllers.cronjob import twins as cronjob_twins
from kspec_models.controllers.daemonset import reconcile as daemonset
from kspec_models.controllers.daemonset import twins as daemonset_twins
from kspec_models.controllers.deployment import reconcile as deployment
from kspec_models.controllers.deployment import twins as deployment_twins
from kspec_models.controllers.disruption import reconcile as disruption
from kspec_models.controllers.disruption import twins as disruption_twins
from kspec_models.controllers.endpointslice import reconcile as endpointslice
from kspec_models.controllers.endpointslice import twins as endpointslice_twins
from kspec_models.controllers.garbage_collector import collector as garbage_collector
from kspec_models.controllers.garbage_collector import twins as garbage_collector_twins
from kspec_models.controllers.horizontal_pod_autoscaler import reconcile as horizontal_pod_autoscaler
from kspec_models.controllers.horizontal_pod_autoscaler import twins as horizontal_pod_autoscaler_twins
from kspec_models.controllers.job import reconcile as job
from kspec_models.controllers.job import twins as job_twins
from kspec_models.controllers.namespace import reconcile as namespace
from kspec_models.controllers.namespace import twins as namespace_twins
from kspec_models.controllers.node_lifecycle import lifecycle as node_lifecycle
from kspec_models.controllers.node_lifecycle import twins as node_lifecycle_twins
from kspec_models.controllers.pod_gc import collector as pod_gc
from kspec_models.controllers.pod_gc import twins as pod_gc_twins
from kspec_models.controllers.replicaset import reconcile as replicaset
from kspec_models.controllers.replicaset import twins as replicaset_twins
from kspec_models.controllers.resource_quota import reconcile as resource_quota
from kspec_models.controllers.service import reconcile as service
from kspec_models.controllers.service import twins as service_controller_twins
from kspec_models.controllers.serviceaccount import reconcile as serviceaccount
from kspec_models.controllers.serviceaccount import twins as serviceaccount_twins
from kspec_models.controllers.statefulset import reconcile as statefulset
from kspec_models.controllers.statefulset import twins as statefulset_twins
from kspec_models.controllers.taint_eviction import eviction as taint_eviction
from kspec_models.controllers.taint_eviction import twins as taint_eviction_twins
from kspec_models.controllers.volume_binder import reconcile as volume_binder
from kspec_models.controllers.volume_binder import twins as volume_binder_twins
from kspec_models.etcd import twins as store_twins
from kspec_models.proxy import dns, ingress, kube_proxy
from kspec_models.proxy import twins as proxy_twins
from kspec_models.scheduler import schedule as scheduler
from kspec_models.scheduler import twins as scheduler_twins
from kspec_models.scopes import clients, manifests, pins, workloads

COMPONENTS = {
    "store": etcd,
    "apiserver": apiserver,
    "deployment": deployment,
    "replicaset": replicaset,
    "statefulset": statefulset,
    "daemonset": daemonset,
    "job": job,
    "cronjob": cronjob,
    "horizontal-pod-autoscaler": horizontal_pod_autoscaler,
    "resourcequota": resource_quota,
    "garbage-collector": garbage_collector,
    "namespace": namespace,
    "serviceaccount": serviceaccount,
    "node-lifecycle": node_lifecycle,
    "taint-eviction": taint_eviction,
    "pod-gc": pod_gc,
    "scheduler": scheduler,
    "kubelet": kubelet,
    "disruption": disruption,
    "endpointslice": endpointslice,
    "service": service,
    "kube-proxy": kube_proxy,
    "dns": dns,
    "ingress-controller": ingress,
    "client": traffic,
    "user": users,
    "volume-binder": volume_binder,
}
"""The modules that model a component each, by the actor's name."""

registry.components.update(COMPONENTS)

__all__ = [
    "COMPONENTS",
    "apiserver_twins",
    "clients",
    "cronjob_twins",
    "daemonset_twins",
    "deployment_twins",
    "disruption_twins",
    "endpointslice_twins",
    "garbage_collector_twins",
    "horizontal_pod_autoscaler_twins",
    "job_twins",
    "manifests",
    "namespace_twins",
    "node_lifecycle_twins",
    "pins",
    "pod_gc_twins",
    "proxy_twins",
    "replicaset_twins",
    "scheduler_twins",
    "service_controller_twins",
    "service_twins",
    "serviceaccount_twins",
    "statefulset_twins",
    "store_twins",
    "taint_eviction_twins",
    "twins",
    "volume_binder_twins",
    "workloads",
]
