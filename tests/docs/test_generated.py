"""Generated parts of the documents say what is so now."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

import kspec
from kspec.kernel.registry import load
from kspec.kernel.settings import declared
from kspec.report.result import result_document
from tests.docs.console import ROOT
from tests.docs.record import PICTURE, TABLES, picture, recorded


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The tables, made by a process of its own: other tests declare settings and theorems in this one."""
    command = [sys.executable, "-m", "tests.docs.record", "--print"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=True)
    found: dict[str, str] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("name", TABLES)
def test_a_generated_table_is_up_to_date(name: str, made: dict[str, str]) -> None:
    assert recorded(name) == f"{made[name]}\n", "run ./dev python -m tests.docs.record, and read the diff"


NOT_UPSTREAMS_DEFAULT = {"scheduler.scores": "open", "apiserver.authorization-mode": "Node,RBAC"}


def test_the_settings_that_begin_with_something_else_than_upstreams_default_are_named() -> None:
    load()
    opening = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8").partition("<!--")[0]
    named = {name for name in re.findall(r"`([\w.-]+)`", opening) if name in declared()}

    assert named == set(NOT_UPSTREAMS_DEFAULT)
    assert {name: declared()[name].default for name in named} == NOT_UPSTREAMS_DEFAULT


def texts(svg: str) -> list[str]:
    """What a picture says, line by line. Where it says it is the layout program's business."""
    return re.findall(r"<text[^>]*>(.*?)</text>", svg)


def test_the_picture_is_what_the_command_of_the_readme_draws() -> None:
    kept = PICTURE.read_text(encoding="utf-8")

    assert texts(kept) == texts(picture()), "run ./dev python -m tests.docs.record, and look at the picture"
    assert "STUCK FOR EVER" in kept
    assert len(kept) < 150_000


def test_every_key_of_a_result_is_described() -> None:
    result = kspec.check("store.cas")
    document = result_document([result], command=[], exit_code=0, seed=0, verdict=result.verdict, trace_files={})
    (system,) = document["systems"]
    keys = [*document, *system, *system["properties"][0], *system["properties"][0]["witness"]]
    described = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")

    assert [key for key in keys if f"`{key}`" not in described] == []
