"""What is promised of claims and volumes is kept, and each promise is broken by a mistake that somebody could make."""

from __future__ import annotations

import pytest

import kspec
from kspec.kernel.result import Verdict
from kspec.run import run_of
from kspec_properties import storage

UNIQUE, AGREE = storage.a_volume_is_bound_to_one_claim.name, storage.both_sides_agree_when_all_is_quiet.name
KEPT, STAYS = storage.what_is_kept_is_not_given_away.name, storage.a_claim_in_use_stays.name
BOUND = storage.every_claim_that_a_pod_uses_is_bound_in_the_end.name


@pytest.mark.parametrize("system", ["storage.claim", "storage.race", "storage.recreated"])
def test_every_promise_holds_with_its_witness(system: str) -> None:
    result = kspec.check(system)
    assert {p.verdict for p in result.properties} == {Verdict.HOLDS} and result.complete
    assert len(result.properties) >= 6


@pytest.mark.parametrize(
    ("name", "system", "setting", "value"),
    [
        (UNIQUE, "storage.race", "volume-binder.order", "claim-first"),
        (AGREE, "storage.race", "volume-binder.order", "claim-first"),
        (KEPT, "storage.race", "store.compare", "off"),
        (KEPT, "storage.recreated", "volume-binder.uid", "ignored"),
        (STAYS, "storage.claim", "pvc-protection.use", "unseen"),
    ],
)
def test_a_mistake_breaks_it(name: str, system: str, setting: str, value: str) -> None:
    found = kspec.check(system, settings={setting: value}, properties=[name]).property(name)
    assert found.verdict is Verdict.VIOLATED and found.trace is not None


def test_without_a_provisioner_the_pod_waits_for_ever() -> None:
    assert kspec.check("storage.unprovisioned", properties=[BOUND]).property(BOUND).verdict is Verdict.VIOLATED


def test_a_claim_without_a_provisioner_says_who_waits_for_it_and_why() -> None:
    trace = kspec.check("storage.unprovisioned", properties=[BOUND]).property(BOUND).trace
    assert trace is not None
    waits = {lane: (what, why) for lane, what, why in kspec.story(trace).waits}
    assert waits["volume-binder"][0] == "a PersistentVolume for claim data"
    assert "example.com/disk" in waits["volume-binder"][1] and "StorageClass fast" in waits["volume-binder"][1]
    assert waits["scheduler"][0] == "claim data to be bound" and "node node-1 is chosen" in waits["scheduler"][1]


def test_the_run_goes_from_the_wish_to_the_end_of_the_volume() -> None:
    told = [(step.actor, step.action) for step in run_of("storage.claim").steps]
    order = [
        ("provisioner", "POST persistentvolumes/pvc-data"),
        ("volume-binder", "PUT persistentvolumes/pvc-data/status"),
        ("volume-binder", "PUT persistentvolumeclaims/data/status"),
        ("kubelet", "start"),
        ("pvc-protection", "PUT persistentvolumeclaims/data"),
        ("provisioner", "DELETE persistentvolumes/pvc-data"),
    ]
    places = [
        next(i for i, (a, what) in enumerate(told) if a == actor and what.startswith(act)) for actor, act in order
    ]
    assert places == sorted(places)
