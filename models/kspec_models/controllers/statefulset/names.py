"""What a StatefulSet calls its pods and its revisions.

Upstream: pkg/controller/statefulset/stateful_set_utils.go getParentNameAndOrdinal, getPodName, setPodRevision;
pkg/controller/history/controller_history.go ControllerRevisionName (W60, W68).
"""

from __future__ import annotations

import re

from kspec.kube.objects import Labels, PodTemplate
from kspec_models.helpers.hashes import REVISION_LABEL, short_hash
from kspec_models.helpers.labels import value_of

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
_NAME = re.compile(r"(.*)-([0-9]+)")


def pod_name(statefulset: str, ordinal: int) -> str:
    """`web-0`."""
    return f"{statefulset}-{ordinal}"


def ordinal_of(statefulset: str, pod: str) -> int | None:
    """The ordinal in a pod's name; None if it is no name of a pod of this set (getParentNameAndOrdinal, isMemberOf)."""
    found = _NAME.fullmatch(pod)
    return int(found[2]) if found is not None and found[1] == statefulset else None


def revision_name(statefulset: str, template: PodTemplate) -> str:
    """The name of the ControllerRevision of a template."""
    return f"{statefulset}-{short_hash(template)}"


def pod_labels(template: Labels, name: str, revision: str) -> Labels:
    """The labels of a pod: those of the template, its name, and the revision that it is made from."""
    return tuple(sorted((dict(template) | {REVISION_LABEL: revision, POD_NAME_LABEL: name}).items()))


def revision_of(labels: Labels) -> str:
    """The revision that a pod was made from, "" if it does not say."""
    return value_of(labels, REVISION_LABEL) or ""
