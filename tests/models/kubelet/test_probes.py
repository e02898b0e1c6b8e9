"""Probe workers."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kspec_models.kubelet.probes import ContainerState, Outcome, Probe, Result, Seen, Settings, Worker, asks, step

OUTCOMES = st.lists(st.sampled_from(Outcome), max_size=8)


def run(
    settings: Settings, outcomes: Sequence[Outcome], worker: Worker | None = None, seen: Seen | None = None
) -> Worker:
    seen = seen or Seen(started=settings.probe is not Probe.STARTUP)
    worker = worker or Worker()
    for outcome in outcomes:
        worker = step(worker, settings, seen, outcome).worker
    return worker


def test_a_single_failure_under_the_threshold_changes_nothing() -> None:
    settings = Settings(Probe.READINESS, failure_threshold=3)
    worker = run(settings, [Outcome.SUCCESS, Outcome.FAILURE, Outcome.FAILURE])
    assert worker.published is Result.SUCCESS
    assert run(settings, [Outcome.FAILURE], worker).published is Result.FAILURE


@given(OUTCOMES, st.sampled_from(Probe), st.integers(1, 3), st.integers(1, 3))
def test_probes_that_could_not_be_carried_out_change_nothing(
    outcomes: list[Outcome], probe: Probe, success: int, failure: int
) -> None:
    settings = Settings(probe, success, failure)
    carried_out = [each for each in outcomes if each is not Outcome.ERROR]
    if carried_out:
        assert run(settings, outcomes) == run(settings, carried_out)


@given(OUTCOMES, st.integers(1, 3))
def test_once_liveness_has_failed_nothing_is_published_before_another_container(
    outcomes: list[Outcome], threshold: int
) -> None:
    settings = Settings(Probe.LIVENESS, failure_threshold=threshold)
    failed = run(settings, [Outcome.FAILURE] * threshold)
    assert failed.on_hold
    assert run(settings, outcomes, failed) == failed
    again = step(failed, settings, Seen(container="the next"), Outcome.ERROR).worker
    assert not again.on_hold
    assert again.published is Result.SUCCESS


@given(OUTCOMES)
def test_a_liveness_probe_that_never_fails_often_enough_kills_nothing(outcomes: list[Outcome]) -> None:
    settings = Settings(Probe.LIVENESS, failure_threshold=len(outcomes) + 1)
    assert run(settings, [Outcome.SUCCESS, *outcomes]).published is Result.SUCCESS


def test_until_a_container_has_started_only_the_startup_probe_runs_and_then_only_the_others() -> None:
    for probe in Probe:
        assert asks(probe, Seen(started=False)) is (probe is Probe.STARTUP)
        assert asks(probe, Seen(started=True)) is (probe is not Probe.STARTUP)
        assert not asks(probe, Seen(started=False, in_initial_delay=True))


def test_deletion_ends_all_probes_but_readiness() -> None:
    for probe in Probe:
        seen = Seen(deleting=True, started=probe is not Probe.STARTUP)
        turn = step(Worker(), Settings(probe, failure_threshold=1), seen, Outcome.FAILURE)
        assert turn.goes_on is (probe is Probe.READINESS)
        assert turn.worker.published is (Result.FAILURE if probe is Probe.READINESS else Result.SUCCESS)


def test_a_container_that_ended_for_good_ends_its_worker_with_a_failure() -> None:
    seen = Seen(state=ContainerState.TERMINATED, may_restart=False)
    for probe in Probe:
        ended = step(Worker(), Settings(probe), seen, Outcome.SUCCESS)
        again = step(Worker(), Settings(probe), attrs.evolve(seen, may_restart=True), Outcome.SUCCESS)
        assert (ended.goes_on, again.goes_on) == (False, True)
        assert ended.worker.published is Result.FAILURE
