"""The scheduler's plumbing: for each pod without a node, a node that fits by what the scheduler has seen.

Models `pkg/scheduler/schedule_one.go` (C01 to C13): decisions are made on the scheduler's own cache, in which a pod
that it has just bound is *assumed* to be on its node already (C03, C09); the API server refuses a binding that comes
too late (A82e). A pod is the business of the scheduler that its spec.schedulerName names; to all others it does not
exist (C18). The node to which a pod is nominated is tried first, and alone (C06).

Simplified: the scheduling cycle and the binding cycle are one step. The queue's order and back-off are not modelled:
any pending pod may be next. Which node is taken is a setting: with `scheduler.scores=open` every node that fits may be,
which covers all that scores could say (any of the best may win anyway, C27); with `default` the scores of the default
profile decide, and ties are open.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kspec.kernel import settings
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Node, Pod, PodSpec, ReplicaSet
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.scheduler import claims, profile, scoring
from kspec_models.scheduler.evicting import add_preemption
from kspec_models.scheduler.filters import scheduling_gates
from kspec_models.scheduler.framework import FilterResult, NodeInfo, feasible
from kspec_models.scheduler.profile import Around
from kspec_models.scheduler.scores.selection import looked_at, nodes_to_find
from kspec_models.scheduler.snapshot import Snapshot, looks_at_pods, snapshot_of
from kspec_models.scheduler.volumes import Storage

NOT_MODELLED = (
    "the scheduler's queue: its order and back-off; a binding in flight",
    "dynamic resources, limits of attached volumes, extenders",
    "scores by the selectors of services (the scores are off unless scheduler.scores=default)",
)
NO_CONDITIONS = "PodScheduled=False: a pod that no node takes is not marked"
CLAIMS_NOT_LOOKED_AT = "claims: each counts as if it had its volume everywhere"
DEFAULT_SCHEDULER = "default-scheduler"

SCORES = settings.declare(
    "scheduler.scores",
    ("open", "default"),
    "which of the nodes that fit is taken; open: any of them, which covers the other; default: one of the best by the "
    "default profile's scores, as in real Kubernetes",
)

Row = tuple[Any, ...]
SUMS = ("node", "spec", "finished")
"""What has to be known of other pods where no plugin looks at them: what they hold."""
PODS = (*SUMS, "labels", "namespace", "deleting", "nominated_node")
"""What has to be known of them where some plugin does."""


def occupied(others: Sequence[Row], node: Ref) -> NodeInfo:
    """What is on a node, by what the scheduler sees: every pod that is bound to it and not finished (C77)."""
    return NodeInfo.of(spec for at, spec, finished in others if at == node and not finished)


def neighbours(here: Here) -> tuple[Pod, ...]:
    """The other pods with all that plugins ask of them. Finished ones are left out (C77)."""
    rows = here.others(*PODS)
    return tuple(
        [
            Pod(labels, spec, None, node, deleting=deleting, namespace=namespace, nominated_node=nominated)
            for node, spec, finished, labels, namespace, deleting, nominated in rows
            if not finished
        ]
    )


def responsible(spec: PodSpec, scheduler_name: str) -> bool:
    """Whether a pod is this scheduler's business (C18, responsibleForPod)."""
    return spec.scheduler_name == scheduler_name


def waits_for_a_node(pod: Any, scheduler_name: str) -> bool:
    """Whether a pod is in this scheduler's queue: its own, without a node, alive, and not gated (C39)."""
    if pod.node is not None or pod.deleting or pod.finished:
        return False
    return responsible(pod.spec, scheduler_name) and scheduling_gates.pre_enqueue(pod.spec).fits


def as_pod(pod: Any) -> Pod:
    """A cached pod as the plugins take it."""
    return Pod(pod.labels, pod.spec, namespace=pod.namespace, nominated_node=pod.nominated_node)


def verdicts(pod: Any, here: Here) -> Iterator[tuple[Ref, Node, FilterResult]]:
    """What the filters say of each node."""
    others = here.others(*SUMS)
    if not looks_at_pods((pod.spec, *[spec for _, spec, _ in others])):
        for ref, node in here.nodes:
            yield ref, node, feasible(pod.spec, node, occupied(others, ref))
        return
    snapshot = snapshot_of(here.nodes, neighbours(here))
    for (ref, node), result in zip(here.nodes, profile.verdicts(as_pod(pod), snapshot), strict=True):
        yield ref, node, result


