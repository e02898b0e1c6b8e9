"""What must hold of a Kubernetes cluster: one module for each part of the system."""

from kspec.kernel.registry import offer
from kspec_properties import autoscaling as autoscaling
from kspec_properties import configuration as configuration
from kspec_properties import control_plane as control_plane
from kspec_properties import cronjobs as cronjobs
from kspec_properties import daemonset as daemonset
from kspec_properties import disruption as disruption
from kspec_properties import etcd as etcd
from kspec_properties import garbage as garbage
from kspec_properties import jobs as jobs
from kspec_properties import namespaces as namespaces
from kspec_properties import node_failure as node_failure
from kspec_properties import nodes as nodes
from kspec_properties import placing as placing
from kspec_properties import services as services
from kspec_properties import statefulset as statefulset
from kspec_properties import storage as storage
from kspec_properties import taints as taints
from kspec_properties import theorems as theorems
from kspec_properties.apiserver import a_quota_is_never_exceeded, a_refused_request_changes_nothing
from kspec_properties.replicas import no_surplus_pods, replicas_converge
from kspec_properties.reports import reports_are_true_when_all_is_quiet
from kspec_properties.rollouts import (
    a_rollout_completes,
    availability_is_kept_by_the_controller,
    sizes_stay_within_surge,
)
from kspec_properties.scheduling import a_pod_is_bound_once_and_where_it_fits, no_pod_stays_pending_for_ever
from kspec_properties.store import concurrent_updates_never_both_succeed, nothing_but_the_api_server_writes_the_store

ALL = (
    concurrent_updates_never_both_succeed,
    nothing_but_the_api_server_writes_the_store,
    no_surplus_pods,
    replicas_converge,
    sizes_stay_within_surge,
    availability_is_kept_by_the_controller,
    a_rollout_completes,
    a_pod_is_bound_once_and_where_it_fits,
    no_pod_stays_pending_for_ever,
    reports_are_true_when_all_is_quiet,
    a_refused_request_changes_nothing,
    a_quota_is_never_exceeded,
)
"""Every property of a cluster, in the order of reports."""

offer(*ALL)
