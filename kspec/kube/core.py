"""Kinds of the core API group beside pods and nodes (`objects` has those).

What is simplified: as in `objects`. A name stands for one object, in whichever namespace it is.
"""

from __future__ import annotations

import enum
from typing import ClassVar

import attrs

from kspec.kube.objects import Labels, Operator, Resources


class NamespacePhase(enum.Enum):
    """status.phase of a namespace."""

    ACTIVE = "Active"
    TERMINATING = "Terminating"


@attrs.frozen
class Namespace:
    """A namespace. `finalizers` are those of its spec: while `kubernetes` is among them, its content is not gone.

    `content_remaining`, `finalizers_remaining`: the messages of its conditions NamespaceContentRemaining and
    NamespaceFinalizersRemaining, "" where they are not true.
    """

    shown: ClassVar[tuple[str, ...]] = ("phase",)
    name: str
    labels: Labels = ()
    phase: NamespacePhase = NamespacePhase.ACTIVE
    finalizers: tuple[str, ...] = ("kubernetes",)
    deleting: bool = False
    content_remaining: str = ""
    finalizers_remaining: str = ""


@attrs.frozen
class ServiceAccount:
    """A service account: what a pod is to the API server."""

    name: str
    namespace: str = "default"
    deleting: bool = False


class LimitType(enum.Enum):
    """What an item of a LimitRange is about."""

    CONTAINER = "Container"
    POD = "Pod"
    PERSISTENT_VOLUME_CLAIM = "PersistentVolumeClaim"


@attrs.frozen
class Ratio:
    """How many times its request a limit may be, exactly: `numerator / denominator`."""

    numerator: int
    denominator: int = 1


@attrs.frozen
class LimitRangeItem:
    """One item of spec.limits: bounds, and for containers the amounts of those that do not say."""

    type: LimitType
    max: Resources = ()
    min: Resources = ()
    default: Resources = ()
    default_request: Resources = ()
    max_limit_request_ratio: tuple[tuple[str, Ratio], ...] = ()


@attrs.frozen
class LimitRange:
    """Bounds and defaults of what single pods and containers of a namespace ask for."""

    name: str
    limits: tuple[LimitRangeItem, ...] = ()
    namespace: str = "default"
    deleting: bool = False


class QuotaScope(enum.Enum):
    """Which pods a quota is about."""

    TERMINATING = "Terminating"
    NOT_TERMINATING = "NotTerminating"
    BEST_EFFORT = "BestEffort"
    NOT_BEST_EFFORT = "NotBestEffort"
    PRIORITY_CLASS = "PriorityClass"
    CROSS_NAMESPACE_POD_AFFINITY = "CrossNamespacePodAffinity"


@attrs.frozen
class ScopeSelector:
    """An entry of spec.scopes, or of spec.scopeSelector, where only PriorityClass has other operators than Exists."""

    scope: QuotaScope
    operator: Operator = Operator.EXISTS
    values: tuple[str, ...] = ()


@attrs.frozen
class ResourceQuota:
    """What all objects of a namespace together may use. `hard` and `used` are of its status."""

    name: str
    hard: Resources = ()
    used: Resources = ()
    scopes: tuple[ScopeSelector, ...] = ()
    namespace: str = "default"
    deleting: bool = False


@attrs.frozen
class ConfigMap:
    """A ConfigMap: sorted pairs of key and value."""

    name: str
    data: Labels = ()
    immutable: bool = False
    namespace: str = "default"
    deleting: bool = False

    shown: ClassVar[tuple[str, ...]] = ("data",)


@attrs.frozen
class Secret:
    """A Secret: like a ConfigMap, with values as they are when decoded."""

    name: str
    data: Labels = ()
    immutable: bool = False
    namespace: str = "default"
    deleting: bool = False

    shown: ClassVar[tuple[str, ...]] = ("data",)
