"""The z3 engine: which theorems are asked for, and one result for each thing that they are about."""

from __future__ import annotations

import difflib
import fnmatch
import time
from collections.abc import Callable, Sequence
from typing import Any

from kspec.engines.common import peak_memory_mb
from kspec.engines.z3.fork import Budget, Refusal
from kspec.engines.z3.judge import Finding, judge_theorem, property_result
from kspec.engines.z3.lift import cross_check, lift, liftable
from kspec.engines.z3.transition import judge_system
from kspec.kernel.errors import UsageError
from kspec.kernel.registry import registry
from kspec.kernel.result import EXIT_OF, Exit, Limits, Progress, PropertyResult, Result, Verdict, worst
from kspec.prove import Decision, Theorem, TransitionSystem

Subject = Decision[..., Any] | TransitionSystem
Judged = tuple[PropertyResult, Finding]
Progressing = Callable[[Progress], None]

ASSUMPTIONS = (
    "integers are unbounded: an int32 that overflows is not modelled",
    "the decision's own Python code is what was run, on symbolic numbers; Z3 answers the questions truly",
)
"""What every proof here rests on."""

EXAMPLES = 100
"""Inputs drawn by Hypothesis on which each lifted decision is compared with the plain one."""

NO_LIMITS = Limits()


def prove(
    names: Sequence[str] = (), *, limits: Limits = NO_LIMITS, progress: Progressing | None = None
) -> list[Result]:
    """Prove the registered theorems for all inputs; one result for each decision or transition system.

    `names` are theorems, or what they are about, or globs of either; none: all. Of the limits only `seconds` counts
    here. What cannot be lifted is an ERROR that says where. Raises UsageError for an unknown name, and
    UntrustworthyError when plain Python refutes what the lifted function or Z3 says.
    """
    chosen = select(names)
    clock = _Clock(limits, progress)
    results: list[Result] = []
    for subject, theorems in chosen.items():
        found = _prove_subject(subject, theorems, clock)
        results.append(found)
        if found.interrupted:
            break
    return results


# ---- which


def select(names: Sequence[str]) -> dict[Subject, list[Theorem]]:
    """The theorems that these names mean, by what they are about, in the order of registration. Raises UsageError."""
    theorems: list[Theorem] = list(registry.theorems.values())
    wanted: set[str] = set()
    for name in names:
        matching = {t.name for t in theorems if any(fnmatch.fnmatchcase(x, name) for x in (t.name, t.subject.name))}
        if not matching:
            raise UsageError(_unknown(name, theorems))
        wanted |= matching
    chosen: dict[Subject, list[Theorem]] = {}
    for theorem in theorems:
        if not names or theorem.name in wanted:
            chosen.setdefault(theorem.subject, []).append(theorem)
    return chosen


def _unknown(name: str, theorems: Sequence[Theorem]) -> str:
    known = list(dict.fromkeys(x for t in theorems for x in (t.subject.name, t.name)))
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(close)}?" if close else "; see `kspec list properties`"
    return f"unknown theorem {name}{hint}"


# ---- one subject


class _Clock:
    """The time of the whole run, and its progress."""

    def __init__(self, limits: Limits, progress: Progressing | None) -> None:
        self._began = time.perf_counter()
        self._limits, self._progress, self._last = limits, progress, 0.0

    def budget(self) -> Budget:
        """What is left for the next theorem."""
        seconds = self._limits.seconds
        deadline = None if seconds is None else self._began + seconds
        return Budget(deadline=deadline, seconds=seconds, tick=None if self._progress is None else self._tick)

    def _tick(self, paths: int, queries: int, open_forks: int) -> None:
        elapsed = time.perf_counter() - self._began
        if self._progress is not None and elapsed - self._last >= 0.5:
            self._last = elapsed
            limit = "" if self._limits.seconds is None else f"seconds {self._limits.seconds:g}"
            self._progress(Progress(elapsed, open_forks, paths, queries, open_forks, peak_memory_mb(), limit))


