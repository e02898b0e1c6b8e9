"""The PersistentVolume controller: `op` volumes, match, access-modes, volume-mode, sync, multisync.

The vectors leave out what upstream's tests set up beside volumes and claims; the constants here say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from ruamel.yaml import YAML

from kspec.kube.objects import LabelSelector
from kspec.kube.quantity import resource_amount
from kspec.kube.storage import (
    AccessMode,
    AccessModes,
    BindingMode,
    ClaimPhase,
    ClaimRef,
    PersistentVolume,
    PersistentVolumeClaim,
    ReclaimPolicy,
    StorageClass,
    VolumeMode,
    VolumePhase,
)
from kspec_models.controllers.volume_binder import decisions, matching
from kspec_models.controllers.volume_binder.decisions import Event, Synced
from tests.conformance.adapters import _objects
from tests.conformance.interface import Given, Skip

TOPIC = "pv-binding"

VOLUMES: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(Path(__file__).with_name("pv_binding_volumes.yaml"))
UIDS = {
    "gce002": "gce-pd-5",
    "nfs002": "nfs-5",
    "gce0022": "gce-pd-2",
    "gce0024": "gce-pd-silver2",
    "local001": "local-pd-very-large",
    "local002": "local-pd-extremely-large",
    "gce-pd-vac-silver1": "gce-pd-vac-silver1",
}
"""Cases of `match` name the volume that they expect by its uid (index_test.go createTestVolumes)."""
OFFERED = frozenset({AccessMode.READ_WRITE_ONCE, AccessMode.READ_WRITE_MANY})
"""The access modes of the volume of index_test.go TestCheckAccessModes."""
CLASSES = (
    StorageClass("gold", provisioner="kubernetes.io/mock-provisioner"),
    StorageClass("silver", provisioner="kubernetes.io/mock-provisioner"),
    StorageClass("copper", provisioner="kubernetes.io/mock-provisioner"),
    StorageClass("external", provisioner="vendor.com/my-volume"),
    StorageClass("external-wait", BindingMode.WAIT_FOR_FIRST_CONSUMER, "vendor.com/my-volume-wait"),
    StorageClass("wait", BindingMode.WAIT_FOR_FIRST_CONSUMER, "kubernetes.io/mock-provisioner"),
)
"""The StorageClasses of upstream's tests. In some only a part of them exists, which the cases do not tell."""
IN_USE = ("runningClaim", "pendingClaim")
"""The claims that pods use (recycle_test.go)."""
NOT_CACHED = "pv-testing-skip-local-store"
"""Upstream's tests mark claims so that are in the API server but not yet in the cache."""
ENOUGH = 10
"""More rounds than any case needs until nothing changes."""


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "volumes":
            return {"volumes": VOLUMES}
        case "match":
            return _match(given)
        case "access-modes":
            return {"satisfied": matching.access_modes_met(_access_modes(given["claim"]), OFFERED)}
        case "volume-mode":
            return {"mismatch": matching.modes_mismatch(_mode(given["claim_mode"]), _mode(given["volume_mode"]))}
        case "sync":
            return _Cluster.of(given).run(given["call"]).answer()
        case "multisync":
            cluster = _Cluster.of(given).run(given["call"])
            for _ in range(ENOUGH):
                before = cluster.objects()
                cluster.sync_all()
                if cluster.objects() == before:
                    return cluster.answer()
            raise ValueError(f"not stable after {ENOUGH} rounds")
    raise Skip(f"op {given['op']}")


def _match(given: Given) -> Any:
    claim = _claim(given["claim"])
    found = matching.find(tuple(_volume(each) for each in VOLUMES), claim, matching.is_delayed(claim, CLASSES))
    return {"volume": "" if found is None else UIDS.get(found.name, found.name)}


