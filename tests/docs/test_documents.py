"""Every document is true: its commands do what it shows, its links lead somewhere, files that it names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sybil import Sybil

from tests.docs.console import ROOT, SHELL, Blocks

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]

LINK = re.compile(r"\]\((?!https?:|mailto:)(?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")
SOURCE = re.compile(r"`(?P<path>(?:kspec|models|properties|tests|docs|examples|benchmarks|\.ci)/[\w./-]+)`")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    """A document's text without its fenced blocks."""
    return FENCED.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """What a link may lead to in a document."""
    heads = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.skipif(not Path(SHELL).exists(), reason="console blocks are for a POSIX shell")
@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_what_a_document_shows_is_what_comes(path: Path, tmp_path: Path) -> None:
    for example in Sybil([Blocks(tmp_path)], pattern="*.md").parse(path).examples():
        example.evaluate()


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_links_lead_somewhere(path: Path) -> None:
    broken = []
    for link in LINK.finditer(prose(path)):
        target = path.parent / link["target"] if link["target"] else path
        there = target.exists() and (not link["anchor"] or target.is_dir() or link["anchor"] in anchors(target))
        if not there:
            broken.append(link[0])

    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_files_that_are_named_are_there(path: Path) -> None:
    missing = [found["path"] for found in SOURCE.finditer(prose(path)) if not (ROOT / found["path"]).exists()]

    assert missing == []
