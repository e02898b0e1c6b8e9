"""One sync of a claim or of a volume: what becomes of both.

Upstream: pkg/controller/volume/persistentvolume/pv_controller.go syncClaim, syncVolume, bind, reclaimVolume. A sync is
one decision here: that binding is up to four writes, of which each may fail, and that the next sync goes on from
wherever it ended (W173), is for a model with writes; it needs no other decisions, for `bind` keeps what is done.

Not modelled: provisioning and deleting by plugins inside the controller (only external provisioners are left),
scrubbing by a recycler, a pod that waits for its node (event WaitForPodScheduled), finalizers (W179), messages of
events. The feature gate VolumeAttributesClass is on, as it is by default.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import Labels
from kspec.kube.storage import (
    BIND_COMPLETED,
    SELECTED_NODE,
    ClaimPhase,
    ClaimRef,
    PersistentVolume,
    PersistentVolumeClaim,
    ReclaimPolicy,
    StorageClass,
    VolumePhase,
)
from kspec_models.controllers.volume_binder.matching import (
    BETA_CLASS,
    class_of,
    find,
    is_bound_to,
    is_delayed,
    mismatch,
    modes_mismatch,
)
from kspec_models.helpers.labels import value_of

BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
PROVISIONERS = ("volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner")
IN_TREE = "kubernetes.io/"
"""Provisioners of this prefix were once part of the controller; none is left, and nobody answers for them."""

GIVEN_UP = (VolumePhase.RELEASED, VolumePhase.FAILED)
"""Phases of a volume whose claim is gone."""


class Reason(enum.Enum):
    """Reasons of events."""

    FAILED_BINDING = "FailedBinding"
    WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"
    PROVISIONING_FAILED = "ProvisioningFailed"
    EXTERNAL_PROVISIONING = "ExternalProvisioning"
    VOLUME_MISMATCH = "VolumeMismatch"
    CLAIM_LOST = "ClaimLost"
    CLAIM_MISBOUND = "ClaimMisbound"
    VOLUME_FAILED_RECYCLE = "VolumeFailedRecycle"


@attrs.frozen
class Event:
    """An event's reason, and whether it is a warning."""

    reason: Reason
    warning: bool = False


@attrs.frozen
class Synced:
    """What a sync leaves: the claim and the volume (None: the sync had to do with none), and its events.

    `failed`: it ended in an error, and is tried again.
    """

    claim: PersistentVolumeClaim | None = None
    volume: PersistentVolume | None = None
    events: tuple[Event, ...] = ()
    failed: bool = False


def annotated(annotations: Labels, key: str, value: str) -> Labels:
    """The annotations with this one."""
    return tuple(sorted({**dict(annotations), key: value}.items()))


def has(annotations: Labels, key: str) -> bool:
    """Whether an annotation is there, whatever its value."""
    return value_of(annotations, key) is not None


# ---- binding


def bind_volume(volume: PersistentVolume, claim: PersistentVolumeClaim) -> PersistentVolume:
    """The volume, bound (W173, bindVolumeToClaim). Only one that was not kept for the claim is marked as our choice."""
    annotations = volume.annotations
    if not is_bound_to(volume, claim):
        annotations = annotated(annotations, BOUND_BY_CONTROLLER, "yes")
    ref = ClaimRef(claim.name, claim.namespace, claim.uid)
    return attrs.evolve(volume, claim=ref, annotations=annotations, phase=VolumePhase.BOUND)


def bind_claim(claim: PersistentVolumeClaim, volume: PersistentVolume) -> PersistentVolumeClaim:
    """The claim, bound (W173, bindClaimToVolume). Only one that did not name the volume is marked as our choice."""
    annotations = claim.annotations
    if claim.volume_name != volume.name:
        annotations = annotated(annotations, BOUND_BY_CONTROLLER, "yes")
    annotations = annotated(annotations, BIND_COMPLETED, "yes")
    return attrs.evolve(claim, volume_name=volume.name, annotations=annotations, phase=ClaimPhase.BOUND)


