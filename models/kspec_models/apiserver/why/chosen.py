"""Settings that an answer depends on. One that would change nothing is refused: nobody shall take it for granted."""

from __future__ import annotations

from collections.abc import Iterable

from kspec.kernel.errors import UsageError
from kspec.kernel.settings import active, declared
from kspec_models.apiserver.authentication import ANONYMOUS_AUTH
from kspec_models.apiserver.authorization import AUTHORIZATION_MODE

OF_RIGHTS = (ANONYMOUS_AUTH, "apiserver.authorization", AUTHORIZATION_MODE)
"""What decides who a caller is, and what he may."""

ELSEWHERE = frozenset({"apiserver.quota"})
"""Settings of the API server that are of a decision which is explored apart, and which no request here meets."""


REQUESTS_SAID = f"the settings apiserver.* but {', '.join(sorted(ELSEWHERE))} (see `kspec list settings`)"
"""What an answer to a request depends on, in words."""


def of_requests() -> tuple[str, ...]:
    """Every setting of the chain that a request goes through."""
    return tuple([name for name in declared() if name.startswith("apiserver.") and name not in ELSEWHERE])


def only(names: Iterable[str], what: str, which: str) -> None:
    """Raise UsageError if something else is set."""
    others = sorted(active().keys() - set(names))
    if others:
        raise UsageError(f"--set {others[0]}: {what} does not depend on it; it depends on {which}")


def written() -> str:
    """What is set: `apiserver.authorization=off`."""
    return ", ".join(f"{name}={value}" for name, value in sorted(active().items()))
