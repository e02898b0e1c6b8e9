"""Claims, volumes and storage classes as they are written, typed. Nothing of what only a server sets is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.kube.located import without_nulls
from kspec.kube.manifests import Entry
from kspec.kube.quantity import resource_amount
from kspec.kube.storage import (
    BIND_COMPLETED,
    AccessMode,
    AccessModes,
    BindingMode,
    ClaimRef,
    PersistentVolume,
    PersistentVolumeClaim,
    ReclaimPolicy,
    StorageClass,
    VolumeMode,
)
from kspec.kube.typed_placement import labels_of, node_term, selector_of

Object = Mapping[str, Any]
Stored = PersistentVolumeClaim | PersistentVolume | StorageClass

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
"""The annotation of the class that claims get which name none."""


def storage_of(entry: Entry) -> Stored | None:
    """The typed object of a manifest; None if it is none of storage. Raises KeyError, ValueError."""
    item = without_nulls(entry.mapping)
    match entry.api_version, entry.kind:
        case "v1", "PersistentVolumeClaim":
            return claim(item, entry.namespace)
        case "v1", "PersistentVolume":
            return volume(item)
        case "storage.k8s.io/v1", "StorageClass":
            return storage_class(item)
    return None


def claim(item: Object, namespace: str) -> PersistentVolumeClaim:
    """A PersistentVolumeClaim. One that names a volume is read as one whose binding has begun."""
    metadata, spec = item["metadata"], item.get("spec") or {}
    selector = spec.get("selector")
    return PersistentVolumeClaim(
        metadata["name"],
        request=_storage((spec.get("resources") or {}).get("requests")),
        access_modes=_modes(spec),
        namespace=namespace,
        volume_name=spec.get("volumeName") or "",
        storage_class=spec.get("storageClassName"),
        mode=_mode(spec),
        attributes_class=spec.get("volumeAttributesClassName") or "",
        selector=None if selector is None else selector_of(selector),
        annotations=tuple(pair for pair in labels_of(metadata.get("annotations") or {}) if pair[0] == BIND_COMPLETED),
    )


def volume(item: Object) -> PersistentVolume:
    """A PersistentVolume, free unless it names a claim."""
    metadata, spec = item["metadata"], item.get("spec") or {}
    required = (spec.get("nodeAffinity") or {}).get("required")
    ref = spec.get("claimRef")
    return PersistentVolume(
        metadata["name"],
        capacity=_storage(spec.get("capacity")),
        access_modes=_modes(spec),
        reclaim=ReclaimPolicy(spec.get("persistentVolumeReclaimPolicy") or "Retain"),
        storage_class=spec.get("storageClassName") or "",
        mode=_mode(spec),
        attributes_class=spec.get("volumeAttributesClassName") or "",
        claim=None if ref is None else ClaimRef(ref["name"], ref.get("namespace") or "default"),
        labels=labels_of(metadata.get("labels") or {}),
        node_affinity=None if required is None else tuple(node_term(term) for term in required["nodeSelectorTerms"]),
    )


def storage_class(item: Object) -> StorageClass:
    """A StorageClass, with the API server's defaults: it binds at once, and what it made goes with its claim."""
    terms = item.get("allowedTopologies") or ()
    return StorageClass(
        item["metadata"]["name"],
        mode=BindingMode(item.get("volumeBindingMode") or "Immediate"),
        provisioner=item.get("provisioner") or "",
        allowed_topologies=tuple(
            tuple((each["key"], tuple(each["values"])) for each in term.get("matchLabelExpressions") or ())
            for term in terms
        ),
        reclaim=ReclaimPolicy(item.get("reclaimPolicy") or "Delete"),
        default=(item["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true",
    )


def _storage(amounts: Object | None) -> int:
    amount = (amounts or {}).get("storage")
    return 0 if amount is None else resource_amount("storage", amount)


def _modes(spec: Object) -> AccessModes:
    return frozenset(AccessMode(mode) for mode in spec.get("accessModes") or ())


def _mode(spec: Object) -> VolumeMode | None:
    return None if spec.get("volumeMode") is None else VolumeMode(spec["volumeMode"])
