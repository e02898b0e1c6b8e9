"""What the API server refuses in an object's metadata.

What is modelled: ValidateObjectMeta of staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go and the name
rule that each kind's strategy adds, Kubernetes 1.36.
"""

from __future__ import annotations

from collections.abc import Sequence

from kspec.kube import formats
from kspec.kube.located import MapKey, Path, Problem, shown
from kspec.kube.validation.checks import Object, Problems, labels

MAX_ANNOTATIONS = 256 * 1024
"""Bytes of all keys and values together."""

_LABEL_NAMED = frozenset({("v1", "Namespace"), ("v1", "Service")})
_PATH_NAMED = frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})
_NAMES_OF_THEIR_OWN = frozenset({"IPAddress", "ClusterTrustBundle"})
_NEEDS_NO_NAME = frozenset(
    {
        "LocalSubjectAccessReview",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "SubjectAccessReview",
        "TokenReview",
    }
)


def metadata_problems(api_version: str, kind: str, metadata: Object) -> Problems:
    path: Path = ("metadata",)
    yield from _name(api_version, kind, metadata)
    namespace = metadata.get("namespace", "")
    problem = formats.dns1123_label(namespace) if namespace else None
    if problem:
        yield Problem((*path, "namespace"), f"{shown(namespace)} {problem}")
    yield from labels(metadata.get("labels", {}), (*path, "labels"))
    annotations = metadata.get("annotations", {})
    for key in annotations:
        problem = formats.qualified_name(key.lower())
        if problem:
            yield Problem((*path, "annotations", MapKey(key)), f"the key {problem}")
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > MAX_ANNOTATIONS:
        yield Problem((*path, "annotations"), f"must not be larger than {MAX_ANNOTATIONS} bytes together")
    for position, finalizer in enumerate(metadata.get("finalizers", [])):
        problem = formats.qualified_name(finalizer)
        if problem:
            yield Problem((*path, "finalizers", position), f"{shown(finalizer)} {problem}")
    yield from _owners(metadata.get("ownerReferences", []), (*path, "ownerReferences"))


def _name(api_version: str, kind: str, metadata: Object) -> Problems:
    name = metadata.get("name", "")
    if not name:
        if kind not in _NEEDS_NO_NAME:
            prefix = metadata.get("generateName")
            why = f": `kubectl apply` cannot use generateName; write for example {prefix}1" if prefix else ""
            yield Problem(("metadata", "name"), f"is required{why}")
        return
    if kind in _NAMES_OF_THEIR_OWN:
        return
    if kind in _PATH_NAMED:
        problem = formats.path_segment(name)
    elif (api_version, kind) in _LABEL_NAMED:
        problem = formats.dns1123_label(name)
    else:
        problem = formats.dns1123_subdomain(name)
    if problem:
        yield Problem(("metadata", "name"), f"{shown(name)} {problem}")


def _owners(owners: Sequence[Object], path: Path) -> Problems:
    for position, owner in enumerate(owners):
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                yield Problem((*path, position, field), "must not be empty")
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            yield Problem((*path, position), "an Event cannot own anything")
    controllers = [str(owner.get("name")) for owner in owners if owner.get("controller")]
    if len(controllers) > 1:
        yield Problem(path, f"only one owner may have controller: true, not {' and '.join(controllers)}")
