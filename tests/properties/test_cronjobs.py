"""What is promised of CronJobs holds, was exercised, and is broken by a broken controller; the engines agree."""

from __future__ import annotations

from functools import partial

import pytest

import kspec
from kspec.engines import reference
from kspec.engines.explicit import explore
from kspec.kernel.result import Verdict
from kspec_properties.cronjobs import CRONJOBS
from tests.properties.checking import checked

SYSTEMS = ("cronjob.forbid", "cronjob.replace", "cronjob.crash", "cronjob.late", "cronjob.handoffs")

MUTANTS = {
    "a_scheduled_time_is_started_once": (
        ("cronjob.crash", "cronjob.name=generated"),
        ("cronjob.late", "cronjob.name=generated"),
    ),
    "runs_of_a_cronjob_stay_apart": (("cronjob.forbid", "cronjob.forbid=ignored"),),
    "the_latest_time_is_started": (("cronjob.forbid", "cronjob.start=never"),),
    "history_is_limited": (("cronjob.replace", "cronjob.history=kept"),),
    "the_active_list_is_true": (("cronjob.crash", "cronjob.active=kept"),),
}

EXPECTED = {
    "cronjob.crash.forbid": "runs_of_a_cronjob_stay_apart",
    "cronjob.crash.history": "a_scheduled_time_is_started_once",
}

unfolded = partial(explore, fold=False)


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_that_is_promised_holds_and_is_exercised(name: str) -> None:
    result = checked(name)

    assert result.complete and result.never_enabled == ()
    assert {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS} == {}


def test_each_promise_has_a_witness_and_a_mutant() -> None:
    assert {p.name for p in CRONJOBS} == set(MUTANTS)
    assert all(p.witness is not None for p in CRONJOBS)


@pytest.mark.parametrize(("name", "where"), [(name, where) for name, all_of in MUTANTS.items() for where in all_of])
def test_a_broken_cronjob_controller_is_noticed(name: str, where: tuple[str, str]) -> None:
    found = checked(*where, only=name).property(name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_crash_breaks_all_the_same_replays(name: str) -> None:
    result = kspec.check(name)

    assert [p.name for p in result.properties if p.verdict is Verdict.VIOLATED] == [EXPECTED[name]]
    trace = result.property(EXPECTED[name]).trace
    assert trace is not None and "crash" in {step.action.name for step in trace.steps}
    assert kspec.replay(trace).verdict is Verdict.REPRODUCED


@pytest.mark.parametrize("name", ["cronjob.crash", "cronjob.late"])
def test_the_engines_agree_about_cronjobs(name: str) -> None:
    fast, plain = (checked(name, engine=engine) for engine in (unfolded, reference.explore))

    assert (fast.distinct_states, fast.generated_states) == (plain.distinct_states, plain.generated_states)
