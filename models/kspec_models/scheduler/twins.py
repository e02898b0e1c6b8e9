"""Broken twins of the scheduler: mistakes that a real one could make, which some property must notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from kspec.kernel.settings import broken_twin
from kspec.kube.actor import Here
from kspec.kube.objects import Node, Pod, PodSpec, Taint
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.scheduler import schedule
from kspec_models.scheduler.preemption import Candidate
from kspec_models.scheduler.snapshot import Snapshot

_neighbours = schedule.neighbours


@broken_twin(
    "scheduler.victims",
    "equals",
    "kspec_models.scheduler.preemption:outranks",
    "pods of the same priority are evicted too",
)
def outranks_equals(preemptor: int, victim: int) -> bool:
    """Whoever is not more important may go."""
    return victim <= preemptor


@broken_twin(
    "scheduler.post-filter",
    "left-out",
    "kspec_models.scheduler.evicting:choices",
    "no pod is ever evicted for another, whatever their priorities",
)
def no_choices(pod: Pod, snapshot: Snapshot, budgets: tuple[PodDisruptionBudget, ...]) -> tuple[Candidate, ...]:
    """There is never a candidate."""
    return ()


@broken_twin(
    "scheduler.budgets",
    "ignored",
    "kspec_models.scheduler.preemption:takes_a_disruption",
    "no PodDisruptionBudget counts when victims are chosen",
)
def never_a_disruption(pod: Pod, budget: PodDisruptionBudget) -> bool:
    """Evicting a pod counts against no budget."""
    return False


@broken_twin(
    "scheduler.neighbours",
    "ignored",
    "kspec_models.scheduler.schedule:neighbours",
    "what the pods on the nodes are called, and whom they avoid, is not looked at",
)
def strangers(here: Here) -> tuple[Pod, ...]:
    """The other pods without labels and affinity."""
    plain = [attrs.evolve(pod, labels=()) for pod in _neighbours(here)]
    return tuple([attrs.evolve(pod, spec=attrs.evolve(pod.spec, pod_affinity=None)) for pod in plain])


@broken_twin(
    "scheduler.name",
    "ignored",
    "kspec_models.scheduler.schedule:responsible",
    "a scheduler takes every pod for its own, whatever its schedulerName",
)
def everybodys(spec: PodSpec, scheduler_name: str) -> bool:
    """Every pod is everybody's business."""
    return True


@broken_twin(
    "scheduler.taints",
    "ignored",
    "kspec_models.scheduler.filters.taint_toleration:untolerated",
    "pods are bound to nodes whatever their taints",
)
def tolerated(spec: PodSpec, node: Node) -> Taint | None:
    """No taint keeps a pod off."""
    return None


@broken_twin(
    "scheduler.winner",
    "any",
    "kspec_models.scheduler.schedule:taken",
    "the scores are not looked at, and any node that fits is taken",
)
def any_node(pod: Any, fitting: Sequence[Any], here: Here) -> list[Any]:
    """Every node that fits."""
    return list(fitting)
