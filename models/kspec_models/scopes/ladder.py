"""The ladder of scopes for a person's own manifests: from fresh caches to everything late.

*Base rungs*: the manifests as written with fresh caches, one component late at a time, and each change (`--with`)
alone with fresh caches. They decide the verdict. *Further rungs*: all late together, changes in pairs and with late
caches, and smaller numbers of replicas, whose size is in their name: they never count for the full one. A property
that is broken on one rung is not looked for on the next.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.errors import UsageError
from kspec.kube.cluster import DELAYED, Cluster, Component, Reductions, Scope
from kspec.kube.objects import Deployment, Node, Pod, PodSpec, ReplicaSet
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.client.history import monitors
from kspec_models.controllers.deployment.decisions import resolve_fenceposts
from kspec_models.controllers.deployment.reconcile import deployment
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.helpers.pod_resources import host_ports, pod_requests
from kspec_models.kubelet import kubelet
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scheduler.snapshot import looks_at_pods

CHANGES = ("rollout", "rollout=broken", "scale", "controller-crash")
"""What `--with` takes."""

RUNGS = {
    "fresh": "base: the manifests as written, every cache fresh",
    "CHANGE": "base: the same with one change (--with), every cache fresh",
    "late COMPONENT": "base: the cache of one component late, one event at a time",
    "CHANGE + CHANGE": "further: two changes, every cache fresh",
    "CHANGE, late COMPONENT": "further: a change, and the cache of one component late",
    "all late": "further: every cache late",
    "..., N replicas": "further: the same at a smaller size; it never counts for the full one",
}
"""The forms of the rungs, base rungs first."""

Workload = Deployment | ReplicaSet


@attrs.frozen
class Story:
    """What is applied to an empty cluster: objects in their order, nodes, and images that never become ready."""

    name: str
    things: tuple[Any, ...]
    nodes: tuple[Node, ...]
    not_modelled: tuple[str, ...] = ()

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """The Deployments."""
        return tuple(t for t in self.things if isinstance(t, Deployment))

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """Everything with replicas."""
        return tuple(t for t in self.things if isinstance(t, (Deployment, ReplicaSet)))

    @property
    def pods(self) -> int:
        """How many pods there are when nothing changes."""
        return sum(t.replicas if isinstance(t, (Deployment, ReplicaSet)) else 1 for t in self.things)

    @property
    def specs(self) -> tuple[PodSpec, ...]:
        """What the pods are like."""
        return tuple(t.spec if isinstance(t, Pod) else t.template.spec for t in self.things)

    @property
    def has_ranks(self) -> bool:
        """Whether some pod is more important than another, so that the scheduler may evict one for the other."""
        return len({spec.priority for spec in self.specs}) > 1

    @property
    def victims(self) -> int:
        """How many pods are less important than some other."""
        highest = max((spec.priority for spec in self.specs), default=0)
        sizes = [t.replicas if isinstance(t, (Deployment, ReplicaSet)) else 1 for t in self.things]
        return sum(size for size, spec in zip(sizes, self.specs, strict=True) if spec.priority < highest)

    def of_size(self, replicas: int) -> Story:
        """The same with at most so many replicas of each workload."""
        smaller = [
            attrs.evolve(t, replicas=min(t.replicas, replicas)) if isinstance(t, (Deployment, ReplicaSet)) else t
            for t in self.things
        ]
        return attrs.evolve(self, things=tuple(smaller))


@attrs.frozen
class Rung:
    """One scope of the ladder: which caches are late, which changes happen."""

    name: str
    base: bool
    late: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    size: int | None = None
    caches: Mapping[str, str] = attrs.field(factory=dict)


def controllers_of(story: Story) -> tuple[Component, ...]:
    """The controllers that have something to do for these objects."""
    found: tuple[Component, ...] = (deployment, replicaset) if story.deployments else (replicaset,)
    return found if story.workloads else ()


def actors_of(story: Story) -> tuple[str, ...]:
    """The components whose caches can be late."""
    return (*[c.name for c in controllers_of(story)], "scheduler", "kubelet")


def ladder(story: Story, changes: Sequence[str], caches: Mapping[str, str]) -> Iterator[Rung]:
    """The rungs, base rungs first. With `caches` given, the base rungs have these caches and no others."""
    if caches:
        name = ", ".join(f"{c} {how}" for c, how in caches.items())
        for number, change in enumerate(("", *changes)):
            called = f"{change}, {name}" if change else name
            yield Rung(called, True, (), (change,) if number else (), caches=caches)
        return
    actors = actors_of(story)
    yield Rung("fresh", True)
    for change in changes:
        yield Rung(change, True, changes=(change,))
    for actor in reversed(actors):  # the controllers' worlds are the largest
        yield Rung(f"late {actor}", True, (actor,))
    for pair in itertools.combinations(changes, 2):
        yield Rung(" + ".join(pair), False, changes=pair)
    if story.pods > 2:
        yield Rung("all late, 2 replicas", False, actors, size=2)
        for change in changes:
            yield Rung(f"{change}, all late, 1 replica", False, actors, (change,), size=1)
    yield Rung("all late", False, actors)
    for change in changes:
        for actor in actors:
            yield Rung(f"{change}, late {actor}", False, (actor,), (change,))


def cluster_of(story: Story, rung: Rung, reductions: Reductions = Reductions()) -> Cluster:  # noqa: B008 - frozen
    """The cluster of one rung."""
    if rung.size is not None:
        story = story.of_size(rung.size)
    people: list[Component] = [users.apply(story.things)]
    broken: set[str] = set()
    crashes: dict[str, int] = {}
    pods = story.pods + 1
    for change in rung.changes:
        if change == "controller-crash":
            crashes = {c.name: 1 for c in controllers_of(story)}
            continue
        for workload in story.workloads:
            if change == "scale":
                people.append(users.scale(workload, *sizes_to_try(workload.replicas)))
                pods += workload.replicas + 1
            elif isinstance(workload, Deployment):
                image = next_image(workload, broken=change == "rollout=broken")
                people.append(users.rollout(workload, image))
                broken |= {image} if change == "rollout=broken" else set()
                pods += workload.replicas + surge_of(workload)
    preempts = story.has_ranks and not nodes_are_all_the_same(story, pods)
    if preempts:
        pods += story.victims  # each may still be there while its successor waits
    things = [t for t in (Deployment, ReplicaSet, Pod) if t is not Deployment or story.deployments]
    kinds = tuple(t for t in things if t is Pod or story.workloads)
    components = (
        *people,
        *controllers_of(story),
        scheduler(preemption=preempts),
        kubelet(broken_images=frozenset(broken)),
        *monitors(kinds),
    )
    caches = dict(rung.caches) or dict.fromkeys(rung.late, DELAYED)
    nodes = story.nodes
    if reductions.one_node and nodes_are_all_the_same(story, pods):
        nodes = nodes[:1]
    notes = (f"one node stands for all {len(story.nodes)}: no rule tells them apart",) if nodes != story.nodes else ()
    return Cluster(
        story.name,
        components,
        Scope(slots={Pod: pods}, nodes=nodes, caches=caches, crashes=crashes),
        kinds_used=kinds,
        reductions=reductions,
        not_modelled=(*NOT_MODELLED, *story.not_modelled, *notes),
    )


def sizes_to_try(replicas: int) -> tuple[int, ...]:
    """What a user scales to: one more, or one less."""
    return (replicas + 1,) if replicas == 0 else (replicas - 1, replicas + 1)


def surge_of(workload: Deployment) -> int:
    """maxSurge in pods."""
    return resolve_fenceposts(workload.strategy.max_surge, workload.strategy.max_unavailable, workload.replicas).surge


def next_image(workload: Deployment, *, broken: bool) -> str:
    """The image that a user changes to."""
    image = workload.template.spec.containers[0].image
    name, colon, tag = image.rpartition(":")
    if "/" in tag or not colon:
        name, tag = image, ""
    if broken:
        return f"{name}:broken"
    return f"{name}:{int(tag) + 1}" if tag.isdigit() else f"{name}:{tag + '-' if tag else ''}next"


def nodes_are_all_the_same(story: Story, pods: int) -> bool:
    """Whether no rule or request can tell the nodes apart or fill one, so that one may stand for all."""
    if len(story.nodes) < 2 or len({alike(node) for node in story.nodes}) > 1:
        return False
    specs = story.specs
    if any(s.node_selector or s.node_affinity is not None or host_ports(s) for s in specs) or looks_at_pods(specs):
        return False
    if any(isinstance(t, Pod) and t.node is not None for t in story.things):
        return False
    room = dict(story.nodes[0].allocatable)
    needed: dict[str, int] = {}
    for spec in specs:
        for resource, amount in pod_requests(spec):
            needed[resource] = max(needed.get(resource, 0), amount)
    return room.get("pods", 0) >= pods and all(room.get(r, 0) >= amount * pods for r, amount in needed.items())


def alike(node: Node) -> Node:
    """The node without what is its own only: its name and its hostname."""
    own = ("kubernetes.io/hostname",)
    return attrs.evolve(node, name="", labels=tuple(p for p in node.labels if p[0] not in own))


def check_changes(changes: Sequence[str], story: Story) -> None:
    """Refuse unknown changes. Raises UsageError."""
    import difflib

    for change in changes:
        if change not in CHANGES:
            close = difflib.get_close_matches(change, CHANGES, n=2)
            hint = f"; did you mean {' or '.join(close)}?" if close else ""
            raise UsageError(f"--with {change}: there are {', '.join(CHANGES)}{hint}")
        if change.startswith("rollout") and not story.deployments:
            raise UsageError(f"--with {change}: there is no Deployment in the manifests, so nothing can be rolled out")
        if change == "scale" and not story.workloads:
            raise UsageError("--with scale: there is no Deployment and no ReplicaSet in the manifests")


__all__ = ["CHANGES", "PodSpec", "Rung", "Story", "check_changes", "cluster_of", "ladder"]
