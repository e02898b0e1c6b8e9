"""The Deployment controller's plumbing: which objects one sync reads and writes.

Models `pkg/controller/deployment/deployment_controller.go` syncDeployment (W30), `sync.go`, `rolling.go`, `recreate.go`. What it
decides is arithmetic: see `decisions` and `history`. It never looks at pods in a rolling update, only at the sizes and the
status of ReplicaSets as its cache has them (W40).

Simplified: a new ReplicaSet's name is the Deployment's with a hash of the template, which never collides (W32). Writes of the
annotations `desired-replicas` and `max-replicas` go with the size.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import attrs

from kspec.kernel.values import order_key
from kspec.kube.cache import Api, Cache, owner_reference
from kspec.kube.controller import controller
from kspec.kube.objects import Deployment, LabelSelector, Pod, PodTemplate, ReplicaSet, StrategyType
from kspec.kube.requests import Refused
from kspec.kube.residual import Reconcile
from kspec_models.controllers.deployment import decisions
from kspec_models.controllers.deployment.decisions import Bounds, RecreateMove, Rollout, Sized

HASH_LABEL = "pod-template-hash"

NOT_MODELLED = (
    "progress deadline, conditions, rollback, revision history clean-up, hash collisions, observedGeneration",
    "orphaned ReplicaSets are not adopted",
)


def template_hash(template: PodTemplate) -> str:
    """A short name for a template, without the label that holds it. Upstream hashes with FNV (W32); any hash would do."""
    plain = attrs.evolve(template, labels=tuple(p for p in template.labels if p[0] != HASH_LABEL))
    letters = "bcdfghjklmnpqrstvwxz2456789"
    number, name = zlib.crc32(repr(order_key(plain)).encode()), ""
    for _ in range(5):
        number, digit = divmod(number, len(letters))
        name += letters[digit]
    return name


def with_hash(template: PodTemplate) -> PodTemplate:
    """The template with its own hash among its labels, as the ReplicaSet gets it."""
    labels = dict(template.labels) | {HASH_LABEL: template_hash(template)}
    return attrs.evolve(template, labels=tuple(sorted(labels.items())))


def new_replica_set(deployment: Any, replicas: int, bounds: Bounds) -> ReplicaSet:
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
        desired_replicas=deployment.replicas,
        max_replicas=deployment.replicas + bounds.surge,
        namespace=deployment.namespace,
    )


def find_new(deployment: Any, sets: Sequence[Any]) -> Any | None:
    """The ReplicaSet with the Deployment's template (W31). Each template has one name here, so there is at most one."""
    wanted = with_hash(deployment.template)
    return next((rs for rs in sets if rs.template == wanted), None)


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
    sets = cache.owned(ReplicaSet, by=deployment)
    if deployment.deleting:
        yield from write_status(deployment, sets, api)
        return
    bounds = bounds_of(deployment)
    if deployment.paused or is_scaling_event(deployment, sets):
        yield from scale(deployment, sets, api, bounds)
        yield from write_status(deployment, sets, api)
    elif deployment.strategy.type is StrategyType.RECREATE:
        yield from recreate(deployment, sets, cache, api, bounds)
    else:
        yield from roll(deployment, sets, api, bounds)


def resize(api: Api, deployment: Any, rs: Any, size: int, bounds: Bounds) -> Any:
    """The call that gives a ReplicaSet its new size, with the annotations that go with it."""
    return api.update(
        rs, replicas=size, desired_replicas=deployment.replicas, max_replicas=deployment.replicas + bounds.surge
    )


def roll(deployment: Any, sets: Sequence[Any], api: Api, bounds: Bounds) -> Reconcile:
    """RollingUpdate: the new ReplicaSet up, or the old ones down (W37, W38)."""
    new = find_new(deployment, sets)
    old = by_age([rs for rs in sets if rs is not new])
    if new is None:
        total = sum(rs.replicas for rs in old)
        size = decisions.initial_size(StrategyType.ROLLING_UPDATE, deployment.replicas, bounds.surge, total, 0)
        yield api.create(new_replica_set(deployment, size, bounds))
        now = Rollout(Sized(size, 0), tuple(sized(rs) for rs in old))
    else:
        now = Rollout(sized(new), tuple(sized(rs) for rs in old))
    stages = decisions.rolling_stages(now, deployment.replicas, bounds.surge, bounds.unavailable)
    if new is not None and stages.scaled_new.new.size != now.new.size:
        yield resize(api, deployment, new, stages.scaled_new.new.size, bounds)
    else:
        try:
            for stage in (stages.cleaned_up, stages.scaled_down):
                for rs, before, after in zip(old, now.old, stage.old, strict=True):
                    if after.size != before.size:
                        yield resize(api, deployment, rs, after.size, bounds)
                now = stage
        except Refused:
            pass  # W39: errors among the old ReplicaSets are swallowed
    yield from write_status(deployment, sets, api)


