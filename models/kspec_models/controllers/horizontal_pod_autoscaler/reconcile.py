"""The HorizontalPodAutoscaler controller's plumbing: which objects one reconcile reads and writes.

Models `pkg/controller/podautoscaler/horizontal.go` reconcileAutoscaler (W110 to W117). What it decides is in `metrics`
(how many replicas a metric asks for), `behavior` (windows and limits) and `decisions` (all together); what it
remembers, in `memory`. The metric is an input (`load`).

Simplified: a reconcile reads the scale of its target by a live GET; here it looks into its cache, so that one that
changes nothing is no step (it would come every 15 seconds, for ever). Where that cache is late, the PUT of the scale
is refused, as it has the resourceVersion that was read. A pod's CPU counts as soon as it is ready.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.autoscaling import HorizontalPodAutoscaler
from kspec.kube.cache import Api, Cache
from kspec.kube.controller import Controller, controller
from kspec.kube.objects import Deployment, Pod, ReplicaSet
from kspec.kube.requests import Refused
from kspec.kube.residual import Reconcile
from kspec_models.controllers.horizontal_pod_autoscaler import decisions, metrics
from kspec_models.controllers.horizontal_pod_autoscaler.decisions import Autoscaler, Choice, Memory, Offer, Outcome
from kspec_models.controllers.horizontal_pod_autoscaler.load import DEMAND, NOISE, measured, requested
from kspec_models.controllers.horizontal_pod_autoscaler.memory import CONTROLLER, Recommendations
from kspec_models.controllers.horizontal_pod_autoscaler.metrics import Readiness, Tolerances
from kspec_models.helpers.labels import selector_matches

NOT_MODELLED = (
    "metrics other than CPU as a share of requests; samples that are missing or old; a pod's first minutes",
    "spec.behavior, scaling to and from zero, tolerances of one's own, several autoscalers of one workload",
    "lastScaleTime and the messages of conditions",
    "a conflict at the scale, after which upstream reads it and writes the same size once more (W117)",
)

TARGETS: dict[str, type] = {"Deployment": Deployment, "ReplicaSet": ReplicaSet}
"""The workloads with a scale subresource that can be a target."""


@controller(
    HorizontalPodAutoscaler,
    name=CONTROLLER,
    watches=(Pod, *TARGETS.values()),
    memory=Recommendations,
    not_modelled=NOT_MODELLED,
)
def horizontal_pod_autoscaler(hpa: Any, cache: Cache, api: Api, past: Recommendations) -> Reconcile:
    """One reconcile of an autoscaler (W113 to W117)."""
    if hpa.deleting:
        return
    target: Any = cache.get(TARGETS[hpa.target_kind], hpa.target)
    if target is None:
        yield from write_status(hpa, {"able_to_scale": "FailedGetScale"}, api)
        return
    current, spec = target.replicas, Autoscaler(hpa.min_replicas, hpa.max_replicas)
    offers = (asked_by_cpu(hpa, target, cache),)
    outcome = decisions.reconcile(spec, current, offers, Memory(past.past))
    asked = decisions.largest(offers, current)
    if asked is not None and decisions.choose(current, spec.least, spec.most, False, False) is Choice.METRICS:
        past.record(current, asked)
    status = reported(outcome, current)
    if outcome.desired != current:
        try:
            yield api.scale(target, outcome.desired, as_read=True)
        except Refused:
            status = {**status, "status_desired_replicas": current, "able_to_scale": "FailedUpdateScale"}
    yield from write_status(hpa, status, api)


def scaling(*kinds: type) -> Controller:
    """The controller in a cluster where only workloads of these kinds can be targets."""
    return attrs.evolve(horizontal_pod_autoscaler, also_watches=(Pod, *kinds))


def asked_by_cpu(hpa: Any, target: Any, cache: Cache) -> Offer:
    """How many replicas the CPU of the target's pods asks for (W110 to W112)."""
    near = [pod for pod in cache.list(Pod) if pod.namespace == hpa.namespace]
    pods = [pod for pod in near if selector_matches(target.selector, pod.labels)]
    usage = measured(cache.outside(DEMAND), cache.outside(NOISE), sum(1 for pod in pods if is_measured(pod)))
    samples = tuple([sample_of(pod, usage) for pod in pods])
    proposal = metrics.by_utilization(target.replicas, samples, hpa.target_utilization, Tolerances())
    return Offer(decisions.Source.RESOURCE, None if proposal is None else proposal.replicas)


def is_measured(pod: Any) -> bool:
    """Whether the pod takes its share of the load."""
    return bool(pod.ready and not pod.deleting)


def sample_of(pod: Any, usage: int | None) -> metrics.Pod:
    """A pod to the arithmetic."""
    return metrics.Pod(
        usage=usage if is_measured(pod) else None,
        request=requested(pod.spec),
        phase=pod.phase,
        deleting=pod.deleting,
        readiness=Readiness.TRUE if pod.ready else Readiness.FALSE,
    )


def reported(outcome: Outcome, current: int) -> dict[str, Any]:
    """The status after a reconcile."""
    reasons = {condition.type: condition.reason for condition in outcome.conditions}
    return {
        "status_current_replicas": current,
        "status_desired_replicas": outcome.desired,
        "able_to_scale": reasons.get("AbleToScale", ""),
        "scaling_active": reasons.get("ScalingActive", ""),
        "scaling_limited": reasons.get("ScalingLimited", ""),
    }


def write_status(hpa: Any, status: dict[str, Any], api: Api) -> Reconcile:
    """The status, if it is another."""
    if any(getattr(hpa, field) != value for field, value in status.items()):
        yield api.update_status(hpa, **status)
