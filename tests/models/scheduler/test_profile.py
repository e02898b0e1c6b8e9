"""The default profile as a whole: the order of all filters, what PreFilter says for every node, nominated pods."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kernel.values import Ref
from kspec.kube.objects import (
    HOSTNAME,
    Container,
    LabelSelector,
    Node,
    NodeSelectorTerm,
    Operator,
    Phase,
    Pod,
    PodSpec,
    Requirement,
    labels,
)
from kspec.kube.placement import AffinityTerm, GcePersistentDisk, PodAffinity, SpreadConstraint
from kspec.kube.storage import BIND_COMPLETED, BindingMode, PersistentVolume, PersistentVolumeClaim, StorageClass
from kspec_models.scheduler import profile
from kspec_models.scheduler.framework import feasible
from kspec_models.scheduler.profile import Around
from kspec_models.scheduler.result import PASSED, Status
from kspec_models.scheduler.snapshot import PlacedNode, looks_at_pods, snapshot_of
from kspec_models.scheduler.volumes import Storage

from .pods import placed

WEB = LabelSelector(labels(app="web"))
NODE = Node("n", labels=((HOSTNAME, "n"), ("zone", "z")), allocatable=(("cpu", 10), ("pods", 10)))
DISK = GcePersistentDisk("d")
ELSEWHERE = (NodeSelectorTerm((Requirement("zone", Operator.IN, ("y",)),)),)


def spec(cpu: int = 1, priority: int = 0, **more: Any) -> PodSpec:
    return PodSpec((Container("c", requests=(("cpu", cpu),)),), priority=priority, **more)


def storage(*, bound: bool, node_affinity: Any = None, zone: str = "z") -> Storage:
    volume = PersistentVolume(
        "v", node_affinity=node_affinity, labels=(("topology.kubernetes.io/zone", zone),), storage_class="s"
    )
    claim = PersistentVolumeClaim("c", storage_class="s")
    if bound:
        claim = attrs.evolve(claim, volume_name="v", annotations=((BIND_COMPLETED, "yes"),))
    return Storage((claim,), (volume,), (StorageClass("s", BindingMode.WAIT_FOR_FIRST_CONSUMER),))


def test_the_first_filter_that_rejects_answers_and_the_order_is_the_default_profiles() -> None:
    node = attrs.evolve(NODE, labels=(*NODE.labels, ("topology.kubernetes.io/zone", "z")), allocatable=(("pods", 0),))
    other = placed("web", spec=spec(disks=(DISK,)), labels=labels(app="web"))
    pod = placed(
        "new",
        labels=labels(app="web"),
        spec=spec(disks=(DISK,), claims=("c",)),
        affinity=PodAffinity(required_anti=(AffinityTerm("zone", WEB),)),
        spread=(SpreadConstraint("rack", selector=WEB),),
    )
    around = Around(storage(bound=True, node_affinity=ELSEWHERE, zone="y"))
    at = PlacedNode(node, (other,))
    order: list[str] = []
    cures: dict[str, Any] = {
        "NodeResourcesFit": lambda: attrs.evolve(at, node=attrs.evolve(at.node, allocatable=NODE.allocatable)),
        "VolumeRestrictions": lambda: attrs.evolve(at, pods=(attrs.evolve(other, spec=spec()),)),
        "PodTopologySpread": lambda: attrs.evolve(
            at, node=attrs.evolve(at.node, labels=(*at.node.labels, ("rack", "r")))
        ),
        "InterPodAffinity": lambda: attrs.evolve(at, pods=()),
    }
    while not (result := profile.verdict(pod, at, (at,), around)).fits:
        order.append(result.plugin)
        if result.plugin == "VolumeBinding":
            around = Around(storage(bound=True, zone="y"))
        elif result.plugin == "VolumeZone":
            around = Around(storage(bound=True))
        else:
            at = cures[result.plugin]()
    assert order == [name for name in profile.ORDER if name in order]
    assert order == [
        "NodeResourcesFit",
        "VolumeRestrictions",
        "VolumeBinding",
        "VolumeZone",
        "PodTopologySpread",
        "InterPodAffinity",
    ]


def test_a_pre_filter_that_rejects_speaks_for_every_node_before_any_filter() -> None:
    cordoned = PlacedNode(attrs.evolve(NODE, name="m", unschedulable=True))
    pod, around = placed(spec=spec(claims=("missing",))), Around(Storage())
    found = profile.verdicts(pod, (PlacedNode(NODE), cordoned), around)

    assert {result.plugin for result in found} == {"VolumeRestrictions"}
    assert {result.reason for result in found} == {'persistentvolumeclaim "missing" not found'}


def test_a_pod_pinned_by_name_leaves_the_other_nodes_to_no_filter() -> None:
    field = Requirement("metadata.name", Operator.IN, ("n",))
    pinned = placed(spec=spec(node_affinity=(NodeSelectorTerm((), (field,)),)))
    other = PlacedNode(attrs.evolve(NODE, name="m", unschedulable=True))
    found = profile.verdicts(pinned, (PlacedNode(NODE), other))

    assert [result.status for result in found] == [Status.SUCCESS, Status.UNSCHEDULABLE_AND_UNRESOLVABLE]
    assert found[1].reason == "node(s) didn't satisfy plugin(s) [NodeAffinity]"


@pytest.mark.parametrize(("priority", "there"), [(9, True), (5, True), (4, False)])
def test_a_nominated_pod_counts_for_pods_that_it_does_not_rank_below(priority: int, there: bool) -> None:
    nominated = placed("nominated", spec=spec(8, priority))
    at = PlacedNode(NODE, (), (nominated,))

    assert profile.verdict(placed(spec=spec(8, 5)), at, (at,)).fits is not there


def test_a_node_has_to_fit_without_the_nominated_pods_too() -> None:
    near_web = PodAffinity(required=(AffinityTerm("zone", WEB),))
    at = PlacedNode(NODE, (), (placed("web", spec=spec(priority=9), labels=labels(app="web")),))

    assert profile.verdict(placed(affinity=near_web), at, (at,)).plugin == "InterPodAffinity"


def test_finished_pods_are_on_no_node_and_nominated_ones_expect_room() -> None:
    here = Ref("nodes", 0)
    running, ended = Pod(node=here), Pod(node=here, phase=Phase.SUCCEEDED)
    waiting = Pod(nominated_node=here)
    (at,) = snapshot_of([(here, NODE)], [running, ended, waiting])

    assert (at.pods, at.nominated) == ((running,), (waiting,))


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=3), st.integers(0, 11))
def test_without_anything_that_looks_at_pods_the_filters_of_sums_are_all(
    others: list[tuple[int, bool]], cpu: int
) -> None:
    pods = tuple([placed(f"p{i}", spec=spec(size)) for i, (size, _) in enumerate(others)])
    node = attrs.evolve(NODE, unschedulable=any(cordoned for _, cordoned in others))
    at = PlacedNode(node, pods)
    pod = placed(spec=spec(cpu))

    assert not looks_at_pods([pod.spec, *[other.spec for other in pods]])
    assert profile.verdict(pod, at, (at,)) == feasible(pod.spec, node, at.info)


def test_a_pod_without_wishes_passes_an_empty_node() -> None:
    at = PlacedNode(NODE)
    assert profile.verdict(placed(spec=spec()), at, (at,)) == PASSED
