"""When a pod must leave a node with NoExecute taints."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Effect, Operator, Taint, Toleration
from kspec_models.controllers.taint_eviction import decisions
from kspec_models.controllers.taint_eviction.decisions import Timer

A, B = (Taint(key, effect=Effect.NO_EXECUTE) for key in "ab")


def tolerate(key: str, seconds: int | None = None) -> Toleration:
    return Toleration(key, Operator.EXISTS, toleration_seconds=seconds)


def test_taints_of_other_effects_evict_nobody() -> None:
    assert decisions.stays_for((Taint("a"), Taint("b", effect=Effect.PREFER_NO_SCHEDULE)), ()) is None


def test_one_untolerated_taint_evicts_now_whatever_else_is_tolerated() -> None:
    assert decisions.stays_for((A, B), (tolerate("a", 300),)) == 0
    assert decisions.next_timer((A, B), (tolerate("a", 300),), Timer(0, 300), 7) == Timer(7, 7)


def test_the_shortest_limit_of_the_tolerations_that_are_used_counts() -> None:
    tolerations = (tolerate("a", 300), tolerate("b"), tolerate("c", 1))
    assert decisions.stays_for((A, B), tolerations) == 300
    assert decisions.stays_for((B,), tolerations) is None


def test_of_two_tolerations_for_one_taint_the_first_counts() -> None:
    assert decisions.stays_for((A,), (tolerate("a", 300), tolerate("a", 5))) == 300
    assert decisions.stays_for((A,), (tolerate("a"), tolerate("a", 5))) is None


def test_a_limit_of_zero_or_less_means_now() -> None:
    assert decisions.stays_for((A,), (tolerate("a", -5),)) == 0


def test_the_timer_of_an_earlier_moment_is_kept_longer_or_shorter() -> None:
    running = decisions.next_timer((A,), (tolerate("a", 300),), None, 0)
    assert running == Timer(0, 300)
    assert decisions.next_timer((A,), (tolerate("a", 900),), running, 10) == running
    assert decisions.next_timer((A,), (tolerate("a", 20),), running, 10) == running


def test_a_timer_of_the_same_moment_is_made_anew() -> None:
    assert decisions.next_timer((A,), (tolerate("a", 20),), Timer(10, 310), 10) == Timer(10, 30)


def test_numeric_tolerations_count_only_behind_their_gate() -> None:
    taint = Taint("a", "5", Effect.NO_EXECUTE)
    below = (Toleration("a", Operator.GT, "3", toleration_seconds=7),)
    assert decisions.stays_for((taint,), below) == 0
    assert decisions.stays_for((taint,), below, comparison_operators=True) == 7
    assert decisions.next_timer((taint,), below, None, 1) == Timer(1, 1)
    assert decisions.next_timer((taint,), below, None, 1, comparison_operators=True) == Timer(1, 8)
    assert decisions.untolerated((taint,), below)
    assert decisions.used_tolerations((taint,), below) is None


def test_taints_that_go_or_are_tolerated_for_ever_cancel_the_timer() -> None:
    assert decisions.next_timer((), (), Timer(0, 300), 10) is None
    assert decisions.next_timer((A,), (tolerate("a"),), Timer(0, 300), 10) is None


@given(st.lists(st.none() | st.integers(-3, 400), min_size=1, max_size=4), st.integers(0, 100))
def test_a_timer_fires_when_the_shortest_limit_is_over(limits: list[int | None], now: int) -> None:
    taints = tuple(Taint(str(i), effect=Effect.NO_EXECUTE) for i in range(len(limits)))
    timer = decisions.next_timer(taints, tuple(tolerate(str(i), each) for i, each in enumerate(limits)), None, now)
    seconds = [max(0, each) for each in limits if each is not None]
    assert timer == (Timer(now, now + min(seconds)) if seconds else None)
