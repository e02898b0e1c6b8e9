"""Writes of one object: who is refused, and who wins a race."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.requests import Code
from kspec_models.apiserver import update
from kspec_models.apiserver.update import (
    KindRules,
    Outcome,
    Patch,
    PatchType,
    Preconditions,
    Put,
    Result,
    Version,
)

OLD, NEW = Version(5, "u1"), Version(6, "u1")
ANY = KindRules()


@given(st.lists(st.sampled_from([OLD, NEW, None]), min_size=1, max_size=4), st.sampled_from([5, 6]))
def test_a_put_with_a_resource_version_is_written_only_onto_that_version(
    found: list[Version | None], read: int
) -> None:
    result = update.guaranteed_update(found, lambda version: update.put(version, Put(read), ANY))
    last = found[result.tries - 1]
    assert (result.outcome is Outcome.WRITTEN) == (last is not None and last.resource_version == read)


def test_a_put_without_a_resource_version_wins_where_its_kind_allows_it() -> None:
    assert update.put(NEW, Put(), ANY).code is Code.OK
    assert update.put(NEW, Put(), KindRules(unconditional_update=False)).code is Code.INVALID


def test_a_put_never_touches_another_incarnation_or_the_place_of_one_that_is_gone() -> None:
    kind = KindRules(create_on_update=True)
    assert update.put(Version(9, "u2"), Put(uid="u1"), kind) == Result(Code.CONFLICT)
    assert update.put(None, Put(uid="u1"), kind) == Result(Code.CONFLICT)
    assert update.put(None, Put(), kind) == Result(Code.CREATED, Outcome.WRITTEN)


def test_a_write_of_the_same_content_makes_no_revision() -> None:
    assert update.put(OLD, Put(5, same_content=True), ANY) == Result(Code.OK, Outcome.UNCHANGED)


def test_a_patch_loses_a_race_only_if_it_names_a_version() -> None:
    def race(patch: Patch) -> Result:
        return update.guaranteed_update([OLD, NEW], lambda version: update.patch(version, patch))

    assert race(Patch()) == Result(Code.OK, Outcome.WRITTEN, tries=2)
    assert race(Patch(resource_version=5)) == Result(Code.CONFLICT, tries=2)


def test_only_apply_makes_what_is_missing() -> None:
    made = {kind for kind in PatchType if update.patch(None, Patch(kind)).code is Code.CREATED}
    assert made == {PatchType.APPLY}


def test_patches_that_cannot_be_applied_are_refused() -> None:
    assert update.patch(OLD, Patch(PatchType.JSON, fails=True)).code is Code.INVALID
    assert update.patch_accepted(Patch(PatchType.JSON, undecodable=True), False) is Code.BAD_REQUEST
    assert update.patch_accepted(Patch(PatchType.STRATEGIC), True) is Code.UNSUPPORTED_MEDIA_TYPE
    assert update.patch_accepted(Patch(PatchType.STRATEGIC), False) is None


def test_the_eighth_generated_name_is_the_last_that_is_tried() -> None:
    assert update.create_with_generated_name(7) == Result(Code.CREATED, Outcome.WRITTEN, tries=8)
    assert update.create_with_generated_name(8).code is Code.ALREADY_EXISTS
    assert update.create(OLD).code is Code.ALREADY_EXISTS


def test_a_delete_without_preconditions_removes_whatever_is_there() -> None:
    def race(wanted: Preconditions) -> Result:
        return update.guaranteed_update([OLD, NEW], lambda version: update.delete(version, wanted))

    assert race(Preconditions()).outcome is Outcome.REMOVED
    assert race(Preconditions(uid="u1")).outcome is Outcome.REMOVED
    assert race(Preconditions(resource_version=5)).code is Code.CONFLICT
    assert update.delete(None, Preconditions()).code is Code.NOT_FOUND
