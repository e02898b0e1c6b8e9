"""volumes-filter: VolumeRestrictions, VolumeZone, NodeVolumeLimits and VolumeBinding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kspec.kube.placement import AwsElasticBlockStore, Disk, GcePersistentDisk, Iscsi, Rbd
from kspec.kube.storage import (
    AccessMode,
    BindingMode,
    ClaimPhase,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumePhase,
)
from kspec_models.scheduler.filters import node_volume_limits, volume_binding, volume_restrictions, volume_zone
from kspec_models.scheduler.volumes import Storage
from tests.conformance.adapters import _objects, _placed
from tests.conformance.interface import Given, Skip

TOPIC = "volumes-filter"

CLASSES = (
    StorageClass("wait-class", BindingMode.WAIT_FOR_FIRST_CONSUMER),
    StorageClass("immediate-class", None),
    StorageClass("immediate-sc", BindingMode.IMMEDIATE),
    StorageClass("wait-sc", BindingMode.WAIT_FOR_FIRST_CONSUMER),
    StorageClass("wait-hdd-sc", BindingMode.WAIT_FOR_FIRST_CONSUMER),
)
"""The storage classes of upstream's tests, as the vector file names them."""
Raw = Mapping[str, Any]


def answer(given: Given) -> object:
    """What the plugin of the case's op says."""
    match given["op"]:
        case "restrictions":
            return _restrictions(given)
        case "zone":
            return _zone(given)
        case "limits":
            return _limits(given)
        case "binding":
            return _binding(given)
        case op:
            raise Skip(f"unknown op {op}")


def _restrictions(given: Given) -> object:
    pod, namespace = given["pod"], given["pod"].get("namespace", "default")
    claims = [
        PersistentVolumeClaim(
            each["name"], access_modes=frozenset(AccessMode(mode) for mode in each["modes"]), namespace=namespace
        )
        for each in given.get("pvcs", ())
    ]
    storage = Storage(tuple(claims))
    used = frozenset(name for other in given.get("cluster_pods", ()) for name in _claims(other))
    before = volume_restrictions.pre_filter(_disks(pod), _claims(pod), used, storage, namespace)
    if not before.fits:
        return {"prefilter": before.status.value, "filter": None}
    there = [disk for other in given["existing"] for disk in _disks(other)]
    verdict = volume_restrictions.filter_node(_disks(pod), _claims(pod), there, used, storage, namespace)
    return {"prefilter": before.status.value, "filter": verdict.status.value}


def _zone(given: Given) -> object:
    claims = [
        PersistentVolumeClaim(name, volume_name=each.get("volume", ""), storage_class=each.get("class", ""))
        for name, each in given["pvcs"].items()
    ]
    volumes = [PersistentVolume(name, labels=_objects.labels(each)) for name, each in given["pvs"].items()]
    storage = Storage(tuple(claims), tuple(volumes), CLASSES)
    before, topologies = volume_zone.pre_filter(given["pod"]["claims"], storage)
    if not before.fits:
        return {"prefilter": before.status.value, "filter": None}
    verdict = volume_zone.filter_node(_objects.node(given["node"]).labels, topologies)
    return {"prefilter": before.status.value, "filter": verdict.status.value}


def _limits(given: Given) -> object:
    driver = given["driver"]
    limits = ((driver, given["limit"]),) if given["limit_source"] == "csinode" else ()
    attached = frozenset(node_volume_limits.CsiVolume(driver, f"attached {i}") for i in range(given["attachments"]))
    in_use = _csi([name for pod in given["existing_pods"] for name in pod], driver)
    verdict = node_volume_limits.filter_node(_csi(given["new_pod"], driver), in_use, attached, limits)
    before = node_volume_limits.pre_filter(given["new_pod"])
    return {"prefilter": before.status.value, "filter": verdict.status.value}


def _binding(given: Given) -> object:
    namespace = given["pod"]["namespace"]
    storage = Storage(
        tuple(_claim(each, namespace) for each in given["pvcs"]),
        tuple(_volume(each) for each in given["pvs"]),
        CLASSES,
    )
    before, claims = volume_binding.pre_filter(_claims(given["pod"]), storage, namespace)
    if not before.fits:
        return {"prefilter": before.status.value, "filter": None}
    verdicts = [volume_binding.filter_node(claims, _objects.node(each), storage) for each in given["nodes"]]
    return {"prefilter": before.status.value, "filter": [each.status.value for each in verdicts]}


def _claim(raw: Raw, namespace: str) -> PersistentVolumeClaim:
    return PersistentVolumeClaim(
        raw["name"],
        volume_name=raw.get("volumeName", ""),
        phase=ClaimPhase.LOST if raw.get("phase") == "Lost" else ClaimPhase.PENDING,
        storage_class=raw.get("class", ""),
        namespace=namespace,
        annotations=_objects.labels(raw.get("annotations")),
    )


def _volume(raw: Raw) -> PersistentVolume:
    required = (raw.get("nodeAffinity") or {}).get("required")
    terms = None if required is None else tuple(_placed.selector_term(each) for each in required["nodeSelectorTerms"])
    return PersistentVolume(
        raw["name"],
        storage_class=raw.get("class", ""),
        node_affinity=terms,
        phase=VolumePhase(raw["phase"]) if raw.get("phase") else None,
    )


def _claims(pod: Raw) -> list[str]:
    volumes = pod.get("volumes") or ()
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]


def _disks(pod: Raw) -> list[Disk]:
    return [disk for each in pod.get("volumes") or () for disk in _disk(each)]


def _disk(volume: Raw) -> Iterable[Disk]:
    if (gce := volume.get("gcePersistentDisk")) is not None:
        yield GcePersistentDisk(gce["pdName"], gce.get("readOnly", False))
    if (ebs := volume.get("awsElasticBlockStore")) is not None:
        yield AwsElasticBlockStore(ebs["volumeID"])
    if (iscsi := volume.get("iscsi")) is not None:
        yield Iscsi(iscsi["iqn"], iscsi.get("readOnly", False))
    if (rbd := volume.get("rbd")) is not None:
        yield Rbd(tuple(rbd["monitors"]), rbd["pool"], rbd["image"], rbd.get("readOnly", False))


def _csi(names: Iterable[str], driver: str) -> frozenset[node_volume_limits.CsiVolume]:
    return frozenset(node_volume_limits.CsiVolume(driver, name) for name in names if name.startswith(f"csi-{driver}-"))
