"""The reference engine: plain breadth-first search over the functions themselves. The oracle for ever.

No learned tables, no folding of members, nothing clever: what a system means is what this module does with
`kspec.kernel.world`. Only incarnations are relabelled (without that the worlds that use them have no end).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from kspec.engines.canonical import Known, canonical_labels
from kspec.engines.common import (
    NO_LIMITS,
    Findings,
    Meter,
    Stop,
    ask,
    conclude,
    counterexample,
    fair_kinds,
    kinds_of,
    laid_out_again,
    select,
)
from kspec.kernel.actions import Action
from kspec.kernel.errors import Grew, SlotsExhausted
from kspec.kernel.properties import Predicate, Property, PropertyKind, Witness
from kspec.kernel.result import Limits, Progress, Result
from kspec.kernel.system import System
from kspec.kernel.world import Occurrence, State, World, is_component


def explore(
    system: System,
    *,
    limits: Limits = NO_LIMITS,
    progress: Callable[[Progress], None] | None = None,
    properties: Sequence[str] | None = None,
) -> Result:
    """Explore a system and judge its properties (those named, by globs; all by default).

    Safety is judged on everything that was reached, liveness only on a finished graph. Ctrl-C ends it with what was
    found so far. Raises UsageError for an unknown property, SpecError for a spec that breaks the contract.
    """
    meter = Meter(limits, progress)
    while True:
        try:
            return Search(system, select(system, properties), meter).run()
        except Grew:
            meter.start_anew()
            system = laid_out_again(system)


class Search:
    """One search of one layout of a system. States are numbered in the order of their discovery."""

    def __init__(self, system: System, properties: Sequence[Property], meter: Meter) -> None:
        self.system, self.properties, self.meter = system, properties, meter
        self.world = World(system)
        self.findings = Findings()
        self.states: list[State] = []
        self.number: dict[State, int] = {}
        self.depth: list[int] = []
        self.origin: list[tuple[int, Occurrence] | None] = []  # how each state was reached first
        self._keeps_edges = any(p.kind.is_liveness for p in properties)
        self.sources, self.targets, self.kinds = array("q"), array("q"), array("q")
        self.changes = bytearray()
        self.blocked: list[tuple[int, int]] = []
        self._kind_number = {kind: i for i, kind in enumerate(kinds_of(system))}
        self._known = Known(self.world.names)

    def run(self) -> Result:
        """Search, judge, conclude."""
        findings, meter = self.findings, self.meter
        try:
            self._search()
            findings.explored = not meter.reached
            if meter.only_names_ran_out:
                self._judge_liveness()
        except Stop:
            pass
        except KeyboardInterrupt:
            findings.interrupted = True
        findings.distinct, findings.depth = len(self.states), max(self.depth, default=0)
        return conclude("reference", self.system, self.properties, findings, meter)

    def _search(self) -> None:
        self._enter(self._known.kept(canonical_labels(self.world, self.world.initial)), 0, None)
        source = 0
        while source < len(self.states):
            self._expand(source)
            source += 1

    # ---- states and steps

    def _enter(self, state: State, depth: int, origin: tuple[int, Occurrence] | None) -> int:
        """Keep a new state, and judge it."""
        self.meter.room_for_state(len(self.states))
        number = self.number[state] = len(self.states)
        self.states.append(state)
        self.depth.append(depth)
        self.origin.append(origin)
        self._judge_state(PropertyKind.INVARIANT, number)
        for prop in self.properties:
            witness = prop.witness
            if witness is not None and prop.name not in self.findings.reached and self._holds(witness, number):
                self.findings.reached.add(prop.name)
        return number

    def _expand(self, source: int) -> None:
        """Take every step that is possible in a state."""
        stuck = True
        for action, member in self.world.instances():
            found = self._successors(source, action, member)
            if found is None:
                stuck = stuck and not is_component(action)
                continue
            for occurrence, after in found:
                changes = after != self.states[source]
                self._step(source, occurrence, after, changes)
                stuck = stuck and not (changes and is_component(action))
        if stuck:
            self.findings.quiescent = True
            self._judge_state(PropertyKind.QUIESCENCE, source)

    def _successors(self, source: int, action: Action, member: int | None) -> list[tuple[Occurrence, State]] | None:
        """The steps of one action of one member with the states after them; None when it ran out of names."""
        world, state = self.world, self.states[source]
        self.findings.action_calls += 1
        try:
            steps = ask(f"action {action.kind}", world.steps_of, state, action, member)
            return [(step, world.apply(state, step)) for step in steps]
        except SlotsExhausted as limit:
            self.meter.slots(limit.family)
            self.blocked.append((source, self._kind_number[action.kind]))
            return None

    def _step(self, source: int, occurrence: Occurrence, after: State, changes: bool) -> None:
        """Judge one step, and enter the state that it leads to if it is new."""
        self.findings.generated += 1
        self.findings.enabled.add(occurrence.action.kind)
        depth = self.depth[source]
        self._tick(source)
        self._judge_step(source, occurrence, after)
        state = self._known.kept(canonical_labels(self.world, after))
        target = self.number.get(state)
        if target is None:
            if self.meter.too_deep(depth + 1):
                return
            target = self._enter(state, depth + 1, (source, occurrence))
        if self._keeps_edges:
            self.sources.append(source)
            self.targets.append(target)
            self.kinds.append(self._kind_number[occurrence.action.kind])
            self.changes.append(changes)

    def _tick(self, source: int) -> None:
        distinct = len(self.states)
        queue = distinct - source - 1
        self.meter.tick(depth=self.depth[source], distinct=distinct, generated=self.findings.generated, queue=queue)

    # ---- safety

    def _holds(self, what: Property | Witness, number: int) -> bool:
        return bool(ask(f"predicate {what.name}", what.predicate, self.world.reader(self.states[number])))

    def _open(self, kind: PropertyKind) -> Iterator[Property]:
        """The properties of this kind that no counterexample is known of: the first is a shortest one."""
        return (p for p in self.properties if p.kind is kind and p.name not in self.findings.violations)

    def _judge_state(self, kind: PropertyKind, number: int) -> None:
        for prop in self._open(kind):
            if not self._holds(prop, number):
                self._violated(prop, self._way_to(number))

    def _judge_step(self, source: int, occurrence: Occurrence, after: State) -> None:
        for prop in self._open(PropertyKind.STEP_INVARIANT):
            before, behind = self.world.reader(self.states[source]), self.world.reader(after)
            if not ask(f"predicate {prop.name}", prop.predicate, before, occurrence.happened, behind):
                self._violated(prop, [*self._way_to(source), (occurrence, after)])

    # ---- liveness

    def _judge_liveness(self) -> None:
        """Look for a lasso that breaks each liveness property. Where names ran out, only what is found counts."""
        if not self._keeps_edges:
            return
        from kspec.engines.liveness import Graph, violating_lasso

        fair = [self._kind_number[kind] for kind in fair_kinds(self.system)]
        graph = Graph(
            len(self.states),
            self.sources,
            self.targets,
            self.kinds,
            self.changes,
            fair,
            blocked=self.blocked,
            tick=lambda: self._tick(len(self.states) - 1),
        )
        for prop in self.properties:
            if prop.kind.is_liveness:
                holds = self._where(prop.predicate, prop.name)
                given = None if prop.given is None else self._where(prop.given, prop.name)
                lasso = violating_lasso(graph, prop.kind, holds, given)
                if lasso is not None:
                    way = [self._hop(edge) for edge in (*lasso.stem, *lasso.loop)]
                    passed = [lasso.start, *(self.targets[edge] for edge in (*lasso.stem, *lasso.loop))]
                    culprit = passed.index(lasso.culprit, len(lasso.stem))
                    self._violated(prop, way, loop_at=len(lasso.stem), culprit=culprit)
                self.findings.judged.add(prop.name)

    def _where(self, predicate: Predicate, name: str) -> bytearray:
        truths = bytearray()
        for state in self.states:
            self._tick(len(self.states) - 1)
            truths.append(bool(ask(f"predicate {name}", predicate, self.world.reader(state))))
        return truths

    def _hop(self, edge: int) -> tuple[Occurrence, State]:
        """The step of an edge, and the state that it leads to: edges are kept in the order of the steps."""
        source = self.sources[edge]
        nth = edge - bisect_left(self.sources, source)
        steps = [found for a, m in self.world.instances() for found in self._successors(source, a, m) or ()]
        return steps[nth][0], self.states[self.targets[edge]]

    # ---- counterexamples

    def _way_to(self, number: int) -> list[tuple[Occurrence, State]]:
        """The steps of a shortest way to a state, each with the state that it leads to."""
        way: list[tuple[Occurrence, State]] = []
        while (origin := self.origin[number]) is not None:
            way.append((origin[1], self.states[number]))
            number = origin[0]
        return way[::-1]

    def _violated(
        self,
        prop: Property,
        way: Sequence[tuple[Occurrence, State]],
        loop_at: int | None = None,
        culprit: int = -1,
    ) -> None:
        """Keep a counterexample: the steps of a way from the initial state, each with the state after it."""
        states = [self.states[0], *(state for _, state in way)]
        steps = [occurrence for occurrence, _ in way]
        self.findings.violations[prop.name] = counterexample(
            self.world, prop, states, steps, loop_at=loop_at, culprit=states[culprit]
        )
