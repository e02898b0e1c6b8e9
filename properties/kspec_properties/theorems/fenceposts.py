"""What is true of maxSurge and maxUnavailable once they are numbers of pods, for all numbers and percentages (W35)."""

from __future__ import annotations

from kspec.kube.objects import Percent
from kspec.prove import Natural, assume, decision
from kspec_models.controllers.deployment import decisions
from kspec_models.controllers.deployment.decisions import Bounds

Given = int | Percent | None
"""maxSurge or maxUnavailable as a manifest gives it; None: not set."""


@decision("deployment.resolve_fenceposts")
def resolve_fenceposts(surge: Given, unavailable: Given, replicas: int) -> tuple[Bounds, int]:
    """maxSurge and maxUnavailable of a Deployment as numbers of pods, and the most that may be unavailable."""
    bounds = decisions.resolve_fenceposts(surge, unavailable, replicas)
    return bounds, decisions.most_unavailable(bounds, replicas)


def _written(value: Given) -> str:
    return "not set" if value is None else f"{value.value}%" if isinstance(value, Percent) else str(value)


def _tell(surge: Given, unavailable: Given, replicas: int) -> str:
    bounds, most = resolve_fenceposts(surge, unavailable, replicas)
    return (
        f"replicas {replicas}, maxSurge {_written(surge)}, maxUnavailable {_written(unavailable)}: that is maxSurge "
        f"{bounds.surge} and maxUnavailable {bounds.unavailable}, so at most {most} unavailable"
    )


def _assume_valid(*values: Given) -> None:
    for value in values:
        amount = value.value if isinstance(value, Percent) else value
        assume(amount is None or amount >= 0, "maxSurge and maxUnavailable are not negative")


@resolve_fenceposts.theorem(tell=_tell)
def surge_and_unavailable_are_never_both_zero(surge: Given, unavailable: Given, replicas: Natural) -> bool:
    """maxSurge and maxUnavailable are never both zero: some pod may always be created or deleted first."""
    bounds, _ = resolve_fenceposts(surge, unavailable, replicas)
    return bounds.surge != 0 or bounds.unavailable != 0


@surge_and_unavailable_are_never_both_zero.false_neighbour(smallest={})
def some_pod_may_always_be_missing_or_surplus(surge: Given, unavailable: Given, replicas: Natural) -> bool:
    """After the cap at replicas, still not both are zero. It is false of a Deployment of no replicas."""
    bounds, most = resolve_fenceposts(surge, unavailable, replicas)
    return bounds.surge != 0 or most != 0


def _tell_percentages(surge: Percent, unavailable: Percent, replicas: int) -> str:
    return _tell(surge, unavailable, replicas)


@resolve_fenceposts.theorem(tell=_tell_percentages)
def surge_rounds_up_and_unavailable_rounds_down(surge: Percent, unavailable: Percent, replicas: Natural) -> bool:
    """A percentage as maxSurge rounds up, as maxUnavailable it rounds down, unless both came to zero."""
    _assume_valid(surge, unavailable)
    bounds, _ = resolve_fenceposts(surge, unavailable, replicas)
    up = 100 * (bounds.surge - 1) < surge.value * replicas <= 100 * bounds.surge
    down = 100 * bounds.unavailable <= unavailable.value * replicas < 100 * (bounds.unavailable + 1)
    return up and (down or (bounds.surge == 0 and bounds.unavailable == 1))


@resolve_fenceposts.theorem(tell=_tell)
def what_may_be_unavailable_is_at_most_replicas(surge: Given, unavailable: Given, replicas: Natural) -> bool:
    """At most all pods of a Deployment may be unavailable, and never fewer than none."""
    _assume_valid(surge, unavailable)
    _, most = resolve_fenceposts(surge, unavailable, replicas)
    return 0 <= most <= replicas
