"""The exhaustive engine: breadth-first search over states of small integers, with learned tables and folding.

It means what `reference` means, which is the oracle that it is compared with. All properties are judged in one run, each
with its own shortest trace; the traces are rebuilt by calling the functions again (kspec.kernel.world), so what a person is
shown does not depend on the tables.
"""

from __future__ import annotations

import resource
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from kspec.engines.fold import Fold
from kspec.engines.tables import Compiled, Ids, Tables, Tree
from kspec.kernel.errors import Grew, UntrustworthyError
from kspec.kernel.properties import Happened, Property, PropertyKind
from kspec.kernel.result import Limits, Progress
from kspec.kernel.system import System
from kspec.kernel.world import Occurrence, State, World, is_component

CHECK_EVERY = 512
"""States between two looks at the clock."""


@attrs.define(eq=False)
class Graph:
    """The edges of an exploration, in the order in which they were found: for liveness."""

    sources: array[int] = attrs.field(factory=lambda: array("l"))
    targets: array[int] = attrs.field(factory=lambda: array("l"))
    kinds: array[int] = attrs.field(factory=lambda: array("l"))
    changes: bytearray = attrs.field(factory=bytearray)


@attrs.frozen
class Found:
    """A state (number) in which a property is broken; `before` is the state before it, of a step invariant."""

    state: int
    before: int | None = None
    edge: tuple[int, int] | None = None


class Search:
    """One exploration of one system."""

    def __init__(self, system: System, *, fold: bool = True, keep_edges: bool = False) -> None:
        self.world = World(system)
        self.tables = Tables(self.world)
        self.fold = Fold(self.tables, members=fold)
        self.system = system
        self.number: dict[Ids, int] = {}
        self.states: list[Ids] = []
        self.parents = array("l")
        self.parent_kinds = array("l")
        self.graph = Graph() if keep_edges else None
        self.generated = 0
        self.depth = 0
        self.seconds = 0.0
        self.limits: list[str] = []
        self.interrupted = False
        self.ever_enabled: set[int] = set()
        self.found: dict[str, Found] = {}
        self.witnessed: dict[str, int] = {}
        self.quiescent: list[int] = []
        self._trees: dict[Any, Tree] = {}
        actions = {a.kind: a for a in system.actions}
        self._is_component = [is_component(actions[k]) for k in self.tables.kinds]
        self.fair = [any(a.fair for a in system.actions if a.kind == k) for k in self.tables.kinds]

    def run(self, limits: Limits, progress: Callable[[Progress], None] | None, properties: Sequence[Property]) -> None:
        """Explore until there is nothing new or a limit is reached."""
        judge = Judge(self, properties)
        began = time.perf_counter()
        said = began
        try:
            start = self.fold(list(self.tables.initial))
            frontier = [self._add(start, -1, -1, judge)]
            depth = 0
            while frontier and not self.limits:
                if limits.depth is not None and depth >= limits.depth:
                    self.limits.append(f"depth: {limits.depth}")
                    break
                following: list[int] = []
                for n, number in enumerate(frontier):
                    if n % CHECK_EVERY == 0:
                        now = time.perf_counter()
                        if progress is not None and now - said >= 0.5:
                            said = now
                            queue = len(frontier) - n + len(following)
                            progress(self._progress(now - began, depth, queue, limits))
                        if self._limited(limits, now - began):
                            break
                    self._expand(number, following, judge)
                frontier = following
                if frontier:
                    depth += 1
                    self.depth = depth
        except KeyboardInterrupt:
            self.interrupted = True
            self.limits.append("interrupted")
        for family in sorted(self.tables.exhausted):
            self.limits.append(f"slots: {self.world.members[family]} {family}")
        self.seconds = time.perf_counter() - began

    def _add(self, state: Ids, parent: int, kind: int, judge: Judge) -> int:
        number = self.number[state] = len(self.states)
        self.states.append(state)
        self.parents.append(parent)
        self.parent_kinds.append(kind)
        judge.state(number, state)
        return number

    def _expand(self, number: int, following: list[int], judge: Judge) -> None:
        state = self.states[number]
        tables, fold, numbers, graph = self.tables, self.fold, self.number, self.graph
        active = False
        for compiled in tables.steps(state):
            self.generated += 1
            kind = compiled.kind
            self.ever_enabled.add(kind)
            after = tables.apply(state, compiled.writes)
            raw = tuple(after)
            changes = raw != state
            if judge.of_steps:
                judge.step(number, state, compiled, raw)
            canonical = fold(after)
            target = numbers.get(canonical)
            if target is None:
                target = self._add(canonical, number, kind, judge)
                following.append(target)
            if changes and self._is_component[kind]:
                active = True
            if graph is not None:
                graph.sources.append(number)
                graph.targets.append(target)
                graph.kinds.append(kind)
                graph.changes.append(changes)
        if not active:
            self.quiescent.append(number)
            judge.quiescent_state(number, state)

    def _limited(self, limits: Limits, seconds: float) -> bool:
        if limits.states is not None and len(self.states) >= limits.states:
            self.limits.append(f"states: {limits.states}")
        elif limits.seconds is not None and seconds > limits.seconds:
            self.limits.append(f"seconds: {limits.seconds:g}")
        elif limits.memory_mb is not None and memory_mb() > limits.memory_mb:
            self.limits.append(f"memory: {limits.memory_mb} MB")
        return bool(self.limits)

    def _progress(self, elapsed: float, depth: int, queue: int, limits: Limits) -> Progress:
        memory = memory_mb()
        shares = []
        if limits.states:
            shares.append((len(self.states) / limits.states, f"states: {limits.states}"))
        if limits.seconds:
            shares.append((elapsed / limits.seconds, f"seconds: {limits.seconds:g}"))
        if limits.memory_mb:
            shares.append((memory / limits.memory_mb, f"memory: {limits.memory_mb} MB"))
        if limits.depth:
            shares.append((depth / limits.depth, f"depth: {limits.depth}"))
        nearest = max(shares)[1] if shares else ""
        return Progress(elapsed, depth, len(self.states), self.generated, queue, memory, nearest)

    def tree(self, key: Any) -> Tree:
        """What was learned of a predicate."""
        return self._trees.setdefault(key, Tree())

    # ---- traces

    def path(self, number: int) -> list[int]:
        """The numbers of the states on the way from the initial one."""
        found = [number]
        while self.parents[found[-1]] >= 0:
            found.append(self.parents[found[-1]])
        return found[::-1]

    def follow(self, start: State, numbers: Sequence[int], kinds: Sequence[int]) -> list[tuple[Occurrence, State]]:
        """A real behaviour from a real state through these canonical ones, by steps of these kinds.

        Raises UntrustworthyError if the functions do not take the steps that the search took.
        """
        steps: list[tuple[Occurrence, State]] = []
        state = start
        for number, kind in zip(numbers, kinds, strict=True):
            wanted = self.states[number]
            found = self._one_step(state, wanted, self.tables.kinds[kind])
            if found is None:
                raise UntrustworthyError(
                    f"{self.system.name}: the search took a step {self.tables.kinds[kind]} that the functions do not take"
                )
            steps.append(found)
            state = found[1]
        return steps

    def _one_step(self, state: State, wanted: Ids, kind: str) -> tuple[Occurrence, State] | None:
        for action, member in self.world.instances():
            if action.kind != kind:
                continue
            for occurrence in self.world.steps_of(state, action, member):
                after = self.world.apply(state, occurrence)
                if self.canonical(after) == wanted:
                    return occurrence, after
        return None

    def canonical(self, state: State) -> Ids:
        """The representative of a state of values."""
        return self.fold(list(self.tables.intern_state(state)))


