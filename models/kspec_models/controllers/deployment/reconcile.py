"""The Deployment controller's plumbing: which objects one sync reads and writes.

Models `pkg/controller/deployment/deployment_controller.go` syncDeployment (W30), `sync.go`, `rolling.go`,
`recreate.go`. What it decides is arithmetic: see `decisions` and `history`. It never looks at pods in a rolling
update, only at the sizes and the status of ReplicaSets as its cache has them (W40).

Simplified: a new ReplicaSet's name is the Deployment's with a hash of the template, which never collides (W32). Writes
of the annotations `desired-replicas` and `max-replicas` go with the size.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from typing import Any

import attrs

from kspec.kube.cache import Api, Cache, owner_reference
from kspec.kube.controller import controller
from kspec.kube.objects import Deployment, LabelSelector, Pod, PodTemplate, ReplicaSet, StrategyType
from kspec.kube.requests import NotFound, Refused, Request
from kspec.kube.residual import Reconcile
from kspec_models.controllers.deployment import decisions, history, scaling, status
from kspec_models.controllers.deployment.decisions import Bounds, RecreateMove, Rollout, Sized
from kspec_models.controllers.deployment.history import OldRevision
from kspec_models.controllers.deployment.scaling import Share
from kspec_models.controllers.deployment.status import Counts
from kspec_models.helpers import controller_ref
from kspec_models.helpers.controller_ref import Claim, Claimed, Owner
from kspec_models.helpers.hashes import short_hash
from kspec_models.helpers.labels import selector_matches

HASH_LABEL = history.TEMPLATE_HASH_LABEL

NOT_MODELLED = (
    "progress deadline, conditions, hash collisions, observedGeneration",
    "the live GET of itself before the first adoption (W07)",
)


def template_hash(template: PodTemplate) -> str:
    """A short name for a template, without the label that holds it (W32)."""
    return short_hash(attrs.evolve(template, labels=history.without_hash(template.labels)))


def with_hash(template: PodTemplate) -> PodTemplate:
    """The template with its own hash among its labels, as the ReplicaSet gets it."""
    labels = dict(template.labels) | {HASH_LABEL: template_hash(template)}
    return attrs.evolve(template, labels=tuple(sorted(labels.items())))


def new_replica_set(deployment: Any, replicas: int, bounds: Bounds, revision: int) -> ReplicaSet:
    """The ReplicaSet of the Deployment's present template, created at its first size (W32, W33)."""
    template = with_hash(deployment.template)
    selector = deployment.selector
    labels = dict(selector.match_labels) | {HASH_LABEL: template_hash(deployment.template)}
    return ReplicaSet(
        name=f"{deployment.name}-{template_hash(deployment.template)}",
        selector=LabelSelector(tuple(sorted(labels.items())), selector.match_expressions),
        template=template,
        replicas=replicas,
        min_ready_seconds=deployment.min_ready_seconds,
        owner=owner_reference(deployment),
        labels=template.labels,
        revision=revision,
        desired_replicas=deployment.replicas,
        max_replicas=deployment.replicas + bounds.surge,
        namespace=deployment.namespace,
    )


def find_new(deployment: Any, sets: Sequence[Any]) -> Any | None:
    """The ReplicaSet with the Deployment's template (W31)."""
    ordered = by_age(sets)
    position = history.new_replica_set(tuple(rs.template for rs in ordered), deployment.template)
    return None if position is None else ordered[position]


def bounds_of(deployment: Any) -> Bounds:
    """maxSurge and maxUnavailable in pods, never both zero, the latter at most all (W35)."""
    strategy = deployment.strategy
    bounds = decisions.resolve_fenceposts(strategy.max_surge, strategy.max_unavailable, deployment.replicas)
    return Bounds(bounds.surge, decisions.most_unavailable(bounds, deployment.replicas))


def sized(rs: Any) -> Sized:
    """A ReplicaSet to the arithmetic."""
    return Sized(rs.replicas, rs.available_replicas)


