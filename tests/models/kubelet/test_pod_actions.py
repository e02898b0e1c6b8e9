"""What the kubelet does next for a pod."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kspec_models.kubelet.pod_actions import Actions, Container, Pod, actions
from kspec_models.kubelet.probes import Result
from kspec_models.kubelet.restart import RestartPolicy, Restarts, RuntimeState

RUNNING, EXITED, NONE = RuntimeState.RUNNING, RuntimeState.EXITED, RuntimeState.NONE
NEVER, ALWAYS = Restarts(RestartPolicy.NEVER), Restarts(RestartPolicy.ALWAYS)


def containers(restarts: Restarts) -> st.SearchStrategy[Container]:
    results = st.sampled_from((None, *Result))
    return st.builds(
        Container,
        name=st.just("c"),
        state=st.sampled_from(RuntimeState),
        exit_code=st.integers(0, 1),
        restarts=st.just(restarts),
        changed=st.booleans(),
        liveness=results,
        startup=results,
    )


@st.composite
def pods(draw: st.DrawFn) -> Pod:
    policy = draw(st.sampled_from(RestartPolicy))
    regular = draw(st.lists(containers(Restarts(policy)), min_size=1, max_size=2))
    init = draw(st.lists(containers(Restarts(policy)), max_size=3))
    sidecars = draw(st.tuples(*(st.booleans() for _ in init)))
    return Pod(
        policy,
        tuple(
            attrs.evolve(each, name=f"i{i}", sidecar=sidecar, restarts=Restarts(policy, RestartPolicy.ALWAYS))
            if sidecar
            else attrs.evolve(each, name=f"i{i}")
            for i, (each, sidecar) in enumerate(zip(init, sidecars, strict=True))
        ),
        tuple(attrs.evolve(each, name=f"c{i}") for i, each in enumerate(regular)),
        sandbox_lost=draw(st.booleans()),
        attempt=draw(st.integers(0, 1)),
        deleting=draw(st.booleans()),
    )


@given(pods())
def test_a_running_container_is_started_only_if_it_is_killed_first(pod: Pod) -> None:
    result = actions(pod)
    killed = set(result.kill)
    for start, every in ((result.start, pod.containers), (result.init_start, pod.init_containers)):
        for i in start:
            assert every[i].state is not RUNNING or every[i].name in killed or result.kill_pod


@given(pods())
def test_nothing_is_started_in_a_pod_that_is_killed_unless_it_gets_a_new_sandbox(pod: Pod) -> None:
    result = actions(pod)
    if result.kill_pod and not result.create_sandbox:
        assert (result.start, result.init_start) == ((), ())
    assert result.kill_pod or not result.create_sandbox


@given(pods())
def test_regular_init_containers_do_not_run_again_once_a_regular_container_runs(pod: Pod) -> None:
    if pod.sandbox_lost or all(each.state is not RUNNING for each in pod.containers):
        return
    assert all(pod.init_containers[i].sidecar for i in actions(pod).init_start)


@given(pods())
def test_regular_init_containers_run_one_at_a_time(pod: Pod) -> None:
    regular = [i for i in actions(pod).init_start if not pod.init_containers[i].sidecar]
    assert len(regular) <= 1
    if regular and not pod.sandbox_lost:
        assert not any(
            each.state is RUNNING and not each.sidecar and i > regular[0] for i, each in enumerate(pod.init_containers)
        )


def test_a_probe_failure_kills_a_container_and_under_never_it_is_not_started_again() -> None:
    failing = Container("c", RUNNING, liveness=Result.FAILURE)
    other = Container("d", RUNNING)
    restarted = actions(Pod(containers=(failing, other)))
    assert (restarted.kill, restarted.start) == (("c",), (0,))
    never = tuple(attrs.evolve(each, restarts=NEVER) for each in (failing, other))
    ended = actions(Pod(RestartPolicy.NEVER, containers=never))
    assert (ended.kill, ended.start, ended.kill_pod) == (("c",), (), False)


def test_when_the_main_containers_are_done_the_pod_is_killed_with_its_sidecars() -> None:
    sidecar = Container("s", RUNNING, restarts=Restarts(RestartPolicy.NEVER, RestartPolicy.ALWAYS), sidecar=True)
    done = Container("c", EXITED, restarts=NEVER)
    assert actions(Pod(RestartPolicy.NEVER, (sidecar,), (done,))) == Actions(kill_pod=True)


def test_a_lost_sandbox_starts_from_the_first_init_container_although_the_pod_had_run() -> None:
    init = Container("i", EXITED)
    result = actions(Pod(init_containers=(init,), containers=(Container("c", RUNNING),), sandbox_lost=True, attempt=1))
    assert result == Actions(kill_pod=True, create_sandbox=True, init_start=(0,))


def test_under_never_a_lost_sandbox_is_not_made_again_once_containers_had_run() -> None:
    ran = Pod(RestartPolicy.NEVER, containers=(Container("c", RUNNING, restarts=NEVER),), sandbox_lost=True, attempt=1)
    assert actions(ran) == Actions(kill_pod=True)
    assert actions(attrs.evolve(ran, containers=(Container("c", restarts=NEVER),))).create_sandbox


def test_initialization_starts_again_if_all_containers_exited_and_the_records_of_init_containers_are_gone() -> None:
    result = actions(Pod(init_containers=(Container("i"),), containers=(Container("c", EXITED, 1, ALWAYS),)))
    assert (result.init_start, result.start) == ((0,), ())


def test_the_next_init_container_waits_for_a_sidecars_startup_probe() -> None:
    sidecar = Container("s", RUNNING, sidecar=True, has_startup_probe=True)
    pod = Pod(init_containers=(sidecar, Container("i")), containers=(Container("c"),))
    assert actions(pod) == Actions()
    started = attrs.evolve(sidecar, startup=Result.SUCCESS)
    assert actions(attrs.evolve(pod, init_containers=(started, Container("i")))).init_start == (1,)


def test_an_init_container_that_failed_ends_the_pod_under_never_only() -> None:
    for policy in RestartPolicy:
        failed = Container("i", EXITED, 1, Restarts(policy))
        result = actions(Pod(policy, (failed,), (Container("c"),)))
        assert result.kill_pod is (policy is RestartPolicy.NEVER)
        assert result.init_start == (() if policy is RestartPolicy.NEVER else (0,))
