"""Kubernetes objects as values: the documentation's words, flattened where a field has only one place.

What is simplified: `metadata`, `spec` and `status` are one record; times are abstract (no clocks); amounts of
resources are integers (cpu in millicores, everything else in its unit). Only fields that some model reads are here.
Mappings are tuples of pairs sorted by key.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import ClassVar

import attrs

from kspec.kernel.values import Ref, Uid
from kspec.kube.placement import Disk, PodAffinity, PreferredTerm, SpreadConstraint
from kspec.kube.selectors import Labels as Labels
from kspec.kube.selectors import LabelSelector as LabelSelector
from kspec.kube.selectors import NodeSelectorTerm as NodeSelectorTerm
from kspec.kube.selectors import Operator as Operator
from kspec.kube.selectors import Requirement as Requirement
from kspec.kube.selectors import labels as labels

Resources = tuple[tuple[str, int], ...]
"""Sorted pairs of resource name and amount: cpu in millicores, memory in bytes, pods as a count."""


HOSTNAME = "kubernetes.io/hostname"
"""The label by which every node is its own."""

NODE_NAME_FIELD = "metadata.name"
"""The field by which a node selector term names a node."""


class Phase(enum.Enum):
    """status.phase of a pod."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


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
class Taint:
    """spec.taints of a node."""

    key: str
    value: str = ""
    effect: Effect = Effect.NO_SCHEDULE

    def told(self, called: Callable[[Ref], str]) -> str:
        """As `kubectl taint` writes it."""
        return f"{self.key}={self.value}:{self.effect.value}" if self.value else f"{self.key}:{self.effect.value}"


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
class ContainerProbe:
    """A liveness, readiness or startup probe: how many equal results in a row count. Its handler is not modelled."""

    failure_threshold: int = 3
    success_threshold: int = 1


@attrs.frozen
class Container:
    """One container of a pod. `restart_policy` "Always" makes an init container a sidecar; `pre_stop`: has a hook."""

    name: str
    image: str = ""
    requests: Resources = ()
    limits: Resources = ()
    ports: tuple[ContainerPort, ...] = ()
    restart_policy: str = ""
    liveness_probe: ContainerProbe | None = None
    readiness_probe: ContainerProbe | None = None
    startup_probe: ContainerProbe | None = None
    pre_stop: bool = False
    image_pull_policy: str = ""


@attrs.frozen
class PodSpec:
    """spec of a pod, without nodeName (which binding sets: see Pod.node).

    `node_affinity`: the required terms; `preferred_nodes`: the preferred ones. `pod_affinity` None: it looks at no
    other pods. `spread`: topologySpreadConstraints; `claims`: names of its persistent volume claims; `disks`: volumes
    that it names itself.
    """

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
    preemption_policy: str = "PreemptLowerPriority"
    preferred_nodes: tuple[PreferredTerm, ...] = ()
    pod_affinity: PodAffinity | None = None
    spread: tuple[SpreadConstraint, ...] = ()
    claims: tuple[str, ...] = ()
    disks: tuple[Disk, ...] = ()
    priority_class_name: str = ""


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
    """A pod. `node`: spec.nodeName as a mention of a node; `deleting`: metadata.deletionTimestamp is set.

    `name`: one that was given to it (by a StatefulSet, say); "" stands for a generated one. `nominated_node`: where
    a pod that waits expects room (status.nominatedNodeName); `disruption`: why it is about to be ended (the reason of
    its condition DisruptionTarget, "" for none); `start`: of status.startTime only the order, None: not known.
    `initialized`: its condition Initialized. `mirror`: it only shows a static pod (kubernetes.io/config.mirror).
    `grace_over`: while it is being deleted, deletionGracePeriodSeconds is 0, and only finalizers keep it.
    `unschedulable`: its condition PodScheduled is False, with the reason Unschedulable.
    """

    labels: Labels = ()
    spec: PodSpec = PodSpec()
    owner: OwnerReference | None = None
    node: Ref | None = None
    phase: Phase = Phase.PENDING
    ready: bool = False
    deleting: bool = False
    namespace: str = "default"
    name: str = ""
    finalizers: tuple[str, ...] = ()
    nominated_node: Ref | None = None
    disruption: str = ""
    start: int | None = None
    initialized: bool = False
    mirror: bool = False
    grace_over: bool = False
    unschedulable: bool = False

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

    @property
    def only_node(self) -> str:
        """The node that its required affinity names as the only one; "" if it names none (W82)."""
        for term in self.spec.node_affinity or ():
            for field in term.match_fields:
                if field.key == NODE_NAME_FIELD and field.operator is Operator.IN and len(field.values) == 1:
                    return field.values[0]
        return ""


class NodeReady(enum.Enum):
    """status of a node's condition Ready."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


@attrs.frozen
class Node:
    """A node. `allocatable` holds cpu, memory, pods and whatever else it offers; `ready`: its condition Ready.

    `images`: those that it has, each by its names, with its size in bytes.
    """

    shown: ClassVar[tuple[str, ...]] = ("ready", "taints", "unschedulable")
    name: str
    labels: Labels = ()
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    allocatable: Resources = ()
    ready: NodeReady = NodeReady.TRUE
    deleting: bool = False
    images: tuple[tuple[tuple[str, ...], int], ...] = ()


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
    finalizers: tuple[str, ...] = ()


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
    finalizers: tuple[str, ...] = ()
