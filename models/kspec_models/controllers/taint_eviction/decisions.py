"""When a pod must leave a node with NoExecute taints.

Models pkg/controller/tainteviction/taint_eviction.go, processPodOnNode, getMinTolerationTime, handleNodeUpdate and
handlePodUpdate (W146, W148). A disruption budget is not asked. Times are whole seconds by the controller's clock.

Not modelled: events. Timers are memory, which a restart loses (W148); what the victims get beside is in `eviction`.
"""

from __future__ import annotations

import attrs

from kspec.kube.objects import Effect, Taint, Toleration
from kspec_models.helpers.tolerations import tolerates


@attrs.frozen
class Timer:
    """A deletion that is due: when it was decided, and when it fires."""

    created: int
    fires: int


def no_execute(taints: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """The taints that evict (getNoExecuteTaints)."""
    return tuple(taint for taint in taints if taint.effect is Effect.NO_EXECUTE)


def used_tolerations(
    taints: tuple[Taint, ...], tolerations: tuple[Toleration, ...], *, comparison_operators: bool = False
) -> tuple[Toleration, ...] | None:
    """For each taint the first toleration that tolerates it; None if one taint has none (GetMatchingTolerations)."""
    used: tuple[Toleration, ...] = ()
    for taint in taints:
        matching = [each for each in tolerations if tolerates(each, taint, comparison_operators=comparison_operators)]
        if not matching:
            return None
        used = (*used, matching[0])
    return used


def shortest(seconds: tuple[int | None, ...]) -> int | None:
    """How long tolerations of these tolerationSeconds last together; None: for ever (W146, getMinTolerationTime).

    None among them is a toleration without a limit. Zero or less means now, and so does no toleration at all.
    """
    if len(seconds) == 0:
        return 0
    limited = [each for each in seconds if each is not None]
    return max(0, min(limited)) if limited else None


def stays_for(
    taints: tuple[Taint, ...], tolerations: tuple[Toleration, ...], *, comparison_operators: bool = False
) -> int | None:
    """How many seconds a pod may stay on a node with these taints; None: for ever, 0: it must go now (W146)."""
    evicting = no_execute(taints)
    if len(evicting) == 0:
        return None
    used = used_tolerations(evicting, tolerations, comparison_operators=comparison_operators)
    if used is None:
        return 0
    return shortest(tuple(each.toleration_seconds for each in used))


def untolerated(
    taints: tuple[Taint, ...], tolerations: tuple[Toleration, ...], *, comparison_operators: bool = False
) -> bool:
    """Whether some evicting taint is not tolerated at all."""
    return used_tolerations(no_execute(taints), tolerations, comparison_operators=comparison_operators) is None


def rescheduled(seconds: int, timer: Timer | None, now: int) -> Timer:
    """The timer of a pod whose taints are all tolerated, for so many seconds (W146, processPodOnNode).

    One that was made before now is kept whatever the new limit, shorter or longer: upstream compares its creation plus
    the *new* limit with now plus the new limit, and so never finds the new time to be earlier.
    """
    if timer is not None and timer.created < now:
        return timer
    return Timer(now if timer is None else timer.created, now + seconds)


def next_timer(
    taints: tuple[Taint, ...],
    tolerations: tuple[Toleration, ...],
    timer: Timer | None,
    now: int,
    *,
    comparison_operators: bool = False,
) -> Timer | None:
    """The timer of a pod after a change of it or of its node's taints; None: no deletion is due (W146)."""
    seconds = stays_for(taints, tolerations, comparison_operators=comparison_operators)
    if seconds is None:
        return None
    if untolerated(taints, tolerations, comparison_operators=comparison_operators):
        return Timer(now, now)
    return rescheduled(seconds, timer, now)
