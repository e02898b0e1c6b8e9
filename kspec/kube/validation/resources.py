"""What the API server refuses in amounts of resources.

What is modelled: ValidateResourceQuantityValue, validateContainerResourceName and
ValidateContainerResourceRequirements of pkg/apis/core/validation, Kubernetes 1.36.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kspec.kube import formats, quantity
from kspec.kube.located import MapKey, Path, Problem

Amounts = Mapping[str, Any]

_NATIVE_PREFIX = "kubernetes.io/"
_HUGE_PAGES = "hugepages-"
_CONTAINER = frozenset({"cpu", "memory", "ephemeral-storage"})


def is_extended(name: str) -> bool:
    """Whether a resource is one that somebody else than Kubernetes offers, such as `example.com/gpu`."""
    return "/" in name and _NATIVE_PREFIX not in name and not name.startswith("requests.")


def _may_overcommit(name: str) -> bool:
    return not is_extended(name) and not name.startswith(_HUGE_PAGES)


def resource_list(amounts: Amounts, path: Path) -> Iterator[Problem]:
    """Names and amounts of any list of resources."""
    for name, amount in amounts.items():
        here: Path = (*path, MapKey(name))
        problem = formats.qualified_name(name)
        if problem:
            yield Problem(here, f"the resource name {problem}")
        found = quantity.from_yaml(amount)
        if found.sign < 0:
            yield Problem(here, f"{amount} must not be negative")
        if (is_extended(name) or name == "pods") and found.nanos % 10**9:
            yield Problem(here, f"{amount} must be a whole number")


def container_resources(resources: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """Requests and limits of a container."""
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    # What a request took over from its limit is wrong in one place only.
    own_requests = {name: amount for name, amount in requests.items() if limits.get(name) != amount}
    for field, amounts in (("limits", limits), ("requests", own_requests)):
        yield from resource_list(amounts, (*path, field))
        for name in amounts:
            if "/" not in name and name not in _CONTAINER and not name.startswith(_HUGE_PAGES):
                known = ", ".join(sorted(_CONTAINER))
                message = (
                    f"must be a standard resource ({known}, hugepages-SIZE) or have a domain, as example.com/{name}"
                )
                yield Problem((*path, field, MapKey(name)), message)
    for name, amount in requests.items():
        request = quantity.from_yaml(amount)
        if name not in limits:
            if not _may_overcommit(name):
                yield Problem(
                    (*path, "limits"), f"{name} needs a limit that equals its request: it cannot be overcommitted"
                )
            continue
        limit = quantity.from_yaml(limits[name])
        if not _may_overcommit(name) and request != limit:
            yield Problem((*path, "requests"), f"{amount} must equal the {name} limit of {limits[name]}")
        elif request > limit:
            yield Problem((*path, "requests"), f"{amount} must be at most the {name} limit of {limits[name]}")
