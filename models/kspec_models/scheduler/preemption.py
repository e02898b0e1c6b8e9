"""Preemption: which pods of lower priority would have to go so that a pod fits, and from which node (C90 to C101).

Runs only when no node passed. PodDisruptionBudgets are respected as far as possible, not more. One node at a time is
considered, so what other nodes' pods forbid is never lifted (C99). Sources, below pkg/scheduler/framework:
plugins/defaultpreemption/default_preemption.go, preemption/preemption.go; pkg/scheduler/util/utils.go. Not modelled:
extenders, the random offset from which candidates are tried (C91: any order), pods being preempted as a group when they
are on different nodes, carrying it out (C96).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from kspec.kube.objects import Pod
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.helpers.labels import as_selector
from kspec_models.scheduler.profile import NOTHING_ELSE, Around, verdict, verdicts
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.snapshot import PREEMPTION_BY_SCHEDULER, PlacedNode, Snapshot

PREEMPT_NEVER = "Never"
FEWEST_CANDIDATES = 100
CANDIDATES_PERCENT = 10

Fits = Callable[[tuple[Pod, ...]], bool]
"""Whether the pod would fit the node with just these pods on it."""

Victim = tuple[Pod, ...]
"""A pod, or a group of pods that go together."""


@attrs.frozen
class Candidate:
    """A node, the pods that would have to go, most important first, and how many of them break a budget."""

    node: str
    victims: tuple[Pod, ...]
    violations: int = 0


def eligible(pod: Pod, policy: str, nominated: PlacedNode | None, nominated_status: Status = Status.SUCCESS) -> bool:
    """Whether a pod may preempt now: its policy allows it, and nothing of an earlier attempt is under way (C90).

    `nominated`: the node that an earlier attempt chose, None if there is none (any more); `nominated_status`: what the
    filters said of it.
    """
    if policy == PREEMPT_NEVER:
        return False
    if nominated is None or nominated_status is Status.UNSCHEDULABLE_AND_UNRESOLVABLE:
        return True
    return not any(
        other.deleting
        and other.disruption == PREEMPTION_BY_SCHEDULER
        and outranks(pod.spec.priority, other.spec.priority)
        for other in nominated.pods
    )


def outranks(preemptor: int, victim: int) -> bool:
    """Whether a pod of one priority may preempt one of the other: only a strictly lower one (C95)."""
    return victim < preemptor


def candidates_to_find(nodes: int) -> int:
    """How many candidates are enough of so many nodes: 10 per cent, at least 100, at most all (C91)."""
    return min(max(nodes * CANDIDATES_PERCENT // 100, FEWEST_CANDIDATES), nodes)


def may_help(status: Status) -> bool:
    """Whether preemption on a node can help, by what the filters said of it (C28, C91)."""
    return status is Status.UNSCHEDULABLE


def importance(pod: Pod) -> tuple[int, bool, int]:
    """Sort key, most important first: higher priority, then the earlier start; one not started is the latest."""
    return -pod.spec.priority, pod.start is None, pod.start or 0


def select_victims(pod: Pod, at: PlacedNode, budgets: tuple[PodDisruptionBudget, ...], fits: Fits) -> Candidate | None:
    """Who would have to go from this node; None if the pod fits with none of them, or nobody ranks lower (C92).

    All pods of lower priority are taken away; then each is put back if the pod still fits, those that break a budget
    first, the most important first.
    """
    lower = sorted((each for each in at.pods if outranks(pod.spec.priority, each.spec.priority)), key=importance)
    kept = tuple(each for each in at.pods if not outranks(pod.spec.priority, each.spec.priority))
    if not lower or not fits(kept):
        return None
    violating, others = split_by_budgets([(each,) for each in lower], budgets)
    victims: list[Pod] = []
    violations = 0
    for breaks_a_budget, group in ((True, violating), (False, others)):
        for (each,) in group:
            if fits((*kept, each)):
                kept = (*kept, each)
            else:
                victims.append(each)
                violations += breaks_a_budget
    return Candidate(at.node.name, tuple(sorted(victims, key=importance)), violations)


def split_by_budgets(
    victims: Iterable[Victim], budgets: tuple[PodDisruptionBudget, ...]
) -> tuple[tuple[Victim, ...], tuple[Victim, ...]]:
    """Those whose eviction would break a budget, and the others, each in order (C93; filterPodsWithPDBViolation).

    A victim is a pod or a group of them. Each pod takes one disruption of every budget that selects it, unless its
    eviction is under way. A pod without labels is in no budget, and an empty selector selects nobody.
    """
    left = [budget.disruptions_allowed for budget in budgets]
    violating: list[Victim] = []
    others: list[Victim] = []
    for victim in victims:
        broken = False
        for pod in victim:
            for i, budget in enumerate(budgets):
                if takes_a_disruption(pod, budget):
                    left[i] -= 1
                    broken = broken or left[i] < 0
        (violating if broken else others).append(victim)
    return tuple(violating), tuple(others)


def takes_a_disruption(pod: Pod, budget: PodDisruptionBudget) -> bool:
    """Whether evicting this pod counts against the budget. A selector that is not valid selects nobody."""
    if not pod.labels or pod.namespace != budget.namespace or pod.name in budget.disrupted_pods:
        return False
    try:
        selector = as_selector(budget.selector)
    except ValueError:
        return False
    return not selector.empty and selector.matches(pod.labels)


def cost(candidate: Candidate) -> tuple[int, int, int, int, tuple[bool, int]]:
    """What choosing a candidate costs; the least wins, in this order (C94; pickOneNodeForPreemption).

    Budgets broken; the highest priority among the victims; the sum of their priorities, each counted from the lowest
    possible upwards, so that fewer victims are better; their number; the earliest start among the victims of the
    highest priority, a later one better.
    """
    if not candidate.victims:
        return candidate.violations, -(2**31), 0, 0, (False, 0)
    highest = max(victim.spec.priority for victim in candidate.victims)
    total = sum(victim.spec.priority + 2**31 for victim in candidate.victims)
    first = min((v.start is None, v.start or 0) for v in candidate.victims if v.spec.priority == highest)
    return candidate.violations, highest, total, len(candidate.victims), (not first[0], -first[1])


def best(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The candidates of which any may be chosen: all that cost the least."""
    every = tuple(candidates)
    least = min((cost(each) for each in every), default=None)
    return tuple(each for each in every if cost(each) == least)


def candidates(
    pod: Pod, snapshot: Snapshot, budgets: tuple[PodDisruptionBudget, ...] = (), around: Around = NOTHING_ELSE
) -> tuple[Candidate, ...]:
    """The victims on every node where preemption can help, each by a dry run of the filters (C91, C100)."""
    found = []
    for at, result in zip(snapshot, verdicts(pod, snapshot, around), strict=True):
        if not may_help(result.status):
            continue
        candidate = select_victims(pod, at, budgets, _dry_run(pod, at, snapshot, around))
        if candidate is not None:
            found.append(candidate)
    return tuple(found)


def _dry_run(pod: Pod, at: PlacedNode, snapshot: Snapshot, around: Around) -> Fits:
    def fits(pods: tuple[Pod, ...]) -> bool:
        supposed = attrs.evolve(at, pods=pods)
        cluster = tuple(supposed if each is at else each for each in snapshot)
        return verdict(pod, supposed, cluster, around).fits

    return fits
