"""Upstream's scenarios of conflicting owner references, step by step, where the vectors are to be had.

The order in which a scenario lists the nodes of the graph has no meaning (it changes between steps that change
nothing), so it is not compared; everything else is, the order of the queues and of the calls too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.conformance import vectors
from tests.conformance.adapters import _garbage_collector
from tests.conformance.interface import difference


def by_id(states: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The states with the nodes of each graph in the order of their ids."""
    return [
        {**state, "graph": sorted(state["graph"], key=lambda node: str(node["id"]))} if "graph" in state else {**state}
        for state in states
    ]


def test_the_collector_does_step_by_step_what_upstream_does() -> None:
    path = vectors.default_folder() / "garbage-collector.yaml"
    if not path.is_file():
        pytest.skip(f"no vectors in {path.parent}; set {vectors.VARIABLE} to a folder of vector files")
    cases = vectors.read(path)
    assert cases, "a topic without cases shows nothing"
    wrong = {c.id: difference(by_id(_garbage_collector.states(c.given)), by_id(c.expect["states"])) for c in cases}
    assert {name: why for name, why in wrong.items() if why is not None} == {}
