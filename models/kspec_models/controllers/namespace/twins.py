"""Broken twins of the Namespace controller, chosen by `--set`: some property notices each."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.kernel.settings import broken_twin
from kspec_models.controllers.namespace.decisions import Left

_HERE = "kspec_models.controllers.namespace.decisions"


@broken_twin(
    "namespace.content", "not-waited-for", f"{_HERE}:is_done", "the namespace goes although something in it is left"
)
def not_waited_for(left: Sequence[Left]) -> bool:
    """It is done at once."""
    return True


@broken_twin("namespace.content", "never-enough", f"{_HERE}:is_done", "the namespace stays although it is empty")
def never_enough(left: Sequence[Left]) -> bool:
    """It is never done."""
    return False
