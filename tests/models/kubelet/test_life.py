"""The kubelet's full level of detail, walked by hand: one pod, container by container."""

from __future__ import annotations

from typing import Any

import pytest

from kspec.kube.cluster import Cluster, Scope
from kspec.kube.objects import Container, ContainerProbe, Phase, Pod, PodSpec
from kspec_models import users
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.life import Life
from kspec_models.kubelet.memory import BackOff, Memory
from kspec_models.kubelet.programs import programs
from kspec_models.kubelet.runtime import Health, Runtime
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import node
from tests.kspec.kube.small import Walk

WEB = Container("web", "web:1")
ONCE = ContainerProbe(1)
KUBELET = tuple(f"kubelet.{name}" for name in ("look", "start", "report", "stop", "remove", "probe", "back", "forget"))
RUNTIME, MEMORY, POD = ("runtime", 0), ("memory", 0), ("pods", 0)


def walk(*containers: Container, init: tuple[Container, ...] = (), crashes: int = 0, **spec: Any) -> Walk:
    """A pod that is bound; nothing of it runs yet."""
    pod = Pod(spec=PodSpec(containers, init, **spec))
    people = (users.apply([pod]), users.delete_a_pod())
    environment = programs(exits=4, exit_codes=(0, 1), troubles=1, losses=1, ending=frozenset({"job:1"}))
    components = (*people, scheduler(), kubelet(detail=Life()), environment)
    scope = Scope(slots={Pod: 1}, nodes=(node(),), crashes={"kubelet": crashes})
    walked = Walk(Cluster("life", components, scope, (), kinds_used=(Pod,)).system())
    walked("user.apply")
    walked("scheduler.bind")
    return walked


def running(walked: Walk) -> list[int]:
    """The places of the containers that run."""
    return [i for i, _ in walked.at(RUNTIME).running()]


def quiet(walked: Walk) -> Walk:
    """The kubelet has nothing to do, and programs have served (but finished nothing)."""
    return walked.until_quiet(*KUBELET, "programs.serve")


def exits(walked: Walk, code: int) -> Walk:
    """A program ends by itself."""
    found = walked.can("programs.exit")
    walked("programs.exit", next(n for n, o in enumerate(found) if o.step.says.endswith(f"exit {code}")))
    return walked


def pod(walked: Walk) -> Pod:
    found: Pod = walked.latest(POD)
    return found


# ---- start


def test_the_sandbox_comes_first_and_the_kubelet_looks_before_each_start() -> None:
    walked = walk(WEB)
    assert [o.action.name for o in walked.can("kubelet")] == ["look"]
    walked("kubelet.look")
    walked("kubelet.start")
    assert walked.at(RUNTIME).sandbox and running(walked) == [] and walked.at(MEMORY).seen is None
    assert not walked.can("kubelet.start")
    walked("kubelet.look")
    walked("kubelet.start")
    assert running(walked) == [0] and not walked.can("kubelet.start")


def test_init_containers_run_one_after_another_and_sidecars_go_on() -> None:
    sidecar = Container("proxy", "proxy:1", restart_policy="Always")
    walked = quiet(walk(WEB, init=(Container("a"), sidecar, Container("b"))))
    assert running(walked) == [0] and not pod(walked).initialized
    walked("programs.finish")
    quiet(walked)
    assert running(walked) == [1, 2]
    walked("programs.finish")
    quiet(walked)
    assert running(walked) == [1, 3]
    assert pod(walked).initialized and pod(walked).ready and pod(walked).phase is Phase.RUNNING


def test_a_sidecar_must_have_started_before_the_next_one_is() -> None:
    sidecar = Container("proxy", "proxy:1", restart_policy="Always", startup_probe=ONCE)
    walked = walk(WEB, init=(sidecar,)).until_quiet(*KUBELET)
    assert running(walked) == [0]
    quiet(walked)
    assert running(walked) == [0, 1]


def test_a_failed_init_container_fails_the_pod_where_nothing_is_restarted() -> None:
    walked = exits(quiet(walk(WEB, init=(Container("a"),), restart_policy="Never")), 1)
    quiet(walked)
    assert pod(walked).phase is Phase.FAILED and walked.at(RUNTIME).is_nothing


# ---- restarts


@pytest.mark.parametrize(
    ("policy", "code", "again", "phase"),
    [
        ("Always", 0, True, Phase.RUNNING),
        ("Always", 1, True, Phase.RUNNING),
        ("OnFailure", 0, False, Phase.SUCCEEDED),
        ("OnFailure", 1, True, Phase.RUNNING),
        ("Never", 0, False, Phase.SUCCEEDED),
        ("Never", 1, False, Phase.FAILED),
    ],
)
def test_the_restart_policy_decides_what_becomes_of_a_container_that_exits(
    policy: str, code: int, again: bool, phase: Phase
) -> None:
    walked = quiet(exits(quiet(walk(WEB, restart_policy=policy)), code))
    assert (running(walked) == [0]) is again and pod(walked).phase is phase
    assert walked.at(RUNTIME).sandbox is again


