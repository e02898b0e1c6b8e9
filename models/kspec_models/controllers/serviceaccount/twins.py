"""Broken twins of the ServiceAccount controller, chosen by `--set`: some property notices each."""

from __future__ import annotations

from collections.abc import Set

from kspec.kernel.settings import broken_twin
from kspec.kube.core import NamespacePhase


@broken_twin(
    "serviceaccount.missing",
    "ignored",
    "kspec_models.controllers.serviceaccount.decisions:missing",
    "no account is ever created",
)
def ignored(phase: NamespacePhase, there: Set[str]) -> tuple[str, ...]:
    """Nothing is missing."""
    return ()
