"""Broken twins of the store, chosen by `--set`: mistakes that some property or theorem must notice."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec_models.etcd.compare import Operator

_COMPARE = "kspec_models.etcd.compare:compare_number"


@broken_twin("store.compare", "off", _COMPARE, "an update succeeds whatever it expects")
def always(operator: Operator, found: int, operand: int) -> bool:
    """The compare is left out."""
    return True


@broken_twin("store.compare", "not-newer", _COMPARE, "an update succeeds that expects this version or an older one")
def not_newer(operator: Operator, found: int, operand: int) -> bool:
    """The compare is `<=`."""
    return operand <= found


@broken_twin("store.revision", "kept", "kspec_models.etcd.store:next_revision", "an update does not raise the version")
def kept(revision: int) -> int:
    """The put does not raise the revision."""
    return revision
