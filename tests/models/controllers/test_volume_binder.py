"""Which volume a claim gets, and what becomes of both."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.storage import (
    BIND_COMPLETED,
    SELECTED_NODE,
    AccessMode,
    BindingMode,
    ClaimPhase,
    ClaimRef,
    PersistentVolume,
    PersistentVolumeClaim,
    ReclaimPolicy,
    StorageClass,
    VolumeMode,
    VolumePhase,
)
from kspec_models.controllers.volume_binder.decisions import (
    BOUND_BY_CONTROLLER,
    PROVISIONED_BY,
    PROVISIONERS,
    Reason,
    bind,
    claim_of,
    sync_claim,
    sync_volume,
    unbind,
)
from kspec_models.controllers.volume_binder.matching import find, modes_mismatch

ONCE = frozenset({AccessMode.READ_WRITE_ONCE})
MANY = ONCE | {AccessMode.READ_WRITE_MANY}
CLAIM = PersistentVolumeClaim("claim", 10, ONCE, uid="u1")
VOLUME = PersistentVolume("volume", 10, ONCE)
OURS = ClaimRef("claim", uid="u1")
DELAYED = StorageClass("wait", BindingMode.WAIT_FOR_FIRST_CONSUMER, "example.com/disk")
EXTERNAL = StorageClass("fast", provisioner="example.com/disk")

volumes = st.lists(
    st.builds(
        PersistentVolume,
        name=st.just("v"),
        capacity=st.integers(1, 20),
        access_modes=st.sampled_from((ONCE, MANY)),
        phase=st.sampled_from((None, *VolumePhase)),
        claim=st.sampled_from((None, ClaimRef("claim"), ClaimRef("other"), ClaimRef("claim", uid="old"))),
        mode=st.sampled_from((None, *VolumeMode)),
        deleting=st.booleans(),
    ),
    max_size=4,
).map(lambda made: tuple(attrs.evolve(each, name=f"v{i}") for i, each in enumerate(made)))


@given(volumes)
def test_what_is_found_is_large_enough_of_the_right_mode_and_of_nobody_else(
    given: tuple[PersistentVolume, ...],
) -> None:
    found = find(given, CLAIM, delayed=False)
    if found is None:
        return
    assert found.capacity >= CLAIM.request
    assert not modes_mismatch(CLAIM.mode, found.mode)
    assert CLAIM.access_modes <= found.access_modes
    assert not found.deleting
    assert found.claim in (None, ClaimRef("claim"))
    assert found.claim is not None or found.phase is VolumePhase.AVAILABLE


@given(volumes)
def test_a_delayed_claim_gets_only_a_volume_that_is_kept_for_it(given: tuple[PersistentVolume, ...]) -> None:
    found = find(given, CLAIM, delayed=True)
    assert found is None or found.claim == ClaimRef("claim")


def test_a_larger_volume_with_just_the_asked_modes_goes_before_a_smaller_one_with_more() -> None:
    exact, spare = PersistentVolume("exact", 100, ONCE), PersistentVolume("spare", 10, MANY)
    assert find((spare, exact), CLAIM, delayed=False) == exact


def test_of_equal_modes_the_smallest_that_is_large_enough_is_taken() -> None:
    sizes = tuple(PersistentVolume(f"v{size}", size, ONCE) for size in (30, 9, 20, 15))
    assert find(sizes, CLAIM, delayed=False) == sizes[3]


def test_a_volume_kept_for_the_claim_wins_in_any_class_and_phase() -> None:
    kept = PersistentVolume("kept", 50, ONCE, phase=VolumePhase.PENDING, storage_class="gold", claim=ClaimRef("claim"))
    assert find((VOLUME, kept), CLAIM, delayed=False) == kept


def test_binding_marks_as_the_controllers_choice_only_what_nobody_asked_for() -> None:
    chosen = bind(VOLUME, CLAIM)
    assert chosen.claim is not None
    assert chosen.volume is not None
    assert (BOUND_BY_CONTROLLER, "yes") in chosen.claim.annotations
    assert (BOUND_BY_CONTROLLER, "yes") in chosen.volume.annotations
    asked = bind(attrs.evolve(VOLUME, claim=ClaimRef("claim")), attrs.evolve(CLAIM, volume_name="volume"))
    assert asked.claim is not None
    assert asked.volume is not None
    assert asked.volume.claim == OURS
    assert asked.volume.annotations == ()
    assert asked.claim.annotations == ((BIND_COMPLETED, "yes"),)


def test_binding_again_changes_nothing() -> None:
    once = bind(VOLUME, CLAIM)
    assert once.claim is not None
    assert once.volume is not None
    assert bind(once.volume, once.claim) == once
    assert sync_claim(once.claim, (once.volume,)) == once
    assert sync_volume(once.volume, once.claim, once.claim).volume == once.volume


def test_a_half_done_binding_is_finished_by_the_next_sync() -> None:
    done = bind(VOLUME, CLAIM)
    assert done.volume is not None
    assert sync_claim(CLAIM, (done.volume,)) == done


def test_a_bound_claim_whose_volume_is_gone_is_lost_and_told_so_once() -> None:
    bound = bind(VOLUME, CLAIM).claim
    assert bound is not None
    lost = sync_claim(bound, ())
    assert lost.claim is not None
    assert (lost.claim.phase, [each.reason for each in lost.events]) == (ClaimPhase.LOST, [Reason.CLAIM_LOST])
    assert sync_claim(lost.claim, ()).events == ()
    again = sync_claim(lost.claim, (VOLUME,))
    assert again.claim is not None
    assert again.claim.phase is ClaimPhase.BOUND


def test_two_claims_on_one_volume_lose_the_one_that_it_does_not_name() -> None:
    bound = bind(VOLUME, CLAIM).claim
    assert bound is not None
    taken = attrs.evolve(VOLUME, claim=ClaimRef("other", uid="u2"))
    assert [each.reason for each in sync_claim(bound, (taken,)).events] == [Reason.CLAIM_MISBOUND]


@pytest.mark.parametrize(
    "unfit",
    [
        attrs.evolve(VOLUME, capacity=9),
        attrs.evolve(VOLUME, storage_class="gold"),
        attrs.evolve(VOLUME, mode=VolumeMode.BLOCK),
        attrs.evolve(VOLUME, access_modes=frozenset({AccessMode.READ_ONLY_MANY})),
        attrs.evolve(VOLUME, attributes_class="gold"),
    ],
)
def test_a_volume_that_is_asked_for_by_name_must_suit_in_all_but_its_labels(unfit: PersistentVolume) -> None:
    synced = sync_claim(attrs.evolve(CLAIM, volume_name="volume"), (unfit,))
    assert synced.volume is None
    assert [each.reason for each in synced.events] == [Reason.VOLUME_MISMATCH]


def test_a_delayed_claim_waits_for_a_node_and_then_asks_the_provisioner() -> None:
    waiting = attrs.evolve(CLAIM, storage_class="wait")
    assert [e.reason for e in sync_claim(waiting, (), (DELAYED,)).events] == [Reason.WAIT_FOR_FIRST_CONSUMER]
    placed = attrs.evolve(waiting, annotations=((SELECTED_NODE, "n1"),))
    synced = sync_claim(placed, (), (DELAYED,))
    assert synced.claim is not None
    assert {key for key, _ in synced.claim.annotations} == {SELECTED_NODE, *PROVISIONERS}


def test_a_default_class_is_given_only_to_a_claim_that_sets_none_and_finds_no_volume() -> None:
    def given_class(claim: PersistentVolumeClaim, *offered: PersistentVolume) -> str | None:
        synced = sync_claim(claim, offered, (EXTERNAL,), default_class="fast")
        assert synced.claim is not None
        return synced.claim.storage_class

    assert given_class(CLAIM) == "fast"
    assert given_class(attrs.evolve(CLAIM, storage_class="")) == ""
    assert given_class(CLAIM, VOLUME) is None


@pytest.mark.parametrize("policy", tuple(ReclaimPolicy))
def test_a_released_volume_is_never_available_again_by_itself(policy: ReclaimPolicy) -> None:
    bound = attrs.evolve(VOLUME, claim=OURS, phase=VolumePhase.BOUND, reclaim=policy)
    volume: PersistentVolume = bound
    for in_use in (True, False, False):
        after = sync_volume(volume, None, None, in_use).volume
        assert after is not None
        assert after.phase in (VolumePhase.RELEASED, VolumePhase.FAILED)
        assert after.claim == OURS
        volume = after


def test_a_volume_is_not_given_up_for_an_old_claim_in_the_cache() -> None:
    bound = attrs.evolve(VOLUME, claim=ClaimRef("claim", uid="u2"), phase=VolumePhase.BOUND)
    new = attrs.evolve(CLAIM, uid="u2", volume_name="volume")
    assert claim_of(bound, CLAIM, new) == new
    assert claim_of(bound, CLAIM, None) is None
    assert sync_volume(bound, CLAIM, new).volume == bound


def test_a_claim_that_is_not_cached_saves_a_bound_volume_and_not_a_released_one() -> None:
    claim = attrs.evolve(CLAIM, volume_name="volume")
    bound = attrs.evolve(VOLUME, claim=OURS, phase=VolumePhase.BOUND)
    assert claim_of(bound, None, claim) == claim
    assert claim_of(attrs.evolve(bound, phase=VolumePhase.RELEASED), None, claim) is None


def test_a_claim_that_names_a_volume_of_another_claim_waits_and_tells_why() -> None:
    taken = attrs.evolve(VOLUME, claim=ClaimRef("other"))
    synced = sync_claim(attrs.evolve(CLAIM, volume_name="volume"), (taken,))
    assert synced.claim is not None
    assert (synced.claim.phase, synced.volume, synced.failed) == (ClaimPhase.PENDING, None, False)
    assert [each.reason for each in synced.events] == [Reason.FAILED_BINDING]


def test_a_volume_whose_claim_went_elsewhere_is_freed_or_deleted_if_it_was_made_for_the_claim() -> None:
    elsewhere = attrs.evolve(CLAIM, volume_name="another")
    bound = attrs.evolve(VOLUME, claim=OURS, phase=VolumePhase.BOUND, reclaim=ReclaimPolicy.DELETE)
    freed = sync_volume(bound, elsewhere, elsewhere).volume
    assert freed is not None
    assert (freed.phase, freed.claim) == (VolumePhase.AVAILABLE, ClaimRef("claim"))
    made = attrs.evolve(bound, annotations=((PROVISIONED_BY, "example.com/disk"),))
    released = sync_volume(made, elsewhere, elsewhere).volume
    assert released is not None
    assert released.phase is VolumePhase.RELEASED


def test_unbinding_keeps_a_users_wish_and_drops_the_controllers_choice() -> None:
    bound = bind(VOLUME, CLAIM).volume
    assert bound is not None
    assert unbind(bound) == VOLUME
    assert unbind(attrs.evolve(VOLUME, claim=OURS)).claim == ClaimRef("claim")