class Judge:
    """Evaluates properties and witnesses while the search goes on."""

    def __init__(self, search: Search, properties: Sequence[Property]) -> None:
        self._search = search
        self._invariants = [p for p in properties if p.kind is PropertyKind.INVARIANT]
        self.of_steps = [p for p in properties if p.kind is PropertyKind.STEP_INVARIANT]
        self._quiescence = [p for p in properties if p.kind is PropertyKind.QUIESCENCE]
        self._witnesses = [(p.name, p.witness) for p in properties if p.witness is not None]
        self._happened: dict[tuple[int, str, str], Happened] = {}

    def state(self, number: int, state: Ids) -> None:
        """A new state."""
        search = self._search
        for prop in self._invariants:
            tree = search.tree(prop.name)
            if not search.tables.predicate(tree, prop.predicate, state):
                search.found[prop.name] = Found(number)
                self._invariants = [p for p in self._invariants if p is not prop]
        for name, witness in self._witnesses:
            if search.tables.predicate(search.tree(("witness", name)), witness.predicate, state):
                search.witnessed[name] = number
                self._witnesses = [(n, w) for n, w in self._witnesses if n != name]

    def step(self, number: int, before: Ids, compiled: Compiled, after: Ids) -> None:
        """A step, also one that leads to a known state."""
        search = self._search
        kind = search.tables.kinds[compiled.kind]
        key = (compiled.kind, compiled.step.action, compiled.via)
        happened = self._happened.get(key)
        if happened is None:
            actor = kind.split(".", 1)[0]
            happened = self._happened[key] = Happened(actor, compiled.step.action, kind, compiled.via)
        for prop in self.of_steps:
            tree = search.tree((prop.name, key))
            if not search.tables.step_predicate(tree, prop.predicate, happened, before, after):
                target = search.fold(list(after))
                search.found[prop.name] = Found(search.number.get(target, -1), number, (compiled.kind, compiled.choice))
                self.of_steps = [p for p in self.of_steps if p is not prop]

    def quiescent_state(self, number: int, state: Ids) -> None:
        """A state in which no component can change anything."""
        search = self._search
        for prop in self._quiescence:
            if not search.tables.predicate(search.tree(prop.name), prop.predicate, state):
                search.found[prop.name] = Found(number)
                self._quiescence = [p for p in self._quiescence if p is not prop]


def memory_mb() -> int:
    """The largest memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def laid_out(system: System, attempt: Callable[[System], Any]) -> Any:
    """Run an attempt, laying the system out anew as long as the world grows."""
    while True:
        try:
            return attempt(system)
        except Grew:
            if system.again is None:
                raise
            system = _again(system.again)


def _again(lay_out: Callable[[], System]) -> System:
    while True:
        try:
            return lay_out()
        except Grew:
            continue


def iterate(search: Search) -> Iterator[tuple[int, State]]:
    """Every state that was found, with its number."""
    for number, ids in enumerate(search.states):
        yield number, search.tables.state(ids)