def bind(volume: PersistentVolume, claim: PersistentVolumeClaim) -> Synced:
    """Both, bound; what is done already stays as it is (W173, bind)."""
    return Synced(bind_claim(claim, volume), bind_volume(volume, claim))


def unbind(volume: PersistentVolume) -> PersistentVolume:
    """The volume, free again: a user's wish is kept, without its uid (W178, unbindVolume)."""
    ref = volume.claim
    if ref is None or has(volume.annotations, BOUND_BY_CONTROLLER):
        annotations = tuple(pair for pair in volume.annotations if pair[0] != BOUND_BY_CONTROLLER)
        return attrs.evolve(volume, claim=None, annotations=annotations, phase=VolumePhase.AVAILABLE)
    return attrs.evolve(volume, claim=attrs.evolve(ref, uid=None), phase=VolumePhase.AVAILABLE)


# ---- one sync of a claim


def sync_claim(
    claim: PersistentVolumeClaim,
    volumes: tuple[PersistentVolume, ...],
    classes: tuple[StorageClass, ...] = (),
    default_class: str | None = None,
) -> Synced:
    """One sync of a claim (syncClaim). `default_class`: the name of the default StorageClass, None if there is none."""
    named = next((each for each in volumes if each.name == claim.volume_name), None)
    if has(claim.annotations, BIND_COMPLETED):
        return _sync_bound(claim, named)
    if claim.volume_name:
        return _sync_named(claim, named)
    return _sync_unbound(claim, volumes, classes, default_class)


def _pending(claim: PersistentVolumeClaim, *events: Event) -> Synced:
    return Synced(attrs.evolve(claim, phase=ClaimPhase.PENDING), None, events)


def _sync_unbound(
    claim: PersistentVolumeClaim,
    volumes: tuple[PersistentVolume, ...],
    classes: tuple[StorageClass, ...],
    default_class: str | None,
) -> Synced:
    """A claim that takes any volume (W170, W172, syncUnboundClaim)."""
    delayed = is_delayed(claim, classes)
    volume = find(volumes, claim, delayed)
    if volume is not None:
        return bind(volume, claim)
    if default_class is not None and claim.storage_class is None and not has(claim.annotations, BETA_CLASS):
        # The rest is for the next sync, which sees the class.
        return Synced(attrs.evolve(claim, storage_class=default_class))
    if delayed and not has(claim.annotations, SELECTED_NODE):
        return _pending(claim, Event(Reason.WAIT_FOR_FIRST_CONSUMER))
    if class_of(claim):
        return provision(claim, classes)
    return _pending(claim, Event(Reason.FAILED_BINDING))


def provision(claim: PersistentVolumeClaim, classes: tuple[StorageClass, ...]) -> Synced:
    """Ask the class's external provisioner for a volume (W170, provisionClaim). The claim's phase is left alone."""
    chosen = next((each for each in classes if each.name == class_of(claim)), None)
    if chosen is None or chosen.provisioner.startswith(IN_TREE):
        return Synced(claim, None, (Event(Reason.PROVISIONING_FAILED, warning=True),), failed=True)
    annotations = claim.annotations
    for key in PROVISIONERS:
        annotations = annotated(annotations, key, chosen.provisioner)
    return Synced(attrs.evolve(claim, annotations=annotations), None, (Event(Reason.EXTERNAL_PROVISIONING),))


def _sync_named(claim: PersistentVolumeClaim, volume: PersistentVolume | None) -> Synced:
    """A claim that names a volume and is not bound yet (W174, syncUnboundClaim)."""
    if volume is None:
        return _pending(claim)
    if volume.claim is None and mismatch(volume, claim):
        return _pending(claim, Event(Reason.VOLUME_MISMATCH, warning=True))
    if volume.claim is None or is_bound_to(volume, claim):
        return bind(volume, claim)
    taken = Event(Reason.FAILED_BINDING, warning=True)
    if not has(claim.annotations, BOUND_BY_CONTROLLER):
        return _pending(claim, taken)
    # The controller chose the volume, and it has become another claim's.
    return Synced(claim, None, (taken,), failed=True)


