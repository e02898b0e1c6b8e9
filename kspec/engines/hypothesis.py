"""The Hypothesis engine: long random runs of the system's own functions, shrunk when they fail.

It runs `kspec.machine` and makes of it what every engine answers: verdicts and traces. Its best verdict is SAMPLED,
with the number of runs in which the property was judged. One violated property after the other is found, each in a
search of its own for those that are still open. Of a violation, Hypothesis finds a small run, and a last pass drops
every step that is not needed.

Liveness is not sampled: no finite run breaks such a promise. Liveness properties are listed as not applicable beside
others, and are INCONCLUSIVE when nothing else was asked for. A system whose caches keep a relaxed order while searching
is run in the exact order, so that every trace is one of the real world.

`generated` counts the steps that were taken, `distinct` the states that were met, both before shrinking. The same seed
takes the same runs, whatever the hash seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs
import hypothesis
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from kspec.engines.common import (
    NO_LIMITS,
    Findings,
    Meter,
    Stop,
    conclude,
    counterexample,
    laid_out_again,
    select,
)
from kspec.engines.runs import Run, shortened
from kspec.kernel.errors import Grew, ImpureError, KspecError
from kspec.kernel.properties import Property, PropertyKind
from kspec.kernel.result import EXIT_OF, PRECEDENCE, Limits, Progress, PropertyResult, Result, Verdict
from kspec.kernel.system import System
from kspec.kernel.trace import Trace
from kspec.kernel.world import Occurrence, State, World
from kspec.machine import PropertyViolated, SystemMachine, machine

NOT_SAMPLED = "not sampled: liveness"

Answer = TypeVar("Answer")


def explore(
    system: System,
    *,
    examples: int = 200,
    steps: int = 50,
    seed: int = 0,
    limits: Limits = NO_LIMITS,
    progress: Callable[[Progress], None] | None = None,
    properties: Sequence[str] | None = None,
) -> Result:
    """Take `examples` random runs of at most `steps` steps, and judge the safety properties (all, or those named).

    Raises UsageError for an unknown property, SpecError for a spec that breaks the contract, ImpureError for one whose
    runs cannot be repeated. Ctrl-C ends it with what was found so far.
    """
    meter = Meter(limits, progress)
    if limits.depth is not None and limits.depth < steps:
        steps = limits.depth
        meter.reach(f"depth: {limits.depth}")
    names = None if properties is None else [p.name for p in select(system, properties)]
    while True:
        try:
            if system.exact is not None:
                system = attrs.evolve(system.exact(), settings=system.settings)
                return Sample(system, names, examples, steps, seed, meter, {"layout": "exact"}).run()
            return Sample(system, names, examples, steps, seed, meter, {}).run()
        except Grew:
            meter.reached = {limit: None for limit in meter.reached if limit.startswith("depth")}
            system = laid_out_again(system)


class _Halt(BaseException):
    """The runs end at once: a limit was reached, or the spec breaks the contract. Hypothesis must not catch it."""

    def __init__(self, error: KspecError | None = None) -> None:
        super().__init__()
        self.error = error


class Sample:
    """The runs of one layout of a system."""

    def __init__(
        self,
        system: System,
        names: Sequence[str] | None,
        examples: int,
        steps: int,
        seed: int,
        meter: Meter,
        how: dict[str, str],
    ) -> None:
        self.system, self.examples, self.length, self.seed, self.meter, self.how = (
            system,
            examples,
            steps,
            seed,
            meter,
            how,
        )
        self.properties = select(system, names)
        self.world = World(system)
        self.findings = Findings()
        self.states: set[State] = set()
        self.calls = sum(1 for _ in self.world.instances())
        self.runs = 0
        self.failed: Run | None = None  # the shortest run that failed in this round

    def run(self) -> Result:
        """Run, shrink, conclude."""
        try:
            while self._round():
                pass
        except _Halt as halt:
            if halt.error is not None:
                raise halt.error from halt.error.__cause__
        except KeyboardInterrupt:
            self.findings.interrupted = True
        if self.failed is not None:  # Hypothesis was stopped while it shrank
            self._violated(self.failed)
        self.findings.distinct = len(self.states)
        return self._result()

    def _round(self) -> bool:
        """Run with the properties that no run has broken yet; whether one more of them turned out broken."""
        left = [p for p in self.properties if not p.kind.is_liveness and p.name not in self.findings.violations]
        if not left:
            return False
        self.runs, self.failed = 0, None
        watched = _watched(self, left)
        hypothesis.seed(self.seed)(watched)
        try:
            run_state_machine_as_test(watched, settings=self._settings())
        except PropertyViolated as violated:
            self._violated(violated.run)
            return True
        except Flaky as flaky:
            if self.meter.reached:
                return False  # a limit cut a run short in the middle, which is no fault of the spec
            raise ImpureError(
                f"system {self.system.name}: a run that was repeated with the same choices went another way; some "
                "action or property is no pure function of what it asks (random, time, a global, the order of a set?)"
            ) from flaky
        return False

    def _settings(self) -> hypothesis.settings:
        return hypothesis.settings(
            max_examples=self.examples,
            stateful_step_count=self.length,
            database=None,
            deadline=None,
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            suppress_health_check=list(hypothesis.HealthCheck),
            verbosity=hypothesis.Verbosity.quiet,
            report_multiple_bugs=False,
            print_blob=False,
        )

    # ---- what the machine tells

    def met(self, run: Run) -> None:
        """A run has entered a state. Raises _Halt."""
        try:
            if self.failed is None:
                self._count(run)
            self.meter.tick(
                depth=self.findings.depth,
                distinct=len(self.states),
                generated=self.findings.generated,
                queue=max(0, self.examples - self.runs),
            )
        except Stop:
            raise _Halt from None
        if run.broken is not None and (self.failed is None or len(run.steps) < len(self.failed.steps)):
            self.failed = run

    def _count(self, run: Run) -> None:
        findings = self.findings
        if run.state not in self.states:
            self.meter.room_for_state(len(self.states))
            self.states.add(run.state)
            findings.action_calls += self.calls
        findings.depth = max(findings.depth, len(run.steps))
        findings.reached |= run.place.reached
        findings.quiescent = findings.quiescent or run.place.rests
        findings.enabled.update(run.place.possible)
        for family in run.place.slots:
            self.meter.slots(family)
        if run.steps:
            findings.generated += 1

    def ended(self) -> None:
        """A run has come to its end."""
        if self.failed is None:
            self.runs = min(self.runs + 1, self.examples)

    def _violated(self, run: Run) -> None:
        assert run.broken is not None
        prop, self.failed = run.broken, None
        self.findings.violations[prop.name] = self._trace(prop, shortened(self.world, prop, run.steps))

    def _trace(self, prop: Property, run: Run) -> Trace:
        found = counterexample(self.world, prop, run.states, run.steps)
        return attrs.evolve(found, how=self.how)

    # ---- verdicts

    def _result(self) -> Result:
        result = conclude("hypothesis", self.system, (), self.findings, self.meter)
        safety = [p for p in self.properties if not p.kind.is_liveness]
        lively = [p for p in self.properties if p.kind.is_liveness]
        judged = [self._judged(p) for p in safety or lively]
        skipped = tuple(f"{p.name} ({NOT_SAMPLED})" for p in lively) if safety else ()
        verdicts = [p.verdict for p in judged]
        return attrs.evolve(
            result,
            properties=tuple(judged),
            verdict=min(verdicts, key=lambda v: PRECEDENCE.index(EXIT_OF[v]), default=Verdict.SAMPLED),
            not_applicable=(*result.not_applicable, *skipped),
        )

    def _judged(self, prop: Property) -> PropertyResult:
        findings, runs = self.findings, f"{self.runs} run" + ("" if self.runs == 1 else "s")
        reached = prop.witness is None or prop.name in findings.reached
        cut = ", ".join([*self.meter.reached, *(["interrupted"] if findings.interrupted else [])])
        verdict, why = Verdict.SAMPLED, ""
        if prop.kind.is_liveness:
            verdict, why = Verdict.INCONCLUSIVE, f"{NOT_SAMPLED} (kspec check judges it)"
        elif prop.name in findings.violations:
            verdict = Verdict.VIOLATED
        elif not self.runs or findings.interrupted:
            verdict, why = Verdict.INCONCLUSIVE, f"{cut} after {runs}"
        elif not reached or (prop.kind is PropertyKind.QUIESCENCE and not findings.quiescent):
            what = f"reached a witness ({prop.witness.name})" if prop.witness and not reached else "came to rest"
            verdict = Verdict.INCONCLUSIVE if cut else Verdict.VACUOUS
            why = f"none of {runs} {what}" + (f", {cut}" if cut else "") + "; take more runs, or longer ones"
        return PropertyResult(
            name=prop.name,
            sentence=prop.sentence,
            kind=prop.kind.value,
            verdict=verdict,
            bound=self.runs if verdict is Verdict.SAMPLED else None,
            witness=None if prop.witness is None else prop.witness.name,
            witness_reached=None if prop.witness is None else reached,
            trace=findings.violations.get(prop.name),
            why=why,
        )


def _watched(sample: Sample, properties: Sequence[Property]) -> type[SystemMachine]:
    """The system's machine, which tells a sample what it meets, and stops at once when the spec breaks the contract."""

    class Watched(machine(sample.system, properties=[p.name for p in properties])):  # type: ignore[misc] # made by a call
        """A machine that tells."""

        def begin(self) -> Run:
            run: Run = _told(super().begin)
            return run

        def proceed(self, step: Occurrence) -> None:
            _told(lambda: super(Watched, self).proceed(step))

        def judge(self) -> None:
            sample.met(self.run)
            super().judge()

        def teardown(self) -> None:
            sample.ended()

    return Watched


def _told(act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except KspecError as error:
        raise _Halt(error) from None
