"""When a rollout is complete, and when it gets on."""

from __future__ import annotations

import attrs
import pytest

from kspec_models.controllers.deployment import status
from kspec_models.controllers.deployment.status import Counts

DONE = Counts(replicas=3, ready=3, available=3, updated=3)


def test_complete_means_all_pods_are_new_and_available_and_the_status_is_of_now() -> None:
    assert status.is_complete(3, DONE)
    assert not status.is_complete(3, DONE, observed=False)


@pytest.mark.parametrize("field", ["replicas", "available", "updated"])
@pytest.mark.parametrize("by", [-1, 1])
def test_one_pod_too_few_or_too_many_is_not_complete(field: str, by: int) -> None:
    assert not status.is_complete(3, attrs.evolve(DONE, **{field: 3 + by}))


def test_readiness_alone_does_not_decide() -> None:
    assert status.is_complete(3, attrs.evolve(DONE, ready=2))


@pytest.mark.parametrize(
    ("after", "progressing"),
    [
        (Counts(10, 4, 4, 4), False),
        (Counts(10, 4, 4, 5), True),
        (Counts(9, 4, 4, 4), True),
        (Counts(10, 5, 4, 4), True),
        (Counts(10, 4, 5, 4), True),
        (Counts(9, 3, 3, 3), False),
        (Counts(11, 4, 4, 4), False),
    ],
)
def test_getting_on_is_more_new_fewer_old_more_ready_or_more_available(after: Counts, progressing: bool) -> None:
    assert status.is_progressing(Counts(10, 4, 4, 4), after) is progressing


def test_a_status_sums_its_replica_sets_and_only_the_new_one_is_updated() -> None:
    new, old = Counts(2, 1, 1), (Counts(3, 3, 2), Counts(1, 0, 0))
    assert status.summed(new, old) == Counts(replicas=6, ready=4, available=3, updated=2)
    assert status.summed(None, old) == Counts(replicas=4, ready=3, available=2, updated=0)


def test_available_means_no_more_missing_than_allowed() -> None:
    assert status.promises_kept(2, 3, 1)
    assert not status.promises_kept(1, 3, 1)
