"""The arithmetic of a rolling update, of Recreate, and what is true of them for any numbers."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kspec.kube.objects import Percent, Phase, StrategyType
from kspec_models.controllers.deployment import decisions
from kspec_models.controllers.deployment.decisions import Bounds, RecreateMove, Rollout, Sized

SMALL = st.integers(0, 12)


@st.composite
def sized(draw: st.DrawFn, *, truthful: bool = True) -> Sized:
    size = draw(SMALL)
    return Sized(size, draw(st.integers(0, size if truthful else 12)))


def rollouts(*, truthful: bool = True) -> st.SearchStrategy[Rollout]:
    one = sized(truthful=truthful)
    return st.builds(Rollout, one, st.lists(one, max_size=4).map(tuple))


def left_available(now: Rollout, then: Rollout) -> int:
    """What stays available if every ReplicaSet deletes its unavailable pods first."""
    pairs = zip((now.new, *now.old), (then.new, *then.old), strict=True)
    return sum(min(before.available, after.size) for before, after in pairs)


def distance(rollout: Rollout, replicas: int) -> int:
    return abs(replicas - rollout.new.size) + sum(rs.size for rs in rollout.old)


# ---- maxSurge and maxUnavailable


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 200))
def test_surge_rounds_up_and_unavailable_rounds_down(surge: int, unavailable: int, replicas: int) -> None:
    bounds = decisions.resolve_fenceposts(Percent(surge), Percent(unavailable), replicas)
    assert bounds.surge == ceil(Fraction(surge, 100) * replicas)
    if bounds.surge > 0:
        assert bounds.unavailable == floor(Fraction(unavailable, 100) * replicas)


AMOUNT = st.none() | st.integers(0, 50) | st.integers(0, 200).map(Percent)


@given(AMOUNT, AMOUNT, st.integers(0, 100))
def test_surge_and_unavailable_are_never_both_zero(
    surge: int | Percent | None, unavailable: int | Percent | None, replicas: int
) -> None:
    assert decisions.resolve_fenceposts(surge, unavailable, replicas) != Bounds(0, 0)


def test_what_is_not_set_counts_as_0_and_both_0_as_one_unavailable() -> None:
    assert decisions.resolve_fenceposts(None, 3, 10) == Bounds(0, 3)
    assert decisions.resolve_fenceposts(2, None, 10) == Bounds(2, 0)
    assert decisions.resolve_fenceposts(None, None, 10) == Bounds(0, 1)


@given(st.integers(1, 100), st.integers(0, 100))
def test_at_most_all_replicas_may_be_unavailable(unavailable: int, replicas: int) -> None:
    most = decisions.most_unavailable(Bounds(0, unavailable), replicas)
    assert most == min(unavailable, replicas)
    assert decisions.max_unavailable(StrategyType.ROLLING_UPDATE, Bounds(0, unavailable), replicas) == most
    assert decisions.min_available(StrategyType.ROLLING_UPDATE, Bounds(0, unavailable), replicas) == replicas - most


def test_recreate_promises_nothing() -> None:
    assert decisions.max_unavailable(StrategyType.RECREATE, Bounds(1, 1), 3) == 0
    assert decisions.min_available(StrategyType.RECREATE, Bounds(1, 1), 3) == 0


# ---- the new ReplicaSet


@pytest.mark.parametrize(
    ("replicas", "surge", "total", "new", "size"),
    [(10, 2, 10, 0, 2), (10, 2, 5, 0, 7), (10, 2, 12, 2, 2), (10, 2, 12, 11, 11), (10, 0, 3, 3, 10), (0, 0, 2, 2, 2)],
)
def test_the_new_replica_set_takes_the_room_that_surge_leaves(
    replicas: int, surge: int, total: int, new: int, size: int
) -> None:
    assert decisions.new_replica_set_size(replicas, surge, total, new) == size


def test_a_rollout_starts_with_one_write_and_recreate_with_all_replicas() -> None:
    assert decisions.initial_size(StrategyType.ROLLING_UPDATE, 4, 1, 4, 0) == 1
    assert decisions.initial_size(StrategyType.RECREATE, 4, 1, 4, 0) == 4


def test_a_new_replica_set_that_is_too_large_is_cut_although_the_sum_is_too_large_too() -> None:
    assert decisions.new_replica_set_size(10, 2, 15, 11) == 11
    assert decisions.scaled_new_size(10, 2, 15, 11) == 10


# ---- one sync


def test_a_rollout_sums_all_its_replica_sets() -> None:
    now = Rollout(Sized(1, 1), (Sized(4, 2), Sized(3, 3)))
    assert (now.total, now.available) == (8, 6)


@given(rollouts(truthful=False), SMALL, SMALL, SMALL)
def test_the_sum_never_passes_the_larger_of_itself_and_replicas_plus_surge(
    now: Rollout, replicas: int, surge: int, unavailable: int
) -> None:
    then = decisions.rolling_step(now, replicas, surge, min(unavailable, replicas))
    assert then.total <= max(now.total, replicas + surge)


@given(rollouts(), SMALL, SMALL, SMALL)
def test_a_sync_never_gives_availability_away(now: Rollout, replicas: int, surge: int, unavailable: int) -> None:
    unavailable = min(unavailable, replicas)
    then = decisions.rolling_step(now, replicas, surge, unavailable)
    assert left_available(now, then) >= min(now.available, replicas - unavailable)


@given(rollouts(truthful=False), SMALL, SMALL, SMALL)
def test_every_sync_that_writes_comes_nearer(now: Rollout, replicas: int, surge: int, unavailable: int) -> None:
    then = decisions.rolling_step(now, replicas, surge, min(unavailable, replicas))
    if then != now:
        assert distance(then, replicas) < distance(now, replicas)


@given(rollouts(), SMALL, SMALL, SMALL)
def test_a_sync_stands_still_exactly_when_the_new_pods_that_are_not_available_use_up_the_room(
    now: Rollout, replicas: int, surge: int, unavailable: int
) -> None:
    unavailable = min(unavailable, replicas)
    assume(surge + unavailable > 0)
    assume(distance(now, replicas) > 0)
    no_cut = now.new.size <= replicas
    no_room = not (now.new.size < replicas and now.total < replicas + surge)
    waits = now.new.size - now.new.available >= now.total - replicas + unavailable
    stands = decisions.rolling_step(now, replicas, surge, unavailable) == now
    assert stands == (no_cut and no_room and waits)


def test_one_unavailable_new_pod_deadlocks_a_rollout_that_allows_none() -> None:
    now = Rollout(Sized(1, 0), (Sized(1, 0),))
    assert decisions.rolling_step(now, 1, 1, 0) == now


def test_without_fences_a_rollout_would_stand_still() -> None:
    now = Rollout(Sized(0, 0), (Sized(1, 1),))
    assert decisions.rolling_step(now, 1, 0, 0) == now


def test_availability_is_lost_when_the_status_is_late() -> None:
    now = Rollout(Sized(0, 1), (Sized(1, 0), Sized(1, 1)))
    then = decisions.rolling_step(now, 1, 1, 0)
    assert [rs.size for rs in then.old] == [0, 0]


def test_unhealthy_pods_go_first_oldest_replica_set_first() -> None:
    stages = decisions.old_stages(Rollout(Sized(3, 3), (Sized(3, 1), Sized(3, 0))), 3, 0)
    assert not stages.failed
    assert [rs.size for rs in stages.cleaned_up.old] == [1, 0]
    assert [rs.size for rs in stages.scaled_down.old] == [0, 0]


def test_scaling_down_is_not_limited_by_what_clean_up_left_over() -> None:
    """The new ReplicaSet lacks one pod, so only two may go in clean-up; by availability three more go."""
    now = Rollout(Sized(3, 2), (Sized(4, 1), Sized(3, 3)))
    assert decisions.most_scaled_down(now, 4, 0) == 5
    stages = decisions.old_stages(now, 4, 0)
    assert [rs.size for rs in stages.cleaned_up.old] == [1, 3]
    assert [rs.size for rs in stages.scaled_down.old] == [0, 2]


def test_clean_up_fails_at_a_status_with_more_available_than_the_size_and_leaves_what_it_wrote() -> None:
    stages = decisions.old_stages(Rollout(Sized(2, 2), (Sized(2, 1), Sized(1, 2), Sized(2, 0))), 2, 1)
    assert stages.failed
    assert [rs.size for rs in stages.cleaned_up.old] == [1, 1, 2]
    assert stages.scaled_down == stages.cleaned_up


def test_clean_up_does_not_look_at_what_comes_after_its_last_pod() -> None:
    cleaned = decisions.clean_up_unhealthy((Sized(2, 1), Sized(1, 2)), 1)
    assert (cleaned.taken, cleaned.failed) == (1, False)


def test_the_sizes_forbid_what_a_late_status_would_allow() -> None:
    """By availability, as the old ReplicaSet's late status has it, one pod would go."""
    now = Rollout(Sized(2, 2), (Sized(1, 3),))
    assert decisions.most_scaled_down(now, 3, 0) == 0
    stages = decisions.old_stages(now, 3, 0)
    assert (stages.scaled_down, stages.failed) == (now, False)