def _prove_subject(subject: Subject, theorems: list[Theorem], clock: _Clock) -> Result:
    began = time.perf_counter()
    judged: dict[str, Judged] = {}
    note = ""
    interrupted = False
    try:
        refusal, note = _lift_subject(subject, clock)
        if refusal:
            judged = {t.name: _error(t, refusal) for t in theorems}
        elif isinstance(subject, TransitionSystem):
            judged = _judge_system(subject, clock)
        else:
            for theorem in theorems:
                judged[theorem.name] = _judge_one(theorem, clock)
    except KeyboardInterrupt:
        interrupted = True
    found = [judged.get(t.name) or _unfinished(t) for t in theorems]
    return _result(subject, theorems, found, note, time.perf_counter() - began, interrupted)


def _lift_subject(subject: Subject, clock: _Clock) -> tuple[str, str]:
    """Why the decision itself cannot be lifted ("" if it can), and what comparing it with plain Python showed."""
    function = subject.step if isinstance(subject, TransitionSystem) else subject.function
    try:
        lifted = lift(liftable(function), clock.budget())
    except Refusal as refusal:
        return f"cannot be lifted: {refusal}", ""
    if lifted.limit or lifted.unwitnessed:
        return "", f"{function.__name__} was not compared with plain Python on every path"
    taken = cross_check(lifted, EXAMPLES)
    return "", (
        f"{function.__name__}: {len(lifted.paths)} paths; on each, and on {EXAMPLES} random inputs (which took {taken} "
        "of them), plain Python answers the same"
    )


def _judge_one(theorem: Theorem, clock: _Clock) -> Judged:
    try:
        return judge_theorem(theorem, clock.budget())
    except Refusal as refusal:
        return _error(theorem, f"cannot be lifted: {refusal}")


def _judge_system(system: TransitionSystem, clock: _Clock) -> dict[str, Judged]:
    """All invariants of a system, also those that were not asked for: a proof may lean on them."""
    invariants = [t for t in registry.theorems.values() if t.subject == system]
    try:
        return judge_system(system, invariants, clock.budget())
    except Refusal as refusal:
        return {t.name: _error(t, f"cannot be lifted: {refusal}") for t in invariants}


def _error(theorem: Theorem, why: str) -> Judged:
    found = Finding(Verdict.ERROR)
    return property_result(theorem, found, why), found


def _unfinished(theorem: Theorem) -> Judged:
    found = Finding(Verdict.INCONCLUSIVE)
    return property_result(theorem, found, "interrupted"), found


def _result(
    subject: Subject,
    theorems: Sequence[Theorem],
    judged: Sequence[Judged],
    note: str,
    seconds: float,
    interrupted: bool,
) -> Result:
    properties = tuple(found for found, _ in judged)
    expected = tuple(t.name for t in theorems if t.neighbour_of is not None)
    return Result(
        name=subject.name,
        engine="z3",
        verdict=_verdict(properties, expected),
        complete=not interrupted and all(p.verdict is not Verdict.INCONCLUSIVE for p in properties),
        limits=tuple(dict.fromkeys(finding.limit for _, finding in judged if finding.limit)),
        distinct_states=0,
        generated_states=0,
        depth=0,
        seconds=round(seconds, 3),
        peak_memory_mb=peak_memory_mb(),
        properties=properties,
        expected=expected,
        assumptions=ASSUMPTIONS,
        notes=(note,) if note else (),
        interrupted=interrupted,
    )


def _verdict(properties: Sequence[PropertyResult], expected: Sequence[str]) -> Verdict:
    """The verdict that decides: of the theorems; of a result with none but false neighbours, theirs."""
    plain = [p.verdict for p in properties if p.name not in expected] or [p.verdict for p in properties]
    code = worst([EXIT_OF[v] for v in plain])
    if code is Exit.ESTABLISHED:
        return Verdict.PROVED
    return next(v for v in plain if EXIT_OF[v] is code)
