"""Validation: is what is to be stored a legal object?

Upstream: `pkg/apis/apps/validation/validation.go`, `pkg/apis/core/validation/validation.go`, `pkg/apis/rbac/validation/
validation.go`. Refused with 422. Manifests have been validated whole before they come here (kspec.kube.validation);
these are the rules that a *running* cluster can break.
"""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import Pod
from kspec_models.apiserver.finalizers import forbidden_additions
from kspec_models.apiserver.kinds import IMMUTABLE, NOT_NEGATIVE

_WRITTEN = {"replicas": "spec.replicas", "selector": "spec.selector", "role_ref": "roleRef"}


def invalid(old: Any, new: Any) -> str:
    """What is wrong with the version that is to be stored; empty: nothing. `old` None: it is new."""
    for field in NOT_NEGATIVE:
        number = getattr(new, field, None)
        if isinstance(number, int) and number < 0:
            return f"{_WRITTEN.get(field, field)}: must be greater than or equal to 0"
    if old is None:
        return ""
    for field in IMMUTABLE.get(type(new).__name__, ()):
        if getattr(new, field, None) != getattr(old, field, None):
            return f"{_WRITTEN.get(field, field)}: field is immutable"
    if isinstance(old, Pod):
        if old.node is not None and new.node != old.node:
            return "spec.nodeName: may not be changed"
        if not set(new.spec.scheduling_gates) <= set(old.spec.scheduling_gates):
            return "spec.schedulingGates: only deletion is allowed"
    added = forbidden_additions(
        bool(getattr(old, "deleting", False)), getattr(old, "finalizers", ()), getattr(new, "finalizers", ())
    )
    if added:
        return f"metadata.finalizers: {', '.join(added)} cannot be added while the object is being deleted"
    return ""
