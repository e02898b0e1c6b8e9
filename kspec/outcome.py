"""What became of a run: one exit code and one verdict, from the results of its systems.

An `Outcome` is one system's result with the exit code that it asks for; a system that could not be checked has a result
too, which says why. The codes of a run's outcomes are joined by `kspec.kernel.result.worst`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from kspec.kernel.errors import ImpureError, KspecError, UntrustworthyError
from kspec.kernel.result import EXIT_OF, Exit, PropertyResult, Result, Verdict, worst

SAMPLED_ENGINES = ("hypothesis", "walks")
"""Engines that see only a sample: an action that no run took says nothing about the spec."""

VERDICT_OF = {
    Exit.ESTABLISHED: Verdict.HOLDS,
    Exit.VIOLATED: Verdict.VIOLATED,
    Exit.USAGE: Verdict.ERROR,
    Exit.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    Exit.SANITY: Verdict.VACUOUS,
    Exit.UNTRUSTWORTHY: Verdict.ERROR,
    Exit.INTERNAL: Verdict.ERROR,
    Exit.INTERRUPTED: Verdict.INCONCLUSIVE,
}
"""The verdict of a run whose exit code no single property's verdict explains."""


@attrs.frozen
class Outcome:
    """One system's result, the exit code that it asks for, and why that is not 0 (one line each).

    `troubles`: those of the reasons that are faults of the spec, of the call or of kspec, not findings.
    """

    result: Result
    exit: Exit
    reasons: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict behind the exit code."""
        return self.result.verdict if EXIT_OF[self.result.verdict] == self.exit else _explained(self)


def _explained(outcome: Outcome) -> Verdict:
    for found in outcome.result.properties:
        if outcome.exit is not Exit.ESTABLISHED and EXIT_OF[found.verdict] == outcome.exit:
            return found.verdict
    if outcome.exit is Exit.ESTABLISHED and outcome.result.expected:
        return outcome.result.verdict
    return VERDICT_OF[outcome.exit]


def outcome(result: Result, *, named: bool = True) -> Outcome:
    """Judge one result. `named`: of a system asked for by name, whose actions must all be possible at some time."""
    reasons = [reason for found in result.properties for reason in _of_property(found, result.expected)]
    sampled = result.engine in SAMPLED_ENGINES
    if result.interrupted:
        reasons.append((Exit.INTERRUPTED, "interrupted"))
    elif result.limits and not (result.complete or sampled or result.rungs):
        reasons.append((Exit.INCONCLUSIVE, f"limited by {', '.join(result.limits)}"))
    if result.changed_counts:
        reasons.append((Exit.SANITY, result.changed_counts))
    if named and not result.properties and EXIT_OF[result.verdict] is Exit.ESTABLISHED:
        reasons.append((Exit.SANITY, "it has no property: nothing was checked"))
    if named and result.complete and not sampled:
        reasons += [(Exit.SANITY, f"{kind} is never enabled") for kind in result.never_enabled]
    if not reasons and not result.expected and EXIT_OF[result.verdict] is not Exit.ESTABLISHED:
        reasons.append((EXIT_OF[result.verdict], "; ".join(result.notes) or result.verdict.value))
    return Outcome(result, worst([code for code, _ in reasons]), tuple(reason for _, reason in reasons))


def _of_property(found: PropertyResult, expected: Sequence[str]) -> list[tuple[Exit, str]]:
    if found.name in expected:
        code, reason = _expectation(found)
    else:
        code, reason = EXIT_OF[found.verdict], f"{found.name}: {found.verdict.value}"
        reason += f" ({found.why})" if found.why else ""
    return [] if code is Exit.ESTABLISHED else [(code, reason)]


def _expectation(found: PropertyResult) -> tuple[Exit, str]:
    if found.verdict is Verdict.VIOLATED:
        return Exit.ESTABLISHED, ""
    if found.verdict in (Verdict.INCONCLUSIVE, Verdict.DIVERGED, Verdict.ERROR):
        return EXIT_OF[found.verdict], f"expected violation {found.name}: {found.verdict.value} {found.why}".rstrip()
    return Exit.SANITY, f"expected violation {found.name} was not found: {found.verdict.value}"


def failed(name: str, engine: str, message: str, code: Exit) -> Outcome:
    """The outcome of a system that could not be checked: its result says ERROR and why."""
    return Outcome(empty(name, engine, Verdict.ERROR, message), code, (message,), (message,))


def troubled(found: Outcome, code: Exit, message: str) -> Outcome:
    """The outcome with one more thing that went wrong."""
    return Outcome(found.result, worst([found.exit, code]), (*found.reasons, message), (*found.troubles, message))


def interrupted(name: str, engine: str) -> Outcome:
    """The outcome of a system that was interrupted before there was anything to tell."""
    found = attrs.evolve(empty(name, engine, Verdict.INCONCLUSIVE, "not checked: interrupted"), interrupted=True)
    return Outcome(found, Exit.INTERRUPTED, ("interrupted",))


def empty(name: str, engine: str, verdict: Verdict, note: str) -> Result:
    """A result in which nothing was explored."""
    return Result(name, engine, verdict, False, (), 0, 0, 0, 0.0, 0, (), notes=(note,))


def code_of(error: BaseException) -> Exit:
    """The exit code of an error."""
    if isinstance(error, (ImpureError, UntrustworthyError)):
        return Exit.UNTRUSTWORTHY
    if isinstance(error, KspecError):
        return Exit.USAGE
    return Exit.INTERRUPTED if isinstance(error, KeyboardInterrupt) else Exit.INTERNAL


def exit_code(outcomes: Iterable[Outcome]) -> Exit:
    """The exit code of a run: 5 > 70 > 2 > 1 > 130 > 4 > 3 > 0."""
    return worst([o.exit for o in outcomes])


def verdict(outcomes: Sequence[Outcome]) -> Verdict:
    """The verdict of a run: the one that set its exit code (of a run that established everything, the weakest)."""
    code = exit_code(outcomes)
    found = [o.verdict for o in outcomes if o.exit == code]
    if code is Exit.ESTABLISHED:
        plain = [v for o, v in zip(outcomes, found, strict=True) if not o.result.expected]
        order = (Verdict.SAMPLED, Verdict.HOLDS, Verdict.PROVED, Verdict.REPRODUCED, Verdict.ACCEPTED)
        return min(plain or found, key=lambda v: order.index(v) if v in order else len(order), default=Verdict.HOLDS)
    return found[0]
