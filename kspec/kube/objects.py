"""Kubernetes objects as values: the documentation's words, flattened where a field has only one place.

What is simplified: `metadata`, `spec` and `status` are one record; times are abstract (no clocks); amounts of
resources are integers (cpu in millicores, everything else in its unit). Only fields that some model reads are here.
Mappings are tuples of pairs sorted by key.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kernel.values import Ref, Uid

Labels = tuple[tuple[str, str], ...]
"""Sorted pairs of key and value."""

Resources = tuple[tuple[str, int], ...]
"""Sorted pairs of resource name and amount: cpu in millicores, memory in bytes, pods as a count."""


HOSTNAME = "kubernetes.io/hostname"
"""The label by which every node is its own."""


def labels(**pairs: str) -> Labels:
    """Labels from keyword arguments: `labels(app="web")`."""
    return tuple(sorted(pairs.items()))


class Phase(enum.Enum):
    """status.phase of a pod."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


class Operator(enum.Enum):
    """Operators of selector requirements and of tolerations."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GT = "Gt"
    LT = "Lt"
    EQUAL = "Equal"


class Effect(enum.Enum):
    """What a taint does to pods that do not tolerate it."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class StrategyType(enum.Enum):
    """spec.strategy.type of a Deployment."""

    ROLLING_UPDATE = "RollingUpdate"
    RECREATE = "Recreate"


@attrs.frozen
class Percent:
    """`25%` as `Percent(25)`."""

    value: int


IntOrPercent = int | Percent


@attrs.frozen
class Requirement:
    """One expression of a selector: key, operator, values."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()


@attrs.frozen
class LabelSelector:
    """matchLabels and matchExpressions, all of which must match. An empty selector matches everything."""

    match_labels: Labels = ()
    match_expressions: tuple[Requirement, ...] = ()


@attrs.frozen
class Taint:
    """spec.taints of a node."""

    key: str
    value: str = ""
    effect: Effect = Effect.NO_SCHEDULE


@attrs.frozen
class Toleration:
    """spec.tolerations of a pod. `effect` None: every effect; `key` empty with Exists: every key."""

    key: str = ""
    operator: Operator = Operator.EQUAL
    value: str = ""
    effect: Effect | None = None
    toleration_seconds: int | None = None


@attrs.frozen
class ContainerPort:
    """ports of a container; `host_port` 0: none."""

    container_port: int = 0
    host_port: int = 0
    protocol: str = "TCP"
    host_ip: str = ""
    name: str = ""


@attrs.frozen
class Container:
    """One container of a pod. `restart_policy` "Always" makes an init container a sidecar."""

    name: str
    image: str = ""
    requests: Resources = ()
    limits: Resources = ()
    ports: tuple[ContainerPort, ...] = ()
    restart_policy: str = ""


@attrs.frozen
class NodeSelectorTerm:
    """All expressions and fields must match."""

    match_expressions: tuple[Requirement, ...] = ()
    match_fields: tuple[Requirement, ...] = ()


@attrs.frozen
class PodSpec:
    """spec of a pod, without nodeName (which binding sets: see Pod.node)."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    node_selector: Labels = ()
    node_affinity: tuple[NodeSelectorTerm, ...] | None = None
    tolerations: tuple[Toleration, ...] = ()
    overhead: Resources = ()
    scheduler_name: str = "default-scheduler"
    scheduling_gates: tuple[str, ...] = ()
    termination_grace_period_seconds: int = 30
    restart_policy: str = "Always"
    service_account_name: str = "default"
    priority: int = 0


@attrs.frozen
class PodTemplate:
    """spec.template of a workload."""

    labels: Labels = ()
    spec: PodSpec = PodSpec()


@attrs.frozen
class OwnerReference:
    """The controller reference of an object."""

    kind: str
    name: str
    uid: Uid | None = None


@attrs.frozen
class Pod:
    """A pod. `node`: spec.nodeName as a mention of a node; `deleting`: metadata.deletionTimestamp is set."""

    labels: Labels = ()
    spec: PodSpec = PodSpec()
    owner: OwnerReference | None = None
    node: Ref | None = None
    phase: Phase = Phase.PENDING
    ready: bool = False
    deleting: bool = False
    namespace: str = "default"

    @property
    def active(self) -> bool:
        """Not finished and not being deleted (IsPodActive; W09)."""
        return not self.deleting and not self.finished

    @property
    def finished(self) -> bool:
        """Its containers have ended and will not start again."""
        return self.phase in (Phase.SUCCEEDED, Phase.FAILED)

    @property
    def available(self) -> bool:
        """Ready, with minReadySeconds over (W09; times are abstract: as soon as it is ready)."""
        return self.ready


@attrs.frozen
class Node:
    """A node. `allocatable` holds cpu, memory, pods and whatever else it offers."""

    name: str
    labels: Labels = ()
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    allocatable: Resources = ()


@attrs.frozen
class ReplicaSet:
    """A ReplicaSet. `replicas` is spec.replicas; `status_replicas`, `ready_replicas`, `available_replicas` its
    status."""

    name: str
    selector: LabelSelector
    template: PodTemplate
    replicas: int = 1
    min_ready_seconds: int = 0
    owner: OwnerReference | None = None
    labels: Labels = ()
    revision: int = 0
    desired_replicas: int | None = None
    max_replicas: int | None = None
    status_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    deleting: bool = False
    namespace: str = "default"
    uid: Uid | None = None


@attrs.frozen
class Strategy:
    """spec.strategy of a Deployment, not yet resolved against its replicas."""

    type: StrategyType = StrategyType.ROLLING_UPDATE
    max_surge: IntOrPercent = Percent(25)
    max_unavailable: IntOrPercent = Percent(25)


@attrs.frozen
class Deployment:
    """A Deployment."""

    name: str
    selector: LabelSelector
    template: PodTemplate
    replicas: int = 1
    strategy: Strategy = Strategy()
    min_ready_seconds: int = 0
    revision_history_limit: int = 10
    progress_deadline_seconds: int = 600
    paused: bool = False
    labels: Labels = ()
    status_replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    deleting: bool = False
    namespace: str = "default"
    uid: Uid | None = None
