"""What a PodDisruptionBudget's status says: how many pods there should be, are healthy, and may go.

Models pkg/controller/disruption/disruption.go, trySync and what it calls (W160 to W163). Numbers are pods; times are
whole seconds by the controller's clock, used for the two minutes' patience only.

Simplified: which kinds of controllers have a scale is the caller's question. Not modelled: events and conditions.
"""

from __future__ import annotations

import attrs

from kspec.kernel.values import Ref
from kspec.kube.objects import IntOrPercent, Labels, LabelSelector
from kspec_models.helpers.int_or_percent import resolve
from kspec_models.helpers.labels import selector_matches

DELETION_TIMEOUT = 120
"""Seconds after which an evicted pod that is still there counts again (W161)."""

STALE_CONDITION_TIMEOUT = 120
"""Seconds after which DisruptionTarget=True on a pod that is not going is taken back (W163)."""


@attrs.frozen
class Budget:
    """spec of a budget: one of the two numbers, or a percentage of the pods that there should be."""

    min_available: IntOrPercent | None = None
    max_unavailable: IntOrPercent | None = None
    selector: LabelSelector | None = None


@attrs.frozen
class BudgetPod:
    """A pod of the budget's namespace. `controller`: the uid in its controller reference, None if it has none."""

    name: str | Ref
    labels: Labels = ()
    ready: bool = False
    deleting: bool = False
    controller: str | None = None


@attrs.frozen
class Controller:
    """A controller that pods refer to. `replicas`: its scale, None if it has none. `owner`: the uid of its own one."""

    kind: str
    uid: str
    replicas: int | None
    owner: str | None = None


Disrupted = tuple[tuple[str | Ref, int], ...]
"""status.disruptedPods: names of evicted pods, and when the eviction was granted."""


@attrs.frozen
class Expected:
    """How many pods there should be, how many of them healthy."""

    expected: int
    desired: int


@attrs.frozen
class BudgetStatus:
    """status of a budget."""

    allowed: int = 0
    current: int = 0
    desired: int = 0
    expected: int = 0
    disrupted: Disrupted = ()


class NoScale(ValueError):
    """A pod's controller is gone or has no scale: the status cannot be computed."""


# ---- the arithmetic


def desired_of_max_unavailable(expected: int, max_unavailable: IntOrPercent) -> int:
    """How many must be healthy if so many may be missing; percentages round up (W160)."""
    return max(0, expected - resolve(max_unavailable, expected, up=True))


def desired_of_min_available(expected: int, min_available: IntOrPercent) -> int:
    """How many must be healthy; percentages round up (W160). A number may be more than there ever will be."""
    return resolve(min_available, expected, up=True)


def disruptions_allowed(expected: int, healthy: int, desired: int) -> int:
    """How many may be evicted now. None while there should be no pods: the first ones are safe (W161)."""
    if expected <= 0 or healthy <= desired:
        return 0
    return healthy - desired


# ---- which pods


def covered(budget: Budget, pods: tuple[BudgetPod, ...]) -> tuple[BudgetPod, ...]:
    """The pods of the namespace that the budget selects (getPodsForPdb); an empty selector selects all."""
    return tuple(pod for pod in pods if selector_matches(budget.selector, pod.labels))


def is_healthy(pod: BudgetPod, disrupted: Disrupted, now: int) -> bool:
    """Ready, not going, and not evicted within the last two minutes (W161, countHealthyPods)."""
    expected_gone = any(name == pod.name and at + DELETION_TIMEOUT > now for name, at in disrupted)
    return pod.ready and not pod.deleting and not expected_gone


def still_disrupted(pods: tuple[BudgetPod, ...], disrupted: Disrupted, now: int) -> Disrupted:
    """The entries to keep: of pods that are there, not going yet, and within two minutes (W162, buildDisruptedPodMap).

    The bound is inclusive here and exclusive in `is_healthy`, as upstream.
    """
    waiting = {pod.name for pod in pods if not pod.deleting}
    return tuple((name, at) for name, at in disrupted if name in waiting and at + DELETION_TIMEOUT >= now)


def recheck_at(disrupted: Disrupted) -> int | None:
    """When to look again: the first of the kept entries runs out; None: nothing to wait for."""
    return min((at + DELETION_TIMEOUT for _, at in disrupted), default=None)


# ---- how many there should be


def counting(reference: str, controllers: tuple[Controller, ...]) -> Controller | None:
    """The controller whose scale counts for pods that refer to this uid: for a ReplicaSet its Deployment (W160).

    A ReplicaSet whose Deployment is gone counts by itself. None: there is none with a scale.
    """
    by_uid = {each.uid: each for each in controllers if each.replicas is not None}
    found = by_uid.get(reference)
    if found is None or found.kind != "ReplicaSet" or found.owner is None:
        return found
    above = by_uid.get(found.owner)
    return above if above is not None and above.kind == "Deployment" else found


def expected_scale(pods: tuple[BudgetPod, ...], controllers: tuple[Controller, ...]) -> int:
    """The sum of what the distinct controllers of these pods want; pods without one add nothing (W160).

    Raises NoScale if a pod refers to a controller that is gone or has no scale.
    """
    found: dict[str, int] = {}
    for pod in pods:
        if pod.controller is None:
            continue
        controller = counting(pod.controller, controllers)
        if controller is None or controller.replicas is None:
            raise NoScale(f"found no controller with a scale for pod {pod.name!r}")
        found[controller.uid] = controller.replicas
    return sum(found.values())


def expected_pods(budget: Budget, pods: tuple[BudgetPod, ...], controllers: tuple[Controller, ...]) -> Expected:
    """How many pods there should be, and how many healthy (W160, getExpectedPodCount). Raises NoScale.

    minAvailable as a number counts the pods that there are, and asks no controller.
    """
    if budget.max_unavailable is not None:
        expected = expected_scale(pods, controllers)
        return Expected(expected, desired_of_max_unavailable(expected, budget.max_unavailable))
    if budget.min_available is None:
        return Expected(0, 0)
    expected = len(pods) if isinstance(budget.min_available, int) else expected_scale(pods, controllers)
    return Expected(expected, desired_of_min_available(expected, budget.min_available))


def status_of(
    budget: Budget,
    pods: tuple[BudgetPod, ...],
    controllers: tuple[Controller, ...],
    before: BudgetStatus = BudgetStatus(),
    now: int = 0,
) -> BudgetStatus:
    """The status that one sync writes (trySync); `pods` are all of the namespace.

    If the scale of a controller cannot be found, nothing may go, and the rest stays as it was (W161, failSafe).
    """
    mine = covered(budget, pods)
    try:
        should = expected_pods(budget, mine, controllers)
    except NoScale:
        return attrs.evolve(before, allowed=0)
    disrupted = still_disrupted(mine, before.disrupted, now)
    healthy = sum(1 for pod in mine if is_healthy(pod, disrupted, now))
    allowed = disruptions_allowed(should.expected, healthy, should.desired)
    return BudgetStatus(allowed, healthy, should.desired, should.expected, disrupted)


def condition_is_stale(set_true_at: int, now: int, *, deleting: bool, finished: bool, by_kubelet: bool) -> bool:
    """Whether DisruptionTarget=True, set at that time, is to be set False (W163): the pod stays after all.

    The kubelet's own condition is never stale, nor one of a finished pod.
    """
    return not deleting and not finished and not by_kubelet and now - set_true_at >= STALE_CONDITION_TIMEOUT
