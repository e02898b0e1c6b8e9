"""What a reconcile holds of the answers to its calls: only what it asks about them makes a difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from kspec.kernel.values import Ref, Value


class Unknown(BaseException):
    """The generator asked about an answer what its script does not hold. `batch`: the place of the answer in it."""

    def __init__(self, question: str, domain: tuple[Value, ...], batch: int) -> None:
        self.question, self.domain, self.batch = question, domain, batch


class LateQuestion(BaseException):
    """The generator asked the cache something new after its first call."""


@attrs.frozen
class Unread:
    """That a GET was granted, as long as nothing is asked about what it answered."""

    resource: str
    identity: str | Ref


class Untouched:
    """What a generator holds of such an answer: it may be given to another call; any look at it is a late question."""

    __slots__ = ("unread",)

    def __init__(self, unread: Unread) -> None:
        self.unread = unread

    def __getattr__(self, field: str) -> Any:
        raise LateQuestion

    def __eq__(self, other: object) -> bool:
        raise LateQuestion

    def __hash__(self) -> int:
        raise LateQuestion

    def __bool__(self) -> bool:
        raise LateQuestion

    def __str__(self) -> str:
        raise LateQuestion

    def __format__(self, how: str) -> str:
        raise LateQuestion

    def __iter__(self) -> Iterator[Any]:
        raise LateQuestion


@attrs.frozen
class Answers:
    """The answer to a list of calls: only what is asked makes a difference."""

    _known: dict[str, Value]
    _calls: int
    _batch: int

    @property
    def ok(self) -> bool:
        """Whether every call succeeded."""
        if "failed" in self._known:
            return bool(self._known["failed"] == 0)
        return bool(self._ask("ok", (True, False)))

    @property
    def failed(self) -> int:
        """How many calls were refused."""
        all_ok = self._known.get("ok")
        return 0 if all_ok else int(self._ask("failed", tuple(range(0 if all_ok is None else 1, self._calls + 1))))

    def _ask(self, question: str, domain: tuple[Value, ...]) -> Value:
        if question not in self._known:
            raise Unknown(question, domain, self._batch)
        return self._known[question]