def test_the_first_restart_is_at_once_and_the_next_one_waits() -> None:
    walked = exits(quiet(walk(WEB)), 1)
    walked.until_quiet("kubelet.look", "kubelet.start")
    assert running(walked) == [0] and walked.at(RUNTIME).containers[0].restarts == 1

    exits(walked, 1)
    walked.until_quiet("kubelet.look", "kubelet.start", "kubelet.report")
    assert running(walked) == [] and walked.at(MEMORY).containers[0].back_off is BackOff.WAITS
    assert pod(walked).phase is Phase.RUNNING and not pod(walked).ready
    walked("kubelet.back off is over")
    walked.until_quiet("kubelet.look", "kubelet.start")
    assert running(walked) == [0]


def test_a_job_is_done_and_its_sidecar_ends_with_it() -> None:
    sidecar = Container("proxy", "proxy:1", restart_policy="Always")
    walked = quiet(walk(Container("job", "job:1"), init=(sidecar,), restart_policy="Never"))
    assert running(walked) == [0, 1]
    walked("programs.finish")
    walked.until_quiet("kubelet.look", "kubelet.report")
    assert pod(walked).phase is Phase.RUNNING  # a final phase is not written while something runs
    quiet(walked)
    assert pod(walked).phase is Phase.SUCCEEDED and walked.at(RUNTIME).is_nothing


# ---- a lost sandbox


def test_all_init_containers_run_again_in_a_new_sandbox() -> None:
    walked = quiet(walk(WEB, init=(Container("a"), Container("b"))))
    for _ in range(2):
        walked("programs.finish")
        quiet(walked)
    assert running(walked) == [2]
    walked("programs.lose")
    assert running(walked) == [] and not walked.at(RUNTIME).sandbox
    quiet(walked)
    assert running(walked) == [0] and pod(walked).phase is Phase.PENDING


@pytest.mark.parametrize(("policy", "again"), [("Always", True), ("OnFailure", True), ("Never", False)])
def test_a_pod_whose_containers_are_never_restarted_gets_no_second_sandbox(policy: str, again: bool) -> None:
    walked = quiet(walk(WEB, restart_policy=policy))
    walked("programs.lose")
    quiet(walked)
    assert walked.at(RUNTIME).sandbox is again and (pod(walked).phase is Phase.FAILED) is not again


def test_a_job_that_is_done_gets_no_second_sandbox() -> None:
    walked = quiet(walk(Container("job", "job:1"), Container("log"), restart_policy="OnFailure"))
    walked("programs.finish")
    exits(quiet(walked), 0)
    walked("programs.lose")
    quiet(walked)
    assert not walked.at(RUNTIME).sandbox and pod(walked).phase is Phase.SUCCEEDED


# ---- probes


def test_a_pod_is_running_in_one_write_and_ready_in_a_later_one_where_it_has_a_readiness_probe() -> None:
    walked = walk(Container("web", "web:1", readiness_probe=ONCE)).until_quiet(*KUBELET)
    assert pod(walked).phase is Phase.RUNNING and not pod(walked).ready
    quiet(walked)
    assert pod(walked).ready


def test_a_program_that_is_busy_gets_no_traffic_and_is_not_restarted() -> None:
    walked = quiet(walk(Container("web", "web:1", readiness_probe=ONCE, liveness_probe=ONCE)))
    found = walked.can("programs.trouble")
    walked("programs.trouble", next(n for n, o in enumerate(found) if "busy" in o.step.says))
    walked.until_quiet(*KUBELET)
    assert not pod(walked).ready and walked.at(RUNTIME).containers[0].restarts == 0 and running(walked) == [0]
    quiet(walked)
    assert pod(walked).ready


@pytest.mark.parametrize(("policy", "again"), [("Always", True), ("OnFailure", True), ("Never", False)])
def test_a_program_that_hangs_is_killed_and_restarted_unless_nothing_is(policy: str, again: bool) -> None:
    walked = quiet(walk(Container("web", "web:1", liveness_probe=ContainerProbe(2)), restart_policy=policy))
    found = walked.can("programs.trouble")
    walked("programs.trouble", next(n for n, o in enumerate(found) if "hung" in o.step.says))
    walked("kubelet.probe")
    assert not walked.can("kubelet.stop")  # once is not enough
    walked("kubelet.probe")
    walked("kubelet.stop")
    walked("programs.finish")  # with exit code 0: it is restarted although it did not fail
    quiet(walked)
    assert (running(walked) == [0]) is again
    assert pod(walked).phase is (Phase.RUNNING if again else Phase.SUCCEEDED)


