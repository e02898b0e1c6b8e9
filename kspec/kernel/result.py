"""Verdicts, and the result that every engine returns: data, from which every report is made."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

import attrs

from kspec.kernel.trace import Trace


class Verdict(enum.Enum):
    """One enumeration, the same on every surface."""

    HOLDS = "HOLDS"
    PROVED = "PROVED"
    BOUNDED = "BOUNDED"
    SAMPLED = "SAMPLED"
    VIOLATED = "VIOLATED"
    INCONCLUSIVE = "INCONCLUSIVE"
    VACUOUS = "VACUOUS"
    ERROR = "ERROR"
    ACCEPTED = "ACCEPTED"
    REFUTED = "REFUTED"
    PENDING = "PENDING"
    REPRODUCED = "REPRODUCED"
    DIVERGED = "DIVERGED"


class Exit(enum.IntEnum):
    """Exit codes."""

    ESTABLISHED = 0
    VIOLATED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    SANITY = 4
    UNTRUSTWORTHY = 5
    INTERNAL = 70
    INTERRUPTED = 130


PRECEDENCE = (
    Exit.UNTRUSTWORTHY,
    Exit.INTERNAL,
    Exit.USAGE,
    Exit.VIOLATED,
    Exit.INTERRUPTED,
    Exit.SANITY,
    Exit.INCONCLUSIVE,
    Exit.ESTABLISHED,
)
"""Which exit code wins when a run has several."""

EXIT_OF = {
    Verdict.HOLDS: Exit.ESTABLISHED,
    Verdict.PROVED: Exit.ESTABLISHED,
    Verdict.BOUNDED: Exit.INCONCLUSIVE,
    Verdict.SAMPLED: Exit.ESTABLISHED,
    Verdict.VIOLATED: Exit.VIOLATED,
    Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
    Verdict.VACUOUS: Exit.SANITY,
    Verdict.ERROR: Exit.USAGE,
    Verdict.ACCEPTED: Exit.ESTABLISHED,
    Verdict.REFUTED: Exit.VIOLATED,
    Verdict.PENDING: Exit.INCONCLUSIVE,
    Verdict.REPRODUCED: Exit.ESTABLISHED,
    Verdict.DIVERGED: Exit.UNTRUSTWORTHY,
}


def worst(codes: list[Exit]) -> Exit:
    """The exit code that wins."""
    return min(codes, key=PRECEDENCE.index, default=Exit.ESTABLISHED)


@attrs.frozen
class Limits:
    """Where an exploration stops although it is not done. `None`: no limit of this kind."""

    states: int | None = None
    depth: int | None = None
    seconds: float | None = None
    memory_mb: int | None = None


@attrs.frozen
class PropertyResult:
    """What became of one property. `bound` holds k of BOUNDED and n of SAMPLED."""

    name: str
    sentence: str
    kind: str
    verdict: Verdict
    bound: int | None = None
    rungs: tuple[str, ...] = ()
    witness: str | None = None
    witness_reached: bool | None = None
    fairness: tuple[str, ...] = ()
    trace: Trace | None = None
    why: str = ""


@attrs.frozen
class Rung:
    """One scope of a ladder."""

    name: str
    base: bool
    verdict: Verdict
    limits: tuple[str, ...]
    distinct_states: int
    generated_states: int
    depth: int
    seconds: float


@attrs.frozen
class Result:
    """What an engine found out about one system. `changed_counts`: how its counts differ from the pinned ones."""

    name: str
    engine: str
    verdict: Verdict
    complete: bool
    limits: tuple[str, ...]
    distinct_states: int
    generated_states: int
    depth: int
    seconds: float
    peak_memory_mb: int
    properties: tuple[PropertyResult, ...]
    action_calls: int = 0
    scope: Mapping[str, Any] = attrs.field(factory=dict)
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    expected: tuple[str, ...] = ()
    rungs: tuple[Rung, ...] = ()
    assumptions: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()
    not_applicable: tuple[str, ...] = ()
    never_enabled: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changed_counts: str = ""
    interrupted: bool = False

    def property(self, name: str) -> PropertyResult:
        """The result of one property. Raises KeyError."""
        for found in self.properties:
            if found.name == name:
                return found
        raise KeyError(name)


@attrs.frozen
class Progress:
    """What a long run says of itself."""

    elapsed: float
    depth: int
    distinct: int
    generated: int
    queue: int
    memory_mb: int
    next_limit: str = ""
