"""Volumes and claims, and which volume suits a claim.

Upstream: pkg/controller/volume/persistentvolume/index.go findByClaim; staging/src/k8s.io/component-helpers/storage/
volume/pv_helpers.go FindMatchingVolume. Amounts are bytes. Not modelled: a volume's node affinity, which is the
scheduler's (C65); several volumes of one name. A tie of two volumes is broken by the order of `volumes`.
"""

from __future__ import annotations

from kspec.kube.storage import (
    AccessModes,
    BindingMode,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeMode,
    VolumePhase,
)
from kspec_models.helpers.labels import selector_matches, value_of

BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


def class_of(claim: PersistentVolumeClaim) -> str:
    """The class that a claim asks for: by the old annotation first; none is the empty one."""
    annotated = value_of(claim.annotations, BETA_CLASS)
    return annotated if annotated is not None else claim.storage_class or ""


def modes_mismatch(claim: VolumeMode | None, volume: VolumeMode | None) -> bool:
    """Whether volume modes differ; none is Filesystem (CheckVolumeModeMismatches)."""
    return (claim or VolumeMode.FILESYSTEM) is not (volume or VolumeMode.FILESYSTEM)


def access_modes_met(asked: AccessModes, offered: AccessModes) -> bool:
    """Whether a volume offers every access mode that is asked for (CheckAccessModes)."""
    return asked <= offered


def is_bound_to(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether a volume is this claim's: by name and, if the reference has one, by uid (IsVolumeBoundToClaim)."""
    ref = volume.claim
    if ref is None or (ref.name, ref.namespace) != (claim.name, claim.namespace):
        return False
    return ref.uid is None or ref.uid == claim.uid


def is_delayed(claim: PersistentVolumeClaim, classes: tuple[StorageClass, ...]) -> bool:
    """Whether the claim is only bound once a pod that uses it has a node (W172, IsDelayBindingMode)."""
    return any(each.name == class_of(claim) and each.mode is BindingMode.WAIT_FOR_FIRST_CONSUMER for each in classes)


def mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether a volume that a claim asks for by name does not suit it (W174, checkVolumeSatisfyClaim).

    Its labels do not matter: the claim's selector is for volumes that are looked for.
    """
    return (
        volume.capacity < claim.request
        or volume.storage_class != class_of(claim)
        or modes_mismatch(claim.mode, volume.mode)
        or not access_modes_met(claim.access_modes, volume.access_modes)
        or volume.attributes_class != claim.attributes_class
    )


def is_candidate(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether a volume is free and may be bound to a claim that names none (W170, FindMatchingVolume)."""
    return (
        volume.phase is VolumePhase.AVAILABLE
        and volume.storage_class == class_of(claim)
        and (claim.selector is None or selector_matches(claim.selector, volume.labels))
    )


def best_of(
    volumes: tuple[PersistentVolume, ...], claim: PersistentVolumeClaim, delayed: bool
) -> PersistentVolume | None:
    """The volume for a claim among those of suitable access modes (W170, FindMatchingVolume).

    One that is kept for this claim wins at once, in any phase and class; it only has to be large enough and of the
    right mode. Otherwise the smallest free one; none if the binding is delayed, for then the scheduler chooses.
    """
    best: PersistentVolume | None = None
    for volume in volumes:
        ours = is_bound_to(volume, claim)
        if volume.claim is not None and not ours:
            continue
        if volume.deleting or volume.capacity < claim.request or modes_mismatch(claim.mode, volume.mode):
            continue
        if volume.attributes_class != claim.attributes_class:
            continue
        if ours:
            return volume
        if delayed or not is_candidate(volume, claim):
            continue
        if best is None or volume.capacity < best.capacity:
            best = volume
    return best


def find(volumes: tuple[PersistentVolume, ...], claim: PersistentVolumeClaim, delayed: bool) -> PersistentVolume | None:
    """The volume for a claim: the best of those with the fewest access modes to spare (W170, W171, findByClaim).

    Volumes are looked at in groups of equal access modes, so that a larger volume with just the modes that are asked
    for goes before a smaller one with more.
    """
    groups = {each.access_modes for each in volumes if access_modes_met(claim.access_modes, each.access_modes)}
    for modes in sorted(groups, key=lambda group: (len(group), sorted(mode.value for mode in group))):
        found = best_of(tuple(each for each in volumes if each.access_modes == modes), claim, delayed)
        if found is not None:
            return found
    return None