def _sync_bound(claim: PersistentVolumeClaim, volume: PersistentVolume | None) -> Synced:
    """A claim that was bound before (W175, syncBoundClaim): lost if its volume is gone, bound again if it is free."""
    if volume is None:
        return _lost(claim, Reason.CLAIM_LOST)
    if volume.claim is None or volume.claim.uid == claim.uid:
        return bind(volume, claim)
    return _lost(claim, Reason.CLAIM_MISBOUND)


def _lost(claim: PersistentVolumeClaim, reason: Reason) -> Synced:
    """The claim is lost; the event comes with the change only."""
    events = () if claim.phase is ClaimPhase.LOST else (Event(reason, warning=True),)
    return Synced(attrs.evolve(claim, phase=ClaimPhase.LOST), None, events)


# ---- one sync of a volume


def claim_of(
    volume: PersistentVolume, cached: PersistentVolumeClaim | None, live: PersistentVolumeClaim | None
) -> PersistentVolumeClaim | None:
    """The claim that a volume is bound to, None if it is gone (W176, syncVolume).

    A cached claim of another uid may be an old one, and one that is not cached may be new: the API server is asked
    before the volume is given up, but not again for one that was given up and whose claim is not cached.
    """
    if volume.claim is None or (cached is None and volume.phase in GIVEN_UP):
        return None
    claim = cached if cached is not None and cached.uid == volume.claim.uid else live
    return claim if claim is not None and claim.uid == volume.claim.uid else None


def sync_volume(
    volume: PersistentVolume,
    cached: PersistentVolumeClaim | None,
    live: PersistentVolumeClaim | None,
    in_use: bool = False,
) -> Synced:
    """One sync of a volume (syncVolume). `cached`, `live`: the claim of the name that the volume has, in the cache and
    in the API server; `in_use`: pods use that claim."""
    if volume.claim is None or volume.claim.uid is None:
        return Synced(None, attrs.evolve(volume, phase=VolumePhase.AVAILABLE))
    claim = claim_of(volume, cached, live)
    if claim is None:
        return reclaim(volume, in_use)
    if not claim.volume_name:
        # The claim's own sync does the rest, unless it never will.
        wrong = modes_mismatch(claim.mode, volume.mode)
        return Synced(None, volume, (Event(Reason.VOLUME_MISMATCH, warning=True),) * 2 if wrong else ())
    if claim.volume_name == volume.name:
        return Synced(None, attrs.evolve(volume, phase=VolumePhase.BOUND))
    if has(volume.annotations, PROVISIONED_BY) and volume.reclaim is ReclaimPolicy.DELETE:
        return reclaim(volume, in_use)
    return Synced(None, unbind(volume))


def reclaim(volume: PersistentVolume, in_use: bool) -> Synced:
    """A volume whose claim is gone (W176, reclaimVolume): released, for ever unless a person clears the reference.

    Retain does nothing more, Delete is done by an external deleter. Recycle waits until no pod uses the claim, and
    then fails, for there is no recycler.
    """
    released = volume
    if volume.phase not in GIVEN_UP:
        released = attrs.evolve(volume, phase=VolumePhase.RELEASED)
    if volume.reclaim is not ReclaimPolicy.RECYCLE:
        return Synced(None, released)
    if in_use:
        return Synced(None, released, (Event(Reason.VOLUME_FAILED_RECYCLE),))
    failed = attrs.evolve(released, phase=VolumePhase.FAILED)
    events = () if volume.phase is VolumePhase.FAILED else (Event(Reason.VOLUME_FAILED_RECYCLE, warning=True),)
    return Synced(None, failed, events)
