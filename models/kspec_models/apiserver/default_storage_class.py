"""DefaultStorageClass admission: a claim that names no class gets the default one (A45a).

Source: plugin/pkg/admission/storage/storageclass/setdefault/admission.go, Admit, on create of claims. Simplified: of
several default classes the newest counts, and times of creation are not modelled: the first by name is taken.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.requests import Look
from kspec.kube.storage import StorageClass
from kspec_models.apiserver.write import Operation, Write


def default_class(classes: tuple[StorageClass, ...]) -> StorageClass | None:
    """The class of claims that name none."""
    defaults = [each for each in classes if each.default]
    return min(defaults, key=lambda each: each.name) if defaults else None


def admit(write: Write, look: Look) -> Any:
    """The object as it is to be stored. A claim with the class "" wants none, and gets none."""
    if not write.is_("persistentvolumeclaims", Operation.CREATE) or write.object.storage_class is not None:
        return write.object
    found = default_class(look.all(StorageClass))
    return write.object if found is None else attrs.evolve(write.object, storage_class=found.name)