def test_an_old_replica_set_of_size_0_does_not_count_as_available() -> None:
    now = Rollout(Sized(2, 1), (Sized(0, 5), Sized(2, 2)))
    assert decisions.available_of_active(now) == 3
    assert decisions.old_stages(now, 2, 0).scaled_down.old == (Sized(0, 5), Sized(1, 2))


@given(rollouts(truthful=False), SMALL, SMALL, SMALL)
def test_a_sync_changes_the_new_or_the_old_never_both(
    now: Rollout, replicas: int, surge: int, unavailable: int
) -> None:
    stages = decisions.rolling_stages(now, replicas, surge, min(unavailable, replicas))
    changes_new = stages.scaled_down.new != now.new
    assert not (changes_new and stages.scaled_down.old != now.old)
    assert stages.scaled_down == decisions.rolling_step(now, replicas, surge, min(unavailable, replicas))


@given(st.lists(sized(), max_size=4).map(tuple), st.integers(-3, 30))
def test_scaling_down_takes_what_it_is_told_or_all_there_is(old: tuple[Sized, ...], rest: int) -> None:
    there = sum(rs.size for rs in old)
    after = sum(rs.size for rs in decisions.scale_down_old(old, rest))
    assert there - after == max(0, min(rest, there))


@given(st.lists(sized(), max_size=4).map(tuple), st.integers(-3, 30))
def test_clean_up_takes_unavailable_pods_only(old: tuple[Sized, ...], most: int) -> None:
    cleaned = decisions.clean_up_unhealthy(old, most)
    assert not cleaned.failed
    assert cleaned.taken == max(0, min(most, sum(rs.size - rs.available for rs in old)))
    assert all(after.size >= before.available for before, after in zip(old, cleaned.old, strict=True))


# ---- Recreate


@pytest.mark.parametrize(
    ("status_replicas", "phases", "running"),
    [
        (0, (), False),
        (1, (), True),
        (0, (Phase.FAILED, Phase.SUCCEEDED), False),
        (0, (Phase.FAILED, Phase.UNKNOWN), True),
        (0, (Phase.PENDING,), True),
        (0, (Phase.RUNNING,), True),
    ],
)
def test_old_pods_run_unless_all_are_finished(status_replicas: int, phases: tuple[Phase, ...], running: bool) -> None:
    assert decisions.old_pods_running(status_replicas, phases) is running


@example(0, False)
@given(SMALL, st.booleans())
def test_recreate_scales_the_new_only_when_nothing_old_is_left(old_size: int, running: bool) -> None:
    move = decisions.recreate_move(old_size, running)
    assert (move is RecreateMove.SCALE_NEW) == (old_size == 0 and not running)
    assert (move is RecreateMove.SCALE_DOWN_OLD) == (old_size > 0)
