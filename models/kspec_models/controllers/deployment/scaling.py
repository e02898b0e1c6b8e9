"""Scaling a Deployment that is not, or not yet, at one ReplicaSet: who gets how much of the change.

Upstream: pkg/controller/deployment/sync.go isScalingEvent, scale; util/deployment_util.go FindActiveOrLatest,
IsSaturated, GetReplicaSetProportion, getReplicaSetFraction.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import StrategyType


@attrs.frozen
class Share:
    """One ReplicaSet to scaling. `most_before`: what all sizes could sum to when it was last scaled (`most_before`).

    `created` orders by age (larger is newer); `new`: it is the one of the Deployment's template.
    """

    size: int
    most_before: int = 0
    created: int = 0
    new: bool = False


def is_scaling_event(replicas: int, active_desired: tuple[int | None, ...]) -> bool:
    """Whether an active ReplicaSet was annotated for another number of replicas; None: no annotation (W41)."""
    return any(desired is not None and desired != replicas for desired in active_desired)


def most_before(annotation: int | None, status_replicas: int) -> int:
    """The annotation max-replicas, or the Deployment's status.replicas if it is missing or 0 (W42)."""
    if annotation is None or annotation == 0:
        return status_replicas
    return annotation


def allowed_size(replicas: int, surge: int) -> int:
    """What all sizes may sum to; 0 for a Deployment scaled to zero (W42)."""
    if replicas == 0:
        return 0
    return replicas + surge


def fraction(size: int, before: int, replicas: int, surge: int) -> int:
    """The change of one ReplicaSet by its share, rounded to the nearest, halves up (W42, W43, getReplicaSetFraction).

    `before` is its `most_before`; 0 means that nobody knows, and no change. Whole numbers where upstream uses floating
    point: the same for all sizes that an API server accepts.
    """
    if replicas == 0:
        return -size
    if before == 0:
        return 0
    return (2 * size * (replicas + surge) + before) // (2 * before) - size


def proportion(share: Share, replicas: int, surge: int, to_add: int, added: int) -> int:
    """The change of one ReplicaSet, limited to what is left of the whole (W42, GetReplicaSetProportion)."""
    if share.size == 0 or to_add == 0 or to_add == added:
        return 0
    part = fraction(share.size, share.most_before, replicas, surge)
    if to_add > 0:
        return min(part, to_add - added)
    return max(part, to_add - added)


def share_out(active: tuple[Share, ...], replicas: int, surge: int) -> tuple[int, ...]:
    """The sizes of the active ReplicaSets, given in the order of `by_size`; the first takes what is left over (W42)."""
    to_add = allowed_size(replicas, surge) - sum(share.size for share in active)
    if to_add == 0 or len(active) == 0:
        return tuple(share.size for share in active)
    added = 0
    result: tuple[int, ...] = ()
    for share in active:
        change = proportion(share, replicas, surge, to_add, added)
        added += change
        result = (*result, share.size + change)
    return (max(0, result[0] + to_add - added), *result[1:])


def scale_in_proportion(sizes: tuple[int, ...], replicas: int, surge: int, most_before: int) -> tuple[int, ...]:
    """`share_out` where every ReplicaSet was last scaled at the same time, as in an undisturbed rollout (W42)."""
    return share_out(tuple(Share(size, most_before) for size in sizes), replicas, surge)


def by_size(active: tuple[Share, ...], replicas: int, surge: int) -> tuple[int, ...]:
    """The positions of the active ReplicaSets, largest first; of equals the newer if sizes grow, else the older (W42).

    Equal size and age: in the order given.
    """
    grows = allowed_size(replicas, surge) >= sum(share.size for share in active)
    keys = [(-share.size, -share.created if grows else share.created, i) for i, share in enumerate(active)]
    return tuple(i for _, _, i in sorted(keys))


def active_or_latest(shares: tuple[Share, ...]) -> int | None:
    """The position of the only active ReplicaSet; if none is, of the new one or else the newest (W41).

    None if several are active (or there is none at all). Upstream: FindActiveOrLatest.
    """
    active = [i for i, share in enumerate(shares) if share.size > 0]
    if len(active) > 1 or len(shares) == 0:
        return None
    if len(active) == 1:
        return active[0]
    return max(range(len(shares)), key=lambda i: (shares[i].new, shares[i].created))


def scaled_sizes(
    shares: tuple[Share, ...], replicas: int, surge: int, saturated: bool, strategy: StrategyType
) -> tuple[int, ...]:
    """The sizes of all ReplicaSets after a scaling event, in the order given (W41, W42, scale).

    One active (or none): it gets everything. `saturated` (`is_saturated` of the new one): the old ones go to 0. Else
    in proportion, for a rolling update; Recreate changes nothing.
    """
    only = active_or_latest(shares)
    if only is not None:
        return tuple(replicas if i == only else share.size for i, share in enumerate(shares))
    if saturated:
        return tuple(share.size if share.new else 0 for share in shares)
    if strategy is not StrategyType.ROLLING_UPDATE:
        return tuple(share.size for share in shares)
    active = tuple(i for i, share in enumerate(shares) if share.size > 0)
    order = tuple(active[i] for i in by_size(tuple(shares[i] for i in active), replicas, surge))
    result = share_out(tuple(shares[i] for i in order), replicas, surge)
    return tuple(result[order.index(i)] if i in order else share.size for i, share in enumerate(shares))


def annotates_anew(shares: tuple[Share, ...], saturated: bool, strategy: StrategyType) -> bool:
    """Whether active ReplicaSets that keep their size get the annotations desired- and max-replicas anew (W41, W42).

    Only those that were scaled in proportion do; a write of a size always carries them. So with one active ReplicaSet
    whose size is right already nothing is written, however late its annotation: every later sync is a scaling event
    again and no rollout begins any more (kubernetes/kubernetes pull requests 138036 and 138840, open in May 2026).
    """
    return active_or_latest(shares) is None and not saturated and strategy is StrategyType.ROLLING_UPDATE


def is_saturated(new: Share, desired: int | None, available: int, replicas: int) -> bool:
    """Whether the new ReplicaSet has all it should have, by size, annotation and available pods (IsSaturated; W41)."""
    return new.size == replicas and desired == replicas and available == replicas
