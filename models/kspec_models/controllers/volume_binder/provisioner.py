"""An external provisioner: part of the environment, as it is part of no release of Kubernetes.

Models `sigs.k8s.io/sig-storage-lib-external-provisioner/controller/controller.go` in outline: it makes a volume for a
claim that the PersistentVolume controller has marked for it (W170), already bound to that claim's uid, and deletes a
volume that was released if its reclaim policy says so (W176).

Not modelled: what it does on the storage behind, its errors and retries, protection of volumes that it deletes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.actions import Role
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.storage import (
    ClaimRef,
    PersistentVolume,
    PersistentVolumeClaim,
    ReclaimPolicy,
    StorageClass,
    VolumePhase,
)
from kspec_models.controllers.volume_binder.decisions import PROVISIONED_BY, PROVISIONERS

NOT_MODELLED = ("external provisioner: the storage behind a volume, its errors and retries",)


def provisioner(name: str) -> Actor:
    """Provisioner of this name: it acts in the end on whatever is asked of it. Leave it out, and nobody does."""
    actor = Actor(
        "provisioner",
        watches=(PersistentVolumeClaim, PersistentVolume, StorageClass),
        not_modelled=NOT_MODELLED,
        role=Role.ENVIRONMENT,
    )

    @actor.each(PersistentVolumeClaim, fair=True)
    def provision(claim: Any, here: Here, api: Api) -> Iterator[Any]:
        if (
            claim is None
            or claim.deleting
            or claim.volume_name
            or dict(claim.annotations).get(PROVISIONERS[-1]) != name
        ):
            return
        volume = f"pvc-{claim.name}"
        storage_class = here.cache.get(StorageClass, claim.storage_class)
        if storage_class is not None and here.cache.get(PersistentVolume, volume) is None:
            made = PersistentVolume(
                volume,
                capacity=claim.request,
                access_modes=claim.access_modes,
                phase=VolumePhase.PENDING,
                reclaim=storage_class.reclaim,
                storage_class=storage_class.name,
                claim=ClaimRef(claim.name, claim.namespace, claim.uid),
                annotations=((PROVISIONED_BY, name),),
            )
            yield f"{storage_class.name} is its class; its claimRef is {claim.name}", api.create(made)

    @actor.each(PersistentVolume, fair=True)
    def delete_volume(volume: Any, here: Here, api: Api) -> Iterator[Any]:
        if volume is None or dict(volume.annotations).get(PROVISIONED_BY) != name:
            return
        if volume.phase is VolumePhase.RELEASED and volume.reclaim is ReclaimPolicy.DELETE:
            yield "it is released, and to be deleted", api.delete(volume)

    return actor
