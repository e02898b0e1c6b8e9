"""VolumeZone: a volume with a zone or region goes with nodes of that zone or region (C63).

Source: pkg/scheduler/framework/plugins/volumezone/volume_zone.go, getPVbyPod and Filter;
staging/src/k8s.io/cloud-provider/volume/helpers, LabelZonesToSet.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kube.objects import Labels
from kspec.kube.storage import BindingMode, PersistentVolume
from kspec_models.helpers.labels import value_of
from kspec_models.scheduler.result import PASSED, FilterResult, skipped, unresolvable
from kspec_models.scheduler.volumes import Storage

NAME = "VolumeZone"
REASON = "node(s) had no available volume zone"
_GA_NAME = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}
TOPOLOGY_LABELS = (*_GA_NAME, *_GA_NAME.values())
SEPARATOR = "__"


@attrs.frozen
class Topology:
    """A label of a volume, and the values of which a node must have one."""

    key: str
    values: frozenset[str]


def topologies_of(volume: PersistentVolume) -> tuple[Topology, ...]:
    """The volume's zones and regions. A value with an empty part is ignored."""
    found = []
    for key in TOPOLOGY_LABELS:
        value = value_of(volume.labels, key)
        if value is not None:
            parts = [part.strip() for part in value.split(SEPARATOR)]
            if all(parts):
                found.append(Topology(key, frozenset(parts)))
    return tuple(found)


def pre_filter(
    claims: Iterable[str], storage: Storage, namespace: str = "default"
) -> tuple[FilterResult, tuple[Topology, ...]]:
    """What the pod's volumes ask of a node. Rejects every node for a claim that is missing, or has no volume and will
    not wait for one; skips a pod whose volumes ask for nothing."""
    topologies: list[Topology] = []
    for name in claims:
        claim = storage.claim(name, namespace)
        if claim is None:
            return unresolvable(NAME, f'persistentvolumeclaim "{name}" not found'), ()
        if not claim.volume_name:
            reason = _why_it_cannot_wait(claim.storage_class, storage)
            if reason is not None:
                return unresolvable(NAME, reason), ()
            continue
        volume = storage.volume(claim.volume_name)
        if volume is None:
            return unresolvable(NAME, f'persistentvolume "{claim.volume_name}" not found'), ()
        topologies += topologies_of(volume)
    return (PASSED if topologies else skipped(NAME)), tuple(topologies)


def filter_node(labels: Labels, topologies: Iterable[Topology]) -> FilterResult:
    """Reject a node that does not match each of them. A node without any topology label passes.

    A beta label of the volume may be matched by the node's label of the stable name.
    """
    if all(value_of(labels, key) is None for key in TOPOLOGY_LABELS):
        return PASSED
    for topology in topologies:
        value = value_of(labels, topology.key)
        if value is None:
            value = value_of(labels, _GA_NAME.get(topology.key, topology.key))
        if value is None or value not in topology.values:
            return unresolvable(NAME, REASON)
    return PASSED


def _why_it_cannot_wait(name: str | None, storage: Storage) -> str | None:
    if not name:
        return "PersistentVolumeClaim had no pv name and storageClass name"
    storage_class = storage.storage_class(name)
    if storage_class is None:
        return f'storageclass.storage.k8s.io "{name}" not found'
    if storage_class.mode is None:
        return f'VolumeBindingMode not set for StorageClass "{name}"'
    return None if storage_class.mode is BindingMode.WAIT_FOR_FIRST_CONSUMER else "PersistentVolume had no name"
