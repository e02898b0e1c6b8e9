"""What the API server refuses in claims, volumes and storage classes.

What is modelled: ValidatePersistentVolumeClaimSpec and ValidatePersistentVolumeSpec of pkg/apis/core/validation,
ValidateStorageClass of pkg/apis/storage/validation, Kubernetes 1.36. Not looked at: what is inside a volume's source,
data sources, node affinity, allowed topologies.
"""

from __future__ import annotations

from kspec.kube import quantity
from kspec.kube.located import MapKey, Path, Problem
from kspec.kube.validation.checks import Object, Problems, label_selector, one_of, required

SPEC: Path = ("spec",)
ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
STORAGE = "storage"


def claim(item: Object) -> Problems:
    """A PersistentVolumeClaim."""
    spec = item.get("spec", {})
    yield from _access_modes(spec)
    yield from _storage(spec.get("resources", {}).get("requests", {}), (*SPEC, "resources", "requests"))
    yield from one_of(spec.get("volumeMode") or "Filesystem", ("Filesystem", "Block"), (*SPEC, "volumeMode"))
    if "selector" in spec:
        yield from label_selector(spec["selector"], (*SPEC, "selector"))


def volume(item: Object) -> Problems:
    """A PersistentVolume."""
    spec = item.get("spec", {})
    yield from _access_modes(spec)
    yield from _storage(spec.get("capacity", {}), (*SPEC, "capacity"))
    for name in spec.get("capacity", {}):
        if name != STORAGE:
            yield Problem((*SPEC, "capacity", MapKey(name)), f"is not supported: a volume has {STORAGE} only")
    policy = spec.get("persistentVolumeReclaimPolicy") or "Retain"
    yield from one_of(policy, ("Retain", "Delete", "Recycle"), (*SPEC, "persistentVolumeReclaimPolicy"))
    yield from one_of(spec.get("volumeMode") or "Filesystem", ("Filesystem", "Block"), (*SPEC, "volumeMode"))
    if "local" in spec and not spec.get("nodeAffinity", {}).get("required"):
        yield Problem((*SPEC, "nodeAffinity"), "is required of a local volume: it is on one node")


def storage_class(item: Object) -> Problems:
    """A StorageClass."""
    yield from required(item, "provisioner", (), "kubernetes.io/no-provisioner stands for none")
    yield from one_of(item.get("reclaimPolicy") or "Delete", ("Delete", "Retain"), ("reclaimPolicy",))
    mode = item.get("volumeBindingMode") or "Immediate"
    yield from one_of(mode, ("Immediate", "WaitForFirstConsumer"), ("volumeBindingMode",))


def _access_modes(spec: Object) -> Problems:
    modes = spec.get("accessModes", [])
    yield from required(spec, "accessModes", SPEC, "name at least one")
    for position, mode in enumerate(modes):
        yield from one_of(mode, ACCESS_MODES, (*SPEC, "accessModes", position))
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield Problem((*SPEC, "accessModes"), "ReadWriteOncePod goes with no other access mode")


def _storage(amounts: Object, path: Path) -> Problems:
    if STORAGE not in amounts:
        yield Problem((*path, MapKey(STORAGE)), "is required")
    elif quantity.from_yaml(amounts[STORAGE]) <= quantity.parse("0"):
        yield Problem((*path, MapKey(STORAGE)), f"{amounts[STORAGE]} must be greater than 0")
