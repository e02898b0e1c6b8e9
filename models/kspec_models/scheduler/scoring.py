"""What the nodes that fit score, plugin by plugin, with the weights of the default profile (C26, C50).

Sources: pkg/scheduler/schedule_one.go, prioritizeNodes; pkg/scheduler/framework/runtime/framework.go,
RunPreScorePlugins, RunScorePlugins. A plugin whose PreScore finds nothing to score is left out. Selectors are taken to
be valid (the API server refuses others), so that no plugin ends the attempt with an error.

Not modelled: DynamicResources, VolumeBinding (it scores only behind an alpha gate, C89), extenders.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Pod
from kspec_models.helpers.labels import Selector
from kspec_models.scheduler.profile import NOTHING_ELSE, Around
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.scores import (
    image_locality,
    inter_pod_affinity,
    node_affinity,
    resources,
    taint_toleration,
    topology_spread,
)
from kspec_models.scheduler.scores.selection import DEFAULT_WEIGHTS, Scored, total, winners
from kspec_models.scheduler.snapshot import Snapshot


@attrs.frozen
class PluginScore:
    """What one plugin gives one node, 0 to 100, and the weight with which that counts."""

    plugin: str
    score: int
    weight: int


@attrs.frozen
class NodeScore:
    """What a node scores. Plugins in the profile's order; those that were skipped are left out."""

    node: str
    plugins: tuple[PluginScore, ...]

    @property
    def total(self) -> int:
        """The weighted sum."""
        given = {each.plugin: each.score for each in self.plugins}
        return total(given, tuple([(each.plugin, each.weight) for each in self.plugins]))


def scores(pod: Pod, snapshot: Snapshot, feasible: Snapshot, around: Around = NOTHING_ELSE) -> tuple[NodeScore, ...]:
    """What each of the feasible nodes scores, in their order."""
    by_plugin = dict(_by_plugin(pod, snapshot, feasible, around))
    return tuple(
        [
            NodeScore(
                at.node.name,
                tuple(
                    [
                        PluginScore(plugin, by_plugin[plugin][at.node.name], weight)
                        for plugin, weight in DEFAULT_WEIGHTS
                        if plugin in by_plugin
                    ]
                ),
            )
            for at in feasible
        ]
    )


def best(scored: tuple[NodeScore, ...]) -> tuple[str, ...]:
    """The names of the nodes of which any may be chosen."""
    return winners(Scored(each.node, each.total) for each in scored)


def _by_plugin(pod: Pod, snapshot: Snapshot, feasible: Snapshot, around: Around) -> list[tuple[str, dict[str, int]]]:
    """The scores by plugin and name of node, of the plugins that score."""
    spec, nodes = pod.spec, [at.node for at in feasible]
    found = [("TaintToleration", taint_toleration.scores(spec, nodes))]
    if node_affinity.pre_score(spec.preferred_nodes) is Status.SUCCESS:
        found.append(("NodeAffinity", node_affinity.scores(spec.preferred_nodes, nodes)))
    others = {at.node.name: [other.spec for other in at.pods] for at in feasible}
    found.append(
        ("NodeResourcesFit", {node.name: resources.fit_score(spec, node, others[node.name]) for node in nodes})
    )
    soft = topology_spread.soft_constraints(pod, default_spreading(pod, around))
    state = topology_spread.pre_score(pod, snapshot, feasible, soft)
    if state is not None:
        found.append(("PodTopologySpread", topology_spread.scores(pod, feasible, state)))
    status, weights = inter_pod_affinity.pre_score(pod, snapshot, around.namespaces)
    if status is Status.SUCCESS:
        found.append(("InterPodAffinity", inter_pod_affinity.scores(nodes, weights)))
    if resources.balanced_pre_score(spec) is Status.SUCCESS:
        balanced = {node.name: resources.balanced_score(spec, node, others[node.name]) for node in nodes}
        found.append(("NodeResourcesBalancedAllocation", balanced))
    found.append(("ImageLocality", image_locality.scores(spec, [at.node for at in snapshot])))
    return found


def default_spreading(pod: Pod, around: Around) -> Selector:
    """Whom the system's default constraints count: the pods of the pod's services and of its controller (C71)."""
    return topology_spread.default_selector(pod.labels, around.services, around.owner)