@attrs.define
class _Cluster:
    """What the API server has, with each object as the case writes it; what the controller has cached; the events."""

    volumes: dict[str, tuple[PersistentVolume, Given]]
    claims: dict[str, tuple[PersistentVolumeClaim, Given]]
    cached: dict[str, PersistentVolumeClaim]
    events: list[Event]

    @classmethod
    def of(cls, given: Given) -> _Cluster:
        cached = [each for each in given["claims"] if NOT_CACHED not in (each.get("annotations") or {})]
        return cls(
            {each["name"]: (_volume(each), each) for each in given["volumes"]},
            {each["name"]: (_claim(each), each) for each in given["claims"]},
            {each["name"]: _claim(each) for each in cached},
            [],
        )

    def run(self, call: str) -> _Cluster:
        """One call, on the first claim or volume."""
        if call == "syncClaim":
            self.sync_claim(next(iter(self.claims)))
        else:
            self.sync_volume(next(iter(self.volumes)))
        return self

    def sync_all(self) -> None:
        for name in self.volumes:
            self.sync_volume(name)
        for name in self.claims:
            self.sync_claim(name)

    def sync_claim(self, name: str) -> None:
        volumes = tuple(volume for volume, _ in self.volumes.values())
        self.take(decisions.sync_claim(self.claims[name][0], volumes, CLASSES))

    def sync_volume(self, name: str) -> None:
        volume = self.volumes[name][0]
        wanted = volume.claim.name if volume.claim else ""
        live = self.claims[wanted][0] if wanted in self.claims else None
        self.take(decisions.sync_volume(volume, self.cached.get(wanted), live, wanted in IN_USE))

    def take(self, synced: Synced) -> None:
        self.events += synced.events
        if synced.claim is not None:
            self.claims[synced.claim.name] = (synced.claim, self.claims[synced.claim.name][1])
            self.cached[synced.claim.name] = synced.claim
        if synced.volume is not None:
            self.volumes[synced.volume.name] = (synced.volume, self.volumes[synced.volume.name][1])

    def objects(self) -> Any:
        return [*self.volumes.values()], [*self.claims.values()]

    def answer(self) -> Any:
        """Each kind of event once: upstream tells volume and claim of the same thing, and the cases name it once."""
        events = dict.fromkeys(f"{'Warning' if e.warning else 'Normal'} {e.reason.value}" for e in self.events)
        return {
            "volumes": [_volume_as_written(*each) for each in self.volumes.values()],
            "claims": [_claim_as_written(*each) for each in self.claims.values()],
            "events": list(events),
        }


def _volume(raw: Given) -> PersistentVolume:
    ref = raw.get("claimRef")
    return PersistentVolume(
        raw["name"],
        resource_amount("storage", raw["capacity"]),
        _access_modes(raw),
        VolumePhase(raw["phase"]) if raw.get("phase") else None,
        ReclaimPolicy(raw.get("reclaim", "Retain")),
        raw.get("class", ""),
        _mode(raw.get("mode")),
        raw.get("vac", ""),
        ClaimRef(ref.get("name", ""), ref.get("namespace", ""), ref.get("uid") or None) if ref else None,
        _objects.labels(raw.get("labels")),
        _objects.labels(raw.get("annotations")),
    )


def _claim(raw: Given) -> PersistentVolumeClaim:
    selector = raw.get("selector")
    return PersistentVolumeClaim(
        raw["name"],
        resource_amount("storage", raw["request"]),
        _access_modes(raw),
        uid=raw.get("uid", ""),
        volume_name=raw.get("volumeName", ""),
        phase=ClaimPhase(raw.get("phase", "Pending")),
        storage_class="" if raw.get("class_empty") else raw.get("class"),
        mode=_mode(raw.get("mode")),
        attributes_class=raw.get("vac", ""),
        selector=_selector(selector) if selector else None,
        annotations=_objects.labels(raw.get("annotations")),
    )


def _selector(raw: Given) -> LabelSelector:
    expressions = tuple(_objects.requirement(each) for each in raw.get("matchExpressions") or ())
    return LabelSelector(_objects.labels(raw.get("matchLabels")), expressions)


def _access_modes(raw: Given) -> AccessModes:
    return frozenset(AccessMode(each) for each in raw["modes"])


def _mode(raw: str | None) -> VolumeMode | None:
    return VolumeMode(raw) if raw else None


def _volume_as_written(volume: PersistentVolume, raw: Given) -> Any:
    ref = volume.claim
    written = {"name": ref.name, "namespace": ref.namespace, "uid": ref.uid or ""} if ref else {}
    changed = {
        "phase": volume.phase.value if volume.phase else "",
        "claimRef": _set(written),
        "annotations": dict(volume.annotations),
    }
    return _set({**raw, **changed})


def _claim_as_written(claim: PersistentVolumeClaim, raw: Given) -> Any:
    changed = {
        "phase": claim.phase.value,
        "volumeName": claim.volume_name,
        "class": claim.storage_class,
        "annotations": dict(claim.annotations),
    }
    return _set({**raw, **changed})


def _set(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is set."""
    return {key: value for key, value in fields.items() if value}
