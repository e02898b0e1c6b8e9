"""Validation: is what is to be stored a legal object?

Upstream: `pkg/apis/apps/validation/validation.go`, `pkg/apis/core/validation/validation.go`. Refused with 422.
Manifests have been validated whole before they come here (kspec.kube.validation); these are the rules that a *running*
cluster can break.
"""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import Deployment, Pod, ReplicaSet
from kspec.kube.requests import Request


def invalid(request: Request, old: Any, new: Any) -> str:
    """What is wrong with the version that is to be stored; empty: nothing."""
    if isinstance(new, (Deployment, ReplicaSet)) and new.replicas < 0:
        return "spec.replicas: must be greater than or equal to 0"
    if isinstance(old, (Deployment, ReplicaSet)) and new.selector != old.selector:
        return "spec.selector: field is immutable"
    if isinstance(old, Pod) and old.node is not None and new.node != old.node:
        return "spec.nodeName: may not be changed"
    return ""
