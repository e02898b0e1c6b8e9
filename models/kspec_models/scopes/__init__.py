"""Closed scopes: the built-in systems, and systems from manifests."""

from kspec_models.scopes import apiserver as apiserver
from kspec_models.scopes import autoscaling as autoscaling
from kspec_models.scopes import configuration as configuration
from kspec_models.scopes import control_plane as control_plane
from kspec_models.scopes import daemonset as daemonset
from kspec_models.scopes import disruption as disruption
from kspec_models.scopes import etcd as etcd
from kspec_models.scopes import garbage as garbage
from kspec_models.scopes import jobs as jobs
from kspec_models.scopes import kubelet as kubelet
from kspec_models.scopes import namespaces as namespaces
from kspec_models.scopes import nodes as nodes
from kspec_models.scopes import scheduler as scheduler
from kspec_models.scopes import services as services
from kspec_models.scopes import statefulset as statefulset
from kspec_models.scopes import storage as storage
from kspec_models.scopes import stories as stories
from kspec_models.scopes import why_pod as why_pod
