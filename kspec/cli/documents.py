"""Answers as JSON: to a file, or to standard output for `-`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from kspec.cli.output import emit
from kspec.kernel.errors import UsageError

STANDARD_OUTPUT = "-"


def command_line() -> list[str]:
    """The command that runs, as a reader of its answer would type it."""
    return ["kspec", *(click.get_current_context().find_root().obj or [])]


def write(document: Mapping[str, Any], json_file: str) -> None:
    """Write a document. Raises UsageError if the file cannot be written."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if json_file == STANDARD_OUTPUT:
        emit(text)
        return
    try:
        Path(json_file).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--json {json_file}: {error.strerror}") from error
