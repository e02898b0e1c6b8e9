"""Reading text: YAML as Kubernetes reads it, JSON, and texts that are neither."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kspec.kube.located import MapKey, line_of, path_text
from kspec.kube.yaml import MAX_DOCUMENT, Fault, read_documents


def values(text: str) -> list[Any]:
    documents, faults = read_documents(text)
    assert faults == ()
    return [document.value for document in documents]


def the_fault(text: str) -> Fault:
    _, faults = read_documents(text)
    assert len(faults) == 1
    return faults[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *[(word, True) for word in ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")],
        *[(word, False) for word in ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")],
        *[(word, None) for word in ("", "~", "null", "Null", "NULL")],
        ("yES", "yES"),
        ("0", 0),
        ("12", 12),
        ("-12", -12),
        ("+5", 5),
        ("012", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b101", 5),
        ("-0b11", -3),
        ("1_000", 1000),
        ("08", 8),
        ("18446744073709551615", 2**64 - 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("3.0", 3),
        ("1e3", 1000),
        ("1e20", 10**20),
        ("1e21", 1e21),
        ("1e400", "1e400"),
        ("12:30:45", "12:30:45"),
        ("2026-01-02", "2026-01-02"),
        ("1.2.3", "1.2.3"),
        ("25%", "25%"),
        ("-x", "-x"),
        ('"3"', "3"),
        ("'yes'", "yes"),
        ("!!str 12", "12"),
        ('!!int "7"', 7),
        ("!mine x", "x"),
    ],
)
def test_a_scalar_means_what_go_yaml_makes_of_it(written: str, value: Any) -> None:
    assert values(f"a: {written}\n") == [{"a": value}]
    assert type(values(f"a: {written}\n")[0]["a"]) is type(value)


def test_keys_become_text_as_in_json() -> None:
    assert values("yes: 1\n2: b\n1.5: c\n") == [{"true": 1, "2": "b", "1.5": "c"}]


def test_a_key_that_is_no_text_is_refused() -> None:
    assert the_fault("a: 1\n? [x]\n: 2\n") == Fault(2, "a key must be text, not a list")


def test_documents_are_separated_before_they_are_parsed() -> None:
    documents, faults = read_documents("a: 1\n---\nb: [\n--- # third\nc: |\n  text\n---\n\n---\nd: 4\n")
    assert [(document.line, document.value) for document in documents] == [
        (1, {"a": 1}),
        (5, {"c": "text\n"}),
        (10, {"d": 4}),
    ]
    assert [fault.line for fault in faults] == [3]


def test_a_separator_with_content_is_refused() -> None:
    assert the_fault("--- {a: 1}\n").message.startswith("after the document separator `---` only a comment may follow")


def test_lines_are_known_for_every_key_and_item() -> None:
    (value,) = values("spec:\n  list:\n  - a: 1\n\n  - b: 2\n    c: 3\n")
    assert line_of(value, ("spec",)) == 1
    assert line_of(value, ("spec", "list", 0, "a")) == 3
    assert line_of(value, ("spec", "list", 1)) == 5
    assert line_of(value, ("spec", "list", 1, "c")) == 6
    assert line_of(value, ("spec", "list", 1, "nowhere", "below")) == 5


def test_paths_are_written_as_the_api_server_writes_them() -> None:
    path = ("spec", "containers", 0, "resources", "requests", MapKey("cpu"))
    assert path_text(path) == "spec.containers[0].resources.requests[cpu]"


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    documents, faults = read_documents("\ufeffa: 1\r\nb:\r\n  c: 2\r\n")
    assert faults == ()
    assert documents[0].value == {"a": 1, "b": {"c": 2}}
    assert documents[0].value["b"].lines == {"c": 3}


def test_a_duplicate_key_is_told_with_both_lines() -> None:
    assert the_fault("a: 1\nb: 2\na: 3\n") == Fault(3, 'key "a" is given twice, first on line 1: remove or rename one')


def test_anchors_merge_and_alias() -> None:
    text = "base: &base {a: 1, b: 2}\nuse: {<<: *base, b: 3}\nsame: *base\nboth: {<<: [{a: 5}, *base]}\n"
    assert values(text) == [
        {"base": {"a": 1, "b": 2}, "use": {"a": 1, "b": 3}, "same": {"a": 1, "b": 2}, "both": {"a": 5, "b": 2}}
    ]


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    started = time.perf_counter()
    fault = the_fault("\n".join(lines))
    assert "its aliases expand to more than 100,000 values" in fault.message
    assert time.perf_counter() - started < 1.0


def test_an_anchor_that_contains_itself_is_refused() -> None:
    assert the_fault("a: 1\nitems: &x [*x]\n") == Fault(2, "anchor &x contains itself (*x): write the value out")


def test_an_alias_without_its_anchor_is_refused() -> None:
    assert the_fault("a: *x\n") == Fault(1, "there is no anchor &x before the alias *x")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "- " * 5000, "a: " + "{a: " * 500])
def test_deep_nesting_is_refused(text: str) -> None:
    assert "nested deeper than 100 levels" in the_fault(text).message


def test_a_document_longer_than_any_request_is_refused() -> None:
    assert "longer than 3 MiB" in the_fault("a: " + "x" * MAX_DOCUMENT).message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("metadata:\n  name: x\n spec:\n  r: 1\n", 3, "indented differently from its neighbours"),
        ("a: 1\nb: c: d\n", 2, "quote a text with `: `"),
        ("a:\n\tb: 1\n", 2, "a tab cannot indent: use blanks"),
        ("a: @x\n", 1, "must be quoted"),
        ('a: "x\n', 1, "a quote is not closed"),
        ("a: [1, 2\nb: 3\n", 2, "a bracket is not closed"),
        ("a: 1\n...\nb: 2\n", 3, "separate documents with a line `---`"),
        ("a: {{ .Values.name }}\n", 1, "has to be rendered first"),
        ("a: \x00\n", 1, "control character U+0000"),
        ('{"a": 1\n "b": 2}', 2, "this is not JSON"),
        ("x: 1\n<<: 3\n", 2, "`<<` merges mappings only"),
        ("a: !!int x\n", 1, "`x` cannot be read as !!int"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, words: str) -> None:
    _, faults = read_documents(text)
    assert faults
    assert faults[0].line == line
    assert words in faults[0].message


def test_json_is_read_with_lines() -> None:
    text = '{\n\t"a": "x\\/\\ud83d\\ude00",\n\t"b": [1, 2.5, true, null, "y"]\n}\n{"c": 1.0}\n'
    documents, faults = read_documents(text)
    assert faults == ()
    assert [document.value for document in documents] == [
        {"a": "x/\U0001f600", "b": [1, 2.5, True, None, "y"]},
        {"c": 1.0},
    ]
    assert [document.line for document in documents] == [1, 5]
    assert documents[0].value.lines == {"a": 2, "b": 3}


def test_a_number_with_a_point_stays_one_in_json_and_becomes_whole_in_yaml() -> None:
    assert type(values('{"a": 3.0}')[0]["a"]) is float
    assert type(values("a: 3.0")[0]["a"]) is int


def test_a_duplicate_key_in_json_is_refused() -> None:
    assert the_fault('{"a": 1,\n "a": 2}').message == 'key "a" is given twice, first on line 1: remove or rename one'


def test_flow_yaml_that_looks_like_json_is_read() -> None:
    assert values("{kind: Pod, yes: 1}") == [{"kind": "Pod", "true": 1}]
