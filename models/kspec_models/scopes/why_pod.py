"""Why a pod is where it is, or waits: the service behind `kspec why pod`.

The manifests are applied one after another to an empty cluster, which runs until all is quiet (one run, without faults,
with fresh caches and the scores of the default profile; of several best nodes the first is taken). A pod that waits is
explained as things are then, a bound one as they were right before it was bound.

Where pods have claims, these are there from the start, with the volumes and classes of the manifests; the provisioners
that classes name do what is asked of them. Where pods have priorities, PodDisruptionBudgets of the manifests are there
from the start too, and the disruption controller keeps their status; elsewhere nobody who schedules asks them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kspec.engines.one_run import one_run
from kspec.kernel import settings as declared
from kspec.kernel.errors import UsageError
from kspec.kernel.registry import service
from kspec.kernel.trace import Trace
from kspec.kernel.values import Ref
from kspec.kernel.world import State
from kspec.kube.cluster import Reductions
from kspec.kube.manifests import Manifests, read_manifests
from kspec.kube.naming import names_at_the_end
from kspec.kube.objects import Pod, ReplicaSet
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.typed_placement import labels_of
from kspec.kube.watch import Kind
from kspec_models.scheduler.explain import Explanation, explain
from kspec_models.scheduler.filters import scheduling_gates
from kspec_models.scheduler.profile import Around
from kspec_models.scheduler.schedule import DEFAULT_SCHEDULER, SCORES, responsible, scheduler
from kspec_models.scheduler.snapshot import snapshot_of
from kspec_models.scheduler.volumes import Storage
from kspec_models.scopes.budget_manifests import budgets_in, with_budgets
from kspec_models.scopes.ladder import Rung, Story, cluster_of
from kspec_models.scopes.manifests import story_from
from kspec_models.scopes.storage_manifests import KINDS, stored_in, with_storage

LONGEST = 20_000
"""A run that has not come to rest by then is explained as far as it went."""

SCHEMA = "kspec-why-pod/1"
"""What the answer's form is called."""


@attrs.frozen
class Found:
    """One pod at the end of the run: its member, its name, its latest version, and whose it is."""

    member: int
    name: str
    pod: Pod
    owners: tuple[str, ...]


@attrs.frozen
class Settled:
    """A cluster that has come to rest, and the way there."""

    story: Story
    manifests: Manifests
    trace: Trace
    kinds: tuple[Kind, ...]

    def pod(self, state: State, member: int) -> Pod | None:
        """A pod as it is in a state."""
        latest: Pod | None = state[self.trace.world.position["pods", member]].latest
        return latest

    def called(self, moment: int) -> list[tuple[int, Pod]]:
        """Every pod at a moment of the run, by its name."""
        states = self.trace.states[: moment + 1]
        names = names_at_the_end(attrs.evolve(self.trace, states=states), self.kinds)
        pods = [(i, self.pod(states[-1], i)) for i in range(self.trace.world.members["pods"])]
        return [(i, attrs.evolve(pod, name=names.of("pods", i))) for i, pod in pods if pod is not None]

    @property
    def end(self) -> int:
        """The last moment."""
        return len(self.trace.states) - 1

    def all(self, state: State, cls: type) -> tuple[Any, ...]:
        """Every object of a kind with fixed names in a state."""
        positions = self.trace.world.position
        names = [f"{kind.resource}/{name}" for kind in self.kinds if kind.cls is cls for name in kind.names]
        found = [state[positions[name]].latest for name in names]
        return tuple([each for each in found if each is not None])

    def storage(self, state: State) -> Storage | None:
        """Claims, volumes and classes in a state; None where no pod has a claim."""
        if not any(spec.claims for spec in self.story.specs):
            return None
        claims, volumes, classes = (self.all(state, kind) for kind in KINDS)
        return Storage(claims, volumes, classes)

    def pods(self) -> tuple[Found, ...]:
        """Every pod at the end, in the order of their names."""
        pods = [Found(i, pod.name, pod, self.owners(pod)) for i, pod in self.called(self.end)]
        return tuple(sorted(pods, key=lambda each: (len(each.name), each.name)))

    def owners(self, pod: Pod) -> tuple[str, ...]:
        """Whose a pod is, and whose that is: `ReplicaSet web-x`, `Deployment web`."""
        found: list[str] = []
        owner = pod.owner
        while owner is not None:
            found.append(f"{owner.kind} {owner.name}")
            position = self.trace.world.position.get(f"{owner.kind.lower()}s/{owner.name}")
            thing = None if position is None else self.trace.states[-1][position].latest
            owner = getattr(thing, "owner", None)
        return tuple(found)

    def before_binding(self, member: int) -> int | None:
        """The moment right before a pod was bound; None if it never was (it waits, or came with a node)."""
        for moment in range(self.end - 1, -1, -1):
            was, now = (self.pod(self.trace.states[i], member) for i in (moment, moment + 1))
            if was is not None and was.node is None and now is not None and now.node is not None:
                return moment
        return None

    def evicted_for(self, member: int) -> list[dict[str, Any]]:
        """Who was evicted for a pod, in the course of the run."""
        position = self.trace.world.position.get("scheduler/evicting")
        found: dict[int, dict[str, Any]] = {}
        for moment, state in enumerate(self.trace.states if position is not None else ()):
            assert position is not None
            victims = [ref for each in state[position] if each.preemptor.index == member for ref in each.victims]
            if any(ref.index not in found for ref in victims):
                pods = dict(self.called(moment))
                for ref in victims:
                    pod = pods[ref.index]
                    found.setdefault(ref.index, {"name": pod.name, "priority": pod.spec.priority})
        return list(found.values())


