"""A system as a Hypothesis state machine, for a test of one's own.

    TestStore = machine(store()).TestCase

The rules are the system's own functions: there is no second encoding. Hypothesis draws the kind of a step first, then
one of its occurrences; it shrinks to fewer steps, of earlier kinds, with earlier choices. Some runs hold some kinds
back, so that caches get late and rivals get ahead. Safety properties are judged after each step; liveness is not
sampled (a finite run breaks no such promise).

Set `TestStore.settings` to choose how many runs and steps, as for every Hypothesis state machine.
"""

from __future__ import annotations

import functools
import unittest
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from kspec.engines.common import ask, kinds_of, laid_out_again, select
from kspec.engines.runs import Places, Run
from kspec.kernel.errors import Grew
from kspec.kernel.properties import Broken, Property, PropertyKind
from kspec.kernel.system import System
from kspec.kernel.world import Occurrence, World

Item = TypeVar("Item")

RARELY = 9
"""A kind that a run holds back can be chosen when a number drawn from 0 to this one is this one."""


class PropertyViolated(AssertionError):
    """A run breaks a property: the message says its sentence, the clause and the objects. `run` holds the steps.

    Each property of a machine has a class of its own below this one, so that Hypothesis never takes one for another.
    """

    def __init__(self, prop: Property, run: Run) -> None:
        super().__init__(_complaint(prop, run))
        self.property, self.run = prop, run


class Drawn:
    """The step that was drawn; None: nothing is possible, and nothing happens. Shown as its label alone."""

    def __init__(self, step: Occurrence | None) -> None:
        self.step = step

    def __repr__(self) -> str:
        return "nothing" if self.step is None else f"<{self.step.label}>"


@st.composite
def _drawn(draw: st.DrawFn) -> Drawn:
    """One of the steps that are possible where the machine is: its kind first, then which of that kind."""
    machine: SystemMachine = draw(st.runner())
    if machine.held_back is None:
        machine.held_back = _held_back(draw, kinds_of(machine.world.system))
    kinds = list(machine.run.possible)
    if not kinds:
        return Drawn(None)
    eager = [kind for kind in kinds if kind not in machine.held_back]
    if eager and len(eager) < len(kinds) and draw(_below(RARELY + 1)) < RARELY:
        kinds = eager
    return Drawn(_one_of(draw, machine.run.possible[_one_of(draw, kinds)]))


def _one_of(draw: st.DrawFn, items: Sequence[Item]) -> Item:
    return items[0] if len(items) == 1 else items[draw(_below(len(items)))]


@functools.cache
def _below(n: int) -> st.SearchStrategy[int]:
    return st.integers(0, n - 1)  # made once: strategies are costly to make, and a run makes two draws a step


def _held_back(draw: st.DrawFn, kinds: Sequence[str]) -> frozenset[str]:
    """The kinds that this run holds back: none in half of the runs, each one or not in the other half."""
    if not draw(st.booleans()):
        return frozenset()
    return frozenset(kind for kind in kinds if draw(st.booleans()))


class SystemMachine(RuleBasedStateMachine):
    """What `machine` returns a subclass of. `world` and `properties` belong to the class; `run` is this run."""

    world: World
    properties: tuple[Property, ...]
    places: Places
    violations: dict[str, type[PropertyViolated]]

    def __init__(self) -> None:
        super().__init__()
        self.held_back: frozenset[str] | None = None
        self.run = self.begin()
        self.judge()

    @rule(drawn=_drawn())
    def take(self, drawn: Drawn) -> None:
        """Take the step that was drawn, and judge it."""
        if drawn.step is not None:
            self.proceed(drawn.step)
            self.judge()

    def begin(self) -> Run:
        """A new run."""
        return Run(self.places)

    def proceed(self, step: Occurrence) -> None:
        """Take one step."""
        self.run.take(step)

    def judge(self) -> None:
        """Raise PropertyViolated if the run has broken a property."""
        broken = self.run.broken
        if broken is not None:
            raise self.violations[broken.name](broken, self.run)

    @classmethod
    def lay_out(cls, system: System, names: Sequence[str] | None) -> None:
        """Let the machine run this layout of its system, for these properties."""
        cls.world = World(system)
        cls.properties = tuple(p for p in select(system, names) if not p.kind.is_liveness)
        cls.places = Places(cls.world, cls.properties)
        cls.violations = {p.name: type(p.name, (PropertyViolated,), {}) for p in cls.properties}

    @classmethod
    def settled(cls, act: Callable[[], Any], names: Sequence[str] | None) -> Any:
        """What `act` answers, which runs anew whenever it finds that the world has to be laid out anew."""
        while True:
            try:
                return act()
            except Grew:
                cls.lay_out(laid_out_again(cls.world.system), names)


def machine(system: System, *, properties: Sequence[str] | None = None) -> type[SystemMachine]:
    """The system as a `RuleBasedStateMachine` (`properties`: globs of names; all by default).

    Raises UsageError for an unknown property. A run that breaks one raises PropertyViolated.
    """

    class Machine(SystemMachine):
        """One system."""

        class TestCase(unittest.TestCase):
            """The machine as a test. `settings`: Hypothesis' own."""

            settings = settings(
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[phase for phase in Phase if phase is not Phase.explain],  # it would explain this file's lines
            )

            def runTest(self) -> None:
                """Run it; shrink what fails."""
                run = Machine.settled(lambda: run_state_machine_as_test(Machine, settings=self.settings), properties)
                assert run is None

            runTest.is_hypothesis_test = True  # type: ignore[attr-defined] # pytest looks for it, as Hypothesis sets it

    Machine.__name__ = Machine.__qualname__ = "".join(c if c.isalnum() else "_" for c in system.name)
    Machine.lay_out(system, properties)
    return Machine


def _complaint(prop: Property, run: Run) -> str:
    """What broke, in the words of the property."""
    readers: tuple[Any, ...] = (run.world.reader(run.state),)
    if prop.kind is PropertyKind.STEP_INVARIANT:
        readers = (run.world.reader(run.states[-2]), run.steps[-1].happened, *readers)
    answer = ask(f"predicate {prop.name}", prop.predicate, *readers)
    clause = f": {answer.clause}" if isinstance(answer, Broken) else ""
    objects = f" ({', '.join(answer.objects)})" if isinstance(answer, Broken) and answer.objects else ""
    return f"{prop.name} is violated{clause}{objects}\n{prop.sentence}"
