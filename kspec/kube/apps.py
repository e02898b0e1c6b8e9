"""Objects of the API group `apps` beside Deployments and ReplicaSets: StatefulSets, DaemonSets, and their history."""

from __future__ import annotations

import enum
from typing import ClassVar

import attrs

from kspec.kernel.values import Uid
from kspec.kube.objects import IntOrPercent, LabelSelector, OwnerReference, PodTemplate
from kspec.kube.selectors import Labels


class PodManagement(enum.Enum):
    """spec.podManagementPolicy of a StatefulSet."""

    ORDERED_READY = "OrderedReady"
    PARALLEL = "Parallel"


class UpdateStrategy(enum.Enum):
    """spec.updateStrategy.type of a StatefulSet or a DaemonSet."""

    ROLLING_UPDATE = "RollingUpdate"
    ON_DELETE = "OnDelete"


@attrs.frozen
class ControllerRevision:
    """A template that a StatefulSet once had. Its data never changes."""

    name: str
    template: PodTemplate
    owner: OwnerReference | None = None
    namespace: str = "default"
    deleting: bool = False
    finalizers: tuple[str, ...] = ()


@attrs.frozen
class StatefulSet:
    """A StatefulSet. `replicas` is spec.replicas, `status_replicas` and what follows it its status.

    `partition` None: updateStrategy has no stanza rollingUpdate; `start`: spec.ordinals.start; `current_revision`,
    `update_revision`: names of ControllerRevisions, "" before the first sync.
    """

    name: str
    selector: LabelSelector
    template: PodTemplate
    replicas: int = 1
    service_name: str = ""
    pod_management_policy: PodManagement = PodManagement.ORDERED_READY
    update_strategy: UpdateStrategy = UpdateStrategy.ROLLING_UPDATE
    partition: int | None = 0
    max_unavailable: IntOrPercent | None = None
    start: int = 0
    min_ready_seconds: int = 0
    labels: Labels = ()
    status_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    current_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    deleting: bool = False
    namespace: str = "default"
    uid: Uid | None = None
    finalizers: tuple[str, ...] = ()

    STATUS: ClassVar[frozenset[str]] = frozenset(
        {
            "status_replicas",
            "ready_replicas",
            "available_replicas",
            "current_replicas",
            "updated_replicas",
            "current_revision",
            "update_revision",
        }
    )


@attrs.frozen
class DaemonSet:
    """A DaemonSet. `desired_number_scheduled` and what follows it are its status.

    `host_network`: spec.template.spec.hostNetwork, of which only the tolerations speak.
    """

    name: str
    selector: LabelSelector
    template: PodTemplate
    update_strategy: UpdateStrategy = UpdateStrategy.ROLLING_UPDATE
    max_surge: IntOrPercent = 0
    max_unavailable: IntOrPercent = 1
    host_network: bool = False
    min_ready_seconds: int = 0
    labels: Labels = ()
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_misscheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    updated_number_scheduled: int = 0
    deleting: bool = False
    namespace: str = "default"
    uid: Uid | None = None
    finalizers: tuple[str, ...] = ()

    STATUS: ClassVar[frozenset[str]] = frozenset(
        {
            "desired_number_scheduled",
            "current_number_scheduled",
            "number_misscheduled",
            "number_ready",
            "number_available",
            "updated_number_scheduled",
        }
    )
