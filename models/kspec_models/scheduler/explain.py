"""Why a pod goes where it goes, or waits: nodes by filters, scores by plugins, what preemption could do, in words.

The words of what a pod waits for are those of the FailedScheduling event: staging/src/k8s.io/kube-scheduler/framework,
FitError.Error (reasons with how many nodes gave them, sorted), and pkg/scheduler/framework/preemption/preemption.go,
Preempt. Nothing is decided here: the plugins are asked. Not modelled: the part of the event that DynamicResources adds.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable

import attrs

from kspec.kube.objects import Pod
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.scheduler import preemption, profile, scoring
from kspec_models.scheduler.preemption import Candidate
from kspec_models.scheduler.profile import NOTHING_ELSE, Around
from kspec_models.scheduler.result import FilterResult
from kspec_models.scheduler.scoring import NodeScore
from kspec_models.scheduler.snapshot import PlacedNode, Snapshot

NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"
POLICY_NEVER = "not eligible due to preemptionPolicy=Never."
VICTIMS_ARE_GOING = "not eligible due to a terminating pod on the nominated node."


class Outcome(enum.Enum):
    """What a filter did on a node."""

    PASSED = "passed"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    NOT_RUN = "not run"


@attrs.frozen
class NodeVerdict:
    """One node: what each filter did there, in the profile's order, and what they say in all."""

    node: str
    result: FilterResult
    filters: tuple[tuple[str, Outcome], ...]


@attrs.frozen
class Preempting:
    """What preemption would do. `message`: why it would do nothing, in the words of the event; "" if it would."""

    candidates: tuple[Candidate, ...] = ()
    best: tuple[str, ...] = ()
    message: str = ""


@attrs.frozen
class Explanation:
    """Why a pod goes where it goes, or waits. `chosen`: the nodes of which any may be taken; `event`: the event's
    message if it waits; `preemption` None: it does not come to that."""

    nodes: tuple[NodeVerdict, ...]
    scores: tuple[NodeScore, ...] = ()
    chosen: tuple[str, ...] = ()
    event: str = ""
    preemption: Preempting | None = None


def explain(
    pod: Pod,
    snapshot: Snapshot,
    around: Around = NOTHING_ELSE,
    *,
    nominated: str = "",
    budgets: tuple[PodDisruptionBudget, ...] = (),
) -> Explanation:
    """Run one scheduling cycle for a pod, and tell it. `nominated`: the node on which it expects room, "" for none;
    `budgets`: those that preemption spares as far as it can."""
    prepared = profile.prepared(pod, snapshot, around)
    results = profile.verdicts(pod, snapshot, around)
    verdicts = tuple(
        [
            NodeVerdict(at.node.name, result, outcomes(result, prepared))
            for at, result in zip(snapshot, results, strict=True)
        ]
    )
    feasible = tuple([at for at, result in zip(snapshot, results, strict=True) if result.fits])
    if not feasible:
        evicting = preempting(pod, snapshot, results, around, nominated, budgets)
        rejected = None if prepared.rejected is None else prepared.rejected.reason
        return Explanation(verdicts, event=event(results, rejected, evicting.message), preemption=evicting)
    if len(feasible) == 1:
        return Explanation(verdicts, chosen=(feasible[0].node.name,))
    scored = scoring.scores(pod, snapshot, feasible, around)
    return Explanation(verdicts, scored, scoring.best(scored))


def outcomes(result: FilterResult, prepared: profile.Prepared) -> tuple[tuple[str, Outcome], ...]:
    """What each filter did on a node with this result."""
    if prepared.rejected is not None:
        ran = [Outcome.REJECTED if name == result.plugin else Outcome.NOT_RUN for name in profile.ORDER]
        return tuple(zip(profile.ORDER, ran, strict=True))
    found: list[tuple[str, Outcome]] = []
    over = False
    for name in profile.ORDER:
        if over:
            found.append((name, Outcome.NOT_RUN))
        elif name == result.plugin and not result.fits:
            found.append((name, Outcome.REJECTED))
            over = True
        else:
            found.append((name, Outcome.SKIPPED if name in prepared.skipped else Outcome.PASSED))
    return tuple(found)


def event(results: Iterable[FilterResult], rejected: str | None, preemption_message: str) -> str:
    """The message of the FailedScheduling event."""
    every = list(results)
    if not every:
        return "no nodes available to schedule pods"
    reasons = rejected if rejected is not None else histogram([r for result in every for r in result.reasons])
    said = f"0/{len(every)} nodes are available: {reasons}."
    return f"{said} preemption: {preemption_message}" if preemption_message else said


def histogram(reasons: Iterable[str]) -> str:
    """Each reason with how often it was given, sorted as text."""
    return ", ".join(sorted([f"{number} {reason}" for reason, number in Counter(reasons).items()]))


def preempting(
    pod: Pod,
    snapshot: Snapshot,
    results: tuple[FilterResult, ...],
    around: Around,
    nominated: str,
    budgets: tuple[PodDisruptionBudget, ...],
) -> Preempting:
    """What preemption would do for a pod that no node takes."""
    if pod.spec.preemption_policy == preemption.PREEMPT_NEVER:
        return Preempting(message=POLICY_NEVER)
    for at, result in zip(snapshot, results, strict=True):
        if at.node.name == nominated and not preemption.eligible(pod, pod.spec.preemption_policy, at, result.status):
            return Preempting(message=VICTIMS_ARE_GOING)
    found = preemption.candidates(pod, snapshot, budgets, around)
    if found:
        return Preempting(found, tuple([each.node for each in preemption.best(found)]))
    why = [why_not(pod, at, result, snapshot, around) for at, result in zip(snapshot, results, strict=True)]
    return Preempting(message=f"0/{len(snapshot)} nodes are available: {histogram(why)}.")


def why_not(pod: Pod, at: PlacedNode, result: FilterResult, snapshot: Snapshot, around: Around) -> str:
    """Why no eviction from this node helps."""
    if not preemption.may_help(result.status):
        return NOT_HELPFUL
    kept = tuple([each for each in at.pods if not preemption.outranks(pod.spec.priority, each.spec.priority)])
    if len(kept) == len(at.pods):
        return NO_VICTIMS
    supposed = attrs.evolve(at, pods=kept)
    cluster = tuple([supposed if each is at else each for each in snapshot])
    return profile.verdict(pod, supposed, cluster, around).reason
