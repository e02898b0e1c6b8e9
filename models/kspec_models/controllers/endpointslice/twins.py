"""Broken twins of the EndpointSlice controller."""

from __future__ import annotations

from kspec.kernel.settings import broken_twin
from kspec_models.controllers.endpointslice.decisions import Conditions


@broken_twin(
    "endpointslice.ready",
    "ignored",
    "kspec_models.controllers.endpointslice.decisions:conditions",
    "every pod that runs is a ready endpoint",
)
def always_ready(ready: bool, deleting: bool, publish_not_ready: bool) -> Conditions:
    """Ready, whatever the pod says of itself."""
    return Conditions(not deleting, True, deleting)
