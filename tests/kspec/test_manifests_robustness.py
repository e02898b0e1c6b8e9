"""Whatever is in a file, reading it ends with manifests or a UsageError that says where."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kspec.kernel.errors import UsageError
from kspec.kube.manifests import read_manifests
from tests.kspec.test_manifests_typed import RICH

DOCUMENTS: list[Any] = [
    *YAML(typ="safe", pure=True).load_all(RICH),
    {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1"},
        "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]},
        "status": {"capacity": {"cpu": "4", "pods": 3}},
    },
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "x"}]},
    },
]
ODD: list[Any] = [
    *(None, 0, -1, 1.5, "", "x", "25%", "A_B", True, 10**20, 2**31, "Exists", "1Gi", "12mb", "é"),
    *([], {}, [None], [{}], [[]], [1], {"a": None}, {"": ""}, {"name": "q"}),
]
CHARACTERS = "{}[]:,-&*!|>'\"%@`\t\n #?~<x0é\u2028\x85\ufeff\x00"
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ends_well(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="")
    try:
        read_manifests([str(file)])
    except UsageError as error:
        lines = str(error).split("\n")
        assert all(line.startswith((str(file), "... and ")) for line in lines), lines


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in the value with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[tuple[Any, Any]] = []
    for key, part in items:
        found += [(value, key), *places(part)]
    return found


@QUICK
@given(data=st.data())
def test_any_value_in_any_place_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(document)
        holder, key = found[data.draw(st.integers(0, len(found) - 1))]
        if data.draw(st.booleans()):
            holder[key] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
        else:
            del holder[key]
    ends_well(tmp_path / "a.json", json.dumps(document))


@QUICK
@given(data=st.data())
def test_any_damaged_text_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    text = list(RICH)
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, len(text) - 1))
        text[position : position + data.draw(st.integers(0, 1))] = data.draw(st.sampled_from(CHARACTERS))
    ends_well(tmp_path / "a.yaml", "".join(text))


@QUICK
@given(text=st.text(alphabet=CHARACTERS, max_size=60))
def test_any_text_is_read_or_refused(tmp_path: Path, text: str) -> None:
    ends_well(tmp_path / "a.yaml", text)
