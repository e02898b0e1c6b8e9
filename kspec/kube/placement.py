"""What a pod's spec says of where it may go, beside selectors of nodes and resources: other pods, domains, disks.

A pod that says nothing of the kind costs nothing: its fields are None or empty.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.selectors import LabelSelector, NodeSelectorTerm


@attrs.frozen
class PreferredTerm:
    """One entry of a nodeAffinity's preferredDuringSchedulingIgnoredDuringExecution."""

    weight: int
    term: NodeSelectorTerm


@attrs.frozen
class AffinityTerm:
    """One term of podAffinity or podAntiAffinity. `selector` None matches no pod."""

    topology_key: str
    selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None


@attrs.frozen
class WeightedTerm:
    """A preferred term."""

    weight: int
    term: AffinityTerm


@attrs.frozen
class PodAffinity:
    """spec.affinity of a pod, without nodeAffinity: what it wants near, and what it avoids."""

    required: tuple[AffinityTerm, ...] = ()
    required_anti: tuple[AffinityTerm, ...] = ()
    preferred: tuple[WeightedTerm, ...] = ()
    preferred_anti: tuple[WeightedTerm, ...] = ()


class WhenUnsatisfiable(enum.Enum):
    """Whether a spread constraint filters or only scores."""

    DO_NOT_SCHEDULE = "DoNotSchedule"
    SCHEDULE_ANYWAY = "ScheduleAnyway"


@attrs.frozen
class SpreadConstraint:
    """One entry of topologySpreadConstraints. `honor_affinity`, `honor_taints`: only nodes that the pod asks for, and
    tolerates, are counted (nodeAffinityPolicy, nodeTaintsPolicy)."""

    topology_key: str
    max_skew: int = 1
    when: WhenUnsatisfiable = WhenUnsatisfiable.DO_NOT_SCHEDULE
    selector: LabelSelector | None = None
    min_domains: int = 1
    match_label_keys: tuple[str, ...] = ()
    honor_affinity: bool = True
    honor_taints: bool = False


@attrs.frozen
class GcePersistentDisk:
    """gcePersistentDisk of a volume."""

    pd_name: str
    read_only: bool = False


@attrs.frozen
class AwsElasticBlockStore:
    """awsElasticBlockStore of a volume."""

    volume_id: str


@attrs.frozen
class Iscsi:
    """iscsi of a volume."""

    iqn: str
    read_only: bool = False


@attrs.frozen
class Rbd:
    """rbd of a volume."""

    monitors: tuple[str, ...]
    pool: str
    image: str
    read_only: bool = False


Disk = GcePersistentDisk | AwsElasticBlockStore | Iscsi | Rbd
"""A volume that its pod names itself, and that not every pod may use at once."""
