"""Which ReplicaSet is the new one, which revision it gets, and which old ones are deleted.

Upstream: pkg/controller/deployment/sync.go cleanupDeployment, util/deployment_util.go FindNewReplicaSet,
SetNewReplicaSetAnnotations, HasRevisionHistoryLimit.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Labels, PodTemplate

NO_LIMIT = 2**31 - 1
"""revisionHistoryLimit that keeps everything."""

TEMPLATE_HASH_LABEL = "pod-template-hash"


@attrs.frozen
class OldRevision:
    """One old ReplicaSet to the clean-up of history. `position` says which one it is to the caller.

    `revision` is its annotation, 0 if it has none; `created` orders by age, equal for the same second; `observed`: its
    status is of its latest generation.
    """

    position: int
    revision: int
    created: int
    size: int
    status_replicas: int
    observed: bool = True
    deleting: bool = False


def _age(old: OldRevision) -> tuple[int, int]:
    return (old.revision, old.created)


def surplus_history(old: tuple[OldRevision, ...], limit: int) -> tuple[int, ...]:
    """The positions of the old ReplicaSets to delete, in order of deletion (W49, cleanupDeployment).

    The lowest revisions beyond the limit; one that still has pods or an unobserved change is passed over, and no other
    is taken for it. Equal revision and age: in the order given. Only a complete Deployment cleans up.
    """
    if limit == NO_LIMIT:
        return ()
    kept = sorted((rs for rs in old if not rs.deleting), key=_age)
    beyond = max(0, len(kept) - limit)
    return tuple(rs.position for rs in kept[:beyond] if rs.size == 0 and rs.status_replicas == 0 and rs.observed)


def revision_of_new(own: int, old: tuple[int, ...]) -> int:
    """The revision of the new ReplicaSet: one more than the highest old one, unless its own is higher (W34).

    An old ReplicaSet that becomes new again by a rollback so gets the highest revision.
    """
    return max(own, max(old, default=0) + 1)


def without_hash(labels: Labels) -> Labels:
    """Labels without pod-template-hash."""
    return tuple(pair for pair in labels if pair[0] != TEMPLATE_HASH_LABEL)


def same_template(one: PodTemplate, other: PodTemplate) -> bool:
    """Whether two templates are equal but for the label pod-template-hash (W31, EqualIgnoreHash)."""
    return without_hash(one.labels) == without_hash(other.labels) and one.spec == other.spec


def new_replica_set(templates: tuple[PodTemplate, ...], wanted: PodTemplate) -> int | None:
    """The position of the new ReplicaSet among all of them, given oldest first: the oldest that fits (W31)."""
    for position, template in enumerate(templates):
        if same_template(template, wanted):
            return position
    return None
