"""Conditions of a pod."""

from __future__ import annotations

from itertools import product

from kspec.kube.objects import Phase
from kspec_models.kubelet.conditions import (
    POD_COMPLETED,
    POD_FAILED,
    READINESS_GATES_NOT_READY,
    UNKNOWN_CONTAINER_STATUSES,
    Condition,
    ContainerReport,
    container_ready,
    container_started,
    containers_ready,
    initialized,
    ready,
)

READY = ContainerReport(ready=True, started=True, has_run=True)
WAITING = ContainerReport()
UNKNOWN = ContainerReport(known=False)


def test_a_failed_pod_is_not_ready_even_if_its_containers_still_are() -> None:
    assert containers_ready((), (READY,), Phase.FAILED) == Condition(False, POD_FAILED)


def test_a_completed_pod_is_initialized_and_not_ready() -> None:
    assert containers_ready((), (WAITING,), Phase.SUCCEEDED) == Condition(False, POD_COMPLETED)
    assert initialized((READY,), (WAITING,), Phase.SUCCEEDED) == Condition(True, POD_COMPLETED)


def test_no_list_of_statuses_is_not_an_empty_one() -> None:
    assert containers_ready((), (), Phase.RUNNING, statuses=False) == Condition(False, UNKNOWN_CONTAINER_STATUSES)
    assert containers_ready((), (), Phase.RUNNING).status


def test_a_sidecar_must_be_ready_and_another_init_container_need_not() -> None:
    sidecar = ContainerReport(sidecar=True)
    assert not containers_ready((sidecar,), (READY,), Phase.RUNNING).status
    assert containers_ready((WAITING, UNKNOWN), (READY,), Phase.RUNNING).status


def test_ready_implies_containers_ready_and_every_gate() -> None:
    for condition, gates in product((Condition(True), Condition(False, "x")), product((False, True), repeat=2)):
        result = ready(condition, gates)
        assert result.status == (condition.status and all(gates))
        if condition.status and not result.status:
            assert result.reason == READINESS_GATES_NOT_READY


def test_a_pod_whose_regular_container_has_run_stays_initialized() -> None:
    ran = ContainerReport(has_run=True)
    assert initialized((WAITING,), (ran,), Phase.RUNNING).status
    assert not initialized((WAITING,), (WAITING,), Phase.RUNNING).status


def test_a_sidecar_is_initialized_once_started_and_another_once_it_succeeded() -> None:
    started = ContainerReport(started=True, sidecar=True)
    assert initialized((started,), (WAITING,), Phase.PENDING).status
    assert not initialized((ContainerReport(started=True),), (WAITING,), Phase.PENDING).status


def test_without_probes_a_container_is_ready_as_soon_as_it_runs() -> None:
    for running in (False, True):
        started = container_started(running, None)
        assert container_ready(running, started, None) is running


def test_a_container_is_not_ready_before_its_startup_probe_succeeded() -> None:
    assert not container_ready(True, container_started(True, False), True)
