"""Preemption's plumbing: a pod that fits nowhere has pods of lower priority evicted, and waits for their room.

Models `pkg/scheduler/framework/preemption/preemption.go` Preempt and `executor.go` (C90 to C101): when no node passes,
a node and its victims are chosen (the decisions are in `preemption`); the pod gets status.nominatedNodeName at once,
and lower-priority pods that are nominated to the same node lose theirs (C97). The victims are evicted asynchronously,
one after another: each is marked with the condition DisruptionTarget and deleted gracefully (C96), unless it is going
already (C101). What is still to be evicted is in memory only (C49).

Simplified: start times are not known, so any order of victims of one priority is tried that importance allows. While
evictions are under way their pod is not tried for preemption again; that it could be bound meanwhile, if there is room,
is more than upstream does. Not modelled: the number of candidates, and claims (no eviction helps against what is
missing of them, C65; here they keep a pod off no node).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from kspec.kernel.values import Ref
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api, Cache, identity_of
from kspec.kube.objects import Pod
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.scheduler import preemption, profile
from kspec_models.scheduler.preemption import Candidate
from kspec_models.scheduler.snapshot import PREEMPTION_BY_SCHEDULER, PlacedNode, Snapshot, snapshot_of


@attrs.frozen
class Eviction:
    """Pods that are still to be evicted for another. The last one goes last."""

    preemptor: Ref
    victims: tuple[Ref, ...]


def known_pods(cache: Cache) -> tuple[tuple[Any, Pod], ...]:
    """Every pod as it is cached, and as the plugins take it: its name there tells it from its equals."""
    return tuple(
        [
            (
                pod,
                Pod(
                    pod.labels,
                    pod.spec,
                    None,
                    pod.node,
                    pod.phase,
                    deleting=pod.deleting,
                    namespace=pod.namespace,
                    name=str(number),
                    nominated_node=pod.nominated_node,
                    disruption=pod.disruption,
                ),
            )
            for number, pod in enumerate(cache.list(Pod))
        ]
    )


def known_budgets(cache: Cache, names: Mapping[Any, str]) -> tuple[PodDisruptionBudget, ...]:
    """The budgets as the plugins take them: of the disrupted pods, the names that they have here."""
    return tuple(
        [
            PodDisruptionBudget(
                budget.name,
                budget.selector,
                disruptions_allowed=budget.disruptions_allowed,
                disrupted_pods=tuple([names.get(pod, "") for pod in budget.disrupted_pods]),
                namespace=budget.namespace,
            )
            for budget in cache.list(PodDisruptionBudget)
        ]
    )


def choices(pod: Pod, snapshot: Snapshot, budgets: tuple[PodDisruptionBudget, ...]) -> tuple[Candidate, ...]:
    """The candidates of which any may be chosen, for every order of victims that importance leaves open."""
    found: dict[tuple[str, tuple[str, ...]], Candidate] = {}
    for ordered in orders(snapshot):
        for each in preemption.best(preemption.candidates(pod, ordered, budgets)):
            found.setdefault((each.node, tuple(sorted([victim.name for victim in each.victims]))), each)
    return tuple(found.values())


def orders(snapshot: Snapshot) -> Iterator[Snapshot]:
    """The snapshot with the pods of each node in every order in which equals could stand."""
    for ways in itertools.product(*[orders_of(at.pods) for at in snapshot]):
        yield tuple([attrs.evolve(at, pods=pods) for at, pods in zip(snapshot, ways, strict=True)])


def orders_of(pods: tuple[Pod, ...]) -> Iterator[tuple[Pod, ...]]:
    """Every order of pods of one priority; the priorities from high to low."""
    groups: dict[int, list[Pod]] = {}
    for pod in pods:
        groups.setdefault(-pod.spec.priority, []).append(pod)
    ways = [list(itertools.permutations(groups[priority])) for priority in sorted(groups)]
    for chosen in itertools.product(*ways):
        yield tuple(itertools.chain.from_iterable(chosen))


def allowed(pod: Pod, at: Iterable[tuple[Ref, PlacedNode]], snapshot: Snapshot) -> bool:
    """Whether the pod may preempt now (C90)."""
    nominated = next((placed for ref, placed in at if ref == pod.nominated_node), None)
    if nominated is None:
        return preemption.eligible(pod, pod.spec.preemption_policy, None)
    status = profile.verdict(pod, nominated, snapshot).status
    return preemption.eligible(pod, pod.spec.preemption_policy, nominated, status)


def add_preemption(actor: Actor, waits: Callable[[Any], bool]) -> None:
    """Give a scheduler the actions of preemption. `waits`: whether a pod is in its queue.

    Budgets are respected, as far as possible, by one that watches them.
    """

    @actor.once()
    def preempt(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        known = known_pods(cache)
        cached_of = {pod.name: cached for cached, pod in known}
        busy = {eviction.preemptor for eviction in here.evicting}
        for cached, pod in known:
            if not waits(cached) or cached.identity in busy:
                continue
            snapshot = snapshot_of(here.nodes, [other for _, other in known if other is not pod])
            if any(result.fits for result in profile.verdicts(pod, snapshot)):
                continue
            nodes = [(ref, at) for (ref, _), at in zip(here.nodes, snapshot, strict=True)]
            if not allowed(pod, nodes, snapshot):
                continue
            names = {identity_of(each): other.name for each, other in known}
            budgets = known_budgets(cache, names) if PodDisruptionBudget in actor.watches else ()
            found = choices(pod, snapshot, budgets)
            for candidate in found:
                ref, at = next((ref, at) for ref, at in nodes if at.node.name == candidate.node)
                victims = tuple([cached_of[victim.name].identity for victim in candidate.victims])
                lower = [cached_of[other.name] for other in at.nominated if outranked(other, pod)]
                yield (
                    f"no node fits; from {at.node.name} pods of lower priority can go",
                    api.patch_status(cached, nominated_node=ref),
                    here.set(evicting=(*here.evicting, Eviction(cached.identity, victims))),
                    tuple([api.patch_status(other, nominated_node=None) for other in lower]),
                )
            if not found and pod.nominated_node is not None:
                yield "no eviction would help any more", api.patch_status(cached, nominated_node=None)

    @actor.once()
    def evict(cache: Cache, here: Here, api: Api) -> Iterator[Any]:
        seen: dict[Any, Any] = {identity_of(pod): pod for pod in cache.list(Pod)}
        for eviction in here.evicting:
            for victim in eviction.victims[:-1] or eviction.victims:
                rest = attrs.evolve(eviction, victims=tuple([v for v in eviction.victims if v != victim]))
                changed = [rest if each is eviction else each for each in here.evicting]
                later = here.set(evicting=tuple([each for each in changed if each.victims]))
                pod = seen.get(victim)
                if pod is None or pod.deleting:
                    yield "it is going already", later
                else:
                    marked = api.patch_status(pod, disruption=PREEMPTION_BY_SCHEDULER)
                    yield "for a pod of higher priority", later, marked, api.delete(pod)


def outranked(other: Pod, pod: Pod) -> bool:
    """Whether another nominated pod gives way."""
    return preemption.outranks(pod.spec.priority, other.spec.priority)
