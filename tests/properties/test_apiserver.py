"""The promises of the API server: each holds, is exercised, and is broken by a twin."""

from __future__ import annotations

import pytest

import kspec
from kspec.kernel.registry import load
from kspec.kernel.result import Verdict

MUTANTS = [
    ("no_object_goes_while_it_has_finalizers", "apiserver.finalizers", "apiserver.deletion", "at-once"),
    ("no_object_goes_while_it_has_finalizers", "apiserver.finalizers", "apiserver.create", "over-the-old"),
    ("no_bucket_is_left_in_the_cloud", "apiserver.finalizers", "apiserver.deletion", "at-once"),
    ("a_deleted_bucket_goes_in_the_end", "apiserver.finalizers", "apiserver.deletion", "never-ends"),
    ("no_write_without_an_allowing_rule", "apiserver.rbac", "apiserver.authorization", "off"),
    ("no_write_without_an_allowing_rule", "apiserver.rbac", "apiserver.authorization", "any-subject"),
    ("no_write_without_an_allowing_rule", "apiserver.rbac", "apiserver.authorization", "any-verb"),
    ("a_quota_is_never_exceeded", "apiserver.quota", "apiserver.quota", "overwrites"),
    ("a_refused_request_changes_nothing", "store.cas", "apiserver.update", "writes-first"),
]


@pytest.mark.parametrize(("name", "system", "setting", "value"), MUTANTS)
def test_a_broken_twin_of_the_api_server_is_noticed(name: str, system: str, setting: str, value: str) -> None:
    held = kspec.check(system, properties=[name]).property(name)
    assert held.verdict is Verdict.HOLDS
    assert held.witness is not None

    broken = kspec.check(system, properties=[name], settings={setting: value}).property(name)
    assert broken.verdict is Verdict.VIOLATED
    assert broken.trace is not None and broken.trace.clause


def test_each_promise_of_the_api_server_has_a_mutant() -> None:
    parts = load().parts
    promised = [*parts["apiserver.finalizers"], *parts["apiserver.rbac"]]
    assert {p.name for p in promised} <= {name for name, *_ in MUTANTS}


def test_a_quota_that_is_counted_anew_between_a_charge_and_its_pod_is_exceeded() -> None:
    broken = kspec.check("apiserver.quota.recounted").property("a_quota_is_never_exceeded")
    assert broken.trace is not None
    actors = [step.action.actor for step in broken.trace.steps]
    assert "resourcequota" in actors
    assert broken.trace.clause.endswith("and there are 3")


def test_a_client_whose_rights_are_taken_away_is_refused_from_then_on() -> None:
    setting = {"apiserver.authorization": "any-verb"}
    broken = kspec.check("apiserver.rbac", settings=setting).property("no_write_without_an_allowing_rule")
    assert broken.trace is not None
    taken = [i for i, step in enumerate(broken.trace.steps) if step.action.actor == "user"]
    assert taken and taken[-1] < len(broken.trace.steps) - 1