def full_verdicts(pod: Any, here: Here, storage: Storage | None) -> Iterator[tuple[Ref, Node, FilterResult]]:
    """The same where pods may be nominated, which count too (C76), and where claims may be looked at."""
    snapshot = snapshot_of(here.nodes, neighbours(here))
    found = profile.verdicts(as_pod(pod), snapshot, Around(storage))
    for (ref, node), result in zip(here.nodes, found, strict=True):
        yield ref, node, result


def taken(pod: Any, fitting: Sequence[tuple[Ref, Node]], here: Here) -> list[tuple[Ref, Node]]:
    """The nodes of which any may be taken (C04, C26, C27)."""
    if settings.current(SCORES.name) == "open" or len(fitting) < 2:
        return list(fitting)
    snapshot = snapshot_of(here.nodes, neighbours(here))
    names = {node.name for _, node in fitting}
    feasible_nodes: Snapshot = tuple([at for at in snapshot if at.node.name in names])
    best = scoring.best(scoring.scores(as_pod(pod), snapshot, feasible_nodes, around(pod, here)))
    return [(ref, node) for ref, node in fitting if node.name in best]


def around(pod: Any, here: Here) -> Around:
    """What scores look at beside: the selector of the pod's controller, which never changes (C71)."""
    owner = pod.owner
    if owner is None or owner.kind != ReplicaSet.__name__:
        return Around()
    return Around(owner=here.live(ReplicaSet, owner.name, "selector"))


def scheduler(
    name: str = "scheduler",
    *,
    scheduler_name: str = DEFAULT_SCHEDULER,
    preemption: bool = False,
    budgets: bool = False,
    round_robin: bool = False,
    volumes: bool = False,
    conditions: bool = False,
) -> Actor:
    """A scheduler for the pods that name it.

    `preemption`: pods of lower priority are evicted for one that fits nowhere, and with `budgets` such as break no
    PodDisruptionBudget if there are any. `round_robin`: the search begins where
    that for the last pod ended (C22), which makes a difference from 100 nodes on. `volumes`: claims are looked at, and
    those that wait for a node are served; without it each claim counts as if it had its volume everywhere.
    `conditions`: a pod that no node takes is marked as unschedulable.
    """
    own: dict[str, Any] = {"start": 0} if round_robin else {}
    if preemption:
        own["evicting"] = ()
    watches = (Pod, Node, *(claims.KINDS if volumes else ()), *((PodDisruptionBudget,) if budgets else ()))
    notes = (
        *NOT_MODELLED,
        *(() if volumes else (CLAIMS_NOT_LOOKED_AT,)),
        *(() if conditions else (NO_CONDITIONS,)),
    )
    actor = Actor(name, watches=watches, own=own, not_modelled=notes)

    def judge(pod: Any, here: Here) -> tuple[Storage | None, list[tuple[Ref, Node, FilterResult]]]:
        storage = claims.storage_seen(here) if volumes and pod.spec.claims else None
        full = preemption or storage is not None
        return storage, list(full_verdicts(pod, here, storage) if full else verdicts(pod, here))

    @actor.each(Pod)
    def bind(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is None or not waits_for_a_node(pod, scheduler_name):
            return
        storage, judged = judge(pod, here)
        fitting = [(ref, node) for ref, node, result in judged if result.fits]
        if preemption and any(ref == pod.nominated_node for ref, _ in fitting):
            fitting = [(ref, node) for ref, node in fitting if ref == pod.nominated_node]
        moved: tuple[Any, ...] = ()
        if round_robin:
            fits = [result.fits for _, _, result in judged]
            found, start = looked_at(fits, here.start, nodes_to_find(len(judged)))
            fitting, moved = [judged[i][:2] for i in found], here.set(start=start)
        for ref, node in taken(pod, fitting, here):
            waiting = () if storage is None else claims.waiting_claims(pod, storage)
            if not waiting:
                yield f"node {node.name} fits", api.bind(pod, ref), here.assume(node=ref), moved
                continue
            assert storage is not None
            first = tuple(claims.first_writes(waiting, node, storage, api))
            if first:
                yield f"node {node.name} fits; its claims come first", first

    if conditions:

        @actor.each(Pod)
        def report(pod: Any, here: Here, api: Api) -> Iterator[Any]:
            if pod is None or not waits_for_a_node(pod, scheduler_name) or pod.unschedulable:
                return
            if not any(result.fits for _, _, result in judge(pod, here)[1]):
                yield "no node takes it", api.patch_status(pod, unschedulable=True)

    if preemption:
        add_preemption(actor, lambda pod: waits_for_a_node(pod, scheduler_name))
    return actor
