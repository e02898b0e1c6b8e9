"""VolumeBinding: on this node, can each of the pod's claims have its volume? (C64, C65)

Claims that are bound need their volume to be reachable from the node. Claims that wait for a consumer need the smallest
fitting volume, smaller claims choosing first, or a class that can provision one here. Evicting pods never helps.
Sources, below pkg/scheduler/framework/plugins/volumebinding: volume_binding.go, PreFilter; binder.go, FindPodVolumes,
findMatchingVolumes, checkVolumeProvisions; staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go,
FindMatchingVolume. Not modelled: CSIStorageCapacity, volumes assumed for other pods (C66), VolumeAttributesClass.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kube.objects import Node
from kspec.kube.storage import (
    BindingMode,
    ClaimPhase,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeMode,
    VolumePhase,
)
from kspec_models.helpers.labels import as_selector, value_of
from kspec_models.scheduler.filters.node_affinity import meets_one
from kspec_models.scheduler.result import PASSED, FilterResult, skipped, unresolvable
from kspec_models.scheduler.volumes import Storage

NAME = "VolumeBinding"
REASON_IMMEDIATE = "pod has unbound immediate PersistentVolumeClaims"
REASON_NO_VOLUME = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
REASON_NODE = "node(s) didn't match PersistentVolume's node affinity"
REASON_BIND = "node(s) didn't find available persistent volumes to bind"
NO_PROVISIONER = "kubernetes.io/no-provisioner"


@attrs.frozen
class PodClaims:
    """The pod's claims: bound ones, and those that wait for a node."""

    bound: tuple[PersistentVolumeClaim, ...] = ()
    delayed: tuple[PersistentVolumeClaim, ...] = ()


def pre_filter(names: Iterable[str], storage: Storage, namespace: str = "default") -> tuple[FilterResult, PodClaims]:
    """Sort the pod's claims. Rejects every node for one that is missing, lost, being deleted, or that binds at once and
    is not bound; skips a pod without claims."""
    claims = []
    for name in names:
        claim = storage.claim(name, namespace)
        reason = _why_unusable(name, claim)
        if reason is not None:
            return unresolvable(NAME, reason), PodClaims()
        if claim is not None:
            claims.append(claim)
    if not claims:
        return skipped(NAME), PodClaims()
    unbound = [claim for claim in claims if not claim.bound]
    if not all(is_delayed(claim, storage) for claim in unbound):
        return unresolvable(NAME, REASON_IMMEDIATE), PodClaims()
    return PASSED, PodClaims(tuple(claim for claim in claims if claim.bound), tuple(unbound))


def is_delayed(claim: PersistentVolumeClaim, storage: Storage) -> bool:
    """Whether an unbound claim waits for a node: its class says so, and it names no volume itself."""
    storage_class = storage.storage_class(claim.storage_class)
    waits = storage_class is not None and storage_class.mode is BindingMode.WAIT_FOR_FIRST_CONSUMER
    return waits and not claim.volume_name


def filter_node(claims: PodClaims, node: Node, storage: Storage) -> FilterResult:
    """Reject a node on which some claim cannot have its volume; say every reason."""
    reasons = []
    volumes = [storage.volume(claim.volume_name) for claim in claims.bound]
    if any(volume is None for volume in volumes):
        reasons.append(REASON_NO_VOLUME)
    elif not all(volume is not None and meets_one(volume.node_affinity, node) for volume in volumes):
        reasons.append(REASON_NODE)
    if not can_bind(claims.delayed, node, storage):
        reasons.append(REASON_BIND)
    return unresolvable(NAME, *reasons) if reasons else PASSED


def can_bind(claims: tuple[PersistentVolumeClaim, ...], node: Node, storage: Storage) -> bool:
    """Whether each waiting claim finds a volume of its own, or can get one provisioned, on the node."""
    return bindings(claims, node, storage) is not None


Binding = tuple[PersistentVolumeClaim, PersistentVolume | None]
"""A claim with the volume that it is to have; None: one is to be provisioned."""


def bindings(claims: tuple[PersistentVolumeClaim, ...], node: Node, storage: Storage) -> tuple[Binding, ...] | None:
    """What each waiting claim would get on the node, the smallest claim first; None if one gets nothing.

    A claim for which a node was selected is to be provisioned there, and nowhere else.
    """
    if any(claim.selected_node not in ("", node.name) for claim in claims):
        return None
    found: list[Binding] = []
    for claim in sorted(claims, key=lambda each: each.request):
        chosen = frozenset([volume.name for _, volume in found if volume is not None])
        volume = None if claim.selected_node else smallest_match(claim, storage.volumes, node, chosen)
        if volume is None and not can_provision(storage.storage_class(claim.storage_class), node):
            return None
        found.append((claim, volume))
    return tuple(found)


def smallest_match(
    claim: PersistentVolumeClaim, volumes: Iterable[PersistentVolume], node: Node, chosen: frozenset[str] = frozenset()
) -> PersistentVolume | None:
    """The volume for a claim on a node: the smallest free one that will do, unless one is meant for the claim.

    Then it is that one or none, also where the node cannot reach it.
    """
    candidates = [volume for volume in volumes if volume.name not in chosen and is_suitable(claim, volume)]
    meant = [volume for volume in candidates if volume.claim is not None]
    reachable = [volume for volume in meant[:1] or candidates if meets_one(volume.node_affinity, node)]
    return min(reachable, key=lambda volume: volume.capacity, default=None)


def is_suitable(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    """Whether a volume would do for a claim, wherever it is: large enough, of the same volume mode, and either meant
    for it, or free and of its class, with its access modes and selected labels."""
    if volume.deleting or is_block(volume.mode) is not is_block(claim.mode) or volume.capacity < claim.request:
        return False
    if volume.claim is not None:
        return (volume.claim.namespace, volume.claim.name) == (claim.namespace, claim.name)
    return (
        volume.phase is VolumePhase.AVAILABLE
        and volume.storage_class == (claim.storage_class or "")
        and claim.access_modes <= volume.access_modes
        and (claim.selector is None or as_selector(claim.selector).matches(volume.labels))
    )


def is_block(mode: VolumeMode | None) -> bool:
    """Whether a volume is a block device; none given is a file system."""
    return mode is VolumeMode.BLOCK


def can_provision(storage_class: StorageClass | None, node: Node) -> bool:
    """Whether a volume of this class can be made for a node: there is a provisioner, and the topology is allowed."""
    if storage_class is None or storage_class.provisioner in ("", NO_PROVISIONER):
        return False
    terms = storage_class.allowed_topologies
    return not terms or any(all(value_of(node.labels, key) in values for key, values in term) for term in terms if term)


def _why_unusable(name: str, claim: PersistentVolumeClaim | None) -> str | None:
    if claim is None:
        return f'persistentvolumeclaim "{name}" not found'
    if claim.phase is ClaimPhase.LOST:
        return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{claim.volume_name}"'
    return f'persistentvolumeclaim "{name}" is being deleted' if claim.deleting else None
