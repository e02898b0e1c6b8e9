"""All that the scheduler knows of claims, volumes and classes.

Not modelled: ephemeral volumes, which are claims named after their pod, and in-tree volumes that are migrated to a CSI
driver.
"""

from __future__ import annotations

import attrs

from kspec.kube.storage import PersistentVolume, PersistentVolumeClaim, StorageClass


@attrs.frozen
class Storage:
    """Claims of all namespaces, volumes and classes."""

    claims: tuple[PersistentVolumeClaim, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()
    classes: tuple[StorageClass, ...] = ()

    def claim(self, name: str, namespace: str = "default") -> PersistentVolumeClaim | None:
        """The claim of this name, None if there is none."""
        return next((each for each in self.claims if (each.namespace, each.name) == (namespace, name)), None)

    def volume(self, name: str) -> PersistentVolume | None:
        """The volume of this name, None if there is none."""
        return next((each for each in self.volumes if each.name == name), None)

    def storage_class(self, name: str | None) -> StorageClass | None:
        """The class of this name, None if there is none."""
        return next((each for each in self.classes if each.name == name), None)


NO_STORAGE = Storage()
