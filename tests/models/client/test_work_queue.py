"""The work queue: one worker a key, and no work lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kspec_models.client.work_queue import WorkQueue

KEYS = st.sampled_from("abc")
OPERATIONS = st.lists(st.one_of(st.tuples(st.just("add"), KEYS), st.tuples(st.just("get")), st.tuples(st.just("done"))))


@given(OPERATIONS)
def test_no_key_is_ever_with_two_workers_and_every_key_added_is_got_afterwards(
    operations: list[tuple[str, ...]],
) -> None:
    queue, busy, owed = WorkQueue(), list[str](), set[str]()
    for operation in operations:
        match operation:
            case ("add", key):
                queue = queue.add(key)
                owed.add(key)
            case ("get",):
                got, queue = queue.get()
                if got is not None:
                    assert got not in busy
                    busy.append(got)
                    owed.discard(got)
            case _ if busy:
                queue = queue.done(busy.pop(0))
        assert queue.processing == frozenset(busy)
        assert queue.dirty == frozenset(owed)
        assert len(set(queue.waiting)) == len(queue)
    while busy:
        queue = queue.done(busy.pop(0))
    assert set(queue.waiting) == owed


def test_a_key_added_while_it_is_processed_waits_until_it_is_done() -> None:
    _, queue = WorkQueue().add("a").get()
    queue = queue.add("a").add("b")
    assert queue.waiting == ("b",)
    assert queue.done("a").waiting == ("b", "a")


def test_a_shutdown_takes_no_more_keys_but_gives_out_those_that_wait() -> None:
    queue = WorkQueue().add("a").shut_down().add("b")
    assert not queue.ended
    got, queue = queue.get()
    assert got == "a" and queue.ended


def test_done_with_a_key_that_still_waits_queues_it_twice_as_upstream_does() -> None:
    assert WorkQueue().add("a").done("a").waiting == ("a", "a")
