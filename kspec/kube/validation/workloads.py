"""What the API server refuses in the spec of a Deployment or a ReplicaSet.

What is modelled: pkg/apis/apps/validation/validation.go of Kubernetes 1.36 (ValidateDeploymentSpec,
ValidateReplicaSetSpec).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kspec.kube import formats
from kspec.kube.located import Path, Problem, shown
from kspec.kube.validation.checks import Object, Problems, at_least, label_selector, labels, one_of, selects
from kspec.kube.validation.pods import pod_spec


def _workload(kind: str, item: Object) -> Problems:
    """What Deployments and ReplicaSets have in common: replicas, selector, template."""
    spec = item["spec"]
    yield from at_least(spec, "replicas", 0, ("spec",))
    yield from at_least(spec, "minReadySeconds", 0, ("spec",))
    yield from selector_of_pods(kind, spec)
    template = spec["template"]
    metadata = template.get("metadata", {})
    path: Path = ("spec", "template")
    yield from labels(metadata.get("labels", {}), (*path, "metadata", "labels"))
    pod = template["spec"]
    yield from pod_spec(pod, (*path, "spec"), in_template=True)
    if pod["restartPolicy"] in ("OnFailure", "Never"):
        message = f'"{pod["restartPolicy"]}" is not supported: the pods of a {kind} must have "Always"'
        yield Problem((*path, "spec", "restartPolicy"), message)
    if "activeDeadlineSeconds" in pod:
        yield Problem((*path, "spec", "activeDeadlineSeconds"), f"must not be given in a {kind}")


def selector_of_pods(kind: str, spec: Object) -> Problems:
    """The selector is there, not empty, and selects the pods that the template makes."""
    selector = spec.get("selector")
    if selector is None:
        yield Problem(("spec", "selector"), "is required")
    elif not any(selector.values()):
        yield Problem(("spec", "selector"), f"must not be empty in a {kind}: it would select every pod")
        return
    else:
        broken = list(label_selector(selector, ("spec", "selector")))
        if broken:
            yield from broken
            return
    found = spec["template"].get("metadata", {}).get("labels", {})
    if selector is None or not selects(selector, found):
        wanted = f" ({_pairs(selector.get('matchLabels', {}))})" if selector and selector.get("matchLabels") else ""
        message = (
            f"the selector{wanted} does not match the template's labels ({_pairs(found)}): give both the same labels"
        )
        yield Problem(("spec", "template", "metadata", "labels"), message)


def _pairs(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(pairs.items())) or "none"


def deployment(item: Object) -> Problems:
    """A Deployment."""
    yield from _workload("Deployment", item)
    spec = item["spec"]
    yield from at_least(spec, "revisionHistoryLimit", 0, ("spec",))
    yield from at_least(spec, "progressDeadlineSeconds", 0, ("spec",))
    deadline, min_ready = spec["progressDeadlineSeconds"], spec.get("minReadySeconds", 0)
    if 0 <= deadline <= min_ready:
        message = f"{deadline} must be greater than minReadySeconds ({min_ready})"
        yield Problem(("spec", "progressDeadlineSeconds"), message)
    strategy = spec["strategy"]
    path: Path = ("spec", "strategy")
    yield from one_of(strategy["type"], ("Recreate", "RollingUpdate"), (*path, "type"))
    if strategy["type"] == "Recreate" and "rollingUpdate" in strategy:
        yield Problem((*path, "rollingUpdate"), "must not be given with the strategy type Recreate")
    if strategy["type"] == "RollingUpdate":
        yield from _rolling_update(strategy["rollingUpdate"], (*path, "rollingUpdate"))


def _rolling_update(rolling: Object, path: Path) -> Problems:
    unusable = list(numbers_of_pods(rolling, ("maxUnavailable", "maxSurge"), path))
    if unusable:
        yield from unusable
        return
    unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
    if _amount(unavailable) == 0 and _amount(surge) == 0:
        message = f"{unavailable} must not be 0 when maxSurge is {surge}: a rollout could neither add nor remove a pod"
        yield Problem((*path, "maxUnavailable"), message)
    yield from not_all_of_them(rolling, "maxUnavailable", path)


def numbers_of_pods(holder: Object, fields: Iterable[str], path: Path) -> Problems:
    """Each is a number of pods that is not negative, or a percentage; one that is not given is well."""
    for field in fields:
        value = holder.get(field, 0)
        problem = None
        if isinstance(value, str):
            problem = formats.percent(value)
        elif value < 0:
            problem = "must not be negative"
        if problem:
            yield Problem((*path, field), f"{shown(value)} {problem}")


def not_all_of_them(holder: Object, field: str, path: Path) -> Problems:
    """A percentage that is one is at most 100%."""
    value = holder.get(field, 0)
    if isinstance(value, str) and not formats.percent(value) and _amount(value) > 100:
        yield Problem((*path, field), f"{shown(value)} must not be more than 100%")


def _amount(value: int | str) -> int:
    return value if isinstance(value, int) else int(value[:-1])


def replica_set(item: Object) -> Problems:
    """A ReplicaSet."""
    yield from _workload("ReplicaSet", item)