def settle(paths: Sequence[str], nodes: int | None, settings: Mapping[str, str]) -> Settled:
    """Apply the manifests and run until all is quiet. Raises UsageError."""
    manifests = read_manifests(paths)
    story, _ = story_from(manifests, paths, nodes, named=True)
    if not story.things:
        raise UsageError(f"{', '.join(paths)}: nothing in it makes pods of which the model knows")
    cluster = cluster_of(story, Rung("run", True), Reductions(one_node=False))
    claims = any(spec.claims for spec in story.specs)
    budgets = budgets_in(manifests) if story.has_ranks else ()
    if claims or budgets:
        whole = scheduler(preemption=story.has_ranks, volumes=claims, budgets=bool(budgets))
        components = [whole if each.name == whole.name else each for each in cluster.components]
        cluster = attrs.evolve(cluster, components=components)
    if claims:
        cluster = with_storage(cluster, stored_in(manifests))
    if budgets:
        cluster = with_budgets(cluster, budgets)
    with declared.applied({SCORES.name: "default", **settings}):
        trace = one_run(cluster.system(), longest=LONGEST)
    laid_out = trace.world.system.narrator._cluster
    return Settled(story, manifests, trace, tuple(laid_out.kinds.values()))


def why_pod(
    paths: Sequence[str], *, name: str | None = None, nodes: int | None = None, settings: Mapping[str, str]
) -> dict[str, Any]:
    """Why the pod of this name (of the workload of this name) is where it is, as plain data; every pod that waits,
    without a name. Raises UsageError."""
    settled = settle(paths, nodes, settings)
    pods = settled.pods()
    chosen = [each for each in pods if waits(each.pod)] if name is None else named(pods, name)
    return {
        "schema": SCHEMA,
        "nodes": [node.name for node in settled.story.nodes],
        "pods": [explained(settled, each) for each in chosen],
        "others": len(pods) - len(chosen),
        "not_modelled": list(settled.manifests.not_modelled),
    }


def waits(pod: Pod) -> bool:
    """Whether a pod has no node."""
    return pod.node is None and not pod.finished and not pod.deleting


def named(pods: Sequence[Found], name: str) -> list[Found]:
    """The pods of this name, or of the workload of this name. Raises UsageError with near misses."""
    plain = name.rpartition("/")[2]
    found = [each for each in pods if each.name == plain or plain in [of.split(" ")[1] for of in each.owners]]
    if found:
        return found
    known = dict.fromkeys([each.name for each in pods] + [of.split(" ")[1] for each in pods for of in each.owners])
    close = difflib.get_close_matches(plain, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known) or 'no pods at all'}"
    raise UsageError(f"no pod is called {name}; {hint}")


