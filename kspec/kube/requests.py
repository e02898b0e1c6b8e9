"""What clients say to the API server, and what it answers.

The checker only carries requests: the pipeline that serves them is a spec's (`Pipeline`), handed in by the system.
"""

from __future__ import annotations

import enum
from typing import Any, Protocol

import attrs

from kspec.kernel.actions import Update, Var
from kspec.kernel.values import Ref, Value


class Verb(enum.Enum):
    """The verbs of Kubernetes that models use."""

    GET = "get"
    LIST = "list"
    CREATE = "create"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"


class Code(enum.Enum):
    """The status with its reason: what a real client can tell apart (A45l)."""

    OK = (200, "OK")
    CREATED = (201, "Created")
    BAD_REQUEST = (400, "BadRequest")
    UNAUTHORIZED = (401, "Unauthorized")
    FORBIDDEN = (403, "Forbidden")
    NOT_FOUND = (404, "NotFound")
    ALREADY_EXISTS = (409, "AlreadyExists")
    CONFLICT = (409, "Conflict")
    UNSUPPORTED_MEDIA_TYPE = (415, "UnsupportedMediaType")
    INVALID = (422, "Invalid")
    TOO_MANY_REQUESTS = (429, "TooManyRequests")
    UNAVAILABLE = (503, "ServiceUnavailable")
    INTERNAL_ERROR = (500, "InternalError")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[0]

    @property
    def ok(self) -> bool:
        """Whether the request was granted."""
        return self.status < 300

    def __str__(self) -> str:
        return f"{self.value[0]} {self.value[1]}"


class Refused(Exception):
    """A refused call, as it is raised at the `yield`."""

    code: Code


class Unauthorized(Refused):
    """401"""

    code = Code.UNAUTHORIZED


class Forbidden(Refused):
    """403"""

    code = Code.FORBIDDEN


class NotFound(Refused):
    """404"""

    code = Code.NOT_FOUND


class AlreadyExists(Refused):
    """409: a create of a name that is taken."""

    code = Code.ALREADY_EXISTS


class Conflict(Refused):
    """409: the object is no longer the version that was read."""

    code = Code.CONFLICT


class Invalid(Refused):
    """422"""

    code = Code.INVALID


class TooManyRequests(Refused):
    """429: an eviction that a disruption budget does not allow now."""

    code = Code.TOO_MANY_REQUESTS


class InternalError(Refused):
    """500: an eviction of a pod that several disruption budgets select."""

    code = Code.INTERNAL_ERROR


class Unavailable(Refused):
    """503, or no answer at all: the API server or its store does not run now."""

    code = Code.UNAVAILABLE


REFUSAL: dict[Code, type[Refused]] = {
    c.code: c
    for c in (
        Unauthorized,
        Forbidden,
        NotFound,
        AlreadyExists,
        Conflict,
        Invalid,
        TooManyRequests,
        InternalError,
        Unavailable,
    )
}

REFUSALS: dict[Verb, tuple[Code, ...]] = {
    Verb.GET: (Code.FORBIDDEN, Code.NOT_FOUND),
    Verb.LIST: (Code.FORBIDDEN,),
    Verb.CREATE: (Code.FORBIDDEN, Code.NOT_FOUND, Code.ALREADY_EXISTS, Code.INVALID),
    Verb.UPDATE: (Code.FORBIDDEN, Code.NOT_FOUND, Code.CONFLICT, Code.INVALID),
    Verb.PATCH: (Code.FORBIDDEN, Code.NOT_FOUND, Code.CONFLICT, Code.INVALID),
    Verb.DELETE: (Code.FORBIDDEN, Code.NOT_FOUND, Code.CONFLICT),
}
"""How a request with this verb can be refused (by a caller who was recognised)."""

