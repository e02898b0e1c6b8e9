"""The result of a run as JSON."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs

import kspec
from kspec.engines import reference
from kspec.kernel.result import PropertyResult, Result, Rung, Verdict
from kspec.report.result import digest, result_document
from tests.kspec.test_report_itf import slots

RUNG = Rung("late replicaset", True, Verdict.INCONCLUSIVE, ("seconds: 1",), 10, 20, 3, 0.5)
RESULT = Result(
    name="replicaset.stale",
    engine="explicit",
    verdict=Verdict.VIOLATED,
    complete=True,
    limits=(),
    distinct_states=54,
    generated_states=82,
    depth=5,
    seconds=0.0214999,
    peak_memory_mb=41,
    properties=(
        PropertyResult(
            "no_surplus_pods",
            "A ReplicaSet never has more active pods than its largest replicas.",
            "invariant",
            Verdict.HOLDS,
            rungs=("fresh",),
            witness="some_pod_is_active",
            witness_reached=True,
            fairness=("replicaset.sync web",),
        ),
        PropertyResult("sampled", "It holds.", "invariant", Verdict.SAMPLED, bound=200),
    ),
    scope={"nodes": ("node-1",)},
    settings={"replicaset.expectations": "off"},
    expected=("no_surplus_pods",),
    rungs=(RUNG,),
    assumptions=("deliveries are fair",),
    not_modelled=("volumes",),
    not_applicable=("a_rollout_completes",),
    never_enabled=("user.scale",),
)


def document(*results: Result, **options: Any) -> dict[str, Any]:
    """The document of a run."""
    common: dict[str, Any] = {
        "command": ["kspec", "check"],
        "exit_code": 1,
        "seed": 7,
        "verdict": Verdict.VIOLATED,
        "trace_files": {},
    }
    return result_document(results, **{**common, **options})


def test_a_run_has_exactly_the_keys_of_the_schema() -> None:
    found = document(RESULT)
    assert list(found) == [
        "schema",
        "kspec",
        "command",
        "verdict",
        "exit",
        "systems",
        "recordings",
        "seed",
        "digest",
    ]
    assert found["schema"] == "kspec-result/1"
    assert found["kspec"] == kspec.__version__
    assert (found["command"], found["verdict"], found["exit"]) == (["kspec", "check"], "VIOLATED", 1)
    assert (found["seed"], found["recordings"]) == (7, [])
    assert json.loads(json.dumps(found)) == found


def test_a_system_has_exactly_the_keys_of_the_schema() -> None:
    (found,) = document(RESULT)["systems"]
    properties = found.pop("properties")
    assert found == {
        "name": "replicaset.stale",
        "engine": "explicit",
        "scope": {"nodes": ["node-1"]},
        "settings": {"replicaset.expectations": "off"},
        "expected": "VIOLATED",
        "verdict": "VIOLATED",
        "complete": True,
        "limits": [],
        "distinct_states": 54,
        "generated_states": 82,
        "depth": 5,
        "seconds": 0.021,
        "peak_memory_mb": 41,
        "rungs": [
            {
                "name": "late replicaset",
                "base": True,
                "verdict": "INCONCLUSIVE",
                "limits": ["seconds: 1"],
                "distinct_states": 10,
                "generated_states": 20,
                "depth": 3,
                "seconds": 0.5,
            }
        ],
        "assumptions": ["deliveries are fair"],
        "not_modelled": ["volumes"],
        "not_applicable": ["a_rollout_completes"],
        "never_enabled": ["user.scale"],
        "notes": [],
    }
    assert properties[0] == {
        "name": "no_surplus_pods",
        "sentence": "A ReplicaSet never has more active pods than its largest replicas.",
        "kind": "invariant",
        "verdict": "HOLDS",
        "bound": None,
        "rungs": ["fresh"],
        "witness": {"name": "some_pod_is_active", "reached": True},
        "fairness": ["replicaset.sync web"],
        "trace": None,
        "why": "",
    }
    assert (properties[1]["bound"], properties[1]["witness"]) == (200, None)
    assert document(attrs.evolve(RESULT, expected=()))["systems"][0]["expected"] is None


def test_a_counterexample_says_where_it_was_written_and_where_its_loop_begins() -> None:
    result = reference.explore(slots())
    found = document(result, trace_files={("slots", "slots_settle"): "reports/slots_settle.itf.json"})
    traces = {p["name"]: p["trace"] for p in found["systems"][0]["properties"]}
    settles = result.property("slots_settle").trace
    assert settles is not None
    assert traces["slots_settle"] == {
        "file": "reports/slots_settle.itf.json",
        "steps": len(settles.steps),
        "loop_at": settles.loop_at,
    }
    assert traces["somebody_sleeps"]["file"] is None
    assert traces["somebody_sleeps"]["steps"] == 2


def test_the_digest_is_of_all_but_seconds_and_memory() -> None:
    found = document(RESULT)
    slower = attrs.evolve(RESULT, seconds=9.0, peak_memory_mb=999, rungs=(attrs.evolve(RUNG, seconds=8.0),))
    assert document(slower)["digest"] == found["digest"] == digest(found)
    assert document(slower) != found
    assert len(found["digest"]) == len(hashlib.sha256().hexdigest())
    for other in (attrs.evolve(RESULT, depth=6), attrs.evolve(RESULT, rungs=(attrs.evolve(RUNG, depth=4),))):
        assert document(other)["digest"] != found["digest"]
    assert document(RESULT, seed=8)["digest"] != found["digest"]


REPORTS = """
import hashlib
from kspec.engines import reference
from kspec.report import graph, itf, plain, result, text
from kspec.kernel.result import Verdict
from tests.kspec.test_report_itf import slots
found = reference.explore(slots())
for prop in found.properties:
    story = plain.story(prop.trace)
    print(graph.dot(story), text.text(story), itf.dumped(prop.trace))
    print(hashlib.sha256(graph.svg(story).encode()).hexdigest())
common = {"command": [], "exit_code": 1, "seed": 0, "verdict": Verdict.VIOLATED, "trace_files": {}}
print(result.result_document([found], **common)["digest"])
"""


def test_every_report_is_the_same_under_two_hash_seeds() -> None:
    root = Path(__file__).parents[2]

    def reports(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", REPORTS], env=environment, capture_output=True, text=True, check=True, timeout=120
        )
        return done.stdout

    first = reports("1")
    assert first == reports("2")
    assert "digraph" in first
