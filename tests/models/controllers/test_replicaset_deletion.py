"""Which pods go first."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Phase
from kspec_models.controllers.replicaset import deletion
from kspec_models.controllers.replicaset.deletion import NEVER, Candidate, Order, Since

READY = Candidate(assigned=True, phase=Phase.RUNNING, ready=True, ready_since=Since(40, 1), created=Since(40, 1))
ACTIVE = (Phase.PENDING, Phase.UNKNOWN, Phase.RUNNING)

BY_PRIORITY: list[tuple[str, Any, Any]] = [
    ("assigned", False, True),
    ("phase", Phase.PENDING, Phase.UNKNOWN),
    ("phase", Phase.UNKNOWN, Phase.RUNNING),
    ("ready", False, True),
    ("deletion_cost", -5, 3),
    ("related", 2, 1),
    ("ready_since", Since(NEVER), Since(-1)),
    ("ready_since", Since(39), Since(40)),
    ("restarts", 4, 3),
    ("sidecar_restarts", 4, 3),
    ("created", Since(39), Since(40)),
]
"""Fields from the first that decides to the last, each with the value that is deleted first."""


PAIRS = [
    (strong, weak)
    for i, strong in enumerate(BY_PRIORITY)
    for weak in BY_PRIORITY[i + 1 :]
    if strong[0] != weak[0] and (strong[0], weak[0]) != ("ready", "ready_since")
]
"""An earlier and a later criterion that can differ at once: ready_since counts only if both pods are ready."""


def with_fields(**fields: Any) -> Candidate:
    return attrs.evolve(READY, **fields)


@pytest.mark.parametrize(("field", "first", "second"), BY_PRIORITY)
def test_each_criterion_decides(field: str, first: Any, second: Any) -> None:
    one, two = with_fields(**{field: first}), with_fields(**{field: second})
    assert deletion.deletion_order(one, two) is Order.FIRST
    assert deletion.deletion_order(two, one) is Order.SECOND
    assert deletion.deletion_rank(one) < deletion.deletion_rank(two)


@pytest.mark.parametrize(("stronger", "weaker"), PAIRS)
def test_an_earlier_criterion_beats_a_later_one(stronger: tuple[str, Any, Any], weaker: tuple[str, Any, Any]) -> None:
    one = with_fields(**{stronger[0]: stronger[1], weaker[0]: weaker[2]})
    two = with_fields(**{stronger[0]: stronger[2], weaker[0]: weaker[1]})
    assert deletion.deletion_order(one, two) is Order.FIRST
    assert deletion.deletion_rank(one) < deletion.deletion_rank(two)


def test_the_time_of_readiness_does_not_count_for_a_pod_that_is_not_ready() -> None:
    one, two = (attrs.evolve(READY, ready=False, ready_since=since) for since in (Since(3), Since(9)))
    assert deletion.deletion_order(one, two) is Order.OPEN
    assert deletion.deletion_rank(one) == deletion.deletion_rank(two)


def candidates(since: st.SearchStrategy[Since]) -> st.SearchStrategy[Candidate]:
    few = st.integers(0, 1)
    return st.builds(Candidate, st.booleans(), st.sampled_from(ACTIVE), st.booleans(), few, few, since, few, few, since)


ONE_TIME_A_BUCKET = candidates(st.integers(NEVER, 1).map(lambda bucket: Since(bucket, bucket)))
ANY = candidates(st.builds(Since, st.integers(NEVER, 1), st.integers(0, 1)))


@given(ONE_TIME_A_BUCKET, ONE_TIME_A_BUCKET)
def test_the_key_says_the_same_as_the_comparison_where_times_in_a_bucket_are_equal(
    one: Candidate, two: Candidate
) -> None:
    ranks = deletion.deletion_rank(one), deletion.deletion_rank(two)
    order = deletion.deletion_order(one, two)
    assert (order is Order.FIRST, order is Order.SECOND) == (ranks[0] < ranks[1], ranks[0] > ranks[1])


@given(ANY, ANY)
def test_the_key_never_contradicts_the_comparison(one: Candidate, two: Candidate) -> None:
    order = deletion.deletion_order(one, two)
    if order is not Order.OPEN:
        assert (order is Order.FIRST) == (deletion.deletion_rank(one) < deletion.deletion_rank(two))


@given(ANY, ANY)
def test_the_comparison_is_the_same_from_both_sides(one: Candidate, two: Candidate) -> None:
    mirrored = {Order.FIRST: Order.SECOND, Order.SECOND: Order.FIRST, Order.OPEN: Order.OPEN}
    assert deletion.deletion_order(two, one) is mirrored[deletion.deletion_order(one, two)]


def test_different_times_of_readiness_in_one_bucket_leave_restarts_out() -> None:
    calm = attrs.evolve(READY, ready_since=Since(40, 1), restarts=0)
    restless = attrs.evolve(READY, ready_since=Since(40, 1), restarts=9)
    between = attrs.evolve(READY, ready_since=Since(40, 2), restarts=5)
    assert deletion.deletion_order(restless, calm) is Order.FIRST
    assert deletion.deletion_order(between, calm) is Order.OPEN
    assert deletion.deletion_order(between, restless) is Order.OPEN


@pytest.mark.parametrize(("nanoseconds", "bucket"), [(-1, -1), (0, -1), (1, 0), (2, 1), (3, 1), (4, 2), (1023, 9)])
def test_a_bucket_is_the_whole_part_of_the_logarithm(nanoseconds: int, bucket: int) -> None:
    assert deletion.age_bucket(nanoseconds) == bucket


def test_five_and_eight_hours_are_alike_and_two_and_five_are_not() -> None:
    two, five, eight = (deletion.age_bucket(hours * 3600 * 10**9) for hours in (2, 5, 8))
    assert two < five == eight
    assert deletion.age_bucket(7, logarithmic=False) < deletion.age_bucket(8, logarithmic=False)


@pytest.mark.parametrize(
    ("annotation", "cost"),
    [
        (None, 0),
        ("", 0),
        ("10", 10),
        ("-10", -10),
        ("0", 0),
        ("+10", 0),
        ("010", 0),
        ("1.5", 0),
        ("many", 0),
        ("2147483647", 2147483647),
        ("2147483648", 0),
        ("-2147483648", -2147483648),
        ("-2147483649", 0),
    ],
)
def test_a_deletion_cost_is_an_int32_or_0(annotation: str | None, cost: int) -> None:
    assert deletion.deletion_cost(annotation) == cost
    assert deletion.deletion_cost(annotation, gate=False) == 0


def test_related_pods_count_when_active_and_on_the_same_node() -> None:
    related = (("a", True), ("a", True), ("a", False), ("b", True), (None, True))
    assert deletion.related_on_node("a", related) == 2
    assert deletion.related_on_node(None, related) == 1
    assert deletion.related_on_node("c", related) == 0


def test_no_order_is_needed_when_all_pods_go() -> None:
    assert deletion.must_rank(1, 2)
    assert not deletion.must_rank(2, 2)
    assert deletion.most_restarts((2, 5, 1)) == 5
    assert deletion.most_restarts(()) == 0
