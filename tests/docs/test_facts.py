"""Every fact that the sources and the documents cite by its number can be looked up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.docs.console import ROOT

FACTS = ROOT / "docs" / "reference" / "facts"
FOLDERS = ("models", "properties", "kspec", "docs")

_LISTED = re.compile(r"^- \*\*([ACKPSW]\d{2,3})([a-z]?)\*\* ", re.MULTILINE)
_CITED = re.compile(r"\b([ACKPSW])(\d{2,3})([a-z]?)(?:\s*(?:-|–|\bto\b)\s*\1(\d{2,3})[a-z]?)?\b")
_NOT_A_FACT = re.compile(r"# noqa.*")


def listed() -> list[tuple[str, str]]:
    """The facts of all pages, by number and small letter."""
    return [found for page in sorted(FACTS.glob("*.md")) for found in _LISTED.findall(page.read_text(encoding="utf-8"))]


def cited(text: str) -> Iterator[tuple[str, str]]:
    """The facts that a text cites, by number and small letter. A range cites all that are in it."""
    for letter, first, small, last in _CITED.findall(_NOT_A_FACT.sub("", text)):
        yield f"{letter}{first}", small
        for number in range(int(first) + 1, int(last or first) + 1):
            yield f"{letter}{number:02}", ""


def unknown(text: str, known: list[tuple[str, str]]) -> list[str]:
    """Facts that a text cites and no page lists.

    A45d is also listed where A45 is, as a whole; A45 is listed where at least one of its parts is.
    """
    numbers = {number for number, _ in known}
    return sorted(
        {
            number + small
            for number, small in cited(text)
            if number not in numbers or (small and (number, small) not in known and (number, "") not in known)
        }
    )


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("as upstream does (W36, getPhase)", ["W36"]),
        ("S09 to S11", ["S09", "S10", "S11"]),
        ("C99-C101; A80e", ["C99", "C100", "C101", "A80e"]),
        ("over two lines (K01 to\n    K03)", ["K01", "K02", "K03"]),
        ("W90 and W92", ["W90", "W92"]),
        ("x = 1  # noqa: C901", []),
        ("Z3, SHA256, K8s", []),
    ],
)
def test_numbers_are_found_in_a_text(text: str, numbers: list[str]) -> None:
    assert [number + small for number, small in cited(text)] == numbers


@pytest.mark.parametrize(
    ("text", "missing"), [("A45, A45d", []), ("A45b", ["A45b"]), ("W36e", []), ("W35 to W37", ["W35", "W37"])]
)
def test_parts_of_a_fact_are_looked_up(text: str, missing: list[str]) -> None:
    assert unknown(text, [("A45", "d"), ("W36", "")]) == missing


def test_a_fact_is_listed_once() -> None:
    twice = [number + small for (number, small), times in Counter(listed()).items() if times > 1]

    assert twice == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_facts_that_are_cited_are_listed(folder: str) -> None:
    known = listed()
    missing = {
        str(path.relative_to(ROOT)): names
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".md") and (names := unknown(path.read_text(encoding="utf-8"), known))
    }

    assert missing == {}, "say what these facts are in docs/reference/facts, or correct the number"
