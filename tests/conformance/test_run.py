"""The runner itself, on small files of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kspec.kernel.errors import UsageError
from tests.conformance import record, run, vectors
from tests.conformance.interface import Adapter, AtLeast, Case, Skip, difference

UNITS = "maxSurge: {surge}, maxUnavailable: 0, desired: 3}}, expect: {{surge: {surge}, unavailable: 0}}}}"
RIGHT = "- {id: A-1, from: somewhere, given: {op: resolve, " + UNITS.format(surge=1)
WRONG = "- {id: A-2, from: elsewhere, given: {op: resolve, " + UNITS.format(surge=0)
ODD = "- {id: A-3, given: {op: new, strategy: Recreate, replicas: 1, maxSurge: 1, maxUnavailable: 0}, expect: {}}"


def write(folder: Path, topic: str, *cases: str) -> None:
    (folder / f"{topic}.yaml").write_text("topic: t\nsource: s\ncases:\n" + "\n".join(cases) + "\n")


def test_counts_passed_failed_and_skipped_cases_with_the_failed_ids(tmp_path: Path) -> None:
    write(tmp_path, "resolve-fenceposts", RIGHT, WRONG, ODD)
    out = tmp_path / "out.json"
    assert run.main([str(tmp_path), "--json", str(out)]) == 1
    assert json.loads(out.read_text()) == {
        "topics": {"resolve-fenceposts": {"passed": 1, "failed": 1, "skipped": 1, "failed_ids": ["A-2"]}}
    }


def test_says_where_a_failed_case_differs_and_where_it_comes_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "resolve-fenceposts", WRONG)
    run.main([str(tmp_path)])
    assert "FAILED A-2  unavailable: expected 0, the model says 1  (elsewhere)" in capsys.readouterr().out


def test_a_topic_without_an_adapter_is_skipped_visibly_and_fails_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "no-such-topic", RIGHT, WRONG)
    assert run.main([str(tmp_path)]) == 0
    assert "no-such-topic  passed    0  failed    0  skipped    2   (no adapter)" in capsys.readouterr().out


def test_runs_as_a_script_from_any_folder(tmp_path: Path) -> None:
    write(tmp_path, "resolve-fenceposts", RIGHT)
    done = subprocess.run(
        [sys.executable, str(Path(run.__file__)), str(tmp_path)], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "resolve-fenceposts  passed    1" in done.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cases: [", "not YAML"),
        ("topic: t\n", "no list `cases`"),
        ("cases: [{id: A-1, given: {}}]", "case 1 has no expect"),
        ("cases: [{id: A-1, given: {}, expect: {}}, {id: A-1, given: {}, expect: {}}]", "two cases have the id A-1"),
    ],
)
def test_a_file_that_is_no_vector_file_is_a_usage_error_naming_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    assert run.main([str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "bad.yaml" in error


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_without_vectors_is_a_usage_error(tmp_path: Path, folder: str) -> None:
    with pytest.raises(UsageError, match="vector files"):
        vectors.files(tmp_path / folder)


def test_an_exponent_without_a_dot_is_text_as_in_a_quantity(tmp_path: Path) -> None:
    write(tmp_path, "t", "- {id: A-1, given: {a: 1e3, b: 1.5, c: 12E6, d: .inf}, expect: {}}")
    assert vectors.read(tmp_path / "t.yaml")[0].given == {"a": "1e3", "b": 1.5, "c": "12E6", "d": float("inf")}


@pytest.mark.parametrize(
    ("answer", "expect", "differs"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": True}, {"a": 1}, "a: expected 1, the model says True"),
        ({"a": 1, "b": 2}, {"a": 1}, "b: expected nothing, the model says 2"),
        ({"a": 1}, {"a": 1, "b": 2}, "b: expected 2, the model says nothing"),
        ({"a": (1, 2)}, {"a": [1, 2]}, None),
        ({"a": [2, 1]}, {"a": [1, 2]}, "a[0]: expected 1, the model says 2"),
        ({"a": [1]}, {"a": [1, 2]}, "a: expected [1, 2], the model says [1]"),
        (AtLeast({"a": 1, "b": 2}), {"b": 2}, None),
        (AtLeast({"a": 1, "b": 2}), {"b": 3}, "b: expected 3, the model says 2"),
        (AtLeast({"a": 1}), {"c": 3}, "c: expected 3, the model says nothing"),
        (AtLeast({"a": 1}), 1, "answer: expected 1, the model says {}"),
    ],
)
def test_an_answer_agrees_only_if_it_is_the_same(answer: object, expect: object, differs: str | None) -> None:
    assert difference(answer, expect) == differs


def test_an_exception_fails_the_case_and_a_skip_skips_it() -> None:
    def crash(given: object) -> object:
        raise KeyError("replicas")

    def refuse(given: object) -> object:
        raise Skip("not modelled")

    case = Case("A-1", {}, {})
    crashed, skipped = run.run_case(Adapter("t", crash), case), run.run_case(Adapter("t", refuse), case)
    assert (crashed.failed, crashed.why) == (True, "KeyError: 'replicas'")
    assert (skipped.failed, skipped.skipped, skipped.why) == (False, True, "not modelled")


def test_recording_replaces_the_table_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, "resolve-fenceposts", RIGHT, WRONG)
    write(tmp_path, "no-such-topic", RIGHT)
    results = run.run_folder(tmp_path)
    document = f"before\n{record.BEGIN}\nold\n{record.END}\nafter"
    after = record.updated(document, results, "0123")
    assert after.startswith("before\n")
    assert after.endswith("\nafter")
    assert "| resolve-fenceposts | 1 | 1 | 0 |" in record.recorded(after)
    assert "1 topics, 1 cases" in record.recorded(after)
    with pytest.raises(UsageError, match="marks"):
        record.updated("no marks", results, "0123")
