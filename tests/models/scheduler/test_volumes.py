"""The scheduler's volume filters: disks, zones, limits, binding."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kube.objects import Node, NodeSelectorTerm, Operator, Requirement, labels
from kspec.kube.placement import AwsElasticBlockStore, Disk, GcePersistentDisk, Iscsi, Rbd
from kspec.kube.storage import (
    BIND_COMPLETED,
    SELECTED_NODE,
    AccessMode,
    BindingMode,
    ClaimRef,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeMode,
    VolumePhase,
)
from kspec_models.scheduler.filters import node_volume_limits, volume_binding, volume_restrictions, volume_zone
from kspec_models.scheduler.filters.node_volume_limits import CsiVolume
from kspec_models.scheduler.result import PASSED, Status
from kspec_models.scheduler.volumes import Storage

UNRESOLVABLE = Status.UNSCHEDULABLE_AND_UNRESOLVABLE
SLOW = StorageClass("slow", BindingMode.WAIT_FOR_FIRST_CONSUMER)
MADE = StorageClass("made", BindingMode.WAIT_FOR_FIRST_CONSUMER, "csi.example.com")
NODE = Node("n", labels=labels(zone="z"))
ELSEWHERE = (NodeSelectorTerm((Requirement("zone", Operator.IN, ("other",)),)),)


def claim_of(name: str, **more: Any) -> PersistentVolumeClaim:
    return PersistentVolumeClaim(name, **more)


def slow(name: str, capacity: int, **more: Any) -> PersistentVolume:
    return PersistentVolume(name, capacity, storage_class="slow", **more)


class TestRestrictions:
    @pytest.mark.parametrize(
        ("disk", "shared"),
        [
            (GcePersistentDisk("d", True), True),
            (AwsElasticBlockStore("d"), False),
            (Iscsi("iqn", True), True),
            (Rbd(("a", "b"), "p", "i", True), True),
        ],
    )
    def test_a_disk_that_is_only_read_can_be_shared_but_for_ebs(self, disk: Disk, shared: bool) -> None:
        assert volume_restrictions.conflicts(disk, disk) is not shared
        if not isinstance(disk, AwsElasticBlockStore):
            writer = attrs.evolve(disk, read_only=False)
            assert volume_restrictions.conflicts(disk, writer) and volume_restrictions.conflicts(writer, disk)

    def test_ceph_images_are_the_same_if_one_monitor_is(self) -> None:
        one = Rbd(("a", "b"), "p", "i")
        assert volume_restrictions.conflicts(one, Rbd(("b", "c"), "p", "i"))
        assert not volume_restrictions.conflicts(one, Rbd(("c",), "p", "i"))
        assert not volume_restrictions.conflicts(one, Rbd(("a",), "p", "other"))
        assert not volume_restrictions.conflicts(one, GcePersistentDisk("a"))

    def test_an_exclusive_claim_that_a_pod_on_another_node_uses_may_be_freed_by_preemption(self) -> None:
        storage = Storage((claim_of("c", access_modes=frozenset({AccessMode.READ_WRITE_ONCE_POD})), claim_of("many")))
        used = frozenset({"c", "many"})
        assert volume_restrictions.filter_node((), ("c",), (), used, storage).status is Status.UNSCHEDULABLE
        assert volume_restrictions.filter_node((), ("many",), (), used, storage) == PASSED
        assert volume_restrictions.pre_filter((), ("many",), used, storage).status is Status.SKIP


class TestZone:
    def test_a_node_without_any_topology_label_passes_and_one_with_another_label_does_not(self) -> None:
        topologies = volume_zone.topologies_of(
            PersistentVolume("v", labels=(("topology.kubernetes.io/zone", "a__ b"),))
        )
        assert volume_zone.filter_node((), topologies) == PASSED
        assert volume_zone.filter_node((("topology.kubernetes.io/region", "r"),), topologies).status is UNRESOLVABLE
        assert volume_zone.filter_node((("topology.kubernetes.io/zone", "b"),), topologies) == PASSED

    def test_a_beta_label_of_the_volume_is_met_by_the_stable_one_of_the_node_but_not_the_reverse(self) -> None:
        beta, stable = (("failure-domain.beta.kubernetes.io/zone", "a"),), (("topology.kubernetes.io/zone", "a"),)
        old, new = (volume_zone.topologies_of(PersistentVolume("v", labels=each)) for each in (beta, stable))
        assert volume_zone.filter_node(stable, old) == PASSED
        assert volume_zone.filter_node(beta, new).status is UNRESOLVABLE

    def test_an_empty_part_makes_the_label_ask_for_nothing(self) -> None:
        broken = PersistentVolume("v", labels=(("topology.kubernetes.io/zone", "a__"),))
        assert volume_zone.topologies_of(broken) == ()


class TestLimits:
    A, B = CsiVolume("d", "a"), CsiVolume("d", "b")

    def fits(self, wanted: CsiVolume, used: set[CsiVolume], attached: set[CsiVolume], limit: int) -> bool:
        limits = (("d", limit),)
        return node_volume_limits.filter_node(frozenset({wanted}), frozenset(used), frozenset(attached), limits).fits

    def test_a_volume_counts_once_whoever_uses_it(self) -> None:
        assert self.fits(self.A, {self.A}, {self.A}, 1)
        assert not self.fits(self.B, {self.A}, {self.A}, 1)
        assert self.fits(self.B, {self.A}, {self.A}, 2)

    def test_attached_volumes_that_no_pod_uses_count_too(self) -> None:
        assert not self.fits(self.B, set(), {self.A}, 1)

    def test_a_node_that_is_over_its_limit_still_takes_pods_whose_volumes_it_has(self) -> None:
        assert self.fits(self.A, {self.A, self.B}, set(), 1)


class TestBinding:
    def verdict(self, *claims: PersistentVolumeClaim, volumes: tuple[PersistentVolume, ...] = ()) -> Status:
        storage = Storage(claims, volumes, (SLOW, MADE))
        before, sorted_claims = volume_binding.pre_filter([claim.name for claim in claims], storage)
        return volume_binding.filter_node(sorted_claims, NODE, storage).status if before == PASSED else before.status

    def test_the_smaller_claim_chooses_first_so_that_both_find_a_volume(self) -> None:
        large, small = claim_of("a", storage_class="slow", request=5), claim_of("b", storage_class="slow", request=1)
        ten, five = slow("ten", 10), slow("five", 5)
        assert self.verdict(large, small, volumes=(ten, five)) is Status.SUCCESS
        assert self.verdict(large, small, volumes=(ten,)) is UNRESOLVABLE

    def test_what_finds_no_volume_is_provisioned_where_the_class_can(self) -> None:
        assert self.verdict(claim_of("a", storage_class="made")) is Status.SUCCESS
        assert self.verdict(claim_of("a", storage_class="slow")) is UNRESOLVABLE
        away = attrs.evolve(MADE, allowed_topologies=((("zone", ("other",)),),))
        assert not volume_binding.can_provision(away, NODE)
        assert volume_binding.can_provision(attrs.evolve(away, allowed_topologies=((("zone", ("z",)),),)), NODE)

    def test_a_claim_for_which_another_node_was_selected_does_not_fit_here(self) -> None:
        assert self.verdict(claim_of("a", storage_class="made", annotations=((SELECTED_NODE, "m"),))) is UNRESOLVABLE
        assert self.verdict(claim_of("a", storage_class="made", annotations=((SELECTED_NODE, "n"),))) is Status.SUCCESS

    def test_a_volume_that_is_meant_for_the_claim_is_taken_or_none(self) -> None:
        claim = claim_of("a", storage_class="slow", request=1)
        meant = slow("meant", 9, claim=ClaimRef("a"))
        free = slow("free", 1)
        assert volume_binding.smallest_match(claim, (free, meant), NODE) == meant
        away = attrs.evolve(meant, node_affinity=ELSEWHERE)
        assert volume_binding.smallest_match(claim, (free, away), NODE) is None

    @pytest.mark.parametrize(
        "unfit",
        [
            {"capacity": 0},
            {"phase": VolumePhase.RELEASED},
            {"deleting": True},
            {"mode": VolumeMode.BLOCK},
            {"storage_class": "fast"},
            {"claim": ClaimRef("another")},
            {"access_modes": frozenset()},
        ],
    )
    def test_every_reason_for_which_a_volume_will_not_do(self, unfit: dict[str, Any]) -> None:
        modes = frozenset({AccessMode.READ_WRITE_ONCE})
        claim = claim_of("a", storage_class="slow", request=1, access_modes=modes)
        fit = slow("v", 1, access_modes=modes)
        assert volume_binding.is_suitable(claim, fit)
        assert not volume_binding.is_suitable(claim, attrs.evolve(fit, **unfit))

    def test_a_claim_that_names_a_volume_but_is_not_bound_counts_as_binding_at_once(self) -> None:
        named = claim_of("a", volume_name="v", storage_class="slow")
        assert self.verdict(named, volumes=(PersistentVolume("v"),)) is UNRESOLVABLE
        assert (
            self.verdict(attrs.evolve(named, annotations=((BIND_COMPLETED, "yes"),)), volumes=(PersistentVolume("v"),))
            is Status.SUCCESS
        )

    def test_pods_without_claims_skip_and_deleted_claims_reject(self) -> None:
        assert self.verdict() is Status.SKIP
        assert self.verdict(claim_of("a", storage_class="made", deleting=True)) is UNRESOLVABLE
