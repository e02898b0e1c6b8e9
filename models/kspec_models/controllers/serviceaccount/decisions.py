"""Which accounts of a namespace are missing.

Upstream: `pkg/controller/serviceaccount/serviceaccounts_controller.go` syncNamespace (W133).
"""

from __future__ import annotations

from collections.abc import Set

from kspec.kube.core import NamespacePhase

WANTED = ("default",)
"""The accounts that every namespace has."""


def missing(phase: NamespacePhase, there: Set[str]) -> tuple[str, ...]:
    """The accounts to create: none in a namespace that is going."""
    return tuple(name for name in WANTED if name not in there) if phase is NamespacePhase.ACTIVE else ()
