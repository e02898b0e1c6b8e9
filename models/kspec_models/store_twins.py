"""Broken twins of the store's compare-and-swap, chosen by `--set`: with each, two concurrent updates may both
succeed."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin

_COMPARE_AND_SWAP = "kspec_models.store:compare_and_swap"


@broken_twin("store.compare", "off", _COMPARE_AND_SWAP, "an update succeeds whatever it expects")
def swap(stored: int, expected: int) -> tuple[bool, int]:
    """The compare is left out."""
    return True, stored + 1


@broken_twin(
    "store.compare", "not-newer", _COMPARE_AND_SWAP, "an update succeeds that expects this version or an older one"
)
def compare_not_newer_and_swap(stored: int, expected: int) -> tuple[bool, int]:
    """The compare is `<=`."""
    return (True, stored + 1) if expected <= stored else (False, stored)


@broken_twin("store.revision", "kept", _COMPARE_AND_SWAP, "an update does not raise the version")
def compare_and_keep(stored: int, expected: int) -> tuple[bool, int]:
    """The put does not raise the revision."""
    return stored == expected, stored