def explained(settled: Settled, found: Found) -> dict[str, Any]:
    """One pod with its explanation, as plain data."""
    pod = found.pod
    before = settled.before_binding(found.member)
    plain: dict[str, Any] = {
        "name": found.name,
        "namespace": pod.namespace,
        "owners": list(found.owners),
        "scheduler": pod.spec.scheduler_name,
        "priority": pod.spec.priority,
        "node": None if pod.node is None else settled.story.nodes[pod.node.index].name,
        "phase": pod.phase.value,
    }
    why = untried(pod, before is not None)
    if why:
        return {**plain, "waits": waits(pod), "why": why, "evicted": []}
    moment = settled.end if before is None else before
    state = settled.trace.states[moment]
    mine = settled.pod(state, found.member)
    assert mine is not None, "it was there before it was bound"
    snapshot = snapshot_of(
        [(Ref("nodes", i), node) for i, node in enumerate(settled.story.nodes)],
        [other for i, other in settled.called(moment) if i != found.member],
    )
    nominated = "" if mine.nominated_node is None else settled.story.nodes[mine.nominated_node.index].name
    explanation = explain(
        mine,
        snapshot,
        around(settled, state, mine),
        nominated=nominated,
        budgets=settled.all(state, PodDisruptionBudget),
    )
    evicted = settled.evicted_for(found.member)
    return {**plain, "waits": waits(pod), "why": "", "evicted": evicted, **as_data(explanation)}


def untried(pod: Pod, was_bound: bool) -> str:
    """Why no scheduler ever looked at a pod; "" if one did."""
    if pod.node is not None:
        return "" if was_bound else "it came with spec.nodeName: no scheduler was asked"
    if pod.finished or pod.deleting:
        return "it has ended, or is being deleted: no scheduler looks at it"
    if not responsible(pod.spec, DEFAULT_SCHEDULER):
        return f"no scheduler is called {pod.spec.scheduler_name}: it is ignored, without any condition or event"
    if not scheduling_gates.pre_enqueue(pod.spec).fits:
        return f"it has scheduling gates: {', '.join(pod.spec.scheduling_gates)}"
    return ""


def around(settled: Settled, state: State, pod: Pod) -> Around:
    """What a cycle looks at beside: labels of namespaces, and what the default spreading counts."""
    entries = settled.manifests.objects
    namespaces = tuple(
        [(e.name, labels_of(e.mapping["metadata"].get("labels") or {})) for e in entries if e.kind == "Namespace"]
    )
    services = tuple(
        [
            labels_of((e.mapping.get("spec") or {}).get("selector") or {})
            for e in entries
            if e.kind == "Service" and e.namespace == pod.namespace
        ]
    )
    owner = None
    if pod.owner is not None and pod.owner.kind == ReplicaSet.__name__:
        replicaset = state[settled.trace.world.position[f"replicasets/{pod.owner.name}"]].latest
        owner = None if replicaset is None else replicaset.selector
    return Around(settled.storage(state), namespaces, owner, services)


def as_data(explanation: Explanation) -> dict[str, Any]:
    """The explanation as plain data."""
    return {
        "event": explanation.event,
        "filters": [
            {
                "node": each.node,
                "status": each.result.status.value,
                "plugin": each.result.plugin if not each.result.fits else "",
                "reasons": list(each.result.reasons),
                "by_plugin": {plugin: outcome.value for plugin, outcome in each.filters},
            }
            for each in explanation.nodes
        ],
        "scores": [
            {
                "node": each.node,
                "total": each.total,
                "by_plugin": {p.plugin: {"score": p.score, "weight": p.weight} for p in each.plugins},
            }
            for each in explanation.scores
        ],
        "chosen": list(explanation.chosen),
        "preemption": None if explanation.preemption is None else preemption_data(explanation),
    }


def preemption_data(explanation: Explanation) -> dict[str, Any]:
    """What preemption would do, as plain data."""
    preempting = explanation.preemption
    assert preempting is not None
    return {
        "message": preempting.message,
        "best": list(preempting.best),
        "candidates": [
            {
                "node": each.node,
                "victims": [{"name": v.name, "priority": v.spec.priority} for v in each.victims],
                "budgets_broken": each.violations,
            }
            for each in preempting.candidates
        ],
    }


service("why pod", why_pod)
