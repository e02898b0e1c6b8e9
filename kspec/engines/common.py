"""What the exhaustive engines share: choosing properties, limits and progress, and verdicts made from findings."""

from __future__ import annotations

import difflib
import fnmatch
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Role
from kspec.kernel.blame import spec_frame
from kspec.kernel.errors import Grew, KspecError, SpecError, UntrustworthyError, UsageError, nearest
from kspec.kernel.properties import Broken, Property, PropertyKind
from kspec.kernel.result import EXIT_OF, PRECEDENCE, Limits, Progress, PropertyResult, Result, Verdict
from kspec.kernel.system import System
from kspec.kernel.trace import Trace
from kspec.kernel.world import Occurrence, State, World

PROGRESS_EVERY = 1.0
"""Seconds between two reports of progress, at least (the promise is at most 2)."""

LOOK_EVERY = 0.02
"""Seconds between two looks at the memory."""

SLOTS = "slots of "

NO_LIMITS = Limits()


# ---- what is asked for


def select(system: System, names: Sequence[str] | None) -> tuple[Property, ...]:
    """The system's properties with these names (globs); all without names. Raises UsageError for a name of none."""
    if names is None:
        return system.properties
    known = [p.name for p in system.properties]
    for name in names:
        if not fnmatch.filter(known, name):
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
            hint = f"; did you mean {' or '.join(close)}?" if close else f"; it has {', '.join(known) or 'none'}"
            raise UsageError(f"system {system.name} has no property {name}{hint}")
    return tuple(p for p in system.properties if any(fnmatch.fnmatchcase(p.name, name) for name in names))


def kinds_of(system: System) -> tuple[str, ...]:
    """The kinds of actions, each once, in the order of the system."""
    return tuple(dict.fromkeys(a.kind for a in system.actions))


def fair_kinds(system: System) -> tuple[str, ...]:
    """The weakly fair kinds, in the order of the system."""
    fair = {a.kind for a in system.actions if a.fair}
    return tuple(kind for kind in kinds_of(system) if kind in fair)


def laid_out_again(system: System) -> System:
    """The same system after `Grew`. Raises SpecError if the spec does not say how."""
    if system.again is None:
        raise SpecError(f"system {system.name} grew while it was explored, and does not say how to lay it out again")
    while True:
        try:
            return system.again()
        except Grew:
            continue


