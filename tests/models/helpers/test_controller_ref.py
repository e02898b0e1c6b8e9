"""Whose object is this?"""

from __future__ import annotations

from itertools import product

import pytest

from kspec_models.helpers import controller_ref
from kspec_models.helpers.controller_ref import Claim, Claimed, Owner

BOOLEANS = (False, True)
EVERY = [Claimed(owner, *each) for owner in Owner for each in product(BOOLEANS, BOOLEANS, BOOLEANS)]


def test_another_controllers_object_is_left_alone() -> None:
    for claimed in EVERY:
        for deleting in (False, True):
            if claimed.owner is Owner.OTHER:
                assert controller_ref.claim(claimed, deleting) is Claim.IGNORE


def test_a_controller_that_is_being_deleted_sends_no_patch() -> None:
    assert not any(controller_ref.claim(claimed, True).patches for claimed in EVERY)


def test_adopting_and_releasing_are_api_calls_and_what_is_kept_or_adopted_is_ours() -> None:
    assert {claim for claim in Claim if claim.patches} == {Claim.ADOPT, Claim.RELEASE}
    assert {claim for claim in Claim if claim.ours} == {Claim.KEEP, Claim.ADOPT}


def test_only_what_matches_is_ours() -> None:
    claims = [(claimed, controller_ref.claim(claimed, d)) for claimed in EVERY for d in (False, True)]
    assert all(claimed.matches for claimed, claim in claims if claim.ours)
    assert any(claim.ours for _, claim in claims)


@pytest.mark.parametrize(
    ("claimed", "claim"),
    [
        (Claimed(Owner.ME, matches=True), Claim.KEEP),
        (Claimed(Owner.ME, matches=True, deleting=True), Claim.KEEP),
        (Claimed(Owner.ME, matches=False), Claim.RELEASE),
        (Claimed(Owner.ME, matches=False, deleting=True), Claim.RELEASE),
        (Claimed(Owner.NONE, matches=True), Claim.ADOPT),
        (Claimed(Owner.NONE, matches=False), Claim.IGNORE),
        (Claimed(Owner.NONE, matches=True, deleting=True), Claim.IGNORE),
        (Claimed(Owner.NONE, matches=True, same_namespace=False), Claim.IGNORE),
    ],
)
def test_ours_is_kept_or_released_and_an_orphan_adopted_if_it_matches(claimed: Claimed, claim: Claim) -> None:
    assert controller_ref.claim(claimed, False) is claim


def test_the_live_look_forbids_adoption_when_the_object_is_another_or_going() -> None:
    allowed = [each for each in product((False, True), repeat=3) if controller_ref.may_adopt(*each)]
    assert allowed == [(True, True, False)]


def test_those_with_the_same_controller_are_found_by_its_uid() -> None:
    assert controller_ref.owned_by_same(("a", "b", "a", None), "a") == (0, 2)
    assert controller_ref.owned_by_same(("a", None), None) == ()
