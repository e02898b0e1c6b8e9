"""The promises about namespaces and service accounts: each holds, is exercised, and is broken by a twin."""

from __future__ import annotations

import attrs
import pytest

import kspec
from kspec.kernel.errors import UsageError
from kspec.kernel.registry import load
from kspec.kernel.result import Verdict
from kspec.kernel.trace import Trace

LIFECYCLE = "apiserver.admission.NamespaceLifecycle"
MUTANTS = [
    ("nothing_is_left_in_a_namespace_that_is_gone", "namespace.deleted", LIFECYCLE, "off"),
    ("nothing_is_left_in_a_namespace_that_is_gone", "namespace.deleted", "namespace.content", "not-waited-for"),
    ("no_object_is_created_in_a_terminating_namespace", "namespace.deleted", LIFECYCLE, "off"),
    ("no_object_is_created_in_a_terminating_namespace", "serviceaccount.default", LIFECYCLE, "off"),
    ("nothing_but_pods_is_deleted_while_there_are_pods", "namespace.deleted", "namespace.ordered-deletion", "off"),
    ("a_namespace_goes_away", "namespace.deleted", "namespace.content", "never-enough"),
    ("a_namespace_goes_away", "namespace.deleted", "apiserver.deletion", "never-ends"),
    (
        "an_active_namespace_has_its_default_account",
        "serviceaccount.default",
        "serviceaccount.missing",
        "ignored",
    ),
    (
        "no_pod_is_created_without_its_account",
        "serviceaccount.default",
        "apiserver.admission.ServiceAccount",
        "off",
    ),
]


@pytest.mark.parametrize(("name", "system", "setting", "value"), MUTANTS)
def test_a_broken_twin_is_noticed(name: str, system: str, setting: str, value: str) -> None:
    held = kspec.check(system, properties=[name]).property(name)
    assert held.verdict is Verdict.HOLDS
    assert held.witness is not None

    broken = kspec.check(system, properties=[name], settings={setting: value}).property(name)
    assert broken.verdict is Verdict.VIOLATED
    assert broken.trace is not None and broken.trace.clause


def test_each_promise_about_namespaces_has_a_mutant() -> None:
    parts = load().parts
    promised = [p.name for part in ("namespaces", "namespace.deleted", "service accounts") for p in parts[part]]
    assert {*promised} == {name for name, *_ in MUTANTS}


@pytest.fixture(scope="module")
def stuck() -> Trace:
    """How the namespace gets stuck."""
    trace = kspec.check("namespace.stuck").property("a_namespace_goes_away").trace
    assert trace is not None
    return trace


def test_a_stuck_namespace_says_what_remains_and_which_finalizer_is_not_taken_off(stuck: Trace) -> None:
    assert stuck.loop_at == len(stuck.steps)
    assert "Some resources are remaining: buckets. has 1 resource instances" in stuck.clause
    assert stuck.clause.endswith("finalizers remaining: example.com/bucket in 1 resource instances")


def test_who_waits_for_what_names_the_object_and_the_operator_that_is_gone(stuck: Trace) -> None:
    waits = {lane: (what, why) for lane, what, why in stuck.waits}
    assert waits["namespace"][0] == "Bucket logs to go"
    assert "example.com/bucket" in waits["namespace"][1]
    assert waits["bucket-operator"] == ("", "it does not run any more, and nobody else does its work")


def passes_before(trace: Trace, call: str) -> int:
    """How often the controller has begun a pass before this call."""
    asked = [step.step.action for step in trace.steps]
    return asked[: asked.index(call)].count("sync")


def test_its_pods_go_before_anything_else_is_deleted(stuck: Trace) -> None:
    assert (passes_before(stuck, "DELETE pods"), passes_before(stuck, "DELETE buckets/logs")) == (1, 2)


def test_without_the_gate_everything_is_deleted_in_one_pass() -> None:
    gate = {"namespace.ordered-deletion": "off"}
    trace = kspec.check("namespace.stuck", settings=gate).property("a_namespace_goes_away").trace
    assert trace is not None
    assert (passes_before(trace, "DELETE pods"), passes_before(trace, "DELETE buckets/logs")) == (1, 1)


def test_the_way_to_a_stuck_namespace_replays(stuck: Trace) -> None:
    assert kspec.replay(stuck).verdict is Verdict.REPRODUCED


def test_what_is_admitted_before_the_deletion_and_stored_after_the_last_look_is_left() -> None:
    result = kspec.check("namespace.raced")
    left = result.property("nothing_is_left_in_a_namespace_that_is_gone").trace
    assert left is not None
    admitted, deleted, stored = ("admit", "DELETE namespaces/team", "POST buckets/late")
    did = [step.step.action or step.action.name for step in left.steps]
    assert did.index(admitted) < did.index(deleted) < did.index(stored)
    assert result.property("a_namespace_goes_away").verdict is Verdict.HOLDS


def test_whoever_takes_the_objects_finalizer_off_leaves_what_it_stood_for() -> None:
    result = kspec.check("namespace.forced")
    object_s = result.property("no_bucket_is_left_in_the_cloud").trace
    namespace_s = result.property("nothing_is_left_in_a_namespace_that_is_gone").trace
    assert object_s is not None and namespace_s is not None
    assert object_s.steps[-1].step.action == "PATCH buckets/logs"
    assert namespace_s.steps[-1].step.action == "PUT namespaces/team/finalize"
    assert result.property("a_namespace_goes_away").verdict is Verdict.HOLDS


def test_a_late_cache_of_the_controller_is_refused() -> None:
    made = load().systems["namespace.deleted"].build().narrator._cluster
    late = attrs.evolve(made, scope=attrs.evolve(made.scope, caches={"namespace": "delayed"}), learned={})
    with pytest.raises(UsageError, match="caches: namespace lists what is in a namespace from the API server"):
        late.system()
