"""The vector topics of value types and scheduler filters: complete, and really asking the models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kspec.kube import quantity
from kspec_models.apiserver import default_toleration_seconds
from kspec_models.helpers import labels, tolerations
from kspec_models.scheduler.filters import node_ports, node_unschedulable, resources_fit
from kspec_models.scheduler.result import PASSED, Status
from tests.conformance.adapters import _objects
from tests.conformance.interface import difference
from tests.conformance.run import run_topic
from tests.conformance.vectors import VARIABLE, default_folder

TOPICS = ("label-selector", "node-basic", "node-ports", "quantity", "resources-fit", "tolerations")

BROKEN = [
    ("label-selector", labels.Selector, "matches", lambda self, given: not self.nothing),
    ("node-basic", node_unschedulable, "tolerates_cordon", lambda spec: False),
    ("node-ports", node_ports, "filter_node", lambda spec, info: PASSED),
    ("quantity", quantity, "_canonical", lambda nanos, format_: "0"),
    ("resources-fit", resources_fit, "room_for", lambda request, used, capacity: Status.SUCCESS),
    ("tolerations", tolerations, "compare_numerically", lambda operator, bound, actual: True),
    ("tolerations", default_toleration_seconds, "covers", lambda toleration, key: False),
]


def vector_file(topic: str) -> Path:
    path = default_folder() / f"{topic}.yaml"
    if not path.is_file():
        pytest.skip(f"{path} is not there: set {VARIABLE} to the folder of vector files")
    return path


@pytest.mark.parametrize("topic", TOPICS)
def test_every_case_passes_and_none_is_skipped(topic: str) -> None:
    result = run_topic(vector_file(topic))
    assert [(o.case.id, o.why) for o in (*result.failed, *result.skipped)] == []
    assert result.passed > 0


@pytest.mark.parametrize(("topic", "owner", "name", "twin"), BROKEN)
def test_a_broken_decision_fails_its_topic(
    topic: str, owner: Any, name: str, twin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, twin)
    assert run_topic(vector_file(topic)).failed


def test_what_an_answer_says_when_asked_is_compared_if_a_case_expects_it() -> None:
    answer = _objects.WhenAsked({"filter": "Success"}, {"insufficient": []})
    assert difference(answer, {"filter": "Success"}) is None
    assert difference(answer, {"filter": "Success", "insufficient": []}) is None
    assert difference(answer, {"filter": "Success", "insufficient": ["cpu"]}) is not None
    assert difference(answer, {"insufficient": []}) is not None
    assert difference(answer, {"filter": "Success", "other": 1}) is not None


def test_pods_are_one_by_uid_where_it_is_written_and_else_by_name() -> None:
    assert _objects.same_pod({"uid": "1", "name": "a"}, {"uid": "1", "name": "b"})
    assert not _objects.same_pod({"uid": "1", "name": "a"}, {"name": "a"})
    assert _objects.same_pod({"name": "a"}, {"name": "a"})
    assert not _objects.same_pod({"name": "a"}, {"name": "b"})
