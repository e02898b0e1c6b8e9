"""What admission is asked about: one write, with the object before and after it.

Upstream: staging/src/k8s.io/apiserver/pkg/admission/interfaces.go Attributes.
"""

from __future__ import annotations

import enum
from typing import Any

import attrs

from kspec.kube.requests import Code


class Operation(enum.Enum):
    """What a write does."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@attrs.frozen
class Write:
    """A write. `object` None: a deletion; `old` None: a creation; `namespace` empty: of the whole cluster."""

    operation: Operation
    resource: str
    object: Any
    old: Any = None
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    def is_(self, resource: str, *operations: Operation) -> bool:
        """Whether it is one of these operations on this resource itself, not on a subresource."""
        return self.resource == resource and not self.subresource and self.operation in operations


class Rejected(Exception):
    """A plugin refuses the write."""

    def __init__(self, message: str, code: Code = Code.FORBIDDEN) -> None:
        super().__init__(message)
        self.message, self.code = message, code
