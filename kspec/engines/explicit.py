"""The exhaustive engine: breadth-first search over states of small integers, with learned tables and folding.

It means what `reference` means, which is the oracle that it is compared with. All properties are judged in one run,
each with its own shortest trace. Traces are rebuilt by calling the functions again, so that what a person is shown
does not depend on the tables; one that was found with relaxed watch order is first confirmed in the exact order.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from kspec.engines.common import (
    Findings,
    Meter,
    Stop,
    conclude,
    counterexample,
    fair_kinds,
    laid_out_again,
    select,
)
from kspec.engines.fold import CannotFold, Fold
from kspec.engines.tables import Compiled, Ids, Tables, Tree
from kspec.engines.unfold import Follower
from kspec.kernel.errors import Grew
from kspec.kernel.properties import Happened, Property, PropertyKind, happened
from kspec.kernel.result import Limits, Progress, Result
from kspec.kernel.system import System
from kspec.kernel.trace import Trace
from kspec.kernel.world import World, is_component

ENGINE = "explicit"

PATIENCE = 20_000
"""How many states are still expanded once a property is broken and names have run out."""


def explore(
    system: System,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    progress: Callable[[Progress], None] | None = None,
    properties: Sequence[str] | None = None,
    fold: bool = True,
    confirm: bool = True,
) -> Result:
    """Explore a system and judge its properties (those named, by globs; all by default).

    `fold` False tells interchangeable members apart; `confirm` False leaves out the confirmation of counterexamples
    in the exact watch order. Raises UsageError, SpecError, ImpureError, UntrustworthyError.
    """
    meter = Meter(limits, progress)
    apart: frozenset[str] = frozenset()
    while True:
        try:
            search = Search(system, select(system, properties), meter, fold=fold, apart=apart)
            search.run()
            break
        except Grew:
            meter.start_anew()
            system = laid_out_again(system)
        except CannotFold as cannot:
            meter.start_anew()
            apart |= {cannot.family}
    result = search.result()
    if confirm and system.exact is not None:
        from kspec.engines.order import confirmed

        result = confirmed(search, result, limits=limits, progress=progress)
    return result


@attrs.frozen
class Found:
    """Where a property is broken: a state, or the step (kind, choice) out of `number` to the canonical `after`."""

    number: int
    step: tuple[int, int] | None = None
    after: Ids | None = None


class Search:
    """One exploration of one system. States are numbered in the order of their discovery."""

    def __init__(
        self,
        system: System,
        properties: Sequence[Property],
        meter: Meter,
        *,
        fold: bool = True,
        apart: frozenset[str] = frozenset(),
        edges: bool = False,
    ) -> None:
        self.system, self.properties, self.meter = system, properties, meter
        self.world = World(system)
        self.tables = Tables(self.world)
        self.fold = Fold(self.tables, members=fold, apart=apart)
        self.findings = Findings()
        self.number: dict[Ids, int] = {}
        self.states: list[Ids] = []
        self.depths = array("l")
        self.parents, self.parent_kinds = array("l"), array("l")
        self.keeps_edges = edges or any(p.kind.is_liveness for p in properties)
        self.sources, self.targets, self.kinds = array("q"), array("q"), array("q")
        self.changes = bytearray()
        self.blocked: list[tuple[int, int]] = []
        self.enabled: set[int] = set()
        self.found: dict[str, Found] = {}
        self.witnessed: dict[str, int] = {}
        self._finished = False
        self._patient_until: int | None = None
        self._lassos: dict[str, Any] = {}
        self._trees: dict[Any, Tree] = {}
        actions = {a.kind: a for a in system.actions}
        self.actions_by_kind = [actions[k] for k in self.tables.kinds]
        self.is_component = [is_component(a) for a in self.actions_by_kind]

    # ---- the search

    def run(self) -> None:
        """Explore until there is nothing new or a limit is reached, and judge. Ctrl-C ends it with what was found."""
        findings = self.findings
        try:
            self._search()
            for family in sorted(self.tables.exhausted):
                self.meter.slots(family)
            findings.explored = self._finished and not self.meter.reached
            if self._finished and self.meter.only_names_ran_out:
                self._judge_liveness()
        except Stop:
            pass
        except KeyboardInterrupt:
            findings.interrupted = True
        for family in sorted(self.tables.exhausted):
            self.meter.slots(family)
        findings.distinct = len(self.states)
        findings.depth = self.depths[-1] if self.depths else 0
        findings.enabled = {self.tables.kinds[k] for k in self.enabled}
        findings.reached = set(self.witnessed)
        findings.action_calls = self.tables.calls

    def _search(self) -> None:
        judge = _Judge(self)
        self._enter(self.fold(list(self.tables.initial)), 0, -1, -1, judge)
        number = 0
        while number < len(self.states) and not judge.is_done:
            self._expand(number, judge)
            number += 1
            if self.tables.exhausted and self.found and self._patience(number):
                break
        self._finished = number == len(self.states)

    def _patience(self, number: int) -> bool:
        """Names have run out and something is broken: nothing can hold any more, so do not look for ever."""
        if self._patient_until is None:
            self._patient_until = number + PATIENCE
        if number < self._patient_until:
            return False
        self.meter.reach(f"ended {PATIENCE} states after names had run out and a property was broken")
        return True

    def _enter(self, state: Ids, depth: int, parent: int, kind: int, judge: _Judge) -> int:
        self.meter.room_for_state(len(self.states))
        number = self.number[state] = len(self.states)
        self.states.append(state)
        self.depths.append(depth)
        self.parents.append(parent)
        self.parent_kinds.append(kind)
        judge.state(number, state)
        return number

    def _expand(self, number: int, judge: _Judge) -> None:
        state, depth = self.states[number], self.depths[number]
        tables, fold, numbers, findings = self.tables, self.fold, self.number, self.findings
        self.meter.tick(
            depth=depth, distinct=len(self.states), generated=findings.generated, queue=len(self.states) - number
        )
        active = False
        for compiled in tables.steps(state):
            findings.generated += 1
            kind = compiled.kind
            self.enabled.add(kind)
            after = tables.apply(state, compiled.writes)
            raw = tuple(after)
            if judge.of_steps:
                judge.step(number, state, compiled, raw)
            changes = raw != state
            canonical = fold(after)
            target = numbers.get(canonical)
            if target is None:
                if self.meter.too_deep(depth + 1):
                    active = active or (changes and self.is_component[kind])
                    continue
                target = self._enter(canonical, depth + 1, number, kind, judge)
            if changes and self.is_component[kind]:
                active = True
            if self.keeps_edges:
                self.sources.append(number)
                self.targets.append(target)
                self.kinds.append(kind)
                self.changes.append(changes)
        if tables.blocked:
            for kind in tables.blocked_kinds(state):
                self.blocked.append((number, kind))
                active = active or self.is_component[kind]
        if not active:
            findings.quiescent = True
            judge.quiescent_state(number, state)

    def happened(self, compiled: Compiled) -> Happened:
        """A step as a step invariant sees it."""
        if compiled.happened is None:
            compiled.happened = happened(self.actions_by_kind[compiled.kind], compiled.step)
        return compiled.happened

    def tree(self, key: Any) -> Tree:
        """What was learned of a predicate."""
        return self._trees.setdefault(key, Tree())

    # ---- verdicts

    def result(self) -> Result:
        """Rebuild the traces of what is broken, and say what was found."""
        for prop in self.properties:
            found = self.found.get(prop.name)
            if found is not None:
                self.findings.violations[prop.name] = self._safety_trace(prop, found)
            elif prop.name in self._lassos:
                self.findings.violations[prop.name] = self._lasso_trace(prop, self._lassos[prop.name])
        return conclude(ENGINE, self.system, self.properties, self.findings, self.meter)

    def _safety_trace(self, prop: Property, found: Found) -> Trace:
        real = self.follow_to(found.number)
        if found.step is not None and found.after is not None:
            kind, choice = found.step
            real.take(found.after, kind, choice=choice)
        return counterexample(self.world, prop, real.states, real.steps)

    def _judge_liveness(self) -> None:
        """Look for a lasso that breaks each liveness property. Where names ran out, only what is found counts."""
        if not any(p.kind.is_liveness for p in self.properties):
            return
        from kspec.engines.liveness import Graph, violating_lasso

        number_of = {kind: i for i, kind in enumerate(self.tables.kinds)}
        graph = Graph(
            len(self.states),
            self.sources,
            self.targets,
            self.kinds,
            self.changes,
            [number_of[kind] for kind in fair_kinds(self.system)],
            blocked=self.blocked,
            tick=self._tick,
        )
        for prop in self.properties:
            if prop.kind.is_liveness:
                holds = self.where(prop.name, prop.predicate)
                given = None if prop.given is None else self.where(f"given of {prop.name}", prop.given)
                lasso = violating_lasso(graph, prop.kind, holds, given)
                if lasso is not None:
                    self._lassos[prop.name] = lasso
                self.findings.judged.add(prop.name)

    def _tick(self) -> None:
        generated, distinct = self.findings.generated, len(self.states)
        self.meter.tick(depth=self.depths[-1], distinct=distinct, generated=generated, queue=0)

    def where(self, name: str, predicate: Callable[..., Any]) -> bytearray:
        """In which states a predicate holds."""
        tree, tables = self.tree(name), self.tables
        return bytearray(tables.predicate(tree, predicate, state, f"property {name}") for state in self.states)

    def _lasso_trace(self, prop: Property, lasso: Any) -> Trace:
        """The lasso in real states: its loop is repeated until a real state comes again."""
        real = Follower(self)
        self._along(real, lasso.stem)
        knots = {real.states[-1]: len(real.states) - 1}
        while lasso.loop:
            self._along(real, lasso.loop)
            if real.states[-1] in knots:
                break
            knots[real.states[-1]] = len(real.states) - 1
        loop_at = knots[real.states[-1]]
        wanted = self.states[lasso.culprit]
        at = next(i for i in range(loop_at, len(real.states)) if real.representatives[i] == wanted)
        return counterexample(self.world, prop, real.states, real.steps, loop_at=loop_at, culprit=real.states[at])

    def _along(self, real: Follower, edges: Sequence[int]) -> None:
        for edge in edges:
            real.take(self.states[self.targets[edge]], self.kinds[edge], changing=True)

    # ---- from numbers back to behaviours

    def path(self, number: int) -> list[int]:
        """The numbers of the states on the way from the initial one."""
        found = [number]
        while self.parents[found[-1]] >= 0:
            found.append(self.parents[found[-1]])
        return found[::-1]

    def follow_to(self, number: int) -> Follower:
        """A shortest real behaviour to a state."""
        real = Follower(self)
        for n in self.path(number)[1:]:
            real.take(self.states[n], self.parent_kinds[n])
        return real


class _Judge:
    """Evaluates properties and witnesses while the search goes on. A property is broken once."""

    def __init__(self, search: Search) -> None:
        self._search = search
        chosen = search.properties
        self._invariants = [p for p in chosen if p.kind is PropertyKind.INVARIANT]
        self.of_steps = [p for p in chosen if p.kind is PropertyKind.STEP_INVARIANT]
        self._quiescence = [p for p in chosen if p.kind is PropertyKind.QUIESCENCE]
        self._witnesses = [(p.name, p.witness) for p in chosen if p.witness is not None]

    @property
    def is_done(self) -> bool:
        """Whether every property is broken already: there is nothing left to find out."""
        return bool(self._search.properties) and len(self._search.found) == len(self._search.properties)

    def state(self, number: int, state: Ids) -> None:
        """A new state."""
        search = self._search
        for prop in self._invariants:
            if not search.tables.predicate(search.tree(prop.name), prop.predicate, state, f"property {prop.name}"):
                search.found[prop.name] = Found(number)
                self._invariants = [p for p in self._invariants if p is not prop]
        for name, witness in self._witnesses:
            tree = search.tree(("witness", name))
            if search.tables.predicate(tree, witness.predicate, state, f"witness {witness.name}"):
                search.witnessed[name] = number
                self._witnesses = [(n, w) for n, w in self._witnesses if n != name]

    def step(self, number: int, before: Ids, compiled: Compiled, after: Ids) -> None:
        """A step, also one that leads to a known state."""
        search = self._search
        if compiled.judged is None:
            happened = search.happened(compiled)
            compiled.judged = [(p, search.tree((p.name, happened))) for p in self.of_steps]
        for prop, tree in compiled.judged:
            if prop.name in search.found:
                continue
            where = f"property {prop.name}"
            happened = search.happened(compiled)
            if not search.tables.step_predicate(tree, prop.predicate, happened, before, after, where):
                canonical = search.fold(list(after))
                search.found[prop.name] = Found(number, (compiled.kind, compiled.choice), canonical)
                self.of_steps = [p for p in self.of_steps if p is not prop]
            elif tree.holds_always:
                compiled.judged = [(p, t) for p, t in compiled.judged if p is not prop]

    def quiescent_state(self, number: int, state: Ids) -> None:
        """A state in which no component can change anything."""
        search = self._search
        for prop in self._quiescence:
            if not search.tables.predicate(search.tree(prop.name), prop.predicate, state, f"property {prop.name}"):
                search.found[prop.name] = Found(number)
                self._quiescence = [p for p in self._quiescence if p is not prop]
