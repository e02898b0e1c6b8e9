"""Documents as tests: what a reader would type is typed, and what a document shows must come.

In a Markdown document,

- a fenced block of `console` holds commands (`$ ...`, continued by a backslash at the end of a line) with their
  output, standard error included. `...` stands for anything: alone on a line for any number of lines, within a line for
  any text. Runs of spaces and of rules count as one. A last line `[1]` is the exit code; without one it must be 0. A
  command without output is only run;
- `<!-- file: NAME -->` right above a fenced block: the block is the text of the file NAME. A file of the checkout must
  have that text; any other is written into the folder in which the document's commands run;
- `<!-- part of: NAME -->` right above a fenced block: the file NAME of the checkout holds this text;
- a fenced block of `python` without that is run, in one namespace a document;
- blocks of other languages (`sh`, `text`, ...) are for reading only.

Commands run in a folder of their own, where `./dev` runs a tool of the environment that runs the tests, and `docs`,
`examples` and `pyproject.toml` are those of the checkout.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import attrs
from sybil import Document, Example, Region
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ROOT = Path(__file__).parent.parent.parent

SECONDS = 180
"""How long one command may take."""

SHELL = "/bin/sh"

_FILE = re.compile(r"<!-- (?P<what>file|part of): (?P<name>\S+) -->\n\Z")
_EXIT = re.compile(r"\[(\d+)\]")


class Different(AssertionError):
    """A document does not show what comes."""


@attrs.frozen
class Command:
    """One command of a console block, its output and its exit code as the document says it."""

    line: str
    output: tuple[str, ...]
    code: int


def commands_of(source: str) -> list[Command]:
    """The commands of a console block."""
    found: list[tuple[str, list[str]]] = []
    for text in source.splitlines():
        if found and not found[-1][1] and found[-1][0].endswith("\\"):
            found[-1] = (f"{found[-1][0][:-1].rstrip()} {text.strip()}", [])
        elif text.startswith("$ "):
            found.append((text[2:], []))
        elif found:
            found[-1][1].append(text)
        elif text.strip():
            raise Different(f"a console block begins with a command, not with {text!r}")
    return [_command(line, output) for line, output in found]


def _command(line: str, output: list[str]) -> Command:
    while output and not output[-1].strip():
        output = output[:-1]
    said = _EXIT.fullmatch(output[-1].strip()) if output else None
    return Command(line, tuple(output[:-1] if said else output), int(said[1]) if said else 0)


def matches(expected: tuple[str, ...], actual: str) -> bool:
    """Whether an output is what a document shows."""
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in _plain(line).split("...")) + r"\n"
    text = "".join(_plain(line) + "\n" for line in actual.rstrip().splitlines())
    return re.fullmatch(pattern, text) is not None


def _plain(line: str) -> str:
    return re.sub(r"─+", "─", re.sub(r"\s+", " ", line)).strip()


class Blocks:
    """The sybil parser of a document's fenced blocks; `folder` is where its commands run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        prepare(folder)

    def __call__(self, document: Document) -> Iterator[Region]:
        for block in FencedCodeBlockLexer(r"[\w-]+")(document):
            language, source = str(block.lexemes["language"]), str(block.lexemes["source"])
            named = _FILE.search(document.text[: block.start])
            if named:
                evaluate = self._file if named["what"] == "file" else self._part
                yield Region(block.start, block.end, (named["name"], source), evaluate)
            elif language == "console":
                yield Region(block.start, block.end, commands_of(source), self._console)
            elif language == "python":
                yield Region(block.start, block.end, source, self._python)

    def _file(self, example: Example) -> None:
        name, text = example.parsed
        kept = ROOT / name
        if not kept.exists():
            (self._folder / name).write_text(text, encoding="utf-8")
        elif kept.read_text(encoding="utf-8") != text:
            raise Different(f"{_place(example)}: {name} has another text")

    def _part(self, example: Example) -> None:
        name, text = example.parsed
        if text not in (ROOT / name).read_text(encoding="utf-8"):
            raise Different(f"{_place(example)}: {name} does not hold this text")

    def _console(self, example: Example) -> None:
        for command in example.parsed:
            code, output = run(command.line, self._folder)
            same = not command.output or matches(command.output, output)
            if code != command.code or not same:
                what = f"{_place(example)}: $ {command.line}\n[{code}], not [{command.code}]; it printed\n\n{output}"
                raise Different(what)

    def _python(self, example: Example) -> None:
        code = compile("\n" * example.line + example.parsed, example.path, "exec")
        with contextlib.chdir(self._folder):
            exec(code, example.namespace)


def _place(example: Example) -> str:
    return f"{Path(example.path).relative_to(ROOT)}:{example.line}"


def prepare(folder: Path) -> None:
    """Make a folder look like the checkout to a command of a document."""
    for name in ("docs", "examples", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    dev = folder / "dev"
    dev.write_text(f'#!{SHELL}\nPATH={sysconfig.get_path("scripts")}:$PATH; export PATH\nexec "$@"\n', encoding="utf-8")
    dev.chmod(0o755)


def run(line: str, folder: Path) -> tuple[int, str]:
    """Run one command line; its exit code, and what it printed."""
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "FORCE_COLOR")}
    done = subprocess.run(
        [SHELL, "-c", line],
        cwd=folder,
        env={**environment, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout
