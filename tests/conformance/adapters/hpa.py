"""HorizontalPodAutoscalers: `op` replicas, reconcile, stabilise, stabilise-behavior, rules, convert.

Upstream's tests wait 2 minutes for a pod's CPU and 10 seconds for its readiness, let the size grow eightfold, and say
that a pod became ready when it started. In a reconcile the levels are those of the pods where there are pods' metrics;
an external metric beside a CPU target has no series then: HPA-154, the only one, says so in its test's name alone.
"""

from __future__ import annotations

from typing import Any

from kspec.kube import quantity
from kspec.kube.objects import Phase
from kspec_models.controllers.horizontal_pod_autoscaler import behavior, decisions, metrics
from tests.conformance.interface import AtLeast, Given, Skip

TOPIC = "hpa"

_TIMING = metrics.Timing(120, 10)
_FACTOR = 8


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "replicas":
            return _replicas(given)
        case "reconcile":
            return _reconcile(given)
        case "stabilise":
            return {"stabilised": behavior.stabilized(given["desired"], _past(given["recommendations"], "replicas"))}
        case "stabilise-behavior":
            return {
                "stabilised": behavior.stabilized_with_behavior(
                    given["current"],
                    given["desired"],
                    _past(given["recommendations"], "replicas"),
                    given["up_window_s"],
                    given["down_window_s"],
                )
            }
        case "rules":
            ups, downs = _past(given["up_events"], "change"), _past(given["down_events"], "change")
            size = behavior.limited_with_behavior(*_range(given), _behavior(given), ups, downs)
            return {"replicas": size.replicas, "condition": size.limit.value}
        case "convert":
            size = behavior.limited(*_range(given), _FACTOR)
            return {"replicas": size.replicas, "condition": size.limit.value}
    raise Skip(f"op {given['op']}")


def _replicas(given: Given) -> Any:
    raw = given.get("tolerances", {})
    tolerances = metrics.Tolerances(_thousandths(raw.get("scaleUp", 0.1)), _thousandths(raw.get("scaleDown", 0.1)))
    current = given["current"]
    if "resource" in given:
        resource = given["resource"]
        container = given.get("container")
        usages = [_of_container(levels, container) for levels in resource.get("levels") or ()]
        requests = [_milli(each) * (1 if container else 2) for each in resource.get("requests") or ()]
        pods, strangers = _pods(given, current, usages, requests)
        proposal = metrics.by_utilization(
            current,
            pods,
            resource["targetUtilization"],
            tolerances,
            strangers=strangers,
            cpu=resource["name"] == "cpu",
            timing=_TIMING,
        )
        key = "utilization"
    else:
        metric = given["metric"]
        target = metric.get("target", metric.get("perPodTarget"))
        proposal = _of_metric(metric["type"], given, current, current, metric["levels"], target, tolerances)
        key = "usage"
    return {"error": True} if proposal is None else {"replicas": proposal.replicas, key: proposal.usage}


def _of_metric(
    type_: str, given: Given, current: int, status: int, levels: list[int], target: int, tolerances: metrics.Tolerances
) -> metrics.Proposal | None:
    pods, strangers = _pods(given, status, levels, [])
    if type_ == "pods":
        return metrics.by_average(current, pods, target, tolerances, strangers=strangers, timing=_TIMING)
    usage = metrics.total(tuple(levels))
    if usage is None:
        return None
    if type_.endswith("PerPod"):
        return metrics.by_value_per_pod(status, usage, target, tolerances)
    return metrics.by_value(current, usage, target, metrics.ready_pods(pods), tolerances)


def _reconcile(given: Given) -> Any:
    current, rules = given["spec"], _behavior(given)
    has_behavior = "scaleUp" in given or "scaleDown" in given
    hpa = decisions.Autoscaler(
        given["min"],
        given["max"],
        rules if has_behavior else None,
        scale_to_zero=given.get("gate_HPAScaleToZero", False),
        factor=_FACTOR,
    )
    tolerances = metrics.Tolerances(
        100 if rules.up.tolerance is None else rules.up.tolerance,
        100 if rules.down.tolerance is None else rules.down.tolerance,
    )
    specs = list(given.get("metrics") or ())
    if given.get("cpu_target"):
        target = {"averageUtilization": given["cpu_target"]}
        specs.insert(0, {"type": "Resource", "resource": {"name": "cpu", "target": target}})
    offers = tuple(_offer(given, spec, tolerances) for spec in specs)
    raw = given["recommendations"]
    memory = decisions.Memory(None if raw is None else _past(raw, "replicas"))
    before = tuple(
        decisions.Condition(each["type"], each["status"] == "True", each["reason"])
        for each in given.get("conditions_before") or ()
    )
    outcome = decisions.reconcile(hpa, current, offers, memory, before)
    change = (outcome.desired > current) - (outcome.desired < current)
    return AtLeast(
        {
            "desired": outcome.desired,
            "conditions": [
                {"type": each.type, "status": str(each.status), "reason": each.reason} for each in outcome.conditions
            ],
            "action": ("none", "scale_up", "scale_down")[change],
        }
    )


