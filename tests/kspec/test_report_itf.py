"""Traces as ITF JSON."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import kspec
from kspec.kernel.errors import SpecError
from kspec.kernel.trace import Trace
from kspec.kernel.values import Opaque, Ref, Uid, same
from kspec.kernel.world import World
from kspec.report.itf import dumped, encode, itf, plain, variables, write_itf


class Phase(enum.Enum):
    """Its members have strings."""

    PENDING = "Pending"
    RUNNING = "Running"


class Mixed(enum.Enum):
    """Its members have not."""

    ONE = 1
    OTHER = "1"


@attrs.frozen
class Pod:
    """A record."""

    phase: Phase = Phase.PENDING
    node: Ref | None = None
    ports: frozenset[int] = frozenset()


@attrs.frozen
class Twin:
    """Another record with the same field."""

    phase: Phase = Phase.PENDING
    node: Ref | None = None
    ports: frozenset[int] = frozenset()


class Layout(Opaque):
    """What a lens may hold."""

    @property
    def identity(self) -> str:
        return "pods"


NOTHING = {"tag": "Nothing", "value": "none"}


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, NOTHING),
        (True, True),
        (3, {"#bigint": "3"}),
        (-(2**70), {"#bigint": "-1180591620717411303424"}),
        ("web", "web"),
        ((), {"#tup": []}),
        ((1, "a"), {"#tup": [{"#bigint": "1"}, "a"]}),
        (frozenset({10, 9, -1}), {"#set": [{"#bigint": "-1"}, {"#bigint": "9"}, {"#bigint": "10"}]}),
        (Phase.PENDING, "Pending"),
        (Mixed.ONE, "ONE"),
        (Uid(2), {"tag": "Uid", "value": {"label": {"#bigint": "2"}}}),
        (
            Pod(node=Ref("nodes", 1)),
            {
                "tag": "Pod",
                "value": {
                    "phase": "Pending",
                    "node": {"tag": "Ref", "value": {"family": "nodes", "index": {"#bigint": "1"}}},
                    "ports": {"#set": []},
                },
            },
        ),
        (Layout(), {"#unserializable": "pods"}),
        (plain, {"#unserializable": "plain"}),
    ],
)
def test_values_are_written_in_the_formats_own_forms(value: object, encoded: object) -> None:
    assert encode(value) == encoded
    assert json.loads(json.dumps(encode(value))) == encoded


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(SpecError, match="is no value"):
        encode([1])


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(Mixed)
values = st.recursive(
    scalars,
    lambda inner: st.tuples(inner) | st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=6,
)
records = st.builds(
    lambda cls, ports: cls(ports=ports),
    st.sampled_from((Pod, Twin)),
    st.frozensets(st.integers(0, 3), max_size=2),
)


def has_name_of_mixed(value: Any) -> bool:
    """Whether a string in it is what a member of the enumeration is written as."""
    parts = value if isinstance(value, (tuple, frozenset)) else ()
    return (isinstance(value, str) and value in ("ONE", "OTHER")) or any(has_name_of_mixed(part) for part in parts)


@given(values | records, values | records)
def test_different_values_are_written_differently(a: Any, b: Any) -> None:
    assume(not has_name_of_mixed(a) and not has_name_of_mixed(b))
    written = json.dumps(encode(a), sort_keys=True), json.dumps(encode(b), sort_keys=True)
    assert (written[0] == written[1]) == same(a, b)


@given(st.frozensets(st.integers() | st.text(max_size=2)))
def test_sets_are_sorted_whatever_their_hashes(value: frozenset[Any]) -> None:
    assert encode(value) == encode(frozenset(sorted(value, key=repr, reverse=True)))
    assert len(encode(value)["#set"]) == len(value)


# ---- whole traces


def fill(see: kspec.Reader) -> Iterable[kspec.Step]:
    """Fill the first slot, then empty it again."""
    if see("slots/used") == 0:
        yield kspec.Step([("slots/used", kspec.Set(1))], action="POST", says="there is room", answer="201 Created")
    else:
        yield kspec.Step([("slots/used", kspec.Set(0))], action="DELETE")


def wake(see: kspec.Reader) -> Iterable[kspec.Step]:
    """Wake up."""
    if not see("awake"):
        yield kspec.Step([("awake", kspec.Set(True))])


@kspec.eventually_always()
def slots_settle(see: kspec.Reader) -> bool:
    """In the end a slot is used."""
    return bool(see("slots/used") == 1)


@kspec.invariant()
def somebody_sleeps(see: kspec.Reader) -> bool:
    """Not all are awake."""
    return not all(see.each("awake"))


def slots() -> kspec.System:
    """One variable with a slash, one that would be called the same, and a family."""
    return kspec.System(
        "slots",
        {"slots/used": 0, "slots_used": "x"},
        [kspec.Action("filler", "fill", fill), kspec.Action("pod", "wake", wake, each="pods")],
        [slots_settle, somebody_sleeps],
        families={"pods": kspec.Family(2, {"awake": False})},
    )


def trace_of(name: str) -> Trace:
    """The counterexample of one of the properties, in the order in which the engine finds it."""
    from kspec.engines import reference

    trace = reference.explore(slots(), properties=[name]).property(name).trace
    assert trace is not None
    return attrs.evolve(trace, how={"system": "slots", "settings": {"b": "off", "a": "on"}})


def test_variables_are_named_after_the_spec_and_members_have_their_index() -> None:
    assert variables(World(slots())) == ("slots_used", "slots_used_", "awake_0", "awake_1")


def test_a_trace_has_the_formats_frame_and_what_it_is_about() -> None:
    document = itf(trace_of("somebody_sleeps"))
    meta = document["#meta"]
    assert set(document) == {"#meta", "vars", "states"}
    assert document["vars"] == ["slots_used", "slots_used_", "awake_0", "awake_1"]
    assert (meta["format"], meta["system"], meta["property"]) == ("ITF", "slots", "somebody_sleeps")
    assert (meta["status"], meta["sentence"]) == ("violation", "Not all are awake.")
    assert meta["how"] == {"system": "slots", "settings": {"b": "off", "a": "on"}}
    assert meta["names"] == {"slots_used": "slots/used", "slots_used_": "slots_used"}


def test_each_state_has_its_index_and_all_variables_and_the_step_that_led_to_it() -> None:
    trace = trace_of("somebody_sleeps")
    document = itf(trace)
    assert len(document["states"]) == len(trace.steps) + 1
    for i, state in enumerate(document["states"]):
        assert set(state) == {"#meta", *document["vars"]}
        assert state["#meta"]["index"] == i
    assert document["states"][0]["#meta"] == {"index": 0}
    assert document["states"][1]["#meta"] == {
        "index": 1,
        "step": 1,
        "actor": "pod",
        "action": "pod.wake",
        "label": trace.steps[0].label,
        "member": trace.steps[0].member,
        "choice": 0,
        "says": "",
        "answer": "",
    }


def test_a_lasso_says_to_which_state_it_returns() -> None:
    trace = trace_of("slots_settle")
    document = itf(trace)
    loop = document["loop"]
    assert loop == trace.loop_at
    without = [{k: v for k, v in state.items() if k != "#meta"} for state in document["states"]]
    assert without[loop] == without[-1]
    assert loop < len(document["states"]) - 1


def test_a_file_is_sorted_json_with_a_variable_on_each_line(tmp_path: Path) -> None:
    trace = trace_of("slots_settle")
    path = tmp_path / "t.itf.json"
    write_itf(trace, path)
    raw = path.read_bytes()
    assert raw.endswith(b"}\n") and b"\r" not in raw
    assert json.loads(raw) == itf(trace)
    assert raw.count(b'\n   "slots_used": {"#bigint": "') == len(trace.states)
    write_itf(trace_of("slots_settle"), path)
    assert path.read_bytes() == raw

    def in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
        return dict(pairs)

    json.loads(raw, object_pairs_hook=in_order)


def test_a_path_that_is_no_unicode_is_written_all_the_same(tmp_path: Path) -> None:
    trace = attrs.evolve(trace_of("slots_settle"), how={"file": "bad\udc80.py"})
    write_itf(trace, tmp_path / "t.itf.json")
    assert json.loads((tmp_path / "t.itf.json").read_text(encoding="utf-8"))["#meta"]["how"] == {"file": "bad\udc80.py"}


def test_plain_data_of_scopes_and_settings() -> None:
    data = {"nodes": ("a", "b"), 3: frozenset({"y", "x"}), "phase": Phase.RUNNING, "path": Path("p"), "n": None}
    assert plain(data) == {"nodes": ["a", "b"], "3": ["x", "y"], "phase": "Running", "path": "p", "n": None}
    assert dumped(trace_of("slots_settle")).startswith('{\n "#meta": {\n  "clause":')
