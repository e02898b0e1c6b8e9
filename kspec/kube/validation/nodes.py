"""What the API server refuses in a Node.

What is modelled: ValidateNode of pkg/apis/core/validation, Kubernetes 1.36.
"""

from __future__ import annotations

from kspec.kube import formats
from kspec.kube.located import Path, Problem, shown
from kspec.kube.validation.checks import Object, Problems, one_of
from kspec.kube.validation.resources import resource_list

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def node(item: Object) -> Problems:
    """Taints and amounts of resources."""
    seen: set[tuple[str, str]] = set()
    for position, taint in enumerate(item.get("spec", {}).get("taints", [])):
        path: Path = ("spec", "taints", position)
        key, value, effect = (taint.get(field, "") for field in ("key", "value", "effect"))
        problem = formats.qualified_name(key)
        if problem:
            yield Problem((*path, "key"), f"{shown(key)} {problem}")
        problem = formats.label_value(value)
        if problem:
            yield Problem((*path, "value"), f"{shown(value)} {problem}")
        yield from one_of(effect, EFFECTS, (*path, "effect"))
        if (key, effect) in seen:
            yield Problem(path, f"the taint {key}:{effect} is given twice")
        seen.add((key, effect))
    status = item.get("status", {})
    for field in ("capacity", "allocatable"):
        yield from resource_list(status.get(field, {}), ("status", field))
