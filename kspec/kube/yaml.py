"""Text in, documents with line numbers out: YAML as Kubernetes reads it, and JSON.

ruamel.yaml scans and parses; what its events mean is decided here, because Kubernetes reads YAML with rules of its own
(see `kspec.kube.scalars`) and so that both lines of a duplicate key are known. As in kubectl, a line that starts with
`---` separates documents before anything is parsed, so one broken document does not hide the next; a text that starts
with `{` is a stream of JSON. A document may nest 100 levels deep and be 3 MiB long (the API server's limit on a
request, A07), and its aliases may add 100,000 values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import attrs
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from kspec.kube import scalars
from kspec.kube.located import YamlList, YamlMap

MAX_DOCUMENT = 3 * 2**20
MAX_DEPTH = 100
MAX_ALIASED = 100_000
_SECOND_DOCUMENT = "the document has ended before: separate documents with a line `---`"
_MERGE = "<<"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@attrs.frozen
class Document:
    """One document: its value (YamlMap, YamlList or a scalar) and its first line."""

    value: Any
    line: int


@attrs.frozen
class Fault:
    """Why a text cannot be read: the line (from 1), what is wrong, and what to do."""

    line: int
    message: str


_Chunk = tuple[int, str | Fault]
"""The first line and the text of a document, or why there is none."""


class _Unreadable(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(line, message)


def read_documents(text: str) -> tuple[tuple[Document, ...], tuple[Fault, ...]]:
    """The documents of a text, without the empty ones, and everything that is wrong with it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        return (), (Fault(line, f"this is not text: it contains the control character U+{ord(control.group()):04X}"),)
    if text.lstrip()[:1] != "{":
        return _built(_yaml_chunks(text), is_json=False)
    documents, faults = _built(_json_chunks(text), is_json=True)
    if faults and not documents:
        # A flow mapping of YAML starts like JSON does; kubectl tries both too.
        as_yaml, wrong = _built(_yaml_chunks(text), is_json=False)
        return (as_yaml, ()) if not wrong else (documents, faults)
    return documents, faults


def _built(chunks: Iterator[_Chunk], *, is_json: bool) -> tuple[tuple[Document, ...], tuple[Fault, ...]]:
    documents: list[Document] = []
    faults: list[Fault] = []
    for line, chunk in chunks:
        if isinstance(chunk, Fault):
            faults.append(chunk)
            continue
        builder = _Builder(line, is_json)
        try:
            value = builder.build(chunk)
        except _Unreadable as error:
            faults += [*builder.faults, error.fault]
            continue
        faults += builder.faults
        if value is not None:
            documents.append(Document(value, value.line if isinstance(value, (YamlMap, YamlList)) else line))
    return tuple(documents), tuple(faults)


def _yaml_chunks(text: str) -> Iterator[_Chunk]:
    """The documents of a YAML text."""
    start, lines = 1, []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.startswith("---"):
            lines.append(line)
            continue
        yield start, _sized(start, "\n".join([*lines, ""]))
        start, lines = number + 1, []
        rest = line[3:].strip()
        if rest and not rest.startswith("#"):
            yield (
                number,
                Fault(number, "after the document separator `---` only a comment may follow: go on on the next line"),
            )
    yield start, _sized(start, "\n".join(lines))


def _sized(line: int, chunk: str) -> str | Fault:
    if len(chunk) > MAX_DOCUMENT:
        return Fault(line, "the document is longer than 3 MiB: the API server accepts no request of that size")
    return chunk


def _json_chunks(text: str) -> Iterator[_Chunk]:
    """The same for a stream of JSON values. JSON's own parser judges the syntax, and tabs become blanks for YAML's."""
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        line = text.count("\n", 0, position) + 1
        try:
            _, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            yield line, Fault(error.lineno, f"this is not JSON: {error.msg} (column {error.colno})")
            return
        except ValueError as error:
            yield line, Fault(line, f"this is not JSON: {error}")
            return
        except RecursionError:
            yield line, Fault(line, f"nested deeper than {MAX_DEPTH} levels: no Kubernetes object is")
            return
        yield line, _sized(line, text[position:end].replace("\t", " "))
        position = end


