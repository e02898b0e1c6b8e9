"""A scheduler that looks at claims: what it writes before it binds, and what it waits for."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kernel.actions import Role
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.objects import HOSTNAME, Node, NodeSelectorTerm, Operator, Pod, Requirement
from kspec.kube.storage import (
    BIND_COMPLETED,
    BindingMode,
    ClaimRef,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
)
from kspec_models import users
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.scheduler import a_node, a_pod
from tests.kspec.kube.small import Walk
from tests.models.walks import pods_of

WAITS = StorageClass("waits", BindingMode.WAIT_FOR_FIRST_CONSUMER, "csi.example.com")
NONE_MADE = attrs.evolve(WAITS, provisioner="")
CLAIM = PersistentVolumeClaim("data", storage_class="waits")
ON_NODE_2 = (NodeSelectorTerm((Requirement(HOSTNAME, Operator.IN, ("node-2",)),)),)
DISK = PersistentVolume("disk", storage_class="waits", node_affinity=ON_NODE_2)
POD = a_pod("web", claims=("data",))
NODES = (a_node("node-1"), a_node("node-2"))


def controller() -> Actor:
    """Completes the binding of a claim, as a volume controller and a provisioner would."""
    actor = Actor("binder", watches=(PersistentVolumeClaim,), role=Role.ENVIRONMENT)

    @actor.each(PersistentVolumeClaim)
    def binds(claim: Any, here: Any, api: Any) -> Any:
        if claim is not None and not claim.bound:
            done = tuple(sorted([*claim.annotations, (BIND_COMPLETED, "yes")]))
            yield api.patch(claim, volume_name="disk", annotations=done)

    return actor


def walk(*stored: Any, volumes: bool = True, nodes: tuple[Node, ...] = NODES) -> Walk:
    components = (users.apply([POD]), scheduler(volumes=volumes), controller())
    scope = Scope(slots={Pod: 1}, nodes=nodes, stored=stored)
    kinds = (Pod, PersistentVolumeClaim, PersistentVolume, StorageClass)
    walked = Walk(Cluster("walk", components, scope, properties=(), kinds_used=kinds).system())
    walked("user.apply")
    return walked


def claim_of(walked: Walk) -> PersistentVolumeClaim:
    found: PersistentVolumeClaim = walked.at("persistentvolumeclaims/data").latest
    return found


def test_a_claim_to_be_provisioned_is_told_the_node_and_the_pod_is_bound_once_it_has_its_volume() -> None:
    walked = walk(CLAIM, WAITS)
    assert [o.step.action for o in walked.can("scheduler")] == ["PUT persistentvolumeclaims/data"] * 2
    walked("scheduler.bind", 1)
    assert claim_of(walked).selected_node == "node-2"
    assert pods_of(walked)[0].node is None
    assert not walked.can("scheduler")  # it waits for the claim
    walked("binder.binds")
    assert not walked.can("scheduler")  # the claim is bound to a volume that is not there (yet)


def test_a_volume_that_is_there_is_reserved_and_keeps_the_pod_to_its_nodes() -> None:
    walked = walk(CLAIM, NONE_MADE, DISK)
    (step,) = walked.can("scheduler")
    assert step.step.action == "PUT persistentvolumes/disk"
    walked("scheduler.bind")
    assert walked.at("persistentvolumes/disk").latest.claim == ClaimRef("data")
    assert not walked.can("scheduler")
    walked("binder.binds")
    walked("scheduler.bind")
    assert pods_of(walked)[0].node == Ref("nodes", 1)


@pytest.mark.parametrize(
    "stored",
    [
        (WAITS,),
        (attrs.evolve(CLAIM, deleting=True), WAITS, DISK),
        (CLAIM, attrs.evolve(WAITS, mode=BindingMode.IMMEDIATE), DISK),
        (CLAIM, NONE_MADE),
    ],
    ids=["no claim", "claim is going", "immediate and unbound", "nothing to have"],
)
def test_a_pod_whose_claim_cannot_be_served_waits(stored: tuple[Any, ...]) -> None:
    assert not walk(*stored).can("scheduler")


def test_a_scheduler_that_does_not_look_at_claims_binds_at_once() -> None:
    walked = walk(WAITS, volumes=False)
    assert [o.step.action for o in walked.can("scheduler")] == ["POST pods/binding"] * 2