def ask(where: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of a spec. What it raises becomes a SpecError that names the function, the file and the line."""
    try:
        return function(*arguments)
    except KspecError:
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        path, line, *_ = spec_frame(error.__traceback__) or (last.filename, last.lineno)
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise SpecError(f"{where} failed: {said} ({path}:{line})") from error


# ---- limits and progress


def peak_memory_mb() -> int:
    """The most memory that this process ever had, in MB; 0 where the platform does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


def memory_mb() -> int:
    """The memory that this process has now, in MB (the most that it ever had where the platform does not tell)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            pages = int(statm.read().split()[1])
    except OSError:
        return peak_memory_mb()
    import resource

    return pages * resource.getpagesize() // (1024 * 1024)


class Stop(Exception):
    """The search stops although it is not done: a limit was reached. Never leaves an engine."""


class Meter:
    """Watches the limits of one run and reports its progress.

    `reached` names the limits that were reached, in order: `"states: 1000"`, `"depth: 5"`, `"seconds: 10"`,
    `"memory: 512 MB"`, `"slots of pods"`.
    """

    def __init__(self, limits: Limits, progress: Callable[[Progress], None] | None = None) -> None:
        if limits.memory_mb is not None and not peak_memory_mb():
            raise UsageError("a limit of memory needs a platform that tells how much a process has; leave it out")
        self.limits, self.reached = limits, dict[str, None]()
        self._progress = progress
        self.began = self._said = self._look_at = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since the beginning of the run."""
        return time.perf_counter() - self.began

    def start_anew(self) -> None:
        """The system was laid out anew: what limited its last layout no longer counts. The clock goes on."""
        self.reached.clear()

    def reach(self, limit: str) -> None:
        """Note a limit that leaves something out while the search goes on."""
        self.reached[limit] = None

    def stop(self, limit: str) -> Stop:
        """Note a limit that ends the search; raise what this returns."""
        self.reach(limit)
        return Stop(limit)

    def slots(self, family: str) -> None:
        """A generated name was needed and none was free."""
        self.reach(f"{SLOTS}{family}")

    @property
    def only_names_ran_out(self) -> bool:
        """Whether nothing but names limited the search: then its graph has every edge but theirs."""
        return all(limit.startswith(SLOTS) for limit in self.reached)

    def room_for_state(self, distinct: int) -> None:
        """Ask before one more distinct state is kept. Raises Stop."""
        if self.limits.states is not None and distinct >= self.limits.states:
            raise self.stop(f"states: {self.limits.states}")

    def too_deep(self, depth: int) -> bool:
        """Whether a new state at this depth is beyond the limit, which is noted."""
        if self.limits.depth is None or depth <= self.limits.depth:
            return False
        self.reach(f"depth: {self.limits.depth}")
        return True

    def tick(self, *, depth: int, distinct: int, generated: int, queue: int) -> None:
        """Look at the clock and the memory, and say something when it is time. Call it often. Raises Stop."""
        now = time.perf_counter()
        if self.limits.seconds is not None and now - self.began > self.limits.seconds:
            raise self.stop(f"seconds: {self.limits.seconds:g}")
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
        memory = memory_mb()
        if self.limits.memory_mb is not None and memory > self.limits.memory_mb:
            raise self.stop(f"memory: {self.limits.memory_mb} MB")
        if self._progress is not None and now - self._said >= PROGRESS_EVERY:
            self._said = now
            nearest = self._nearest(now - self.began, depth, distinct, memory)
            self._progress(Progress(now - self.began, depth, distinct, generated, queue, memory, nearest))

    def _nearest(self, elapsed: float, depth: int, distinct: int, memory: int) -> str:
        limits = self.limits
        used: list[tuple[float, str]] = []
        if limits.states:
            used.append((distinct / limits.states, f"states: {limits.states}"))
        if limits.depth:
            used.append((depth / limits.depth, f"depth: {limits.depth}"))
        if limits.seconds:
            used.append((elapsed / limits.seconds, f"seconds: {limits.seconds:g}"))
        if limits.memory_mb:
            used.append((memory / limits.memory_mb, f"memory: {limits.memory_mb} MB"))
        return max(used)[1] if used else ""


# ---- counterexamples


def counterexample(
    world: World,
    prop: Property,
    states: Sequence[State],
    steps: Sequence[Occurrence],
    *,
    loop_at: int | None = None,
    culprit: State | None = None,
) -> Trace:
    """A trace that breaks a property, with the clause and the objects that its predicate names.

    `culprit` (of a lasso): the state on the loop in which the predicate fails; by default the last state.
    Raises UntrustworthyError if the predicate does not fail there.
    """
    last = states[-1] if culprit is None else culprit
    readers: tuple[Any, ...] = (world.reader(last),)
    if prop.kind is PropertyKind.STEP_INVARIANT:
        readers = (world.reader(states[-2]), steps[-1].happened, *readers)
    answer = ask(f"property {prop.name}", prop.predicate, *readers)
    if answer:
        raise UntrustworthyError(f"{world.system.name}: the trace that was found does not break {prop.name}")
    return Trace(
        system=world.system.name,
        property=prop.name,
        sentence=prop.sentence,
        states=tuple(states),
        steps=tuple(steps),
        loop_at=loop_at,
        clause=answer.clause if isinstance(answer, Broken) else "",
        objects=answer.objects if isinstance(answer, Broken) else (),
        waits=() if prop.waits is None else ask(f"waits of {prop.name}", prop.waits, world.reader(last)),
        world=world,
    )


# ---- verdicts


@attrs.define
class Findings:
    """What a search found out, from which the verdicts are made.

    `reached`: the names of the properties whose witness was reached. `quiescent`: whether there was a state in which no
    component can change anything (the witness that every quiescence property has). `explored`: the search ended by
    itself and left nothing out.
    `judged`: the liveness properties that were judged on the finished graph. `enabled`: kinds that yielded a step.
    """

    violations: dict[str, Trace] = attrs.field(factory=dict)
    reached: set[str] = attrs.field(factory=set)
    quiescent: bool = False
    explored: bool = False
    judged: set[str] = attrs.field(factory=set)
    interrupted: bool = False
    enabled: set[str] = attrs.field(factory=set)
    distinct: int = 0
    generated: int = 0
    depth: int = 0
    action_calls: int = 0


def never_enabled(system: System, enabled: Collection[str]) -> tuple[str, ...]:
    """The kinds of actions that were never possible. Deliveries do not count: a cache may well have nothing to hear."""
    delivered = {a.kind for a in system.actions if a.role is Role.DELIVERY}
    return tuple(k for k in kinds_of(system) if k not in enabled and k not in system.idle and k not in delivered)


def refuse_idle_that_is_none(system: System) -> None:
    """Refuse an `idle` that names no kind of action: only a finished search knows them all. Raises UsageError."""
    kinds = kinds_of(system)
    for kind in system.idle:
        if kind not in kinds:
            raise UsageError(f"{system.name}: idle: no action is of the kind {kind}{nearest(kind, kinds)}")


def property_result(system: System, prop: Property, findings: Findings, limits: Sequence[str]) -> PropertyResult:
    """The verdict on one property. A violation stands whatever was left out; otherwise what was left out decides."""
    reached = prop.witness is None or prop.name in findings.reached
    verdict, why = Verdict.HOLDS, ""
    finished = findings.explored and (not prop.kind.is_liveness or prop.name in findings.judged)
    if prop.name in findings.violations:
        verdict = Verdict.VIOLATED
    elif not finished:
        verdict = Verdict.INCONCLUSIVE
        why = ", ".join([*limits, *(["interrupted"] if findings.interrupted else [])])
    elif not reached:
        verdict = Verdict.VACUOUS
        why = f"no reachable state is a witness ({prop.witness.name if prop.witness else ''})"
    elif prop.kind is PropertyKind.QUIESCENCE and not findings.quiescent:
        verdict, why = Verdict.VACUOUS, "in every reachable state some component can change something"
    return PropertyResult(
        name=prop.name,
        sentence=prop.sentence,
        kind=prop.kind.value,
        verdict=verdict,
        witness=None if prop.witness is None else prop.witness.name,
        witness_reached=None if prop.witness is None else reached,
        fairness=fair_kinds(system) if prop.kind.is_liveness else (),
        trace=findings.violations.get(prop.name),
        why=why,
    )


def conclude(engine: str, system: System, chosen: Iterable[Property], findings: Findings, meter: Meter) -> Result:
    """The result of a run."""
    limits = tuple(meter.reached)
    properties = tuple(property_result(system, p, findings, limits) for p in chosen)
    complete = findings.explored and not limits and not findings.interrupted
    if complete:
        refuse_idle_that_is_none(system)
    verdicts = [p.verdict for p in properties] + ([] if complete else [Verdict.INCONCLUSIVE])
    return Result(
        name=system.name,
        engine=engine,
        verdict=min(verdicts, key=lambda v: PRECEDENCE.index(EXIT_OF[v]), default=Verdict.HOLDS),
        complete=complete,
        limits=limits,
        distinct_states=findings.distinct,
        generated_states=findings.generated,
        depth=findings.depth,
        seconds=meter.seconds,
        peak_memory_mb=peak_memory_mb(),
        properties=properties,
        action_calls=findings.action_calls,
        scope=system.scope,
        settings=system.settings,
        expected=system.expected,
        assumptions=system.assumptions,
        not_modelled=system.not_modelled,
        not_applicable=system.not_applicable,
        never_enabled=never_enabled(system, findings.enabled),
        interrupted=findings.interrupted,
    )
