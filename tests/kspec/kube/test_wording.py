"""What a story says of values, changes, fields and actors: no word of it is Python's."""

from __future__ import annotations

import attrs
import pytest

import kspec
from kspec.kernel.trace import Change
from kspec.kernel.values import Ref, Uid
from kspec.kube.networking import Service, ServicePort
from kspec.kube.objects import LabelSelector, Node, NodeSelectorTerm, Pod
from kspec.kube.paths import path_of
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.selectors import Operator, Requirement
from kspec.kube.storage import ClaimRef, PersistentVolume, PersistentVolumeClaim, StorageClass
from kspec.kube.wording import in_words, what_changed
from kspec.report.fold import net
from kspec.report.words import change_lines

from .small import Server, Website

NBSP = "\u00a0"


def called(mention: Ref | Uid) -> str:
    """Members by their numbers; only the uid 0 is of an object that is there."""
    if isinstance(mention, Uid):
        return "" if mention == Uid(0) else "another one"
    return f"{mention.family} {mention.index}"


@pytest.mark.parametrize(
    ("cls", "field", "path"),
    [
        (PodDisruptionBudget, "disruptions_allowed", "status.disruptionsAllowed"),
        (PodDisruptionBudget, "min_available", "spec.minAvailable"),
        (PersistentVolumeClaim, "volume_name", "spec.volumeName"),
        (PersistentVolume, "claim", "spec.claimRef"),
        (Service, "cluster_ip", "spec.clusterIP"),
        (Service, "load_balancer", "status.loadBalancer.ingress"),
        (StorageClass, "allowed_topologies", "allowedTopologies"),
        (Node, "unschedulable", "spec.unschedulable"),
        (Pod, "unschedulable", "PodScheduled"),
        (Pod, "labels", "labels"),
        (Website, "servers", "servers"),
        (Server, "zone", "zone"),
    ],
)
def test_a_field_is_called_as_kubernetes_does(cls: type, field: str, path: str) -> None:
    assert path_of(cls, field) == path


def test_a_kind_of_ones_own_that_names_its_status_has_paths() -> None:
    @attrs.frozen
    class Site:
        STATUS = frozenset({"pods_seen"})
        name: str
        pods_seen: int = 0
        pods_wanted: int = 0

    assert [path_of(Site, f) for f in ("pods_seen", "pods_wanted")] == ["status.podsSeen", "spec.podsWanted"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (ClaimRef("data", uid=Uid(0)), "data"),
        (ClaimRef("data", uid=Uid(1)), "data (another one)"),
        (ClaimRef("data"), "data"),
        (LabelSelector(), "everything"),
        (
            LabelSelector(
                (("app", "web"),),
                (
                    Requirement("tier", Operator.IN, ("a", "b")),
                    Requirement("old", Operator.DOES_NOT_EXIST),
                    Requirement("new", Operator.EXISTS),
                    Requirement("size", Operator.GT, ("3",)),
                ),
            ),
            "app=web,tier in (a,b),!old,new,size > 3",
        ),
        (NodeSelectorTerm((Requirement("zone", Operator.IN, ("a",)),)), "(matchExpressions zone in (a))"),
        (ServicePort(8080, node_port=30080), "(port 8080, nodePort 30080)"),
        (ServicePort(), "(as by default)"),
        ((("zone", ("a", "b")),), "(zone, (a, b))"),
        ((1, True, None), "1, true, none"),
    ],
)
def test_a_value_is_told_without_a_word_of_python(value: object, words: str) -> None:
    assert in_words(value, called) == words


def test_of_a_mapping_only_what_changed_is_told() -> None:
    old, new = (("a", "1"), ("b", "2"), ("c", "3")), (("a", "1"), ("b", "4"), ("d", "5"))
    assert what_changed(old, new, called) == ("", f"+{NBSP}d=5, −{NBSP}c, b=2 →{NBSP}4")
    assert what_changed((), new[:1], called) == ("", f"+{NBSP}a=1")
    assert what_changed(1, 2, called) == ("1", "2")
    assert what_changed(ClaimRef("data"), ClaimRef("data", uid=Uid(0)), called) == (
        "data",
        "data, and changed otherwise",
    )


def test_changes_of_one_mapping_are_told_and_folded_one_after_the_other() -> None:
    changes = [Change("Pod web", "annotations", "", "+ a=1"), Change("Pod web", "annotations", "", "− b")]
    assert change_lines(changes[:1]) == ["Pod web: annotations + a=1"]
    assert change_lines(net(changes)) == ["Pod web: annotations + a=1, − b"]


def test_a_claim_of_another_uid_is_told_apart_from_the_one_that_is_there() -> None:
    told = kspec.run_of("storage.recreated")
    (volume,) = [line for line in told.objects if line.startswith("PersistentVolume disk")]
    assert "spec.claimRef data (another one of its name)" in volume
    changes = {(c.field, c.old, c.new) for row in told.steps for c in row.changes}
    assert ("spec.claimRef", "none", "data") in changes
    assert ("annotations", "", f"+{NBSP}pv.kubernetes.io/bound-by-controller=yes") in changes


def test_two_controllers_of_one_kind_are_called_by_their_names() -> None:
    told = kspec.run_of("storage.recreated")
    titles = {lane.name: lane.title for lane in told.lanes}
    assert titles["volume-binder"] == "volume-binder controller"
    assert titles["pvc-protection"] == "pvc-protection controller"
    assert titles["volume-binder-volumes"] == "PersistentVolume controller"


def test_what_kube_proxy_has_written_before_the_story_begins_is_told_at_its_start() -> None:
    name = "no_packet_reaches_a_pod_that_has_ended"
    trace = kspec.check("service.rollout", properties=[name]).property(name).trace
    assert trace is not None
    told = kspec.story(trace)
    assert told.start["kube-proxy"] == ("rules web:80 → web-mskrp-a",)
    assert told.start["kubelet"] == ("web-mskrp-a: containers running",)
    assert "kube-proxy" in [lane.name for lane in told.lanes]


def test_what_a_monitor_keeps_for_properties_is_nobodys_to_tell() -> None:
    trace = kspec.check("deployment.stuck", properties=["a_rollout_completes"]).property("a_rollout_completes").trace
    assert trace is not None
    told = kspec.story(trace)
    assert told.steps[0].number > 1 and set(told.start) == {"api", "kubelet"}
