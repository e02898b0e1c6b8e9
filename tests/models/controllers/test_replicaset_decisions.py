"""How many pods a ReplicaSet creates and deletes, in which batches, and what it reports."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kspec_models.controllers.replicaset import decisions
from kspec_models.controllers.replicaset.decisions import ActivePod, Counts, Difference, SlowStart


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_a_sync_creates_or_deletes_what_differs_up_to_the_burst(active: int, replicas: int) -> None:
    todo = decisions.difference(active, replicas)
    assert min(todo.create, todo.delete) == 0
    assert max(todo.create, todo.delete) == min(abs(active - replicas), 500)
    assert abs(active + todo.create - todo.delete - replicas) <= abs(active - replicas)


def test_equal_numbers_are_left_alone() -> None:
    assert decisions.difference(3, 3) == Difference(0, 0)


def batches(count: int, initial: int = 1) -> list[int]:
    state, found = decisions.slow_start(count, initial), []
    while state.batch > 0:
        found.append(state.batch)
        state = state.after(0)
    assert state.remaining == 0
    assert state.successes == count
    return found


def test_batches_double_and_end_with_the_rest() -> None:
    assert batches(10) == [1, 2, 4, 3]
    assert batches(1) == [1]
    assert batches(0) == []
    assert batches(5, initial=3) == [3, 2]


@given(st.integers(0, 600), st.integers(1, 8))
def test_all_calls_are_made_when_none_fails(count: int, initial: int) -> None:
    assert sum(batches(count, initial)) == count


@given(st.integers(1, 100), st.integers(0, 6), st.data())
def test_after_a_failure_nothing_more_is_tried(count: int, good: int, data: st.DataObject) -> None:
    state, made, successes = decisions.slow_start(count), 0, 0
    while state.batch > 0:
        failures = 0 if good > 0 else data.draw(st.integers(1, state.batch))
        made, successes, good = made + state.batch, successes + state.batch - failures, good - 1
        state = state.after(failures)
        assert failures == 0 or state.batch == 0
    assert state.remaining == count - made
    assert state.successes == successes


def test_an_unfinished_slow_start_knows_what_it_never_tried() -> None:
    assert decisions.slow_start(10).after(0).after(0).after(2) == SlowStart(remaining=3, batch=0, successes=5)


@given(st.lists(st.builds(ActivePod, st.booleans(), st.booleans(), st.booleans()), max_size=8))
def test_the_status_counts_pods(pods: list[ActivePod]) -> None:
    assert decisions.status(tuple(pods), terminating=2) == Counts(
        replicas=len(pods),
        fully_labeled=sum(pod.fully_labeled for pod in pods),
        ready=sum(pod.ready for pod in pods),
        available=sum(pod.available for pod in pods),
        terminating=2,
    )


def test_terminating_pods_are_reported_of_a_replica_set_with_the_gate_on_only() -> None:
    assert decisions.reports_terminating("ReplicaSet", True)
    assert not decisions.reports_terminating("ReplicaSet", False)
    assert not decisions.reports_terminating("ReplicationController", True)
    assert decisions.status(()).terminating is None
