"""Broken twins of the volume binder: mistakes with claims and volumes that some property must notice."""

from __future__ import annotations

from typing import Any

from kspec.kernel.settings import broken_twin
from kspec.kube.cache import Cache
from kspec.kube.residual import Reconcile
from kspec.kube.storage import PersistentVolume, PersistentVolumeClaim

_HERE = "kspec_models.controllers.volume_binder"


@broken_twin(
    "volume-binder.order", "claim-first", f"{_HERE}.reconcile:in_order", "a claim is bound before its volume is"
)
def claim_first(writes: list[Reconcile]) -> list[Reconcile]:
    """The claim is written first."""
    return writes[::-1]


@broken_twin("volume-binder.uid", "ignored", f"{_HERE}.matching:is_bound_to", "a volume is whoever's has the name")
def by_name(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """The uid of the reference is not compared."""
    return volume.claim is not None and volume.claim.name == claim.name


@broken_twin("pvc-protection.use", "unseen", f"{_HERE}.protection:in_use", "nobody looks whether a claim is used")
def unseen(claim: Any, cache: Cache) -> bool:
    """No claim is in use."""
    return False
