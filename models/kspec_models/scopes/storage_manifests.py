"""Claims, volumes and classes of a person's own manifests, and who serves them.

The PersistentVolume controller runs, and for each class the provisioner that it names, except for the name that stands
for none. Claims are known by their name alone: two of one name in different namespaces are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import attrs

from kspec.kernel.errors import UsageError
from kspec.kube.cluster import Cluster, Component
from kspec.kube.manifests import Entry, Manifests
from kspec.kube.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from kspec.kube.typed_storage import Stored, storage_of
from kspec_models.controllers.volume_binder.provisioner import provisioner
from kspec_models.controllers.volume_binder.reconcile import claim_binder, volume_binder
from kspec_models.scheduler.filters.volume_binding import NO_PROVISIONER

KINDS = (PersistentVolumeClaim, PersistentVolume, StorageClass)

T = TypeVar("T")


def stored_in(manifests: Manifests) -> tuple[Stored, ...]:
    """The claims, volumes and classes of the manifests. Raises UsageError."""
    return each_once(manifests, typed)


def each_once(manifests: Manifests, read: Callable[[Entry], T | None]) -> tuple[T, ...]:
    """What `read` makes of the manifests, None for none. Raises UsageError for two of one kind and name."""
    found: dict[tuple[str, str], T] = {}
    for entry in manifests.objects:
        thing = read(entry)
        if thing is None:
            continue
        key = (entry.kind, entry.name)
        if key in found:
            raise UsageError(f"{entry.where}: {entry.title}: another one of this name is in another namespace")
        found[key] = thing
    return tuple(found.values())


def typed(entry: Entry) -> Stored | None:
    """An object of storage; None if it is none. Raises UsageError."""
    try:
        return storage_of(entry)
    except (KeyError, ValueError) as error:
        raise UsageError(f"{entry.where}: {entry.title}: {error}") from error


def with_storage(cluster: Cluster, stored: tuple[Stored, ...]) -> Cluster:
    """The cluster with these objects from the start, and those who serve them."""
    names = sorted({each.provisioner for each in stored if isinstance(each, StorageClass)} - {"", NO_PROVISIONER})
    made: list[Component] = [attrs.evolve(provisioner(name), name=f"provisioner {name}") for name in names]
    return attrs.evolve(
        cluster,
        components=(*cluster.components, claim_binder, volume_binder, *made),
        scope=attrs.evolve(cluster.scope, stored=(*cluster.scope.stored, *stored)),
        kinds_used=(*cluster.kinds_used, *KINDS),
    )
