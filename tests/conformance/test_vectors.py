"""Upstream's own cases, where they are to be had: see docs/conformance.md."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.conformance import record, run, vectors
from tests.conformance.outcome import TopicResult

COMPLETE = (
    "admission-priority",
    "controller-ref-adoption",
    "cronjob-schedule",
    "daemonset-should-run",
    "deployment-proportional",
    "deployment-rolling",
    "deployment-status",
    "endpointslice",
    "etcd-store",
    "eviction",
    "finalizers",
    "garbage-collector",
    "graceful-delete",
    "hpa",
    "int-or-percent",
    "iptables-rules",
    "ipvs",
    "inter-pod-affinity",
    "label-selector",
    "node-affinity",
    "node-basic",
    "node-lifecycle",
    "node-ports",
    "pdb",
    "pod-actions",
    "pod-conditions",
    "pod-gc",
    "pod-phase",
    "preemption",
    "probes",
    "pv-binding",
    "quantity",
    "quota",
    "rbac",
    "replicaset-delete-rank",
    "replicaset-sync",
    "resolve-fenceposts",
    "resources-fit",
    "restart-policy",
    "scores",
    "statefulset",
    "taint-eviction",
    "taints",
    "tolerations",
    "topology-spread",
    "update-semantics",
    "volumes-filter",
    "workqueue",
)
ADAPTERS = sorted(path.stem for path in (Path(__file__).parent / "adapters").glob("[a-z]*.py"))


@cache
def result(topic: str) -> TopicResult:
    return run.run_topic(vectors.default_folder() / f"{topic}.yaml")


@pytest.fixture
def folder() -> Path:
    found = vectors.default_folder()
    if not found.is_dir():
        pytest.skip(f"no vectors in {found}; set {vectors.VARIABLE} to a folder of vector files")
    return found


@pytest.mark.parametrize("topic", [name.replace("_", "-") for name in ADAPTERS])
def test_every_case_agrees_unless_it_is_listed_as_wrong(folder: Path, topic: str) -> None:
    disputed = record.disputed(record.DOCUMENT.read_text()).get(topic, frozenset())
    outcomes = result(topic)
    assert outcomes.outcomes, "a topic without cases shows nothing"
    unlisted = [f"{o.case.id}: {o.why}" for o in outcomes.failed if o.case.id not in disputed]
    assert not unlisted
    passing = {o.case.id for o in outcomes.outcomes if not o.failed} & disputed
    assert not passing, "listed as wrong in docs/conformance.md, but it passes"


@pytest.mark.parametrize("topic", COMPLETE)
def test_a_complete_topic_skips_no_case(folder: Path, topic: str) -> None:
    assert [f"{o.case.id}: {o.why}" for o in result(topic).skipped] == []


def test_the_counts_in_the_documentation_are_those_of_a_run(folder: Path) -> None:
    written, of = record.recorded(record.DOCUMENT.read_text()), record.digest(folder)
    if of not in written:
        pytest.skip(f"the vectors in {folder} are others than the documentation's counts are of")
    results = [result(path.stem) for path in vectors.files(folder)]
    assert written == record.table(results, of), "run tests/conformance/run.py DIR --record"