@controller(Deployment, owns=ReplicaSet, watches=Pod, not_modelled=NOT_MODELLED)
def deployment(deployment: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a Deployment (W30)."""
    sets = yield from claimed(deployment, cache, api)
    if deployment.deleting:
        yield from write_status(deployment, sets, api)
        return
    bounds = bounds_of(deployment)
    if deployment.paused or is_scaling_event(deployment, sets):
        yield from scale(deployment, sets, api, bounds)
        if deployment.paused:
            yield from clean_up(deployment, sets, find_new(deployment, sets), api)
        yield from write_status(deployment, sets, api)
    elif deployment.strategy.type is StrategyType.RECREATE:
        yield from recreate(deployment, sets, cache, api, bounds)
    else:
        yield from roll(deployment, sets, api, bounds)


def claim_of(deployment: Any, rs: Any) -> Claim:
    """What the Deployment does with a ReplicaSet that it owns or that nobody owns (W06)."""
    owner = Owner.NONE if rs.owner is None else Owner.ME
    matches = selector_matches(deployment.selector, rs.labels)
    return controller_ref.claim(Claimed(owner, matches, rs.deleting), deployment.deleting)


def claimed(deployment: Any, cache: Cache, api: Api) -> Generator[Request, Any, list[Any]]:
    """The ReplicaSets that are the Deployment's, or become so (W06, ClaimReplicaSets)."""
    sets = cache.owned(ReplicaSet, by=deployment, orphans=True)
    ours = [rs for rs in sets if claim_of(deployment, rs) is Claim.KEEP]
    for rs in cache.in_any_order([rs for rs in sets if claim_of(deployment, rs).patches]):
        adopts = claim_of(deployment, rs) is Claim.ADOPT
        try:
            yield api.patch(rs, owner=owner_reference(deployment) if adopts else None)
        except NotFound:
            continue  # it is gone: nothing to claim
        if adopts:
            ours.append(rs)
    return ours


def resize(api: Api, deployment: Any, rs: Any, size: int, bounds: Bounds) -> Any:
    """The call that gives a ReplicaSet its new size, with the annotations that go with it."""
    return api.update(
        rs, replicas=size, desired_replicas=deployment.replicas, max_replicas=deployment.replicas + bounds.surge
    )


def by_age(sets: Sequence[Any]) -> list[Any]:
    """Oldest first. Times are not modelled: a ReplicaSet's revision stands for its age."""
    return sorted(sets, key=lambda rs: rs.revision)


def new_or_created(
    deployment: Any, sets: Sequence[Any], api: Api, bounds: Bounds
) -> Generator[Request, Any, tuple[Any | None, Sized]]:
    """The new ReplicaSet, created or given its revision where need be, and its size (W32 to W34)."""
    new = find_new(deployment, sets)
    old = [rs for rs in sets if rs is not new]
    revision = history.revision_of_new(0 if new is None else new.revision, tuple(rs.revision for rs in old))
    if new is None:
        total = sum(rs.replicas for rs in old)
        size = decisions.initial_size(deployment.strategy.type, deployment.replicas, bounds.surge, total, 0)
        yield api.create(new_replica_set(deployment, size, bounds, revision))
        return None, Sized(size, 0)
    if new.revision != revision:
        yield api.update(new, revision=revision)
    return new, sized(new)


def roll(deployment: Any, sets: Sequence[Any], api: Api, bounds: Bounds) -> Reconcile:
    """RollingUpdate: the new ReplicaSet up, or the old ones down; when neither is due, the history (W37, W38)."""
    new, new_size = yield from new_or_created(deployment, sets, api, bounds)
    old = [rs for rs in by_age(sets) if rs is not new]
    now = Rollout(new_size, tuple(sized(rs) for rs in old))
    stages = decisions.rolling_stages(now, deployment.replicas, bounds.surge, bounds.unavailable)
    if new is not None and stages.scaled_new.new.size != now.new.size:
        yield resize(api, deployment, new, stages.scaled_new.new.size, bounds)
    elif stages.scaled_down != now:
        with contextlib.suppress(Refused):  # W39: errors among the old ReplicaSets are swallowed
            for stage in (stages.cleaned_up, stages.scaled_down):
                for rs, before, after in zip(old, now.old, stage.old, strict=True):
                    if after.size != before.size:
                        yield resize(api, deployment, rs, after.size, bounds)
                now = stage
    elif is_complete(deployment):
        yield from clean_up(deployment, sets, new, api)
    yield from write_status(deployment, sets, api)


def recreate(deployment: Any, sets: Sequence[Any], cache: Cache, api: Api, bounds: Bounds) -> Reconcile:
    """Recreate: all old pods end before the first new one begins (W48)."""
    new = find_new(deployment, sets)
    old = [rs for rs in by_age(sets) if rs is not new]
    pods = [pod for rs in old for pod in cache.owned(Pod, by=rs)]
    running = decisions.old_pods_running(sum(rs.status_replicas for rs in old), tuple(pod.phase for pod in pods))
    move = decisions.recreate_move(sum(rs.replicas for rs in old), running)
    if move is RecreateMove.SCALE_DOWN_OLD:
        for rs in old:
            if rs.replicas != 0:
                yield resize(api, deployment, rs, 0, bounds)
    elif move is RecreateMove.SCALE_NEW:
        new, _ = yield from new_or_created(deployment, sets, api, bounds)
        if new is not None and new.replicas != deployment.replicas:
            yield resize(api, deployment, new, deployment.replicas, bounds)
        if is_complete(deployment):
            yield from clean_up(deployment, sets, new, api)
    yield from write_status(deployment, sets, api)


def is_scaling_event(deployment: Any, sets: Sequence[Any]) -> bool:
    """Whether spec.replicas was changed since an active ReplicaSet was sized (W41)."""
    active = tuple(rs.desired_replicas for rs in sets if rs.replicas > 0)
    return scaling.is_scaling_event(deployment.replicas, active)


def scale(deployment: Any, sets: Sequence[Any], api: Api, bounds: Bounds) -> Reconcile:
    """A change of spec.replicas: one active ReplicaSet takes it all, several in proportion (W41, W42).

    As upstream, an only ReplicaSet that has its size already is not written, and keeps its old annotation.
    """
    new = find_new(deployment, sets)
    strategy = deployment.strategy.type
    shares = tuple(share(deployment, rs, rs is new) for rs in sets)
    saturated = new is not None and scaling.is_saturated(
        share(deployment, new, True), new.desired_replicas, new.available_replicas, deployment.replicas
    )
    sizes = scaling.scaled_sizes(shares, deployment.replicas, bounds.surge, saturated, strategy)
    anew = scaling.annotates_anew(shares, saturated, strategy)
    for rs, size in zip(sets, sizes, strict=True):
        if size != rs.replicas or (anew and rs.replicas > 0 and rs.desired_replicas != deployment.replicas):
            yield resize(api, deployment, rs, size, bounds)


def share(deployment: Any, rs: Any, new: bool) -> Share:
    """A ReplicaSet to the arithmetic of scaling."""
    before = scaling.most_before(rs.max_replicas, deployment.status_replicas)
    return Share(rs.replicas, before, rs.revision, new)


def is_complete(deployment: Any) -> bool:
    """Whether the status that it has says so (W44)."""
    reported_status = Counts(
        replicas=deployment.status_replicas,
        ready=deployment.ready_replicas,
        available=deployment.available_replicas,
        updated=deployment.updated_replicas,
    )
    return status.is_complete(deployment.replicas, reported_status)


def clean_up(deployment: Any, sets: Sequence[Any], new: Any | None, api: Api) -> Reconcile:
    """Delete old ReplicaSets beyond revisionHistoryLimit: of a Deployment that is complete, or paused (W49, W50)."""
    if len(sets) <= deployment.revision_history_limit:
        return
    old = [rs for rs in sets if rs is not new]
    revisions = tuple(
        OldRevision(i, rs.revision, rs.revision, rs.replicas, rs.status_replicas, deleting=rs.deleting)
        for i, rs in enumerate(old)
    )
    for position in history.surplus_history(revisions, deployment.revision_history_limit):
        yield api.delete(old[position])


def counts_of(sets: Sequence[Any], new: Any | None) -> Counts:
    """The Deployment's status from that of its ReplicaSets (W40)."""
    return status.summed(None if new is None else reported(new), tuple(reported(rs) for rs in sets if rs is not new))


def reported(rs: Any) -> Counts:
    """What a ReplicaSet reports."""
    return Counts(replicas=rs.status_replicas, ready=rs.ready_replicas, available=rs.available_replicas)


def write_status(deployment: Any, sets: Sequence[Any], api: Api) -> Reconcile:
    """The status, written if it differs (W53)."""
    counts = counts_of(sets, find_new(deployment, sets))
    wanted = {
        "status_replicas": counts.replicas,
        "updated_replicas": counts.updated,
        "ready_replicas": counts.ready,
        "available_replicas": counts.available,
    }
    if any(getattr(deployment, field) != value for field, value in wanted.items()):
        yield api.update_status(deployment, **wanted)
