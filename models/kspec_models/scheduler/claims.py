"""The claims of a pod that is about to be bound: what the scheduler writes first, and waits for (C66).

Models `pkg/scheduler/framework/plugins/volumebinding/binder.go` AssumePodVolumes and BindPodVolumes: for each claim
that waits for a node, a volume that is there already is reserved (its claimRef), or the node is written to the claim
so that a provisioner makes one (the annotation selected-node). Both are updates of the version that was read. The pod
is bound when all its claims are.

Simplified: while it waits, the pod is not assumed on its node, so that other pods may take the room: more behaviours
than upstream has. What has been written keeps it from choosing another node. Not modelled: the time-out of 600 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kube.actor import Here
from kspec.kube.cache import Api
from kspec.kube.objects import Node
from kspec.kube.requests import Request
from kspec.kube.storage import SELECTED_NODE, ClaimRef, PersistentVolume, PersistentVolumeClaim, StorageClass
from kspec_models.scheduler.filters.volume_binding import bindings, pre_filter
from kspec_models.scheduler.volumes import Storage

KINDS = (PersistentVolumeClaim, PersistentVolume, StorageClass)
"""What a scheduler watches that looks at claims."""


def storage_seen(here: Here) -> Storage:
    """Claims, volumes and classes as the scheduler sees them."""
    cache = here.cache
    return Storage(
        tuple(cache.list(PersistentVolumeClaim)), tuple(cache.list(PersistentVolume)), tuple(cache.list(StorageClass))
    )


def waiting_claims(pod: Any, storage: Storage) -> tuple[PersistentVolumeClaim, ...]:
    """The claims of a pod that the filters passed which are not bound yet."""
    return pre_filter(pod.spec.claims, storage, pod.namespace)[1].delayed


def first_writes(
    claims: tuple[PersistentVolumeClaim, ...], node: Node, storage: Storage, api: Api
) -> Iterator[Request]:
    """What has to be written so that these claims get their volumes on this node; nothing if all has been written."""
    for claim, volume in bindings(claims, node, storage) or ():
        if volume is not None:
            if volume.claim is None:
                yield api.update(volume, claim=ClaimRef(claim.name, claim.namespace, claim.uid))
        elif not claim.selected_node:
            annotations = tuple(sorted({**dict(claim.annotations), SELECTED_NODE: node.name}.items()))
            yield api.update(claim, annotations=annotations)