def _offer(given: Given, spec: Given, tolerances: metrics.Tolerances) -> decisions.Offer:
    current, status, levels = given["spec"], given["status"], list(given.get("levels") or ())
    proposal: metrics.Proposal | None = None
    match spec["type"]:
        case "Resource" | "ContainerResource":
            source = decisions.Source.RESOURCE if "resource" in spec else decisions.Source.CONTAINER_RESOURCE
            inner = spec["resource"] if "resource" in spec else spec["containerResource"]
            pods, strangers = _pods(given, status, levels, [_milli(each) for each in given.get("requests") or ()])
            cpu, target = inner["name"] == "cpu", inner["target"]
            known = {"strangers": strangers, "cpu": cpu, "timing": _TIMING}
            if "averageUtilization" in target:
                proposal = metrics.by_utilization(current, pods, target["averageUtilization"], tolerances, **known)
            else:
                proposal = metrics.by_average(current, pods, _milli(target["averageValue"]), tolerances, **known)
        case "Pods":
            source = decisions.Source.PODS
            target = _milli(spec["pods"]["target"]["averageValue"])
            proposal = _of_metric("pods", given, current, status, levels, target, tolerances)
        case "Object" | "External":
            source = decisions.Source.OBJECT if spec["type"] == "Object" else decisions.Source.EXTERNAL
            if source is decisions.Source.EXTERNAL and given.get("cpu_target"):
                levels = []
            target = spec[spec["type"].lower()]["target"]
            type_, field = ("external", "value") if "value" in target else ("externalPerPod", "averageValue")
            proposal = _of_metric(type_, given, current, status, levels, _milli(target[field]), tolerances)
        case _:
            source = decisions.Source.UNKNOWN
    return decisions.Offer(source, None if proposal is None else proposal.replicas)


def _pods(
    given: Given, count: int, usages: list[int], requests: list[int]
) -> tuple[tuple[metrics.Pod, ...], tuple[int, ...]]:
    """The pods, and the usage reported of others. Failed pods are not among those that the target counts."""
    phases = given.get("phase") or ()
    count = max(count, len(phases))
    pods = []
    for i in range(count):
        started = _age(given["pod_start"][i]) if i < len(given.get("pod_start") or ()) else metrics.LONG_AGO
        pods.append(
            metrics.Pod(
                usage=usages[i] if i < len(usages) else None,
                request=requests[i] if i < len(requests) else None,
                phase=Phase(phases[i]) if i < len(phases) else Phase.RUNNING,
                deleting=i < len(given.get("deleted") or ()) and given["deleted"][i],
                readiness=metrics.Readiness(given["readiness"][i])
                if i < len(given.get("readiness") or ())
                else metrics.Readiness.TRUE,
                started=started,
                changed=started,
            )
        )
    return tuple(pods), tuple(usages[count:])


def _behavior(given: Given) -> behavior.Behavior:
    return behavior.Behavior(
        _rules(given.get("scaleUp"), behavior.DEFAULT_UP), _rules(given.get("scaleDown"), behavior.DEFAULT_DOWN)
    )


def _rules(raw: Given | None, default: behavior.Rules) -> behavior.Rules:
    if raw is None:
        return default
    policies = tuple(
        behavior.Policy(behavior.PolicyType(each["type"]), each["value"], each["periodSeconds"])
        for each in raw.get("policies") or ()
    )
    return behavior.Rules(
        raw.get("stabilizationWindowSeconds", default.window),
        policies or default.policies,
        behavior.Select(raw.get("selectPolicy") or "Max"),
        _milli(raw["tolerance"]) if "tolerance" in raw else None,
    )


def _range(given: Given) -> tuple[int, int, int, int]:
    return given["current"], given["desired"], given["min"], given["max"]


def _past(raw: list[Given], key: str) -> tuple[behavior.Past, ...]:
    return tuple(behavior.Past(each[key], _age(each["at"])) for each in raw)


def _age(at: str) -> int:
    return int(at.removeprefix("now").removeprefix("-").removesuffix("s") or 0)


def _of_container(levels: list[int], container: str | None) -> int:
    return sum(levels) if container is None else levels[int(container.removeprefix("container")) - 1]


def _milli(amount: Any) -> int:
    return quantity.from_yaml(amount).milli


def _thousandths(number: float) -> int:
    return round(number * 1000)
