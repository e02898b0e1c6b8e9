"""What is true of a DaemonSet's rolling update, for all numbers of nodes and all percentages (W84).

`unavailable` is how many nodes lack an available pod already, for whatever reason.
"""

from __future__ import annotations

from kspec.kube.objects import Percent
from kspec.prove import Natural, Positive, assume, decision
from kspec_models.controllers.daemonset import rollout
from kspec_models.controllers.daemonset.rollout import Limits

Given = int | Percent
"""maxSurge or maxUnavailable as a manifest gives it."""


@decision("daemonset.limits")
def limits(desired: int, surge: Given, unavailable: Given) -> Limits:
    """maxSurge and maxUnavailable of a DaemonSet as numbers of nodes."""
    return rollout.limits(desired, surge, unavailable)


def _written(value: Given) -> str:
    return f"{value.value}%" if isinstance(value, Percent) else str(value)


def _tell_limits(desired: int, surge: Given, unavailable: Given) -> str:
    found = rollout.limits(desired, surge, unavailable)
    return (
        f"desired nodes {desired}, maxSurge {_written(surge)}, maxUnavailable {_written(unavailable)}: that is "
        f"maxSurge {found.surge} and maxUnavailable {found.unavailable}"
    )


@limits.theorem(tell=_tell_limits)
def a_daemonset_may_always_change_some_node(desired: Positive, surge: Given, unavailable: Given) -> bool:
    """While a DaemonSet has a node, maxSurge and maxUnavailable are never both zero."""
    found = limits(desired, surge, unavailable)
    return found.surge != 0 or found.unavailable != 0


def _tell_percentages(desired: int, surge: Percent, unavailable: Percent) -> str:
    return _tell_limits(desired, surge, unavailable)


@limits.theorem(tell=_tell_percentages)
def both_limits_of_a_daemonset_round_up(desired: Natural, surge: Percent, unavailable: Percent) -> bool:
    """Both percentages round up, unless both came to zero: of a Deployment maxUnavailable rounds down."""
    assume(surge.value >= 0 and unavailable.value >= 0, "percentages are not negative")
    found = limits(desired, surge, unavailable)
    first = 100 * (found.surge - 1) < surge.value * desired <= 100 * found.surge
    second = 100 * (found.unavailable - 1) < unavailable.value * desired <= 100 * found.unavailable
    return first and (second or (found.surge == 0 and found.unavailable == 1))


@decision("daemonset.replaceable")
def replaceable(most: int, unavailable: int, candidates: int) -> int:
    """How many nodes with an available old pod lose it in one sync."""
    return rollout.replaceable(most, unavailable, candidates)


def _tell(most: int, unavailable: int, candidates: int) -> str:
    taken = rollout.replaceable(most, unavailable, candidates)
    return (
        f"maxUnavailable {most}, nodes without a pod {unavailable}, with an old one {candidates}: it takes {taken}, "
        f"and then {unavailable + taken} are without"
    )


@replaceable.theorem(tell=_tell)
def a_sync_of_a_daemonset_keeps_max_unavailable(most: Natural, unavailable: Natural, candidates: Natural) -> bool:
    """A sync leaves at most maxUnavailable nodes without a pod, or takes none."""
    taken = replaceable(most, unavailable, candidates)
    return 0 <= taken <= candidates and (taken == 0 or unavailable + taken <= most)


@a_sync_of_a_daemonset_keeps_max_unavailable.false_neighbour(smallest={"unavailable": 1})
def never_more_than_max_unavailable_lack_a_pod(most: Natural, unavailable: Natural, candidates: Natural) -> bool:
    """After a sync at most maxUnavailable nodes lack a pod. It is false: nodes fail by themselves."""
    return unavailable + replaceable(most, unavailable, candidates) <= most


@replaceable.theorem(tell=_tell)
def a_sync_of_a_daemonset_takes_all_that_may_go(most: Natural, unavailable: Natural, candidates: Natural) -> bool:
    """While fewer than maxUnavailable nodes lack a pod and some pod is old, a sync takes one: a rollout goes on."""
    assume(unavailable < most and candidates > 0, "there is room, and an old pod")
    return replaceable(most, unavailable, candidates) > 0
