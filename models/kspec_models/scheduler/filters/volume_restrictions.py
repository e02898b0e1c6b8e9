"""VolumeRestrictions: a disk that only one pod can write, and claims that only one pod may use (C61).

Source: pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from kspec.kube.placement import AwsElasticBlockStore, Disk, GcePersistentDisk, Iscsi, Rbd
from kspec.kube.storage import AccessMode
from kspec_models.scheduler.result import PASSED, FilterResult, skipped, unresolvable, unschedulable
from kspec_models.scheduler.volumes import Storage

NAME = "VolumeRestrictions"
REASON_DISK = "node(s) had no available disk"
REASON_ONE_POD = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"


def pre_filter(
    disks: Iterable[Disk], claims: Iterable[str], used: frozenset[str], storage: Storage, namespace: str = "default"
) -> FilterResult:
    """Reject every node if a claim is missing; skip a pod that cannot be in conflict.

    `claims`: names of the pod's claims; `used`: names of the claims in its namespace that pods with a node use.
    """
    names = tuple(claims)
    missing = [name for name in names if storage.claim(name, namespace) is None]
    if missing:
        return unresolvable(NAME, f'persistentvolumeclaim "{missing[0]}" not found')
    if not tuple(disks) and not exclusive_in_use(names, used, storage, namespace):
        return skipped(NAME)
    return PASSED


def filter_node(
    disks: Iterable[Disk],
    claims: Iterable[str],
    there: Iterable[Disk],
    used: frozenset[str],
    storage: Storage,
    namespace: str = "default",
) -> FilterResult:
    """Reject if a disk is in conflict with one on the node (`there`), or an exclusive claim is used anywhere."""
    placed = tuple(there)
    if any(conflicts(disk, other) for disk in disks for other in placed):
        return unschedulable(NAME, REASON_DISK)
    if exclusive_in_use(claims, used, storage, namespace):
        return unschedulable(NAME, REASON_ONE_POD)
    return PASSED


def conflicts(disk: Disk, other: Disk) -> bool:
    """Whether two pods on one node cannot both have these disks (isVolumeConflict).

    The same disk is in conflict unless both only read; an EBS volume always is.
    """
    match disk, other:
        case GcePersistentDisk(), GcePersistentDisk():
            return disk.pd_name == other.pd_name and not (disk.read_only and other.read_only)
        case AwsElasticBlockStore(), AwsElasticBlockStore():
            return disk.volume_id == other.volume_id
        case Iscsi(), Iscsi():
            return disk.iqn == other.iqn and not (disk.read_only and other.read_only)
        case Rbd(), Rbd():
            same = (disk.pool, disk.image) == (other.pool, other.image) and set(disk.monitors) & set(other.monitors)
            return bool(same) and not (disk.read_only and other.read_only)
    return False


def exclusive_in_use(claims: Iterable[str], used: frozenset[str], storage: Storage, namespace: str = "default") -> bool:
    """Whether a ReadWriteOncePod claim of the pod is used by another one, on whatever node."""
    found = (storage.claim(name, namespace) for name in claims if name in used)
    return any(claim is not None and AccessMode.READ_WRITE_ONCE_POD in claim.access_modes for claim in found)