def by_age(sets: list[Any]) -> list[Any]:
    """Oldest first. A ReplicaSet's age is its revision here; revisions are not modelled, so it is the order of names."""
    return sorted(sets, key=lambda rs: rs.revision)


def recreate(deployment: Any, sets: Sequence[Any], cache: Cache, api: Api, bounds: Bounds) -> Reconcile:
    """Recreate: all old pods end before the first new one begins (W48)."""
    new = find_new(deployment, sets)
    old = by_age([rs for rs in sets if rs is not new])
    pods = [pod for rs in old for pod in cache.owned(Pod, by=rs)]
    running = decisions.old_pods_running(sum(rs.status_replicas for rs in old), tuple(pod.phase for pod in pods))
    move = decisions.recreate_move(sum(rs.replicas for rs in old), running)
    if move is RecreateMove.SCALE_DOWN_OLD:
        for rs in old:
            if rs.replicas != 0:
                yield resize(api, deployment, rs, 0, bounds)
    elif move is RecreateMove.SCALE_NEW:
        if new is None:
            yield api.create(new_replica_set(deployment, deployment.replicas, bounds))
        elif new.replicas != deployment.replicas:
            yield resize(api, deployment, new, deployment.replicas, bounds)
    yield from write_status(deployment, sets, api)


def is_scaling_event(deployment: Any, sets: Sequence[Any]) -> bool:
    """Whether spec.replicas was changed since an active ReplicaSet was sized (W41)."""
    return any(rs.replicas > 0 and rs.desired_replicas != deployment.replicas for rs in sets)


def scale(deployment: Any, sets: Sequence[Any], api: Api, bounds: Bounds) -> Reconcile:
    """A change of spec.replicas: one active ReplicaSet takes it all, several in proportion (W41, W42)."""
    active = [rs for rs in sets if rs.replicas > 0]
    new = find_new(deployment, sets)
    if len(active) <= 1:
        only = active[0] if active else new
        if only is not None and only.replicas != deployment.replicas:
            yield resize(api, deployment, only, deployment.replicas, bounds)
        elif only is not None and only.desired_replicas != deployment.replicas:
            yield resize(api, deployment, only, only.replicas, bounds)
        return
    if new is not None and decisions_saturated(deployment, new):
        for rs in active:
            if rs is not new:
                yield resize(api, deployment, rs, 0, bounds)
        return
    ordered = sorted(active, key=lambda rs: -rs.replicas)
    sizes = decisions.scale_in_proportion(
        tuple(rs.replicas for rs in ordered), deployment.replicas, bounds.surge, ordered[0].max_replicas or 0
    )
    for rs, size in zip(ordered, sizes, strict=True):
        yield resize(api, deployment, rs, size, bounds)


def decisions_saturated(deployment: Any, new: Any) -> bool:
    """Whether the new ReplicaSet is complete (IsSaturated; W41)."""
    return bool(
        new.replicas == deployment.replicas
        and new.desired_replicas == deployment.replicas
        and new.available_replicas == deployment.replicas
    )


def write_status(deployment: Any, sets: Sequence[Any], api: Api) -> Reconcile:
    """The status from the ReplicaSets' status, written if it differs (W40, W53)."""
    new = find_new(deployment, sets)
    status = {
        "status_replicas": sum(rs.status_replicas for rs in sets),
        "updated_replicas": 0 if new is None else new.status_replicas,
        "ready_replicas": sum(rs.ready_replicas for rs in sets),
        "available_replicas": sum(rs.available_replicas for rs in sets),
    }
    if any(getattr(deployment, field) != value for field, value in status.items()):
        yield api.update_status(deployment, **status)
