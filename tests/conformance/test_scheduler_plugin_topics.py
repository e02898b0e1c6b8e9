"""The vector topics of the scheduler's other plugins: complete, and really asking the models."""

from __future__ import annotations

from typing import Any

import pytest

from kspec_models.helpers import required_node_affinity
from kspec_models.scheduler import preemption
from kspec_models.scheduler.filters import (
    inter_pod_affinity,
    node_volume_limits,
    taint_toleration,
    topology_spread,
    volume_binding,
    volume_restrictions,
    volume_zone,
)
from kspec_models.scheduler.result import PASSED
from kspec_models.scheduler.scores import image_locality, resources, selection
from kspec_models.scheduler.scores import inter_pod_affinity as affinity_score
from kspec_models.scheduler.scores import node_affinity as node_score
from kspec_models.scheduler.scores import taint_toleration as taint_score
from kspec_models.scheduler.scores import topology_spread as spread_score
from tests.conformance.run import run_topic
from tests.conformance.test_scheduler_topics import vector_file

DISPUTED = {"node-affinity": ["NA-032"]}
"""Listed in docs/conformance.md with the reason."""

TOPICS = (
    "inter-pod-affinity",
    "node-affinity",
    "preemption",
    "scores",
    "taints",
    "topology-spread",
    "volumes-filter",
)

BROKEN = [
    ("inter-pod-affinity", inter_pod_affinity, "matches_all", lambda terms, owner, other, namespaces=(): True),
    ("inter-pod-affinity", inter_pod_affinity, "anti_affinity_holds", lambda pod, labels, state: True),
    ("inter-pod-affinity", affinity_score, "scaled", lambda raw, lowest, highest: raw),
    ("node-affinity", required_node_affinity, "term_matches", lambda term, node: True),
    ("node-affinity", node_score, "parses", lambda term: True),
    ("preemption", preemption, "outranks", lambda preemptor, victim: True),
    ("preemption", preemption, "importance", lambda pod: (pod.spec.priority, False, 0)),
    ("preemption", preemption, "takes_a_disruption", lambda pod, budget: False),
    ("scores", image_locality, "share", lambda size, holders, nodes: size),
    ("scores", resources, "least_allocated", lambda requested, allocatable: 100),
    ("scores", resources, "balance", lambda uses: 100),
    ("scores", selection, "nodes_to_find", lambda nodes, percentage=0: nodes),
    ("taints", taint_toleration, "untolerated", lambda spec, node: None),
    ("taints", taint_score, "raw_score", lambda spec, node: len(node.taints)),
    ("topology-spread", topology_spread, "global_minimum", lambda counts, min_domains: 0),
    ("topology-spread", topology_spread, "is_included", lambda constraint, pod, node, gates: True),
    ("topology-spread", spread_score, "domain_weight", lambda domains: 1.0),
    ("volumes-filter", node_volume_limits, "within", lambda have, more, limit: True),
    ("volumes-filter", volume_binding, "is_delayed", lambda claim, storage: True),
    ("volumes-filter", volume_restrictions, "conflicts", lambda disk, other: False),
    ("volumes-filter", volume_zone, "filter_node", lambda labels, topologies: PASSED),
]


@pytest.mark.parametrize("topic", TOPICS)
def test_every_case_passes_but_the_disputed_and_none_is_skipped(topic: str) -> None:
    result = run_topic(vector_file(topic))
    assert [o.case.id for o in (*result.failed, *result.skipped)] == DISPUTED.get(topic, [])
    assert result.passed > 0


@pytest.mark.parametrize(("topic", "owner", "name", "twin"), BROKEN)
def test_a_broken_decision_fails_its_topic(
    topic: str, owner: Any, name: str, twin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, twin)
    assert len(run_topic(vector_file(topic)).failed) > len(DISPUTED.get(topic, []))
