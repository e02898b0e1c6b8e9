"""Slow start: batches double as long as all succeed, and end with the first failure."""

from __future__ import annotations

import pytest

from kspec_models.client.slow_start import SlowStart, slow_start


def batches(count: int, initial: int = 1) -> list[int]:
    start, found = slow_start(count, initial), []
    while start.batch:
        found.append(start.batch)
        start = start.after(0)
    return found


@pytest.mark.parametrize(
    ("count", "initial", "expected"), [(0, 1, []), (1, 1, [1]), (7, 1, [1, 2, 4]), (6, 1, [1, 2, 3]), (5, 4, [4, 1])]
)
def test_batches_double_until_all_are_made(count: int, initial: int, expected: list[int]) -> None:
    assert batches(count, initial) == expected and sum(batches(count, initial)) == count


def test_a_failure_ends_it_and_says_what_was_never_tried() -> None:
    assert slow_start(10).after(0).after(1) == SlowStart(remaining=7, batch=0, successes=2)