def _no_constant(name: str) -> None:
    raise ValueError(f"it has no number {name}")


@attrs.define
class _Frame:
    """A mapping or list being read: where it is anchored, the key whose value comes next, what it is merged with."""

    value: YamlMap | YamlList
    anchor: str | None
    size: int = 1
    awaits_key: bool = True
    key: str | None = None
    key_line: int = 0
    is_merge: bool = False
    merged: list[YamlMap] = attrs.field(factory=list)


class _Builder:
    """Builds one document from parse events, without recursion; an alias is the very object that it names."""

    def __init__(self, line: int, is_json: bool) -> None:
        self.first_line = line
        self.is_json = is_json
        self.faults: list[Fault] = []
        self.frames: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.events = 0
        self.documents = 0
        self.root: Any = None

    def build(self, chunk: str) -> Any:
        """The document's value. Raises _Unreadable."""
        if not chunk.strip():
            return None
        try:
            for event in YAML(typ="safe", pure=True).parse(chunk):
                self.take(event)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # The end of the text is no place to look: the last line with something on it is.
            last = chunk.rstrip().count("\n")
            line = self.first_line + (min(mark.line, last) if mark is not None else 0)
            raise _Unreadable(line, _explain(error, chunk, self.first_line)) from error
        except YAMLError as error:
            raise _Unreadable(self.first_line, f"this is not YAML: {' '.join(str(error).split())}") from error
        return self.root

    def take(self, event: Event) -> None:
        """Add what one event says."""
        if isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            frame = self.frames.pop()
            self.finish(frame)
            self.put(frame.value, frame.size, frame.value.line, False)
            return
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _Unreadable(self.first_line + event.start_mark.line, _SECOND_DOCUMENT)
        if not isinstance(event, NodeEvent):
            return
        line = self.first_line + event.start_mark.line
        self.events += 1
        if isinstance(event, AliasEvent):
            self.put(*self.alias(event.anchor, line), line, False)
        elif isinstance(event, ScalarEvent):
            value = self.scalar(event, line)
            if event.anchor is not None:
                self.anchors[event.anchor] = (value, 1)
            self.put(value, 1, line, event.value == _MERGE and event.style is None)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            if len(self.frames) == MAX_DEPTH:
                raise _Unreadable(line, f"nested deeper than {MAX_DEPTH} levels: no Kubernetes object is")
            kind = YamlMap if isinstance(event, MappingStartEvent) else YamlList
            self.frames.append(_Frame(kind(line), event.anchor))

    def alias(self, name: str, line: int) -> tuple[Any, int]:
        """The value and size behind an alias. Raises _Unreadable."""
        if any(frame.anchor == name for frame in self.frames):
            raise _Unreadable(line, f"anchor &{name} contains itself (*{name}): write the value out")
        if name not in self.anchors:
            raise _Unreadable(line, f"there is no anchor &{name} before the alias *{name}")
        return self.anchors[name]

    def scalar(self, event: ScalarEvent, line: int) -> scalars.Scalar:
        """The value of a scalar."""
        text: str = event.value
        if event.style is not None and event.tag is None:
            return _joined(text) if self.is_json else text
        if self.is_json:
            return scalars.json_number(text)
        if event.tag is None:
            return scalars.plain(text)
        try:
            return scalars.tagged(event.tag, text)
        except ValueError as error:
            self.faults.append(Fault(line, str(error)))
            return None

    def put(self, value: Any, size: int, line: int, is_merge: bool) -> None:
        """Add a finished value to what is being read."""
        if not self.frames:
            self.root = value
            return
        frame = self.frames[-1]
        frame.size += size
        if frame.size > self.events + MAX_ALIASED:
            raise _Unreadable(line, f"its aliases expand to more than {MAX_ALIASED:,} values: write it without them")
        if isinstance(frame.value, YamlList):
            frame.value.append(value)
            frame.value.lines.append(line)
        elif frame.awaits_key:
            self.key(frame, value, line, is_merge)
        else:
            self.entry(frame, frame.value, value, line)

    def key(self, frame: _Frame, value: Any, line: int, is_merge: bool) -> None:
        """Take a mapping's next key."""
        key = scalars.key_text(value)
        if key is None:
            self.faults.append(
                Fault(line, f"a key must be text, not {_what(value)}{_TEMPLATE if _braces(value) else ''}")
            )
        frame.key, frame.key_line, frame.awaits_key, frame.is_merge = key, line, False, is_merge and not self.is_json

    def entry(self, frame: _Frame, mapping: YamlMap, value: Any, line: int) -> None:
        """Take the value of the key that was read last."""
        key, frame.awaits_key = frame.key, True
        if frame.is_merge:
            parts = value if isinstance(value, YamlList) else [value]
            if not all(isinstance(part, YamlMap) for part in parts):
                self.faults.append(Fault(line, "`<<` merges mappings only"))
            frame.merged += [part for part in parts if isinstance(part, YamlMap)]
        elif key is not None and key in mapping:
            first = mapping.lines[key]
            self.faults.append(
                Fault(frame.key_line, f'key "{key}" is given twice, first on line {first}: remove or rename one')
            )
        elif key is not None:
            mapping[key] = value
            mapping.lines[key] = frame.key_line

    def finish(self, frame: _Frame) -> None:
        """Close a mapping or list: what it merges fills only keys that it does not give itself."""
        if isinstance(frame.value, YamlMap):
            for other in frame.merged:
                for key, value in other.items():
                    if key not in frame.value:
                        frame.value[key] = value
                        frame.value.lines[key] = other.lines[key]
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (frame.value, frame.size)


