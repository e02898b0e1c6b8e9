"""Which kinds Kubernetes 1.36 serves, which fields they have, and what the API server refuses while decoding.

`schema-1.36.json` lists every built-in kind by API group and version, and the fields of every record with their shapes
(`schema_build` re-records it). What is modelled: strict field validation, which `kubectl apply` asks for: an unknown
field, a value of the wrong type and a number out of range are refused. Shapes: `string`, `boolean`, `int32`,
`int64`, `float64`, `quantity`, `intOrString`, `time`, `any`, `[]T`, `{}T`, or the name of a record.
"""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

import attrs

from kspec.kube import quantity
from kspec.kube.located import MapKey, Path, Problem, path_text, shown

VERSION = "1.36"

MODELLED = frozenset({("v1", "Node"), ("v1", "Pod"), ("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet")})
"""The kinds that are read into typed objects."""

PASSIVE = frozenset(
    {
        ("v1", "ConfigMap"),
        ("v1", "Namespace"),
        ("v1", "Secret"),
        ("v1", "ServiceAccount"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
        ("rbac.authorization.k8s.io/v1", "Role"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ("scheduling.k8s.io/v1", "PriorityClass"),
    }
)
"""Kinds on which no controller acts while they exist: they are data that others read."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_WORDS = {
    "string": "text",
    "boolean": "true or false",
    "int32": "a whole number",
    "int64": "a whole number",
    "float64": "a number",
    "quantity": "a quantity",
    "intOrString": "a whole number or a percentage",
    "time": "a time such as 2006-01-02T15:04:05Z",
}


@attrs.frozen
class Kind:
    """A kind that Kubernetes serves. `record`: the name of its record, None where its fields are not recorded."""

    api_version: str
    name: str
    namespaced: bool
    record: str | None


@functools.cache
def _schema() -> dict[str, Any]:
    text = FilePath(__file__).with_name(f"schema-{VERSION}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _records() -> dict[str, dict[str, str]]:
    records: dict[str, dict[str, str]] = _schema()["types"]
    return records


def _api_version(group: str, version: str) -> str:
    return f"{group}/{version}" if group else version


def _everywhere() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Group, version, kind, what is known of it: everything, also what was removed."""
    for group, versions in _schema()["kinds"].items():
        for version, kinds in versions.items():
            for kind, known in kinds.items():
                yield group, version, kind, known


def find_kind(api_version: str, kind: str) -> Kind | str | None:
    """The kind; or, as text, why Kubernetes refuses it and what to write; or None: a kind of a custom API group."""
    group, _, version = api_version.rpartition("/")
    groups = _schema()["kinds"]
    if group not in groups:
        if "." in group:
            return None
        return _unknown_group(api_version, kind)
    known = groups[group].get(version, {}).get(kind)
    if known is None:
        return _unknown_kind(group, version, kind)
    if "removed" in known:
        hint = _or(api_versions(kind)) or _or(_api_version(group, v) for v in groups[group])
        return f"Kubernetes {known['removed']} removed {kind} from {api_version}" + (f": use {hint}" if hint else "")
    return Kind(api_version, kind, known["namespaced"], known.get("type"))


def api_versions(kind: str) -> list[str]:
    """The apiVersions that serve a kind, stable ones first."""
    found = [_api_version(g, v) for g, v, k, known in _everywhere() if k == kind and "removed" not in known]
    return sorted(found, key=lambda api_version: ("alpha" in api_version, "beta" in api_version, api_version))


def served_kinds() -> list[tuple[str, str, bool]]:
    """Every kind that is served: its apiVersion, its name, and whether it has namespaces."""
    return [(_api_version(g, v), k, known["namespaced"]) for g, v, k, known in _everywhere() if "removed" not in known]


def _unknown_group(api_version: str, kind: str) -> str:
    close = api_versions(kind)
    if not close:
        served = {_api_version(g, v) for g, v, _, known in _everywhere() if "removed" not in known}
        close = difflib.get_close_matches(api_version, served, n=2)
    return f"Kubernetes {VERSION} has no API group version {api_version}" + _did_you_mean(close)


def _unknown_kind(group: str, version: str, kind: str) -> str:
    api_version = _api_version(group, version)
    complaint = f"there is no kind {kind} in {api_version}"
    elsewhere = api_versions(kind)
    if elsewhere:
        return f"{complaint}: {kind} is in {_or(elsewhere)}"
    if version not in _schema()["kinds"][group]:
        kinds = _schema()["kinds"][group]
        versions = [_api_version(group, v) for v in kinds if any("removed" not in k for k in kinds[v].values())]
        return f"Kubernetes {VERSION} has no {api_version}" + _did_you_mean(versions)
    here = _schema()["kinds"][group][version]
    close = _close(kind, here)
    if close:
        return complaint + _did_you_mean(close)
    others = _close(kind, {k for _, _, k, known in _everywhere() if "removed" not in known})
    return complaint + _did_you_mean([f"{api_versions(k)[0]} {k}" for k in others])


def _close(word: str, words: Iterable[str]) -> list[str]:
    """Close matches, upper and lower case being the same."""
    by_lower = {candidate.lower(): candidate for candidate in sorted(words)}
    return [by_lower[found] for found in difflib.get_close_matches(word.lower(), by_lower, n=3, cutoff=0.7)]


def _or(words: Iterable[str]) -> str:
    return " or ".join(words)


def _did_you_mean(words: Iterable[str]) -> str:
    text = _or(words)
    return f"; did you mean {text}?" if text else ""


def decoding_problems(record: str, value: Any) -> list[Problem]:
    """What the API server refuses while it decodes an object of this record."""
    return list(_decode(record, value, (), record))


def metadata_problems(value: Mapping[str, Any]) -> list[Problem]:
    """The same for an object of which only the metadata is known: a custom resource."""
    metadata = value.get("metadata")
    return (
        [] if metadata is None else list(_decode("meta.v1.ObjectMeta", metadata, ("metadata",), "meta.v1.ObjectMeta"))
    )


def _decode(shape: str, value: Any, path: Path, root: str) -> Iterator[Problem]:
    if shape == "any":
        return
    if shape.startswith("[]"):
        if not isinstance(value, list):
            yield Problem(path, f"must be a list, not {shown(value)}")
            return
        for position, item in enumerate(value):
            yield from _decode(shape[2:], item, (*path, position), root)
    elif shape.startswith("{}"):
        if not isinstance(value, Mapping):
            yield Problem(path, f"must be a mapping, not {shown(value)}")
            return
        for key, item in value.items():
            if item is not None:
                yield from _decode(shape[2:], item, (*path, MapKey(key)), root)
    elif shape in _WORDS:
        message = _scalar_problem(shape, value)
        if message is not None:
            yield Problem(path, message)
    elif shape in _records():
        yield from _decode_record(shape, value, path, root)


def _decode_record(record: str, value: Any, path: Path, root: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(path, f"must be an object with fields, not {shown(value)}")
        return
    fields = _records()[record]
    top = {"apiVersion", "kind"} if not path else set()
    for name, item in value.items():
        if name in fields:
            if item is not None:
                yield from _decode(fields[name], item, (*path, name), root)
        elif name not in top:
            yield Problem((*path, name), "unknown field" + _hint(name, record, root, value))


def _hint(name: str, record: str, root: str, value: Mapping[str, Any]) -> str:
    """What the person may have meant by an unknown field."""
    close = _close(name, set(_records()[record]) - set(value))
    if close:
        return _did_you_mean(close)
    elsewhere = field_paths(root).get(name)
    return f"; {name} belongs in {elsewhere}" if elsewhere is not None else ""


@functools.cache
def field_paths(root: str) -> dict[str, str]:
    """For each field name the nearest place below this record that has it: `hostPort` → `spec.containers[].ports[]`."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    todo: list[tuple[str, Path]] = [(root, ())]
    while todo:
        record, path = todo.pop(0)
        if record in seen or len(path) > 8:
            continue
        seen.add(record)
        for name, shape in _records()[record].items():
            found.setdefault(name, path_text(path) or "the top level")
            inner = shape.lstrip("[]{}")
            if inner in _records() and name != "status":
                todo.append((inner, (*path, name + ("[]" if shape.startswith("[]") else ""))))
    return found


def _scalar_problem(shape: str, value: Any) -> str | None:
    """Why a scalar does not fit its field; None if it does."""
    wrong = f"must be {_WORDS[shape]}, not {shown(value)}"
    if shape == "quantity":
        if isinstance(value, (Mapping, list)):
            return wrong
        try:
            quantity.from_yaml(value)
        except ValueError as error:
            return str(error)
        return None
    if shape == "string":
        if isinstance(value, bool):
            return wrong + ": quote it (unquoted y, yes, on, n, no and off are true and false)"
        return None if isinstance(value, str) else wrong + ("" if isinstance(value, (Mapping, list)) else ": quote it")
    if shape == "boolean":
        return None if isinstance(value, bool) else wrong
    if shape == "time":
        return None if isinstance(value, str) and _TIME.fullmatch(value) else wrong
    if shape == "intOrString" and isinstance(value, str):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        unquote = isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value)
        return wrong + (": remove the quotes" if unquote else "")
    if shape == "float64":
        return None
    if not isinstance(value, int):
        return wrong
    lowest, highest = _RANGES["int32" if shape == "intOrString" else shape]
    return None if lowest <= value <= highest else f"must be between {lowest} and {highest}, not {value}"
