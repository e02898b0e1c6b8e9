"""The pvc-protection controller: a claim that is deleted stays until no pod uses it any more.

Models `pkg/controller/volume/pvcprotection/pvc_protection_controller.go` (W179). The finalizer
`kubernetes.io/pvc-protection` is put on every claim by the admission plugin StorageObjectInUseProtection when it is
created, and taken off here.

Not modelled: that before it takes the finalizer off it looks at the live pods too. Its cache may be late here, and the
property `a_claim_in_use_stays` tells what comes of it.
"""

from __future__ import annotations

from typing import Any

from kspec.kube.cache import Api, Cache
from kspec.kube.controller import controller
from kspec.kube.objects import Pod
from kspec.kube.residual import Reconcile
from kspec.kube.storage import PersistentVolumeClaim

FINALIZER = "kubernetes.io/pvc-protection"
NOT_MODELLED = ("claims: a second look at the live pods before the protection of a claim ends",)


@controller(PersistentVolumeClaim, name="pvc-protection", watches=Pod, not_modelled=NOT_MODELLED)
def pvc_protection(claim: Any, cache: Cache, api: Api) -> Reconcile:
    """Take the finalizer off a deleted claim that no pod uses; put it on one that has lost it (processPVC)."""
    if claim.deleting and FINALIZER in claim.finalizers and not in_use(claim, cache):
        yield api.update(claim, finalizers=tuple([f for f in claim.finalizers if f != FINALIZER]))
    elif not claim.deleting and FINALIZER not in claim.finalizers:
        yield api.update(claim, finalizers=(*claim.finalizers, FINALIZER))


def in_use(claim: Any, cache: Cache) -> bool:
    """Whether some pod that has a node names the claim, ended or not; one without a node cannot start (podUsesPVC)."""
    near = [pod for pod in cache.list(Pod) if pod.namespace == claim.namespace]
    return any(claim.name in pod.spec.claims and pod.node is not None for pod in near)
