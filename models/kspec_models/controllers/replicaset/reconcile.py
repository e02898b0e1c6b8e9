"""The ReplicaSet controller's plumbing: which objects one sync reads and writes.

Models `pkg/controller/replicaset/replica_set.go` syncReplicaSet and manageReplicas (W20 to W26). What it decides is in
`decisions` and `deletion`; what it expects, in `kspec_models.client.expectations`.

Simplified: a pod is available as soon as it is ready (no minReadySeconds). Ages, restarts and deletion costs are the
same for all pods, so the rank is by node, phase, readiness and company on the node; what ties is an open choice.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from kspec.kernel.settings import declare, on
from kspec.kube.cache import Api, Cache, owner_reference
from kspec.kube.controller import controller
from kspec.kube.objects import Pod, ReplicaSet
from kspec.kube.requests import Conflict, NotFound, Request
from kspec.kube.residual import Reconcile
from kspec_models.client.pod_expectations import Expectations
from kspec_models.controllers.replicaset import decisions, deletion
from kspec_models.controllers.replicaset.decisions import ActivePod
from kspec_models.controllers.replicaset.deletion import Candidate
from kspec_models.helpers import controller_ref
from kspec_models.helpers.controller_ref import Claim, Claimed, Owner
from kspec_models.helpers.labels import selector_matches

NOT_MODELLED = (
    "minReadySeconds, deletion cost, ages and restarts in the rank of deletion, conditions, terminatingReplicas",
    "the live GET of itself before the first adoption (W07)",
    "expectations that expire after 5 minutes",
)

declare(
    "replicaset.expectations",
    ("on", "off"),
    "whether the controller waits until its cache shows its own creations and deletions (W04)",
)
declare(
    "replicaset.consistency",
    ("on", "off"),
    "whether a sync waits until the cache shows the controller's own last status write (W02, on since 1.36)",
)


def new_pod(replicaset: Any) -> Pod:
    """A pod from the template, controlled by the ReplicaSet."""
    template = replicaset.template
    return Pod(
        labels=template.labels, spec=template.spec, owner=owner_reference(replicaset), namespace=replicaset.namespace
    )


def claim_of(replicaset: Any, pod: Any) -> Claim:
    """What the ReplicaSet does with a pod that it owns or that nobody owns (W06)."""
    owner = Owner.NONE if pod.owner is None else Owner.ME
    matches = selector_matches(replicaset.selector, pod.labels)
    return controller_ref.claim(Claimed(owner, matches, pod.deleting), replicaset.deleting)


@controller(
    ReplicaSet,
    owns=Pod,
    memory=Expectations,
    not_modelled=NOT_MODELLED,
    reads_own_writes="replicaset.consistency",
)
def replicaset(replicaset: Any, cache: Cache, api: Api, expect: Expectations) -> Reconcile:
    """One sync of a ReplicaSet (W20)."""
    satisfied = expect.satisfied() or not on("replicaset.expectations")
    pods = [pod for pod in cache.owned(Pod, by=replicaset, orphans=True) if pod.active]
    mine = [pod for pod in pods if claim_of(replicaset, pod) is Claim.KEEP]
    for pod in cache.in_any_order([pod for pod in pods if claim_of(replicaset, pod).patches]):
        mine += yield from claimed(replicaset, pod, api)
    counts = decisions.status(tuple(ActivePod(True, pod.ready, pod.available) for pod in mine))
    if satisfied and not replicaset.deleting:
        yield from manage_replicas(replicaset, mine, cache, api, expect)
    status = {
        "status_replicas": counts.replicas,
        "ready_replicas": counts.ready,
        "available_replicas": counts.available,
    }
    if any(getattr(replicaset, field) != value for field, value in status.items()):
        yield from write_status(replicaset, status, api)


def write_status(replicaset: Any, status: dict[str, int], api: Api) -> Reconcile:
    """The status; after a conflict once more, on the live object, although what was counted may be old by then.

    Upstream: replica_set_utils.go updateReplicaSetStatus, one GET and PUT again (statusUpdateRetries). It retries after
    every error; after one that is no conflict the GET fails as well, or the second PUT does.
    """
    try:
        yield api.update_status(replicaset, **status)
    except Conflict:
        latest = yield api.get(ReplicaSet, replicaset.name)
        yield api.update_status(latest, **status)


def claimed(replicaset: Any, pod: Any, api: Api) -> Generator[Request, Any, list[Any]]:
    """The pod, if it is ours or becomes ours (W06)."""
    what = claim_of(replicaset, pod)
    if what.patches:
        try:
            yield api.patch(pod, owner=owner_reference(replicaset) if what is Claim.ADOPT else None)
        except NotFound:
            return []  # it is gone: nothing to claim
    return [pod] if what.ours else []


def manage_replicas(replicaset: Any, active: list[Any], cache: Cache, api: Api, expect: Expectations) -> Reconcile:
    """Create what is missing by slow start, delete what is too much (W22)."""
    todo = decisions.difference(len(active), replicaset.replicas)
    if todo.create:
        expect.creations(todo.create)
        start = decisions.slow_start(todo.create)
        while start.batch:
            answers = yield [api.create(new_pod(replicaset))] * start.batch
            failed = answers.failed
            start = start.after(failed)
            if failed:
                expect.lower_creations(failed + start.remaining)
    elif todo.delete:
        related = related_pods(replicaset, cache) if deletion.must_rank(todo.delete, len(active)) else ()
        surplus = cache.lowest(active, todo.delete, key=lambda pod: deletion.deletion_rank(candidate(pod, related)))
        expect.deletions(surplus)
        yield [api.delete(pod, on_refused=expect.deletion_observed(pod)) for pod in surplus]


def related_pods(replicaset: Any, cache: Cache) -> tuple[tuple[Any, bool], ...]:
    """Node and activity of the pods of all ReplicaSets with the same controller as this one (W23.5)."""
    if replicaset.owner is None:
        return ()
    siblings = [rs for rs in cache.list(ReplicaSet) if rs.owner == replicaset.owner]
    return tuple((pod.node, pod.active) for rs in siblings for pod in cache.owned(Pod, by=rs))


def candidate(pod: Any, related: tuple[tuple[Any, bool], ...]) -> Candidate:
    """A pod to the rank of deletion."""
    return Candidate(pod.node is not None, pod.phase, pod.ready, related=deletion.related_on_node(pod.node, related))
