"""The kinds of API group rbac.authorization.k8s.io: who may do what.

What is simplified: the API group of a role reference is left out (there is only one). Not here: aggregated ClusterRoles
(A29).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import ClassVar

import attrs

from kspec.kernel.values import Ref


class SubjectKind(enum.Enum):
    """Whom a binding can name."""

    USER = "User"
    GROUP = "Group"
    SERVICE_ACCOUNT = "ServiceAccount"


@attrs.frozen
class PolicyRule:
    """One rule of a role. `resources` may name subresources (`pods/log`); no `resource_names` means every name."""

    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = ()

    def told(self, called: Callable[[Ref], str]) -> str:
        """`get, list on pods`."""
        names = f" named {', '.join(self.resource_names)}" if self.resource_names else ""
        return f"{', '.join(self.verbs)} on {', '.join((*self.resources, *self.non_resource_urls))}{names}"


@attrs.frozen
class Subject:
    """Who gets the rights of a binding. `namespace` is a service account's."""

    kind: SubjectKind
    name: str
    namespace: str = ""

    def told(self, called: Callable[[Ref], str]) -> str:
        """`ServiceAccount shop/web`."""
        return f"{self.kind.value} {f'{self.namespace}/' if self.namespace else ''}{self.name}"


@attrs.frozen
class RoleRef:
    """The role that a binding hands out: its kind is Role or ClusterRole."""

    kind: str
    name: str

    def told(self, called: Callable[[Ref], str]) -> str:
        """`Role reader`."""
        return f"{self.kind} {self.name}"


@attrs.frozen
class Role:
    """Rules of one namespace."""

    name: str
    rules: tuple[PolicyRule, ...] = ()
    namespace: str = "default"
    deleting: bool = False

    shown: ClassVar[tuple[str, ...]] = ("rules",)


@attrs.frozen
class ClusterRole:
    """Rules of the whole cluster, or of the namespace of a RoleBinding that refers to it."""

    name: str
    rules: tuple[PolicyRule, ...] = ()
    deleting: bool = False

    shown: ClassVar[tuple[str, ...]] = ("rules",)


@attrs.frozen
class RoleBinding:
    """Hands out a Role of its namespace, or a ClusterRole there."""

    name: str
    role_ref: RoleRef
    subjects: tuple[Subject, ...] = ()
    namespace: str = "default"
    deleting: bool = False

    shown: ClassVar[tuple[str, ...]] = ("role_ref", "subjects")


@attrs.frozen
class ClusterRoleBinding:
    """Hands out a ClusterRole everywhere."""

    name: str
    role_ref: RoleRef
    subjects: tuple[Subject, ...] = ()
    deleting: bool = False

    shown: ClassVar[tuple[str, ...]] = ("role_ref", "subjects")
