"""metadata.generation: whether a write raises it (A55).

Upstream: the strategies' PrepareForUpdate below `pkg/registry`; markAsDeleting of registry/generic/registry/store.go.

Simplified: in an exploration the number would never come to an end. A kind of which some component compares
observedGeneration with it has a field `observed` instead: false from a change of its spec on until a write of its
status says otherwise.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.status import status_fields

METADATA = frozenset({"name", "namespace", "labels", "owner", "finalizers", "deleting", "uid", "grace_over"})
"""Fields whose change does not raise it."""


def rises(old: Any, new: Any) -> bool:
    """Whether the change from one version to the next raises the generation: of the spec, or the first deletion."""
    status = status_fields(type(old)) or frozenset()
    changed = {f.name for f in attrs.fields(type(old)) if getattr(old, f.name) != getattr(new, f.name)}
    return bool(changed - status - METADATA) or "deleting" in changed


def with_generation(old: Any, new: Any) -> Any:
    """The new version, whose status is behind if the generation has risen."""
    if new is None or not getattr(old, "observed", False) or not rises(old, new):
        return new
    return attrs.evolve(new, observed=False)
