"""What the spec of each kind must be, whenever it is stored: on creation and after every update.

Upstream: pkg/apis/apps/validation (ValidateDeploymentSpec, ValidateReplicaSetSpec, ValidateStatefulSetSpec,
ValidateDaemonSetSpec), pkg/apis/core/validation (ValidateService), pkg/apis/networking/validation (ValidateIngress),
pkg/apis/policy/validation, pkg/apis/autoscaling/validation. A rule is here if a component or a user of a running
cluster could break it with the fields that the kinds have; the first problem is told, by its path.

Not modelled: amounts and access modes of claims and volumes, schedules of CronJobs, the restart policy of a Job's pods
(manifests are asked for all of these), formats of names, the range from which node ports are allocated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kspec.kube.apps import DaemonSet, StatefulSet, UpdateStrategy
from kspec.kube.autoscaling import HorizontalPodAutoscaler
from kspec.kube.networking import HEADLESS, Ingress, Service, ServiceType
from kspec.kube.objects import Deployment, IntOrPercent, LabelSelector, Percent, PodTemplate, ReplicaSet, StrategyType
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.helpers.labels import selector_matches

PORTS = range(1, 65536)
"""What may be a port."""


def wrong(thing: Any) -> str:
    """What is wrong with an object, empty: nothing."""
    return next((problem for rule in RULES.get(type(thing), ()) if (problem := rule(thing))), "")


# ---- workloads


def selects_its_pods(thing: Any) -> str:
    """The selector is not empty, and selects the pods that the template makes."""
    selector: LabelSelector = thing.selector
    template: PodTemplate = thing.template
    if not (selector.match_labels or selector.match_expressions):
        return "spec.selector: must not be empty"
    try:
        matches = selector_matches(selector, template.labels)
    except ValueError as error:
        return f"spec.selector: {error}"
    return "" if matches else "spec.template.metadata.labels: selector does not match template labels"


def restarts_always(thing: Any) -> str:
    """The pods are restarted whenever they end."""
    policy = thing.template.spec.restart_policy
    return "" if policy == "Always" else f"spec.template.spec.restartPolicy: {policy} is not supported, only Always"


def deployment_strategy(thing: Deployment) -> str:
    """A rolling update can take or add at least one pod."""
    strategy = thing.strategy
    if strategy.type is not StrategyType.ROLLING_UPDATE:
        return ""
    path = "spec.strategy.rollingUpdate"
    problem = amounts(path, maxUnavailable=strategy.max_unavailable, maxSurge=strategy.max_surge)
    if problem:
        return problem
    if is_zero(strategy.max_unavailable) and is_zero(strategy.max_surge):
        return f"{path}.maxUnavailable: may not be 0 when maxSurge is 0"
    return at_most_all(f"{path}.maxUnavailable", strategy.max_unavailable)


def deployment_progress(thing: Deployment) -> str:
    """There is time to progress beyond the time that a pod must be ready."""
    if thing.progress_deadline_seconds > thing.min_ready_seconds:
        return ""
    return "spec.progressDeadlineSeconds: must be greater than minReadySeconds"


def daemonset_strategy(thing: DaemonSet) -> str:
    """A rolling update either takes pods away first, or adds them first."""
    if thing.update_strategy is not UpdateStrategy.ROLLING_UPDATE:
        return ""
    path = "spec.updateStrategy.rollingUpdate"
    problem = amounts(path, maxUnavailable=thing.max_unavailable, maxSurge=thing.max_surge)
    problem = problem or at_most_all(f"{path}.maxUnavailable", thing.max_unavailable)
    problem = problem or at_most_all(f"{path}.maxSurge", thing.max_surge)
    if problem:
        return problem
    surges, takes = not is_zero(thing.max_surge), not is_zero(thing.max_unavailable)
    if surges and takes:
        return f"{path}.maxSurge: may not be set when maxUnavailable is non-zero"
    return "" if surges or takes else f"{path}.maxUnavailable: cannot be 0 when maxSurge is 0"


def statefulset_numbers(thing: StatefulSet) -> str:
    """Ordinals and partitions are not negative, and an update may take some pod."""
    if thing.start < 0:
        return "spec.ordinals.start: must be greater than or equal to 0"
    if thing.partition is not None and thing.partition < 0:
        return "spec.updateStrategy.rollingUpdate.partition: must be greater than or equal to 0"
    if thing.max_unavailable is None:
        return ""
    path = "spec.updateStrategy.rollingUpdate"
    if is_zero(thing.max_unavailable):
        return f"{path}.maxUnavailable: cannot be 0"
    problem = amounts(path, maxUnavailable=thing.max_unavailable)
    return problem or at_most_all(f"{path}.maxUnavailable", thing.max_unavailable)


# ---- numbers of pods


def is_zero(amount: IntOrPercent) -> bool:
    """Whether it is 0 or 0%."""
    return (amount.value if isinstance(amount, Percent) else amount) == 0


def amounts(path: str, **given: IntOrPercent | None) -> str:
    """No number of pods is negative."""
    for field, amount in given.items():
        if amount is not None and (amount.value if isinstance(amount, Percent) else amount) < 0:
            return f"{path}.{field}: must be greater than or equal to 0"
    return ""


def at_most_all(path: str, amount: IntOrPercent | None) -> str:
    """A percentage is at most 100%."""
    too_much = isinstance(amount, Percent) and amount.value > 100
    return f"{path}: must not be greater than 100%" if too_much else ""


def budget_numbers(thing: PodDisruptionBudget) -> str:
    """One of the two numbers, not negative, at most 100%."""
    if thing.min_available is not None and thing.max_unavailable is not None:
        return "spec: minAvailable and maxUnavailable cannot be both set"
    problem = amounts("spec", minAvailable=thing.min_available, maxUnavailable=thing.max_unavailable)
    problem = problem or at_most_all("spec.minAvailable", thing.min_available)
    return problem or at_most_all("spec.maxUnavailable", thing.max_unavailable)


def autoscaler_bounds(thing: HorizontalPodAutoscaler) -> str:
    """1 ≤ minReplicas ≤ maxReplicas (the gate HPAScaleToZero is off in 1.36)."""
    if thing.min_replicas < 1:
        return "spec.minReplicas: must be greater than or equal to 1"
    if thing.max_replicas < thing.min_replicas:
        return "spec.maxReplicas: must be greater than or equal to minReplicas"
    return "" if thing.target_utilization > 0 else "spec.metrics[0].resource.target.averageUtilization: must be over 0"


# ---- services


def service_ports(thing: Service) -> str:
    """Ports are ports, each with a name and a number of its own; only a headless Service needs none."""
    if not thing.ports and not thing.headless:
        return "spec.ports: Required value"
    for position, port in enumerate(thing.ports):
        path = f"spec.ports[{position}]"
        if port.port not in PORTS:
            return f"{path}.port: must be between 1 and 65535"
        if isinstance(port.target_port, int) and port.target_port not in PORTS:
            return f"{path}.targetPort: must be between 1 and 65535"
        if port.protocol not in ("TCP", "UDP", "SCTP"):
            return f"{path}.protocol: {port.protocol} is not supported, only TCP, UDP and SCTP"
        if len(thing.ports) > 1 and not port.name:
            return f"{path}.name: Required value"
        if port.node_port and thing.type is ServiceType.CLUSTER_IP:
            return f"{path}.nodePort: may not be used when type is ClusterIP"
    return twice([port.name for port in thing.ports if port.name], "name") or twice(
        [(port.protocol, port.port) for port in thing.ports], "port"
    )


def twice(values: Sequence[Any], what: str) -> str:
    """Nothing is given twice."""
    return "" if len(set(values)) == len(values) else f"spec.ports: two have the same {what}"


def service_address(thing: Service) -> str:
    """Only a Service of type ClusterIP can do without an address."""
    if thing.headless and thing.type is not ServiceType.CLUSTER_IP:
        return f"spec.clusterIPs[0]: may not be set to '{HEADLESS}' for {thing.type.value} services"
    return ""


def ingress_backends(thing: Ingress) -> str:
    """It leads somewhere; every path is absolute, and leads to a port of a Service."""
    if not thing.paths and not thing.default_service:
        return "spec: either defaultBackend or rules must be specified"
    for position, each in enumerate(thing.paths):
        path = f"spec.rules[{position}]"
        if not each.path.startswith("/"):
            return f"{path}.path: must be an absolute path"
        if not each.service:
            return f"{path}.backend.service.name: Required value"
        if each.port not in PORTS:
            return f"{path}.backend.service.port.number: must be between 1 and 65535"
    return ""


Rule = Callable[[Any], str]

RULES: Mapping[type, tuple[Rule, ...]] = {
    Deployment: (selects_its_pods, restarts_always, deployment_strategy, deployment_progress),
    ReplicaSet: (selects_its_pods, restarts_always),
    StatefulSet: (selects_its_pods, restarts_always, statefulset_numbers),
    DaemonSet: (selects_its_pods, restarts_always, daemonset_strategy),
    PodDisruptionBudget: (budget_numbers,),
    HorizontalPodAutoscaler: (autoscaler_bounds,),
    Service: (service_ports, service_address),
    Ingress: (ingress_backends,),
}
"""The rules of each kind, in the order in which they are asked."""
