"""Users: what people do to a cluster. They are never fair: nobody has to act.

Each story is an actor of its own with a budget: `apply` posts the objects of the manifests in their order; `rollout`
changes the image of a Deployment once its first version is complete; `scale` changes its replicas once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Role
from kspec.kernel.settings import broken_twin
from kspec.kube.actor import Actor, Here
from kspec.kube.apps import StatefulSet
from kspec.kube.cache import Api, Cache
from kspec.kube.core import ConfigMap, Secret
from kspec.kube.networking import Service
from kspec.kube.objects import Deployment, Node, Phase, Pod, PodTemplate, ReplicaSet

Workload = Deployment | ReplicaSet | StatefulSet


def apply(things: Sequence[Any]) -> Actor:
    """`kubectl apply`: posts these objects, one after another."""
    actor = Actor(
        "user",
        own={"applied": 0},
        role=Role.USER,
        assumes=(f"objects that the user posts, once and one after another: {len(things)}",),
    )

    @actor.once()
    def apply(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        done = here.applied
        if done < len(things):
            yield api.create(things[done]), here.set(applied=done + 1)

    return actor


def with_image(template: PodTemplate, image: str) -> PodTemplate:
    """The template with another image in its first container."""
    first, *rest = template.spec.containers
    containers = (attrs.evolve(first, image=image), *rest)
    return attrs.evolve(template, spec=attrs.evolve(template.spec, containers=containers))


def complete(here: Here, workload: Workload) -> bool:
    """`kubectl rollout status` says so: every replica is updated and available (W44)."""
    wanted = here.live(type(workload), workload.name, "replicas")
    fields = ["status_replicas", "available_replicas"]
    if isinstance(workload, Deployment):
        fields.append("updated_replicas")
    return wanted is not None and all(here.live(type(workload), workload.name, f) == wanted for f in fields)


def rollout(workload: Deployment, image: str) -> Actor:
    """Once the first version is complete, the user changes the image once."""
    actor = Actor(
        "user",
        own={f"rollout of {workload.name}": False},
        role=Role.USER,
        assumes=(f"the image of {workload.name} is changed at most once, when it is complete",),
    )
    done = f"rollout of {workload.name}"

    @actor.once()
    def rollout(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not getattr(here, done) and complete(here, workload):
            template = with_image(workload.template, image)
            yield f"image {image}", api.patch(workload, template=template), here.set(**{done: True})

    return actor


def scale(workload: Workload, *replicas: int) -> Actor:
    """At any time, once, the user changes the number of replicas to one of these."""
    done = f"scale of {workload.name}"
    actor = Actor(
        "user",
        own={done: False},
        role=Role.USER,
        assumes=(f"{workload.name} is scaled at most once, to one of {', '.join(map(str, replicas))}",),
    )

    @actor.once()
    def scale(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        exists = here.live(type(workload), workload.name, "replicas") is not None
        if not getattr(here, done) and exists:
            for number in replicas:
                yield f"replicas {number}", api.patch(workload, replicas=number), here.set(**{done: True})

    return actor


def delete_a_pod(*, running: bool = False) -> Actor:
    """At any time, once, the user deletes a pod, with the grace period of its spec (`running`: only once it runs)."""
    actor = Actor(
        "user", watches=(Pod,), own={"deleted": False}, role=Role.USER, assumes=("the user deletes at most one pod",)
    )

    @actor.each(Pod)
    def delete(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is None or pod.deleting or here.deleted:
            return
        if not running or pod.phase is Phase.RUNNING:
            yield api.delete(pod), here.set(deleted=True)

    return actor


def undo(workload: Deployment) -> Actor:
    """`kubectl rollout undo`: once, some time after the template was changed, the user puts the first one back.

    It is fair: this user does it in the end.

    Upstream: `staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollback.go`: a patch of spec.template to that of the
    ReplicaSet of the previous revision.
    """
    done = f"undo of {workload.name}"
    actor = Actor(
        "user",
        own={done: False},
        role=Role.USER,
        assumes=(f"the image of {workload.name} is taken back, once and in the end",),
    )

    @actor.once(fair=True)
    def undo(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        template = here.live(type(workload), workload.name, "template")
        if not getattr(here, done) and template not in (None, workload.template):
            image = workload.template.spec.containers[0].image
            yield f"back to {image}", api.patch(workload, template=workload.template), here.set(**{done: True})

    return actor


def edit(*versions: ConfigMap | Secret) -> Actor:
    """At any time, once, the user gives a ConfigMap or Secret the data of one of these versions."""
    actor = Actor(
        "user", own={"edited": False}, role=Role.USER, assumes=("a ConfigMap or Secret is edited at most once",)
    )

    @actor.once()
    def edit(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        for new in () if here.edited else versions:
            if here.live(type(new), new.name, "data") is not None:
                words = ",".join(f"{key}={value}" for key, value in new.data)
                yield words, api.patch(new, data=new.data), here.set(edited=True)

    return actor


def may_switch(here: Here, to: ReplicaSet) -> bool:
    """Whether this user takes the other colour for ready: all its pods are available."""
    return complete(here, to)


def switch(service: Service, to: ReplicaSet) -> Actor:
    """Blue-green: once the other ReplicaSet is complete, the user points the Service's selector to its pods, once."""
    done = f"switch of {service.name}"
    actor = Actor("user", own={done: False}, role=Role.USER, assumes=("the Service is switched at most once",))

    @actor.once()
    def switch(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        if not getattr(here, done) and may_switch(here, to):
            yield f"selector of {to.name}", api.patch(service, selector=to.template.labels), here.set(**{done: True})

    return actor


@broken_twin("user.switch", "hasty", "kspec_models.users:may_switch", "blue-green without a look at the other colour")
def at_any_time(here: Here, to: ReplicaSet) -> bool:
    """Once the ReplicaSet exists."""
    return here.live(ReplicaSet, to.name, "replicas") is not None


def drain(nodes: Sequence[str], *, name: str = "user") -> Actor:
    """`kubectl drain`: cordons each of these nodes at any time, then evicts what is on it, again and again.

    Upstream: `staging/src/k8s.io/kubectl/pkg/drain/drain.go` evictPods: an eviction that is refused with 429 is tried
    again after five seconds, for ever unless --timeout is given. Not modelled: DaemonSet and mirror pods, which a drain
    leaves alone; pods that nobody controls, at which it stops unless --force is given.
    """
    actor = Actor(name, watches=(Pod, Node), role=Role.USER, assumes=(f"drained: {', '.join(nodes)}",))

    @actor.each(Node)
    def cordon(node: Any, here: Here, api: Api) -> Iterator[Any]:
        if node is not None and node.name in nodes and not node.unschedulable:
            yield node.name, api.patch(node, unschedulable=True)

    @actor.each(Pod, fair=True)
    def evict(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is None or pod.node is None or pod.deleting or pod.finished:
            return
        for ref, node in here.nodes:
            if ref == pod.node and node.name in nodes and node.unschedulable:
                yield f"{node.name} is drained", api.evict(pod)

    return actor
