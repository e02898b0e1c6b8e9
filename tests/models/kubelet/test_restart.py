"""Whether a container is started again."""

from __future__ import annotations

from itertools import product

from kspec_models.kubelet.restart import (
    ExitCodeRule,
    RestartPolicy,
    Restarts,
    RuntimeState,
    may_restart,
    should_be_started,
)

EVERY_POLICY = tuple(RestartPolicy)


def test_nothing_of_a_pod_that_is_being_deleted_is_started() -> None:
    for policy, state, code in product(EVERY_POLICY, RuntimeState, (0, 1)):
        assert not should_be_started(Restarts(policy), state, code, pod_deleting=True)


def test_a_state_that_nobody_knows_is_started_again_even_under_never() -> None:
    never = Restarts(RestartPolicy.NEVER)
    assert should_be_started(never, RuntimeState.UNKNOWN, 0, pod_deleting=False)
    assert not should_be_started(never, RuntimeState.EXITED, 1, pod_deleting=False)


def test_the_own_policy_of_a_container_goes_before_the_pods() -> None:
    assert may_restart(Restarts(RestartPolicy.NEVER, RestartPolicy.ALWAYS), 0)
    assert not may_restart(Restarts(RestartPolicy.ALWAYS, RestartPolicy.NEVER), 1)


def test_a_rule_goes_before_every_policy_and_only_for_its_exit_codes() -> None:
    restarts = Restarts(RestartPolicy.ALWAYS, RestartPolicy.NEVER, (ExitCodeRule((42,)),))
    assert may_restart(restarts, 42)
    assert not may_restart(restarts, 43)


def test_a_negated_rule_is_for_all_other_exit_codes() -> None:
    restarts = Restarts(RestartPolicy.NEVER, rules=(ExitCodeRule((0, 1), negated=True),))
    assert [code for code in range(4) if may_restart(restarts, code)] == [2, 3]


def test_on_failure_is_never_for_a_success_and_always_for_a_failure() -> None:
    for code in (0, 1, 137):
        wanted = Restarts(RestartPolicy.NEVER if code == 0 else RestartPolicy.ALWAYS)
        assert may_restart(Restarts(RestartPolicy.ON_FAILURE), code) == may_restart(wanted, code)
