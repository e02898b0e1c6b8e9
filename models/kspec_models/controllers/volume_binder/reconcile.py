"""The PersistentVolume controller's plumbing: binding is four writes on two objects, and no transaction spans them.

Models `pkg/controller/volume/persistentvolume/pv_controller.go` syncClaim, syncVolume and bind (W170 to W176): first
the volume says whose it is (spec.claimRef with the claim's uid), then its status, then the claim names the volume, then
its status. Each write is of the version that was read; a conflict ends the sync, and the next one goes on from there
(W173). What it decides is in `decisions` and `matching`.

Simplified: upstream is one controller with two queues and one store; here each queue is a controller with a cache of
its own, which may be late apart from the other's. So there are more behaviours, not fewer.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from kspec.kernel.values import fields_of
from kspec.kube.cache import Api, Cache
from kspec.kube.controller import controller
from kspec.kube.requests import NotFound
from kspec.kube.residual import Reconcile
from kspec.kube.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from kspec_models.controllers.volume_binder import decisions

NOT_MODELLED = (
    "volumes: provisioning, deleting and recycling inside the controller (an external provisioner does them)",
    "volumes: the pod that a claim waits for; a claim is served once the scheduler has chosen its node",
    "volumes: events, and volumes of the same size (the first by name is taken)",
)

T = TypeVar("T")


def whole(cached: Any, cls: type[T]) -> T:
    """A cached object as a record: the decisions look at nearly all of it."""
    return cls(**{field: getattr(cached, field) for field in fields_of(cls)})


@controller(
    PersistentVolumeClaim,
    name="volume-binder",
    watches=(PersistentVolume, StorageClass),
    not_modelled=NOT_MODELLED,
)
def claim_binder(claim: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a claim (syncClaim): find a volume and bind both, or ask a provisioner for one."""
    if claim.deleting:
        return
    volumes = {each.name: each for each in cache.list(PersistentVolume)}
    classes = tuple([whole(each, StorageClass) for each in cache.list(StorageClass)])
    default = next((each.name for each in classes if each.default), None)
    this = whole(claim, PersistentVolumeClaim)
    seen = tuple([whole(each, PersistentVolume) for each in volumes.values()])
    synced = decisions.sync_claim(this, seen, classes, default)
    writes: list[Reconcile] = []
    if synced.volume is not None:
        writes.append(write(volumes[synced.volume.name], synced.volume, ("claim", "annotations"), api))
    if synced.claim is not None:
        writes.append(write(claim, synced.claim, ("volume_name", "annotations", "storage_class"), api))
    for each in in_order(writes):
        yield from each


@controller(
    PersistentVolume,
    name="volume-binder-volumes",
    watches=PersistentVolumeClaim,
    not_modelled=NOT_MODELLED,
)
def volume_binder(volume: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a volume (syncVolume): is its claim still there, and does it name this volume?

    Before a volume is given up the API server is asked, for a claim of another uid may be an old one in the cache.
    """
    this = whole(volume, PersistentVolume)
    cached = live = None
    if this.claim is not None:
        found = cache.get(PersistentVolumeClaim, this.claim.name)
        cached = None if found is None else whole(found, PersistentVolumeClaim)
        if decisions.claim_of(this, cached, None) is None and (
            cached is not None or this.phase not in decisions.GIVEN_UP
        ):
            try:
                got = yield api.get(PersistentVolumeClaim, this.claim.name)
                live = got.object
            except NotFound:
                live = None
    synced = decisions.sync_volume(this, cached, live)
    if synced.volume is not None:
        yield from write(volume, synced.volume, ("claim", "annotations"), api)


def in_order(writes: list[Reconcile]) -> list[Reconcile]:
    """The volume is written first: a claim is told of it only once it is the claim's (W173)."""
    return writes


def write(seen: Any, wanted: Any, spec: tuple[str, ...], api: Api) -> Reconcile:
    """Make an object what is wanted: first its spec, then its status, each of the version that was read."""
    changes = {field: getattr(wanted, field) for field in spec if getattr(seen, field) != getattr(wanted, field)}
    turns = seen.phase is not wanted.phase
    if changes:
        update = api.update(seen, **changes)
        yield api.keeping_version(update) if turns else update
    if turns:
        yield api.update_status(seen, phase=wanted.phase)
