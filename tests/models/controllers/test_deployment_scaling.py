"""Scaling in the middle of a rollout."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kspec.kube.objects import StrategyType
from kspec_models.controllers.deployment import decisions, scaling
from kspec_models.controllers.deployment.decisions import Rollout, Sized
from kspec_models.controllers.deployment.scaling import Share

ROLLING = StrategyType.ROLLING_UPDATE


@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 500), st.integers(0, 50))
def test_a_share_is_rounded_to_the_nearest_halves_up(size: int, before: int, replicas: int, surge: int) -> None:
    wanted = floor(Fraction(size * (replicas + surge), before) + Fraction(1, 2))
    assert scaling.fraction(size, before, replicas, surge) == wanted - size


def test_scaling_to_zero_takes_everything_and_an_unknown_maximum_changes_nothing() -> None:
    assert scaling.fraction(7, 10, 0, 3) == -7
    assert scaling.fraction(7, 0, 12, 3) == 0


@pytest.mark.parametrize(("annotation", "status", "before"), [(12, 5, 12), (0, 5, 5), (None, 5, 5), (None, 0, 0)])
def test_a_missing_maximum_is_taken_from_the_status(annotation: int | None, status: int, before: int) -> None:
    assert scaling.most_before(annotation, status) == before


@given(st.lists(st.integers(1, 30), min_size=2, max_size=3), st.integers(0, 60), st.integers(0, 10), st.integers(0, 20))
def test_two_or_three_replica_sets_get_exactly_what_is_allowed(
    sizes: list[int], replicas: int, surge: int, more: int
) -> None:
    sizes.sort(reverse=True)
    after = scaling.scale_in_proportion(tuple(sizes), replicas, surge, sum(sizes) + more)
    assert sum(after) == scaling.allowed_size(replicas, surge)
    assert all(size >= 0 for size in after)


def test_four_replica_sets_may_get_more_than_is_allowed() -> None:
    assert sum(scaling.scale_in_proportion((1, 1, 1, 1), 1, 1, 4)) == 3


@pytest.mark.parametrize(
    ("sizes", "replicas", "before", "after"),
    [((3, 2), 10, 5, (6, 4)), ((8, 1), 4, 9, (4, 0)), ((3, 2, 2), 10, 7, (4, 3, 3)), ((3, 2, 1), 0, 6, (0, 0, 0))],
)
def test_everyone_gets_its_share(sizes: tuple[int, ...], replicas: int, before: int, after: tuple[int, ...]) -> None:
    assert scaling.scale_in_proportion(sizes, replicas, 0, before) == after


def test_of_equal_sizes_the_newer_grows_first_and_the_older_shrinks_first() -> None:
    active = (Share(2, 4, created=1), Share(2, 4, created=2), Share(3, 4, created=0))
    assert scaling.by_size(active, 9, 0) == (2, 1, 0)
    assert scaling.by_size(active, 5, 0) == (2, 0, 1)


@pytest.mark.parametrize(
    ("shares", "position"),
    [
        ((), None),
        ((Share(0, created=1), Share(3, created=0)), 1),
        ((Share(0, created=1), Share(0, created=2)), 1),
        ((Share(0, created=1, new=True), Share(0, created=2)), 0),
        ((Share(1, created=1), Share(3, created=0)), None),
    ],
)
def test_the_only_active_one_or_else_the_new_or_newest(shares: tuple[Share, ...], position: int | None) -> None:
    assert scaling.active_or_latest(shares) == position


def test_one_active_replica_set_gets_everything_with_either_strategy() -> None:
    shares = (Share(10, 10, new=True), Share(0, 10))
    for strategy in StrategyType:
        assert scaling.scaled_sizes(shares, 5, 0, False, strategy) == (5, 0)


def test_a_saturated_new_replica_set_ends_the_old_ones() -> None:
    new = Share(5, 5, new=True)
    assert scaling.is_saturated(new, 5, 5, 5)
    assert not scaling.is_saturated(new, 4, 5, 5)
    assert not scaling.is_saturated(new, 5, 4, 5)
    assert not scaling.is_saturated(new, None, 5, 5)
    assert scaling.scaled_sizes((Share(2, 5), new), 5, 0, True, ROLLING) == (0, 5)


def test_recreate_scales_nothing_while_several_are_active() -> None:
    shares = (Share(2, 5), Share(3, 5, new=True))
    assert scaling.scaled_sizes(shares, 10, 0, False, StrategyType.RECREATE) == (2, 3)
    assert scaling.scaled_sizes(shares, 10, 0, False, ROLLING) == (4, 6)


def test_each_replica_set_is_measured_by_its_own_annotation() -> None:
    shares = (Share(4, 8, new=True), Share(4, 4))
    assert scaling.scaled_sizes(shares, 8, 0, False, ROLLING) == (4, 4)
    assert scaling.share_out((Share(4, 8), Share(4, 4)), 12, 0) == (6, 6)


@pytest.mark.parametrize(
    ("active", "replicas", "after"),
    [
        ((Share(5, 5),), 8, (8,)),
        ((Share(2, 2), Share(2, 20)), 8, (6, 2)),
        ((Share(1, 30), Share(1, 30)), 3, (3, 0)),
        ((Share(4, 16), Share(4, 16)), 4, (1, 3)),
        ((), 4, ()),
    ],
)
def test_a_share_is_limited_to_what_is_left_and_the_first_takes_the_rest(
    active: tuple[Share, ...], replicas: int, after: tuple[int, ...]
) -> None:
    assert scaling.share_out(active, replicas, 0) == after


def test_a_replica_set_of_one_pod_is_active_too() -> None:
    assert scaling.scaled_sizes((Share(3, 4), Share(1, 4), Share(0, 4)), 8, 0, False, ROLLING) == (6, 2, 0)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4), st.integers(0, 12), st.integers(0, 3))
def test_inactive_replica_sets_stay_so_while_several_are_active(sizes: list[int], replicas: int, surge: int) -> None:
    assume(sum(size > 0 for size in sizes) > 1)
    shares = tuple(Share(size, sum(sizes), created=i) for i, size in enumerate(sizes))
    after = scaling.scaled_sizes(shares, replicas, surge, False, ROLLING)
    assert all(new == 0 for old, new in zip(sizes, after, strict=True) if old == 0)


@pytest.mark.parametrize(
    ("desired", "event"), [((), False), ((3,), False), ((None,), False), ((4,), True), ((3, None, 4), True)]
)
def test_a_scaling_event_is_an_active_replica_set_annotated_for_another_number(
    desired: tuple[int | None, ...], event: bool
) -> None:
    assert scaling.is_scaling_event(3, desired) is event


def test_annotations_are_written_anew_only_where_sizes_were_shared_out() -> None:
    several, one = (Share(2, 5), Share(3, 5, new=True)), (Share(0, 5), Share(3, 5, new=True))
    assert scaling.annotates_anew(several, False, ROLLING)
    assert not scaling.annotates_anew(several, True, ROLLING)
    assert not scaling.annotates_anew(several, False, StrategyType.RECREATE)
    assert not scaling.annotates_anew(one, False, ROLLING)


def test_a_late_annotation_beside_the_right_size_is_a_scaling_event_for_ever() -> None:
    """Nothing is written, so nothing changes: see `annotates_anew`."""
    shares = (Share(2, 3, new=True),)
    assert scaling.is_scaling_event(2, (3,))
    assert scaling.scaled_sizes(shares, 2, 0, False, ROLLING) == (2,)
    assert not scaling.annotates_anew(shares, False, ROLLING)


def test_scaling_down_at_the_first_step_of_a_rollout_without_surge_ends_it_for_ever() -> None:
    """Replicas 2, maxSurge 0, maxUnavailable 1: the new ReplicaSet has size 0, the old one has just given up a pod."""
    bounds = decisions.resolve_fenceposts(0, 1, 2)
    size = decisions.initial_size(ROLLING, 2, bounds.surge, 2, 0)
    then = decisions.rolling_step(Rollout(Sized(size, 0), (Sized(2, 2),)), 2, bounds.surge, bounds.unavailable)
    assert (then.new.size, [rs.size for rs in then.old]) == (0, [1])

    replicas, annotated = 1, 2
    shares = (Share(then.old[0].size, 2, created=0), Share(then.new.size, 2, created=1, new=True))
    assert scaling.is_scaling_event(replicas, (annotated,))
    assert scaling.scaled_sizes(shares, replicas, 0, False, ROLLING) == (1, 0)
    assert not scaling.annotates_anew(shares, False, ROLLING)
