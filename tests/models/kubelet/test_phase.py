"""A pod's phase."""

from __future__ import annotations

from itertools import product

import pytest

from kspec.kube.objects import Phase
from kspec_models.kubelet.phase import RESTARTING_ALL_CONTAINERS, End, Observed, State, Status, phase, published
from kspec_models.kubelet.restart import RestartPolicy, Restarts

RUNNING = Status(State.RUNNING, started=True)
NOT_STARTED = Status(State.RUNNING)
WAITING = Status()
STATUSES = (
    None,
    RUNNING,
    WAITING,
    *(Status(state, End(code)) for state in (State.TERMINATED, State.WAITING) for code in (0, 1)),
)


def ended(code: int, reason: str = "") -> Status:
    return Status(State.TERMINATED, End(code, reason))


def crash_looping(code: int, reason: str = "") -> Status:
    return Status(State.WAITING, End(code, reason))


def observed(*statuses: Status | None, policy: RestartPolicy = RestartPolicy.ALWAYS) -> tuple[Observed, ...]:
    return tuple(Observed(status, Restarts(policy)) for status in statuses)


def sidecar(status: Status | None) -> tuple[Observed, ...]:
    return (Observed(status, Restarts(RestartPolicy.NEVER, RestartPolicy.ALWAYS), sidecar=True),)


def test_a_pod_in_crash_loop_back_off_is_running_not_pending() -> None:
    assert phase((), observed(crash_looping(1))) is Phase.RUNNING
    assert phase((), observed(WAITING)) is Phase.PENDING


def test_a_deleted_pod_whose_containers_all_exited_0_succeeded_even_under_always() -> None:
    assert phase((), observed(ended(0), ended(0)), terminal=True) is Phase.SUCCEEDED
    assert phase((), observed(ended(0), ended(1)), terminal=True) is Phase.FAILED
    assert phase((), observed(ended(0), ended(0))) is Phase.RUNNING


def test_a_static_pod_is_restarted_by_its_policy_even_when_it_is_terminal() -> None:
    assert phase((), observed(ended(0)), terminal=True, static=True) is Phase.RUNNING


def test_a_container_that_waits_to_be_restarted_has_not_succeeded() -> None:
    assert phase((), observed(crash_looping(0)), terminal=True) is Phase.FAILED


def test_one_container_that_may_run_again_keeps_the_pod_running() -> None:
    containers = (*observed(ended(1), policy=RestartPolicy.NEVER), *observed(ended(0)))
    assert phase((), containers) is Phase.RUNNING


def test_a_restart_of_the_whole_pod_counts_as_one_that_is_to_come() -> None:
    stopped = observed(crash_looping(137, RESTARTING_ALL_CONTAINERS), policy=RestartPolicy.NEVER)
    assert phase((), stopped) is Phase.RUNNING


def test_a_failed_init_container_fails_the_pod_only_if_it_may_not_be_retried() -> None:
    waiting = observed(WAITING)
    assert phase(observed(ended(1), policy=RestartPolicy.NEVER), waiting) is Phase.FAILED
    assert phase(observed(ended(1), policy=RestartPolicy.ON_FAILURE), waiting) is Phase.PENDING


def test_a_sidecar_that_has_not_started_holds_up_only_a_pod_that_is_not_initialized() -> None:
    assert phase(sidecar(NOT_STARTED), observed(RUNNING)) is Phase.PENDING
    assert phase(sidecar(NOT_STARTED), observed(RUNNING), initialized=True) is Phase.RUNNING


def test_a_sidecars_exit_code_does_not_matter() -> None:
    done = observed(ended(0), policy=RestartPolicy.NEVER)
    assert phase(sidecar(ended(1)), done, initialized=True) is Phase.SUCCEEDED
    assert phase(sidecar(RUNNING), done, initialized=True) is Phase.RUNNING


@pytest.mark.parametrize("policy", tuple(RestartPolicy))
def test_a_terminal_phase_needs_every_container_stopped_and_none_to_run_again(policy: RestartPolicy) -> None:
    for statuses in product(STATUSES, repeat=2):
        containers = observed(*statuses, policy=policy)
        if phase((), containers) in (Phase.SUCCEEDED, Phase.FAILED):
            assert all(each.ended is not None and not each.may_run_again for each in containers)


def test_a_pod_that_is_torn_down_is_never_running_once_everything_stopped() -> None:
    stopped = tuple(each for each in STATUSES if each is not None and each.end is not None)
    for statuses in product(stopped, repeat=2):
        assert phase((), observed(*statuses), terminal=True) in (Phase.SUCCEEDED, Phase.FAILED)


def test_a_published_terminal_phase_stays_whatever_containers_do() -> None:
    for before, now, running in product((Phase.SUCCEEDED, Phase.FAILED), Phase, (False, True)):
        assert published(before, now, running) is before


def test_no_terminal_phase_is_published_while_a_container_may_run() -> None:
    assert published(Phase.RUNNING, Phase.FAILED, may_be_running=True) is Phase.RUNNING
    assert published(Phase.RUNNING, Phase.FAILED, may_be_running=False) is Phase.FAILED
    assert published(Phase.PENDING, Phase.RUNNING, may_be_running=True) is Phase.RUNNING
