"""What is promised of Jobs holds, was exercised, and is broken by a broken controller; the engines agree."""

from __future__ import annotations

from functools import partial

import pytest

import kspec
from kspec.engines import reference
from kspec.engines.explicit import explore
from kspec.kernel.registry import load
from kspec.kernel.result import Verdict
from kspec_properties.jobs import JOBS
from tests.properties.checking import checked

SYSTEMS = ("job.completes", "job.crash", "job.fails", "job.suspends")

MUTANTS = {
    "a_success_is_counted_at_most_once": (("job.crash", "job.count=at-once"),),
    "no_success_is_lost": (("job.crash", "job.count=not-noted"), ("job.crash", "job.count=at-once")),
    "a_job_keeps_to_its_parallelism": (("job.completes", "job.expectations=off"),),
    "a_job_runs_no_more_than_its_completions": (("job.crash", "job.count=not-noted"),),
    "the_end_of_a_job_is_deserved": (
        ("job.fails", "job.limit=one-too-few"),
        ("job.completes", "job.complete=when-idle"),
    ),
    "a_finished_job_is_over": (("job.fails", "job.finish=at-once"),),
    "every_job_ends": (("job.crash", "job.complete=never"),),
    "a_suspended_job_has_stopped": (("job.suspends", "job.suspend=ignored"),),
}

unfolded = partial(explore, fold=False)


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_that_is_promised_holds_and_is_exercised(name: str) -> None:
    result = checked(name)

    assert result.complete and result.never_enabled == ()
    assert {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS} == {}


def test_each_promise_has_a_witness_and_a_mutant() -> None:
    promises = (*JOBS, *load().parts["jobs.suspends"])
    assert {p.name for p in promises} == set(MUTANTS)
    assert all(p.witness is not None for p in promises)


@pytest.mark.parametrize(("name", "where"), [(name, where) for name, all_of in MUTANTS.items() for where in all_of])
def test_a_broken_job_controller_is_noticed(name: str, where: tuple[str, str]) -> None:
    found = checked(*where, only=name).property(name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


def test_a_controller_that_does_not_wait_for_its_own_writes_starts_a_pod_that_nobody_needs() -> None:
    found = kspec.check("job.stale").property("a_job_runs_no_more_than_its_completions")
    assert found.verdict is Verdict.VIOLATED and found.trace is not None
    assert kspec.replay(found.trace).verdict is Verdict.REPRODUCED

    assert kspec.replay(found.trace, settings={"job.consistency": "on"}).verdict is Verdict.DIVERGED


@pytest.mark.parametrize("name", ["job.crash", "job.fails"])
def test_the_engines_agree_about_jobs(name: str) -> None:
    fast, plain = (checked(name, engine=engine) for engine in (unfolded, reference.explore))

    assert (fast.distinct_states, fast.generated_states) == (plain.distinct_states, plain.generated_states)
