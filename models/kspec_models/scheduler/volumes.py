"""Volumes as the scheduler's filters see them: claims, persistent volumes, storage classes.

Sources: staging/src/k8s.io/api/core/v1/types.go, Volume, PersistentVolumeClaim, PersistentVolume;
api/storage/v1/types.go, StorageClass. Only what a filter reads; sizes in bytes. Not modelled: ephemeral volumes, which
are claims named after their pod, and in-tree volumes that are migrated to a CSI driver.
"""

from __future__ import annotations

import enum

import attrs

from kspec.kube.objects import Labels, LabelSelector, NodeSelectorTerm


class BindingMode(enum.Enum):
    """volumeBindingMode of a storage class."""

    IMMEDIATE = "Immediate"
    WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"


@attrs.frozen
class StorageClass:
    """A storage class. `mode` None: not set; `allowed_topologies`: terms, each a label and its values, of which all of
    one must hold (none: everywhere)."""

    name: str
    mode: BindingMode | None = BindingMode.IMMEDIATE
    provisioner: str = ""
    allowed_topologies: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...] = ()


@attrs.frozen
class Claim:
    """A PersistentVolumeClaim. `volume_name` "": none; `bound`: it also says that binding is complete; `selected_node`
    "": the scheduler has not yet chosen; `request` in bytes."""

    name: str
    volume_name: str = ""
    bound: bool = False
    storage_class: str = ""
    lost: bool = False
    deleting: bool = False
    request: int = 0
    access_modes: frozenset[str] = frozenset()
    block: bool = False
    selector: LabelSelector | None = None
    selected_node: str = ""
    namespace: str = "default"


@attrs.frozen
class PersistentVolume:
    """A persistent volume. `claim`: namespace and name of the claim that it is meant for; `node_affinity` None: any
    node."""

    name: str
    capacity: int = 0
    storage_class: str = ""
    access_modes: frozenset[str] = frozenset()
    block: bool = False
    labels: Labels = ()
    node_affinity: tuple[NodeSelectorTerm, ...] | None = None
    claim: tuple[str, str] | None = None
    available: bool = True
    deleting: bool = False


@attrs.frozen
class Storage:
    """All that the scheduler knows of claims, volumes and classes."""

    claims: tuple[Claim, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()
    classes: tuple[StorageClass, ...] = ()

    def claim(self, name: str, namespace: str = "default") -> Claim | None:
        """The claim of this name, None if there is none."""
        return next((each for each in self.claims if (each.namespace, each.name) == (namespace, name)), None)

    def volume(self, name: str) -> PersistentVolume | None:
        """The volume of this name, None if there is none."""
        return next((each for each in self.volumes if each.name == name), None)

    def storage_class(self, name: str) -> StorageClass | None:
        """The class of this name, None if there is none."""
        return next((each for each in self.classes if each.name == name), None)


NO_STORAGE = Storage()
