"""The arithmetic of expectations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kernel.values import Ref
from kspec_models.client import expectations
from kspec_models.client.expectations import Outstanding, Tracked

A, B = Ref("pods", 0), Ref("pods", 1)


@pytest.mark.parametrize(
    ("outstanding", "expired", "satisfied"),
    [
        (None, False, True),
        (Outstanding(), False, True),
        (Outstanding(1, 0), False, False),
        (Outstanding(0, 1), False, False),
        (Outstanding(-1, -1), False, True),
        (Outstanding(-1, 1), False, False),
        (Outstanding(1, 2), True, True),
    ],
)
def test_satisfied_means_nothing_recorded_all_seen_or_expired(
    outstanding: Outstanding | None, expired: bool, satisfied: bool
) -> None:
    assert expectations.satisfied(outstanding, expired) is satisfied


@given(st.integers(-5, 5), st.integers(-5, 5), st.integers(0, 5), st.integers(0, 5))
def test_raising_undoes_lowering(adds: int, deletes: int, more_adds: int, more_deletes: int) -> None:
    start = Outstanding(adds, deletes)
    low = expectations.lowered(start, more_adds, more_deletes)
    assert low == Outstanding(adds - more_adds, deletes - more_deletes)
    assert expectations.raised(low, more_adds, more_deletes) == start


def test_without_a_record_nothing_is_lowered_or_raised() -> None:
    assert expectations.lowered(None, 1, 1) is None
    assert expectations.raised(None, 1, 1) is None


def test_a_deletion_counts_once_a_pod() -> None:
    waiting = expectations.expect_deletions([A, B])
    once = waiting.deletion_observed(A)
    assert once.deletion_observed(A) == once
    assert not once.outstanding.fulfilled
    assert once.deletion_observed(B).outstanding.fulfilled


def test_a_pod_that_nobody_waits_for_changes_nothing() -> None:
    waiting = expectations.expect_deletions([A])
    assert waiting.deletion_observed(B) == waiting


def test_creations_are_seen_refused_or_never_tried() -> None:
    waiting = expectations.expect_creations(3)
    assert not waiting.creations_observed().outstanding.fulfilled
    assert waiting.creations_observed(3).outstanding.fulfilled
    assert waiting.creations_observed(4) == Tracked()


def test_recording_anew_forgets_what_was_recorded() -> None:
    assert expectations.expect_creations(1).deletions == frozenset()
    assert expectations.expect_deletions([A]).creations == 0


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.integers(0, 3)),
        st.tuples(st.just("delete"), st.sets(st.sampled_from([A, B]))),
        st.tuples(st.just("added"), st.just(1)),
        st.tuples(st.just("gone"), st.sampled_from([A, B])),
    ),
    max_size=12,
)


@given(EVENTS)
def test_stopping_at_zero_is_never_told_from_upstreams_counting_on(events: list[tuple[str, object]]) -> None:
    """Upstream's two stores, as they are: counts that may fall below 0, and names that outlive the counts."""
    ours = Tracked()
    counts: Outstanding | None = None
    names: set[Ref] = set()
    for event, what in events:
        if event == "create" and isinstance(what, int):
            ours, counts = expectations.expect_creations(what), Outstanding(what, 0)
        elif event == "delete" and isinstance(what, set):
            ours, counts, names = expectations.expect_deletions(what), Outstanding(0, len(what)), set(what)
        elif event == "added":
            ours, counts = ours.creations_observed(), expectations.lowered(counts, 1, 0)
        elif isinstance(what, Ref):
            ours = ours.deletion_observed(what)
            if what in names:
                counts = expectations.lowered(counts, 0, 1)
                names.discard(what)
        assert ours.outstanding.fulfilled == expectations.satisfied(counts)
