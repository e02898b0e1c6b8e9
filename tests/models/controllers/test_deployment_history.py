"""Which ReplicaSet is new, its revision, and which old ones are deleted."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Container, PodSpec, PodTemplate, labels
from kspec_models.controllers.deployment import history
from kspec_models.controllers.deployment.history import OldRevision

EMPTY = OldRevision(position=0, revision=1, created=0, size=0, status_replicas=0)


def old(*revisions: int) -> tuple[OldRevision, ...]:
    return tuple(attrs.evolve(EMPTY, position=i, revision=r) for i, r in enumerate(revisions))


@pytest.mark.parametrize(
    ("revisions", "limit", "gone"),
    [
        ((1, 2, 3), 1, (0, 1)),
        ((3, 1, 4, 2), 2, (1, 3)),
        ((1, 2), 0, (0, 1)),
        ((1, 2), 2, ()),
        ((1, 2), 2147483647, ()),
        ((), 0, ()),
    ],
)
def test_the_lowest_revisions_beyond_the_limit_go(
    revisions: tuple[int, ...], limit: int, gone: tuple[int, ...]
) -> None:
    assert history.surplus_history(old(*revisions), limit) == gone


@pytest.mark.parametrize("still", [{"size": 1}, {"status_replicas": 1}, {"observed": False}])
def test_one_that_is_still_used_is_kept_and_no_other_goes_for_it(still: dict[str, Any]) -> None:
    first, second, third = old(1, 2, 3)
    assert history.surplus_history((attrs.evolve(first, **still), second, third), 2) == ()


def test_one_that_is_being_deleted_does_not_count() -> None:
    first, second, third = old(1, 2, 3)
    assert history.surplus_history((attrs.evolve(first, deleting=True), second, third), 1) == (1,)


def test_without_a_revision_the_older_goes() -> None:
    first, second = (attrs.evolve(rs, created=1 - rs.position) for rs in old(0, 0))
    assert history.surplus_history((first, second), 1) == (1,)


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 6))
def test_what_is_kept_is_newer_than_what_goes(revisions: list[int], limit: int) -> None:
    gone = history.surplus_history(old(*revisions), limit)
    kept = [r for i, r in enumerate(revisions) if i not in gone]
    assert len(gone) == max(0, len(revisions) - limit)
    assert all(revisions[i] <= r for i in gone for r in kept)


@pytest.mark.parametrize(("own", "others", "revision"), [(0, (), 1), (0, (1, 2), 3), (1, (2, 3), 4), (7, (2,), 7)])
def test_the_new_revision_is_above_all_old_ones(own: int, others: tuple[int, ...], revision: int) -> None:
    assert history.revision_of_new(own, others) == revision


def template(image: str, **pairs: str) -> PodTemplate:
    return PodTemplate(labels(**pairs), PodSpec((Container("web", image),)))


def test_the_oldest_with_the_template_is_new_whatever_its_hash_label() -> None:
    hashed = attrs.evolve(template("a"), labels=(("app", "web"), ("pod-template-hash", "abc")))
    sets = (template("b", app="web"), hashed, template("a", app="web"))
    assert history.new_replica_set(sets, template("a", app="web")) == 1
    assert history.new_replica_set(sets, template("a", app="other")) is None
