"""Reading vector files: YAML with the keys `topic`, `source` and `cases` (each `id`, `given`, `expect`)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kspec.kernel.errors import UsageError
from tests.conformance.interface import Case

VARIABLE = "KSPEC_VECTORS"

_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9_]+)(?:[eE][-+][0-9]+)?\Z|[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z"
)


class _Constructor(SafeConstructor):
    """`1e3` is text, as in the YAML 1.1 that Kubernetes' quantities are written in: a float needs a dot."""

    def float_or_text(self, node: Any) -> float | str:
        return self.construct_yaml_float(node) if _FLOAT.match(node.value) else str(node.value)


_Constructor.add_constructor("tag:yaml.org,2002:float", _Constructor.float_or_text)


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    return yaml


def files(folder: Path) -> list[Path]:
    """The vector files of a folder by name. Raises UsageError if there is no such folder or none in it."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder of vector files")
    found = sorted(folder.glob("*.yaml"))
    if not found:
        raise UsageError(f"{folder}: no vector files (*.yaml) in it")
    return found


def read(path: Path) -> list[Case]:
    """The cases of a vector file. Raises UsageError with file and line."""
    try:
        document = _yaml().load(path)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}:{line}: not YAML: {error.problem}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("cases"), list):
        raise UsageError(f"{path}: not a vector file: it has no list `cases`")
    cases = [_case(path, number, raw) for number, raw in enumerate(document["cases"], 1)]
    twice = {case.id for case in cases if sum(c.id == case.id for c in cases) > 1}
    if twice:
        raise UsageError(f"{path}: two cases have the id {', '.join(sorted(twice))}")
    return cases


def _case(path: Path, number: int, raw: Any) -> Case:
    missing = [key for key in ("id", "given", "expect") if not isinstance(raw, dict) or key not in raw]
    if missing:
        raise UsageError(f"{path}: case {number} has no {missing[0]}")
    return Case(str(raw["id"]), raw["given"], raw["expect"], str(raw.get("from", "")))


def default_folder() -> Path:
    """Where tests look for vector files: $KSPEC_VECTORS, or `../shared/vectors` beside the checkout."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "vectors"