REFUSALS_OF_SUBRESOURCES = (
    Code.FORBIDDEN,
    Code.NOT_FOUND,
    Code.CONFLICT,
    Code.INVALID,
    Code.TOO_MANY_REQUESTS,
    Code.INTERNAL_ERROR,
)
"""How a create of a subresource (a binding, an eviction) can be refused."""


@attrs.frozen
class Request:
    """One API call.

    `name`: a fixed name, a mention of a member (an object with a generated name), or None (a create with a
    generated name, a list). `changes`: the fields that an update or patch sets. `reader`: whose pin has to hold (the
    resourceVersion in an update is the one that this reader read); empty: unconditional. `on_refused`: memory
    updates of the caller when the call is refused. `outages`: the API server may not run, and then refuses it too.
    `keeps_version`: the caller goes on with the resourceVersion in the answer to an update. `uid`: which incarnation of
    the name a patch or a deletion is about (None: whichever there is); another one is answered with Conflict.
    """

    verb: Verb
    resource: str
    name: str | Ref | None = None
    subresource: str = ""
    object: Value | None = None
    changes: tuple[tuple[str, Value], ...] = ()
    user: str = ""
    reader: str = ""
    on_refused: tuple[tuple[Var, Update], ...] = ()
    outages: bool = False
    keeps_version: bool = False
    uid: Value = None

    @property
    def refusals(self) -> tuple[Code, ...]:
        """How it can be refused (by a caller who was recognised)."""
        away = (Code.UNAVAILABLE,) if self.outages else ()
        if self.verb is Verb.CREATE and self.subresource:
            return (*REFUSALS_OF_SUBRESOURCES, *away)
        return (*REFUSALS[self.verb], *away)

    @property
    def line(self) -> str:
        """The request in the words of HTTP, without names."""
        method = {Verb.GET: "GET", Verb.LIST: "LIST", Verb.CREATE: "POST", Verb.UPDATE: "PUT", Verb.DELETE: "DELETE"}
        path = self.resource + (f"/{self.name}" if isinstance(self.name, str) else "")
        return f"{method.get(self.verb, 'PATCH')} {path}" + (f"/{self.subresource}" if self.subresource else "")


@attrs.frozen
class Also:
    """Another object that the same request commits: a quota that it charges, a budget that it uses up.

    `name`: a fixed name, or the mention of a member. `object` None: it goes.
    """

    cls: type
    name: str | Ref
    object: Value | None


@attrs.frozen
class Response:
    """The answer: `object` is the version that is stored afterwards (None: the object is gone), if `writes`.

    `also`: what else the request commits, whatever becomes of the object itself.
    """

    code: Code
    object: Value | None = None
    writes: bool = False
    message: str = ""
    also: tuple[Also, ...] = ()


class Look(Protocol):
    """What the API server finds in the store beside the object that a request is about."""

    def get(self, cls: type, name: str) -> Any:
        """The object with this name; None if there is none, or nothing in the cluster uses the kind."""

    def all(self, cls: type, *fields: str) -> tuple[Any, ...]:
        """Every object of a kind, as a multiset; with fields, these as tuples (one field: bare values)."""

    def uses(self, cls: type) -> bool:
        """Whether the cluster has objects of this kind at all: where it has none, nothing need be asked."""


class Nowhere:
    """A store in which nothing else is."""

    def get(self, cls: type, name: str) -> Any:
        """Nothing."""
        return None

    def all(self, cls: type, *fields: str) -> tuple[Any, ...]:
        """Nothing."""
        return ()

    def uses(self, cls: type) -> bool:
        """No."""
        return False


NOWHERE = Nowhere()
"""For requests that are about one object only."""


class Pipeline(Protocol):
    """Serves one request against the object that is stored now.

    `current` is the stored version (None: there is none); `unchanged`: whether it still is the version that the caller
    read; `look`: what else is stored. A pure function of these and of what it looks at.
    """

    def __call__(self, request: Request, current: Any, unchanged: bool, look: Look) -> Response: ...