# ---- the end


def test_a_deleted_pod_ends_by_its_hook_a_signal_and_its_final_phase() -> None:
    walked = quiet(walk(Container("web", "web:1", pre_stop=True)))
    walked("user.delete")
    assert "preStop of web" in walked("kubelet.stop").step.says
    assert running(walked) == [0] and not walked.at(RUNTIME).containers[0].signalled
    assert "told to end" in walked("kubelet.stop").step.says
    walked("programs.finish")
    assert not walked.can("kubelet.remove")
    walked("kubelet.look")
    assert "its sandbox goes" in walked("kubelet.stop").step.says
    assert not walked.can("kubelet.remove")
    walked("kubelet.report")
    assert pod(walked).phase is Phase.SUCCEEDED
    walked("kubelet.remove")
    assert walked.latest(POD) is None and walked.at(RUNTIME) == Runtime() and walked.at(MEMORY) == Memory()


def test_a_program_that_does_not_listen_is_killed_and_has_failed() -> None:
    walked = quiet(walk(WEB))
    walked("user.delete")
    walked("kubelet.stop")
    assert "SIGKILL" in walked("kubelet.stop").step.says
    walked.until_quiet("kubelet.look", "kubelet.report")
    assert pod(walked).phase is Phase.FAILED


def test_a_pod_that_never_ran_has_failed_when_it_is_deleted() -> None:
    walked = walk(WEB)
    walked("user.delete")
    walked("kubelet.look")
    walked("kubelet.report")
    assert pod(walked).phase is Phase.FAILED
    walked("kubelet.remove")
    assert walked.latest(POD) is None


def test_sidecars_end_after_the_other_containers_the_last_one_first() -> None:
    sidecars = tuple(Container(name, "proxy:1", restart_policy="Always") for name in ("one", "two"))
    walked = quiet(walk(WEB, init=sidecars))
    walked("user.delete")
    ended = []
    while running(walked):
        before = running(walked)
        found = walked.can("kubelet.stop")
        assert len(found) <= 1
        walked("kubelet.stop") if found else walked("kubelet.look")
        ended += [i for i in before if i not in running(walked)]
    assert ended == [2, 1, 0]


def test_nothing_is_kept_of_a_pod_that_was_forced_out_before_anything_of_it_ran() -> None:
    walked = walk(WEB, termination_grace_period_seconds=0)
    walked("kubelet.look")
    walked("user.delete")
    assert walked.latest(POD) is None and walked.at(MEMORY) != Memory()
    walked("kubelet.forget")
    assert walked.at(MEMORY) == Memory() and not walked.can("kubelet")


# ---- the end of the kubelet


def test_a_kubelet_that_ends_finds_its_containers_and_their_readiness() -> None:
    walked = quiet(walk(Container("web", "web:1", readiness_probe=ONCE), crashes=1))
    walked("kubelet.crash")
    assert walked.at(MEMORY) == Memory() and running(walked) == [0] and pod(walked).ready
    walked("kubelet.look")
    assert not walked.can("kubelet.start") and not walked.can("kubelet.report")
    quiet(walked)
    assert walked.at(RUNTIME).containers[0].running == 1 and pod(walked).ready


def test_a_hook_runs_again_when_the_kubelet_ends_in_the_middle_of_it() -> None:
    walked = quiet(walk(Container("web", "web:1", pre_stop=True), crashes=1))
    walked("user.delete")
    walked("kubelet.stop")
    walked("kubelet.crash")
    walked("kubelet.look")
    assert "preStop of web" in walked("kubelet.stop").step.says


def test_a_back_off_is_lost_when_the_kubelet_ends() -> None:
    walked = exits(quiet(walk(WEB, crashes=1)), 1)
    walked.until_quiet("kubelet.look", "kubelet.start")
    exits(walked, 1)
    walked("kubelet.crash")
    walked.until_quiet("kubelet.look", "kubelet.start")
    assert running(walked) == [0]


def test_a_program_starts_only_where_somebody_asks() -> None:
    walked = walk(WEB).until_quiet(*KUBELET)
    assert walked.at(RUNTIME).containers[0].health is Health.SERVING
    asked = walk(Container("web", "web:1", startup_probe=ONCE)).until_quiet(*KUBELET)
    assert asked.at(RUNTIME).containers[0].health is Health.STARTING and not pod(asked).ready


def test_what_runs_and_what_is_remembered_are_told_in_words() -> None:
    walked = exits(quiet(walk(WEB, Container("log", readiness_probe=ONCE))), 1)
    assert str(walked.at(RUNTIME)) == "sandbox, exited 1, running"
    assert str(walked.at(MEMORY)) == "saw sandbox, running, running; -; readiness Success"
