"""Explanations of requests to the API server: what is asked, and what each link of the chain answers.

The checker only carries them: the spec that offers the API server explains them (the services `why request` and `why
rights`).
"""

from __future__ import annotations

from typing import Any

import attrs


@attrs.frozen
class Question:
    """One request. `resource`: as a person writes it, `pods`, `deployments.apps`, `pods/log`, or a path (`/healthz`).

    `user` empty: nobody shows credentials. `namespace` None: that of the object, else `default`. `files`: manifests of
    what is stored; `body`: that of what is sent, empty if it is among them. `options`: of a deletion.
    """

    verb: str
    resource: str
    name: str = ""
    subresource: str = ""
    namespace: str | None = None
    user: str = ""
    groups: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    body: str = ""
    options: tuple[tuple[str, Any], ...] = ()


@attrs.frozen
class Said:
    """What one of those who were asked said: a word, why, and what belongs to it."""

    who: str
    word: str
    text: str = ""
    details: tuple[str, ...] = ()


@attrs.frozen
class Link:
    """One link of the chain: whether the request passed it, and what was said. `passed` None: it was not asked."""

    name: str
    passed: bool | None
    said: tuple[Said, ...] = ()
    text: str = ""


@attrs.frozen
class Explained:
    """The answer: granted or refused, with which status and reason, by whom and why.

    `not_asked`: what the rest of the chain was not asked for, and why, if the request may be made and is not followed
    further; then no status is claimed.
    """

    request: str
    granted: bool
    status: int | None
    reason: str
    decided_by: str
    because: str
    links: tuple[Link, ...]
    assumptions: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()
    not_asked: str = ""

    @property
    def verdict(self) -> str:
        """GRANTED, REFUSED, or AUTHORISED: the caller may, and what becomes of the request is not known."""
        if self.not_asked:
            return "AUTHORISED"
        return "GRANTED" if self.granted else "REFUSED"

    @property
    def headline(self) -> str:
        """The first line: the verdict."""
        by = f"decided by {self.decided_by}: {self.because}"
        if self.not_asked:
            return f"{self.verdict}: {self.request}: {by}; {self.not_asked}"
        return f"{self.verdict}: {self.request}: {self.status} {self.reason}, {by}"

    def document(self) -> dict[str, Any]:
        """The answer as plain data."""
        return {
            "request": self.request,
            "verdict": self.verdict,
            "status": self.status,
            "reason": self.reason,
            "decided_by": self.decided_by,
            "because": self.because,
            "not_asked": self.not_asked,
            "links": [attrs.asdict(link) for link in self.links],
            "assumptions": list(self.assumptions),
            "not_modelled": list(self.not_modelled),
        }


@attrs.frozen
class Right:
    """One rule that a caller has: for what, and by which binding (`where`: the place of its manifest)."""

    resources: tuple[str, ...]
    paths: tuple[str, ...]
    names: tuple[str, ...]
    verbs: tuple[str, ...]
    by: str
    where: str = ""


@attrs.frozen
class Rights:
    """What a caller may do in a namespace.

    `dangling`: bindings of his that refer to no role; `note`: what is to be said of the caller.
    """

    user: str
    groups: tuple[str, ...]
    namespace: str
    rights: tuple[Right, ...]
    dangling: tuple[str, ...] = ()
    note: str = ""

    def document(self) -> dict[str, Any]:
        """The rights as plain data."""
        return attrs.asdict(self)
