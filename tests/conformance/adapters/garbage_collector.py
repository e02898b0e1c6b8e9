"""The garbage collector, step by step: see `_garbage_collector`."""

from __future__ import annotations

from typing import Any

from tests.conformance.adapters import _garbage_collector
from tests.conformance.interface import AnyOrder, Given

TOPIC = "garbage-collector"
SETS = ("graph", "absent_owners")
"""What a scenario lists in whatever order."""


def answer(given: Given) -> Any:
    """What the model says."""
    return {
        "states": [
            {key: AnyOrder(value) if key in SETS else value for key, value in state.items()}
            for state in _garbage_collector.states(given)
        ]
    }
