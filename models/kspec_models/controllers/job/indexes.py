"""Indexes of an Indexed Job: as ordered intervals, and which are still to be started.

Upstream: pkg/controller/job/indexed_job_utils.go parseIndexesFromString, withOrderedIndexes, has, firstPendingIndexes,
appendDuplicatedIndexPodsForRemoval, getCompletionIndex. Not modelled: how failed indexes are written when an index
succeeded as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from kspec_models.helpers.integers import parse_int64

Interval = tuple[int, int]
"""The first and the last index, both included."""

Intervals = tuple[Interval, ...]
"""In order, and neither overlapping nor next to each other."""


def completion_index(annotation: str | None) -> int | None:
    """The annotation batch.kubernetes.io/job-completion-index; None: there is none, or it is no index."""
    index = None if annotation is None else parse_int64(annotation)
    return index if index is not None and index >= 0 else None


def parse(text: str, completions: int) -> Intervals:
    """`1,3-5` as intervals, without what is not below `completions` (W97). Raises ValueError if it is nothing such."""
    found: list[int] = []
    for part in text.split(",") if text else ():
        first, dash, last = part.partition("-")
        low, high = completion_index(first), completion_index(last if dash else first)
        if low is None or high is None:
            raise ValueError(f"{part!r} is neither an index nor a range of indexes such as 3-5")
        found += range(low, min(high + 1, completions))
    return from_indexes(found)


def from_indexes(indexes: Iterable[int]) -> Intervals:
    """The intervals that hold just these indexes."""
    result: list[Interval] = []
    for index in sorted(set(indexes)):
        if result and result[-1][1] == index - 1:
            result[-1] = (result[-1][0], index)
        else:
            result.append((index, index))
    return tuple(result)


def to_indexes(intervals: Intervals) -> frozenset[int]:
    """All indexes of some intervals."""
    return frozenset(index for first, last in intervals for index in range(first, last + 1))


def has(intervals: Intervals, index: int) -> bool:
    """Whether an index is in one of the intervals."""
    return any(first <= index <= last for first, last in intervals)


def with_succeeded(before: Intervals, pods: Iterable[int | None], completions: int) -> Intervals:
    """The indexes that succeeded before, and those of pods that did and still have their finalizer (W97).

    A pod without a valid index, or with one that the Job does not have, counts for nothing.
    """
    new = (index for index in pods if index is not None and index < completions)
    return from_indexes((*to_indexes(before), *new))


def first_pending(count: int, completions: int, active: frozenset[int], *done: Intervals) -> tuple[int, ...]:
    """The lowest `count` indexes that are neither active nor done (W97, firstPendingIndexes)."""
    pending = (i for i in range(completions) if i not in active and not any(has(each, i) for each in done))
    return tuple(index for index, _ in zip(pending, range(count), strict=False))


def duplicates(pods: tuple[tuple[int | None, int], ...], completions: int) -> tuple[int, ...]:
    """Positions of the pods to remove, given as (index, rank), by index (W97, appendDuplicatedIndexPodsForRemoval).

    Those without a valid index, and of several with one index all but the last in the order of deletion, which `rank`
    is (that of ActivePods, W95). Equal ranks: the last given stays.
    """
    valid = {index for index, _ in pods if index is not None and index < completions}
    kept = {max((i for i, pod in enumerate(pods) if pod[0] == index), key=lambda i: (pods[i][1], i)) for index in valid}
    removed = [i for i in range(len(pods)) if i not in kept]
    return tuple(sorted(removed, key=lambda i: -1 if pods[i][0] is None else pods[i][0] or 0))
