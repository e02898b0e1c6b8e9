"""What can go wrong, by who has to act on it. Every error is for a person: one sentence, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class KspecError(Exception):
    """The base of every error of this package."""


class UsageError(KspecError):
    """The person who runs kspec gave something that cannot be used (exit 2)."""


class SpecError(KspecError):
    """A spec breaks the kernel's contract: a mutable value, an unknown variable, an update that fails (exit 2)."""


class ImpureError(KspecError):
    """An action is not a pure function of what it asked, or tells interchangeable objects apart (exit 5)."""


class UntrustworthyError(KspecError):
    """Two parts of kspec disagree about one fact: nothing that they say can be trusted (exit 5)."""


class Grew(BaseException):
    """The world needs one more name or field than it was laid out with: lay it out again and start anew.

    A `BaseException`, so that the `except Exception` of a spec cannot swallow it.
    """


class SlotsExhausted(BaseException):
    """A generated name was needed and none was free: a limit of the scope, which is always said."""

    def __init__(self, family: str) -> None:
        super().__init__(family)
        self.family = family


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that nothing has: what may have been meant, else all that there is."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else f"; there are {', '.join(names) or 'none'}"
