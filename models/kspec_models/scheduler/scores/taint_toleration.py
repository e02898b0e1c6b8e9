"""TaintToleration's score: fewer PreferNoSchedule taints that the pod does not tolerate are better (C84).

Source: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go, Score and NormalizeScore. A toleration
with another effect never tolerates such a taint, so upstream's choice of tolerations beforehand changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from kspec.kube.objects import Effect, Node, PodSpec
from kspec_models.helpers.tolerations import any_tolerates
from kspec_models.scheduler import gates
from kspec_models.scheduler.scores.normalize import normalized


def raw_score(spec: PodSpec, node: Node) -> int:
    """How many PreferNoSchedule taints of the node the pod does not tolerate."""
    compare = gates.comparison_operators()
    return sum(
        taint.effect is Effect.PREFER_NO_SCHEDULE
        and not any_tolerates(spec.tolerations, taint, comparison_operators=compare)
        for taint in node.taints
    )


def scores(spec: PodSpec, nodes: Iterable[Node]) -> dict[str, int]:
    """By name of node: 100 for none, 0 for the most."""
    return normalized({node.name: raw_score(spec, node) for node in nodes}, reverse=True)
