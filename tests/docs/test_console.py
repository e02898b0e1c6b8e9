"""The runner of documents notices what is wrong in a document."""

from __future__ import annotations

from pathlib import Path

import pytest
from sybil import Sybil

from tests.docs.console import ROOT, SHELL, Blocks, Command, Different, commands_of, matches

needs_a_shell = pytest.mark.skipif(not Path(SHELL).exists(), reason="console blocks are for a POSIX shell")


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (["VIOLATED: a"], "VIOLATED: a\n"),
        (["VIOLATED: ... (x)"], "VIOLATED: a, b (x)\n"),
        (["first", "...", "last"], "first\nlast\n"),
        (["first", "...", "last"], "first\none\ntwo\nlast\n"),
        (["...", "last"], "one\nlast"),
        (["first", "..."], "first\n"),
        (["a  b", "───"], "a b\n─────────\n\n"),
    ],
)
def test_an_output_is_what_is_shown(expected: list[str], actual: str) -> None:
    assert matches(tuple(expected), actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (["VIOLATED: a"], "VIOLATED: ab\n"),
        (["first", "last"], "first\nmore\nlast\n"),
        (["first", "...", "last"], "first\none\n"),
        (["first"], "first\nsecond\n"),
    ],
)
def test_another_output_is_noticed(expected: list[str], actual: str) -> None:
    assert not matches(tuple(expected), actual)


def test_a_block_holds_commands_with_output_and_exit_code() -> None:
    found = commands_of("$ first \\\n    --more\nout\n\n[3]\n$ second\n")

    assert found == [Command("first --more", ("out", ""), 3), Command("second", (), 0)]


def test_output_without_a_command_is_refused() -> None:
    with pytest.raises(Different, match="begins with a command"):
        commands_of("out\n")


def evaluate(text: str, folder: Path) -> None:
    """Run a document with this text."""
    document = folder / "document.md"
    document.write_text(text, encoding="utf-8")
    work = folder / "work"
    work.mkdir()
    for example in Sybil([Blocks(work)], pattern="*.md").parse(document).examples():
        example.evaluate()


GOOD = """\
<!-- file: note.txt -->
```text
hello
```

```console
$ cat note.txt
hello
$ sh -c 'exit 3'
[3]
```

```python
number = 1
```

```python
assert number == 1
```
"""


@needs_a_shell
def test_a_document_that_is_right_passes(tmp_path: Path) -> None:
    evaluate(GOOD, tmp_path)


@needs_a_shell
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("$ cat note.txt\nhello", "$ cat note.txt\ngoodbye"),
        ("[3]", "[0]"),
        ("assert number == 1", "assert number == 2"),
        ("file: note.txt", "file: LICENSE"),
        ("file: note.txt", "part of: LICENSE"),
    ],
)
def test_a_document_that_is_wrong_fails(
    right: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.docs.console._place", lambda example: f"document:{example.line}")
    assert (ROOT / "LICENSE").exists()

    with pytest.raises(AssertionError):
        evaluate(GOOD.replace(right, wrong), tmp_path)
