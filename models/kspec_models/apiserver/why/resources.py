"""Resources as a person writes them: `pods`, `deployments.apps`, `pods/log`."""

from __future__ import annotations

import difflib
import functools
import re

import attrs

from kspec.kernel.errors import UsageError
from kspec.kube import schema
from kspec_models.apiserver.subresources import WORDS, subresources_of

_IRREGULAR = {"Endpoints": "endpoints"}

_NOT_STORED = re.compile(r"reviews$|^(tokenrequests|bindings|evictions|scales|componentstatuses)$")
"""Plurals of kinds that are sent and answered, and never stored."""


@attrs.frozen
class Resource:
    """A resource: its plural, API group, kind (empty: not one of Kubernetes's own), and whether it has namespaces."""

    plural: str
    group: str
    kind: str
    namespaced: bool
    subresource: str = ""

    def __str__(self) -> str:
        name = self.plural + (f"/{self.subresource}" if self.subresource else "")
        return f"{name}.{self.group}" if self.group else name

    @property
    def stored(self) -> bool:
        """Whether objects of this resource are stored, so that they can be listed."""
        return _NOT_STORED.search(self.plural) is None


def plural_of(kind: str) -> str:
    """The plural of a kind of Kubernetes's own."""
    name = kind.lower()
    if kind in _IRREGULAR:
        return _IRREGULAR[kind]
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"


@functools.cache
def served() -> tuple[Resource, ...]:
    """Every resource of Kubernetes's own, stable ones first."""
    found: dict[tuple[str, str], Resource] = {}
    for api_version, kind, namespaced in sorted(
        schema.served_kinds(), key=lambda row: ("alpha" in row[0], "beta" in row[0])
    ):
        group = api_version.rpartition("/")[0]
        found.setdefault((group, kind), Resource(plural_of(kind), group, kind, namespaced))
    return tuple(found.values())


def resource_of(text: str, subresource: str, name: str) -> tuple[Resource, str]:
    """The resource that is meant, and the name of the object (given, or written behind a slash).

    Raises UsageError with close matches.
    """
    base, _, behind = text.partition("/")
    found = _named(base)
    written = behind if behind in WORDS else ""
    if written and subresource not in ("", written):
        raise UsageError(f"{text} --subresource {subresource}: say the subresource once")
    if behind and not written and name not in ("", behind):
        raise UsageError(f"{_without(found, behind)}; if {behind} is a name, say the name once")
    asked = written or subresource
    if asked and found.kind and asked not in subresources_of(found.plural):
        raise UsageError(_without(found, asked))
    return attrs.evolve(found, subresource=asked), name if written else behind or name


def _without(resource: Resource, subresource: str) -> str:
    """`pods has no subresource logs; did you mean log?`"""
    has = subresources_of(resource.plural)
    close = difflib.get_close_matches(subresource, has, n=2)
    hint = f"did you mean {' or '.join(close)}?" if close else f"it has {', '.join(has)}"
    return f"{resource} has no subresource {subresource}; {hint}"


def _named(base: str) -> Resource:
    plural, _, group = base.lower().partition(".")
    same = [r for r in served() if r.plural == plural and group in ("", r.group)]
    if same:
        return same[0]
    by_kind = next((r for r in served() if r.kind.lower() == plural), None)
    if by_kind is not None:
        raise UsageError(f"{base}: resources are written in the plural: {by_kind}")
    if "." in group:
        return Resource(plural, group, "", True)
    close = difflib.get_close_matches(plural, {r.plural for r in served()}, n=2)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise UsageError(f"Kubernetes has no resource {base}{hint} (one of a custom kind is written PLURAL.GROUP)")
