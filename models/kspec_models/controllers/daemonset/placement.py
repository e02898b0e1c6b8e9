"""For which node a pod of a DaemonSet is made, and what it looks like.

Upstream: pkg/controller/daemon/util/daemonset_util.go CreatePodTemplate, ReplaceDaemonSetPodNodeNameNodeAffinity (W81,
W82): the scheduler binds it, and its required affinity leaves it one node.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Labels, NodeSelectorTerm, Operator, PodSpec, Requirement
from kspec_models.controllers.daemonset import decisions
from kspec_models.helpers.hashes import REVISION_LABEL
from kspec_models.helpers.labels import value_of
from kspec_models.helpers.required_node_affinity import NODE_NAME_FIELD


def spec_for(spec: PodSpec, node: str, host_network: bool) -> PodSpec:
    """The template's spec for this node: its required affinity is replaced, tolerations are added."""
    only = Requirement(NODE_NAME_FIELD, Operator.IN, (node,))
    return attrs.evolve(
        spec,
        node_affinity=(NodeSelectorTerm(match_fields=(only,)),),
        tolerations=decisions.daemon_tolerations(spec.tolerations, host_network),
    )


def pod_labels(template: Labels, revision: str) -> Labels:
    """The labels of a pod: those of the template, and the hash of what it is made from."""
    return tuple(sorted((dict(template) | {REVISION_LABEL: revision}).items()))


def revision_of(labels: Labels) -> str:
    """The hash of the template that a pod was made from, "" if it does not say."""
    return value_of(labels, REVISION_LABEL) or ""
