"""Re-record `schema-1.36.json` from the sources of Kubernetes: `python -m kspec.kube.schema_build CLIENT_GO API OUT`.

Both arguments are checkouts (of `k8s.io/client-go` and `k8s.io/api`, branch release-1.36). The field names and their
shapes come from client-go's structural schema, the width of numbers and the kinds from the API's Go types. Only
names and shapes are recorded: no text of Kubernetes is copied.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

VERSION = "1.36"
_STRUCT = re.compile(r"((?:^//[^\n]*\n|^\n)*)^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_MEMBER = re.compile(r'^\s+(?:\w+ )?([\w.\[\]*]+) +`[^`]*json:"([^",]*)', re.MULTILINE)
_REMOVED = re.compile(r"\(in \*(\w+)\) APILifecycleRemoved\(\) \(major, minor int\) \{\s+return (\d+), (\d+)")
_NOT_SERVED = {"apidiscovery.k8s.io", "imagepolicy.k8s.io"}
_NOT_RESOURCES = {"PodStatusResult", "RangeAllocation"}
# Served by the aggregated API servers, which k8s.io/api does not hold.
_AGGREGATED: dict[str, dict[str, dict[str, Any]]] = {
    "apiextensions.k8s.io": {"v1": {"CustomResourceDefinition": {"namespaced": False}}},
    "apiregistration.k8s.io": {"v1": {"APIService": {"namespaced": False}}},
}
_WIDTH = {"int": "int64", "int32": "int32", "int64": "int64", "float64": "float64"}
_SHORT = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "intOrString",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
    "__untyped_atomic_": "any",
    "__untyped_deduced_": "any",
}


def _name(full: str) -> str:
    """`apps.v1.Deployment` of `io.k8s.api.apps.v1.Deployment`."""
    return full.removeprefix("io.k8s.api.").removeprefix("io.k8s.apimachinery.pkg.apis.")


def _shape(kind: dict[str, Any], width: str) -> str:
    """The recorded notation of one type: a scalar's name, `[]T`, `{}T`, or the name of a record."""
    if "namedType" in kind:
        return _SHORT.get(kind["namedType"]) or _name(kind["namedType"])
    if "list" in kind and kind.get("scalar") is None:
        return "[]" + _shape(kind["list"]["elementType"], width)
    if "map" in kind and kind.get("scalar") is None:
        return "{}" + _shape(kind["map"]["elementType"], width)
    return {"numeric": width, "untyped": "any"}.get(kind["scalar"], str(kind["scalar"]))


Kinds = dict[str, dict[str, dict[str, dict[str, Any]]]]


def _kinds_of(folder: Path, served: set[str]) -> dict[str, dict[str, Any]]:
    """The kinds of one API group version: is it namespaced, which record is it, when was it removed."""
    lifecycle = folder / "zz_generated.prerelease-lifecycle.go"
    removals = {
        kind: (int(major), int(minor))
        for kind, major, minor in _REMOVED.findall(lifecycle.read_text() if lifecycle.exists() else "")
    }
    now = tuple(int(part) for part in VERSION.split("."))
    known: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.glob("*types*.go")):
        for comment, name, body in _STRUCT.findall(file.read_text()):
            if not ("TypeMeta" in body and "ObjectMeta" in body and name in served - _NOT_RESOURCES):
                continue
            known[name] = {"namespaced": "genclient:nonNamespaced" not in comment}
            if removals.get(name, (9, 9)) <= now:
                known[name]["removed"] = ".".join(map(str, removals[name]))
            else:
                known[name]["type"] = f"{folder.parent.name}.{folder.name}.{name}"
    return known


def _kinds(api: Path) -> Kinds:
    """Group → version → kind → what is known of it."""
    kinds: Kinds = {}
    for register in sorted(api.glob("*/*/register.go")):
        source = register.read_text()
        group = re.search(r'GroupName\s*=\s*"([^"]*)"', source)
        if group is None or group.group(1) in _NOT_SERVED:
            continue
        known = _kinds_of(register.parent, set(re.findall(r"^\s*&(\w+)\{\}", source, re.MULTILINE)))
        if known:
            kinds.setdefault(group.group(1), {})[register.parent.name] = known
    return kinds | _AGGREGATED


def _go_types(api: Path) -> dict[tuple[str, str], str]:
    """The Go type of each field of each record, without pointers and slices."""
    members: dict[tuple[str, str], str] = {}
    for file in sorted(api.glob("*/*/*types*.go")):
        for _, name, body in _STRUCT.findall(file.read_text()):
            for go, json_name in _MEMBER.findall(body):
                members[f"{file.parent.parent.name}.{file.parent.name}.{name}", json_name] = go.strip("*[]")
    return members


def _reachable(roots: set[str], records: dict[str, dict[str, str]]) -> set[str]:
    """The records which these mention, directly or not."""
    found: set[str] = set()
    todo = list(roots)
    while todo:
        name = todo.pop()
        if name in records and name not in found:
            found.add(name)
            todo.extend(shape.lstrip("[]{}") for shape in records[name].values())
    return found


def build(client_go: Path, api: Path) -> dict[str, Any]:
    """The schema as the JSON file holds it."""
    source = (client_go / "applyconfigurations/internal/internal.go").read_text()
    found = re.search(r"typed\.YAMLObject\(`(.*?)`\)", source, re.DOTALL)
    assert found is not None, "client-go no longer keeps its structural schema in internal.go"
    types = YAML(typ="safe", pure=True).load(found.group(1))["types"]
    kinds, members = _kinds(api), _go_types(api)
    records: dict[str, dict[str, str]] = {}
    for entry in types:
        if "fields" not in entry.get("map", {}):
            continue
        name = _name(entry["name"])
        records[name] = {
            field["name"]: _shape(field["type"], _WIDTH.get(members.get((name, field["name"]), ""), "int64"))
            for field in entry["map"]["fields"]
        }
    served = [kind for versions in kinds.values() for known in versions.values() for kind in known.values()]
    needed = _reachable({kind["type"] for kind in served if "type" in kind}, records)
    for kind in served:
        if kind.get("type") not in records:
            kind.pop("type", None)
    kept = {name: fields for name, fields in records.items() if name in needed}
    return {"kubernetes": VERSION, "kinds": kinds, "types": kept}


def main(arguments: list[str]) -> None:
    """Write the schema."""
    client_go, api, out = map(Path, arguments)
    out.write_text(json.dumps(build(client_go, api), indent=0, sort_keys=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
