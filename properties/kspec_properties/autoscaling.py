"""What must hold of autoscalers and of the workloads that they size.

- `an_autoscaler_keeps_within_its_range`: of what the controller writes; whoever else scales the workload may leave it.
- `a_size_is_lowered_only_after_the_window`: by what the controller remembers; a restart forgets it, and then the size
  at the restart counts as recommended (W116).
- `an_autoscaler_settles`: needs that the load comes to rest, up to measurements that are off by less than the tolerance
  (W110), and that its values ask for a number of pods that such an error does not change.
- `an_autoscaled_workload_follows`: all pods that the autoscaler wants are there, ready, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.properties import Broken, Happened, eventually_always, step_invariant
from kspec.kernel.registry import offer
from kspec.kube.autoscaling import HorizontalPodAutoscaler
from kspec.kube.objects import Pod
from kspec.kube.truth import Truth
from kspec_models.controllers.horizontal_pod_autoscaler.load import DEMAND, requested, wanted
from kspec_models.controllers.horizontal_pod_autoscaler.memory import CONTROLLER
from kspec_models.controllers.horizontal_pod_autoscaler.reconcile import TARGETS
from kspec_models.helpers.labels import selector_matches

ABOUT = (HorizontalPodAutoscaler, Pod)


def autoscalers(truth: Truth) -> Iterator[tuple[HorizontalPodAutoscaler, Any]]:
    """Every autoscaler, with its target (None: there is none)."""
    for name in truth.names(HorizontalPodAutoscaler):
        hpa = truth.get(HorizontalPodAutoscaler, name)
        if hpa is not None:
            yield hpa, truth.get(TARGETS[hpa.target_kind], hpa.target)


def an_autoscaler_has_scaled(truth: Truth) -> bool:
    """Some autoscaler has changed the size of its target."""
    return "SucceededRescale" in truth.all(HorizontalPodAutoscaler, "able_to_scale")


def resized(before: Truth, happened: Happened, after: Truth) -> Iterator[tuple[HorizontalPodAutoscaler, int, int]]:
    """The autoscalers whose controller changed the size of their target in this step: from what, to what."""
    if happened.actor != CONTROLLER or "/scale" not in happened.action:
        return
    for hpa, target in autoscalers(after):
        was = None if target is None else before.field(TARGETS[hpa.target_kind], hpa.target, "replicas")
        if was is not None and was != target.replicas:
            yield hpa, was, target.replicas


@step_invariant(witness=an_autoscaler_has_scaled, about=ABOUT)
def an_autoscaler_keeps_within_its_range(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """An autoscaler never gives its target fewer replicas than minReplicas, nor more than maxReplicas."""
    for hpa, _, now in resized(before, happened, after):
        if not hpa.min_replicas <= now <= hpa.max_replicas:
            clause = f"{hpa.name} is scaled to {now}, and its range is {hpa.min_replicas} to {hpa.max_replicas}"
            return Broken(clause, (f"HorizontalPodAutoscaler {hpa.name}",))
    return True


@step_invariant(witness=an_autoscaler_has_scaled, about=ABOUT)
def a_size_is_lowered_only_after_the_window(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """An autoscaler makes its target smaller only when nothing larger was recommended within the window (W115)."""
    for hpa, was, now in resized(before, happened, after):
        most = max(before.variable(f"{CONTROLLER}/{hpa.name}/memory") or (now,))
        if now < was and now < min(most, hpa.max_replicas):
            clause = f"{hpa.name} is scaled to {now}, and {most} was recommended within the window"
            return Broken(clause, (f"HorizontalPodAutoscaler {hpa.name}",))
    return True


@eventually_always(witness=an_autoscaler_has_scaled, about=ABOUT, needs=("load",))
def an_autoscaler_settles(truth: Truth) -> bool | Broken:
    """Once the load is at rest, its workload has the size that the load needs, for ever: it does not go up and down."""
    demand = truth.variable(DEMAND)
    for hpa, target in autoscalers(truth):
        request = None if target is None else requested(target.template.spec)
        if request is None:
            continue
        size = wanted(demand, request, hpa)
        if target.replicas != size:
            clause = f"{hpa.target} asks for {target.replicas} replicas, and its load of {demand}m needs {size}"
            return Broken(clause, (f"HorizontalPodAutoscaler {hpa.name}",))
    return True


@eventually_always(witness=an_autoscaler_has_scaled, about=ABOUT)
def an_autoscaled_workload_follows(truth: Truth) -> bool | Broken:
    """In the end as many pods are ready as its autoscaler wants, and there are no others."""
    pods = truth.all(Pod, "labels", "ready", "namespace")
    for hpa, target in autoscalers(truth):
        if target is None:
            continue
        near = [(labels, ready) for labels, ready, namespace in pods if namespace == target.namespace]
        mine = [ready for labels, ready in near if selector_matches(target.selector, labels)]
        if len(mine) != hpa.status_desired_replicas or not all(mine):
            clause = f"{sum(mine)} of {len(mine)} pods are ready; the autoscaler wants {hpa.status_desired_replicas}"
            return Broken(clause, (f"HorizontalPodAutoscaler {hpa.name}",))
    return True


AUTOSCALING = (
    an_autoscaler_keeps_within_its_range,
    a_size_is_lowered_only_after_the_window,
    an_autoscaler_settles,
    an_autoscaled_workload_follows,
)
"""What is promised of autoscalers, in the order of reports."""

offer(*AUTOSCALING, of="autoscaling")
