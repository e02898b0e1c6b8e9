"""The kinds of storage: volumes, claims to volumes, and classes of them. Amounts are bytes.

Nodes are named by name here (a claim's selected node, a volume's node affinity): where claims wait for a node, nodes
need labels of their own, so that none is taken for another.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import ClassVar

import attrs

from kspec.kernel.values import Ref, Uid
from kspec.kube.selectors import Labels, LabelSelector, NodeSelectorTerm

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
"""The annotation of a claim whose binding is complete on both sides."""
SELECTED_NODE = "volume.kubernetes.io/selected-node"
"""The annotation by which the scheduler tells for which node a claim's volume is to be made."""


class VolumePhase(enum.Enum):
    """status.phase of a PersistentVolume."""

    PENDING = "Pending"
    AVAILABLE = "Available"
    BOUND = "Bound"
    RELEASED = "Released"
    FAILED = "Failed"


class ClaimPhase(enum.Enum):
    """status.phase of a PersistentVolumeClaim."""

    PENDING = "Pending"
    BOUND = "Bound"
    LOST = "Lost"


class ReclaimPolicy(enum.Enum):
    """What becomes of a volume when its claim is gone."""

    RETAIN = "Retain"
    DELETE = "Delete"
    RECYCLE = "Recycle"


class VolumeMode(enum.Enum):
    """volumeMode of a volume or a claim; none is Filesystem."""

    FILESYSTEM = "Filesystem"
    BLOCK = "Block"


class AccessMode(enum.Enum):
    """How many may use a volume, and for what."""

    READ_WRITE_ONCE = "ReadWriteOnce"
    READ_ONLY_MANY = "ReadOnlyMany"
    READ_WRITE_MANY = "ReadWriteMany"
    READ_WRITE_ONCE_POD = "ReadWriteOncePod"


AccessModes = frozenset[AccessMode]


class BindingMode(enum.Enum):
    """volumeBindingMode of a storage class."""

    IMMEDIATE = "Immediate"
    WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"


@attrs.frozen
class ClaimRef:
    """spec.claimRef of a volume. Without a uid it is a wish of a user: the volume is kept for that name."""

    name: str
    namespace: str = "default"
    uid: Uid | str | None = None

    def told(self, called: Callable[[Ref | Uid], str]) -> str:
        """The claim's name, and what there is to say of its uid."""
        about = called(self.uid) if isinstance(self.uid, Uid) else ""
        return f"{self.name} ({about})" if about else self.name


@attrs.frozen
class PersistentVolume:
    """A PersistentVolume. `phase` None: it has no status yet; `attributes_class`: volumeAttributesClassName.

    `node_affinity` None: it can be reached from every node.
    """

    name: str
    capacity: int = 0
    access_modes: AccessModes = frozenset()
    phase: VolumePhase | None = VolumePhase.AVAILABLE
    reclaim: ReclaimPolicy = ReclaimPolicy.RETAIN
    storage_class: str = ""
    mode: VolumeMode | None = None
    attributes_class: str = ""
    claim: ClaimRef | None = None
    labels: Labels = ()
    annotations: Labels = ()
    deleting: bool = False
    node_affinity: tuple[NodeSelectorTerm, ...] | None = None
    finalizers: tuple[str, ...] = ()
    uid: Uid | None = None

    shown: ClassVar[tuple[str, ...]] = ("phase", "claim", "reclaim")


@attrs.frozen
class PersistentVolumeClaim:
    """A PersistentVolumeClaim. `storage_class` None: not set, which is not the same as empty."""

    name: str
    request: int = 0
    access_modes: AccessModes = frozenset()
    namespace: str = "default"
    volume_name: str = ""
    phase: ClaimPhase = ClaimPhase.PENDING
    storage_class: str | None = None
    mode: VolumeMode | None = None
    attributes_class: str = ""
    selector: LabelSelector | None = None
    annotations: Labels = ()
    deleting: bool = False
    finalizers: tuple[str, ...] = ()
    uid: Uid | str | None = None

    shown: ClassVar[tuple[str, ...]] = ("phase", "volume_name", "storage_class")

    @property
    def bound(self) -> bool:
        """Whether it names a volume, and its binding is complete."""
        return bool(self.volume_name) and BIND_COMPLETED in dict(self.annotations)

    @property
    def selected_node(self) -> str:
        """The node for which its volume is to be made; "" if the scheduler has not chosen yet."""
        return dict(self.annotations).get(SELECTED_NODE, "")


@attrs.frozen
class StorageClass:
    """A StorageClass. `mode` None: not set; `allowed_topologies`: terms, each a label and its values, of which all of
    one must hold (none: everywhere)."""

    name: str
    mode: BindingMode | None = BindingMode.IMMEDIATE
    provisioner: str = ""
    allowed_topologies: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...] = ()
    reclaim: ReclaimPolicy = ReclaimPolicy.DELETE
    default: bool = False
    deleting: bool = False

    shown: ClassVar[tuple[str, ...]] = ("provisioner", "mode", "reclaim")