def _joined(text: str) -> str:
    """JSON writes a character beyond U+FFFF as two escapes, which YAML reads as two characters."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _what(value: Any) -> str:
    return "a mapping" if isinstance(value, YamlMap) else "a list" if isinstance(value, YamlList) else "null"


def _braces(value: Any) -> bool:
    return isinstance(value, YamlMap)


_TEMPLATE = " (a template, such as Helm's `{{ ... }}`, has to be rendered first)"
_PROBLEMS = (
    ("expected <block end>", "this line is indented differently from its neighbours"),
    (
        "mapping values are not allowed",
        "a key is not expected here: indent it like its neighbours, or quote a text with `: `",
    ),
    ("'\\t' that cannot start any token", "a tab cannot indent: use blanks"),
    ("cannot start any token", "a text that starts with this character must be quoted"),
    ("unexpected end of stream", "a quote is not closed"),
    ("expected ',' or", "a bracket is not closed, or a comma is missing"),
    ("expected the node content", "a value is missing here, or a bracket is not closed"),
    ("could not find expected ':'", "after this key there must be `: `"),
    (
        "sequence entries are not allowed",
        "a list item is not expected here: put it on a line of its own, or quote the `-`",
    ),
    ("expected '<document start>'", _SECOND_DOCUMENT),
)


def _explain(error: MarkedYAMLError, chunk: str, first_line: int) -> str:
    """What is wrong with the syntax and what to do, on one line: our words, the parser's only for what is rare."""
    problem = " ".join(str(error.problem or error.context or error).split())
    words = next((ours for theirs, ours in _PROBLEMS if theirs in problem), problem)
    place = ""
    if error.context is not None and error.context_mark is not None:
        place = f" ({error.context} that starts on line {first_line + error.context_mark.line})"
    return f"this is not YAML: {words}{place}" + (_TEMPLATE if "{{" in chunk else "")
