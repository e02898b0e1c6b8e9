"""Liveness on a finished graph of numbers: a fair lasso that breaks a property, made of real edges.

Weak fairness needs no product with an automaton. A strongly connected part of the graph is *fair* when each fair kind
is disabled in some state of it or taken on some edge inside it; then one loop through the whole part is a fair
behaviour, and no fair behaviour stays in a part that is not fair. A behaviour may also stutter for ever, in a state in
which no fair kind is enabled: that is a part of a single state, judged by the same rule. "Enabled" means enabled and
changing something, so a step that changes nothing counts neither as enabled nor as taken.

- *eventually always p* fails when a fair part holds a state without p;
- *always eventually p* fails when a part of the states without p is fair (a kind is disabled in a state only if no
  edge of it leaves the state at all, also none that leads to p);
- *g leads to p* fails when such a part can be reached, without meeting p, from a state with g and without p.

Nothing is assumed about what the numbers stand for. The graph may be a quotient, in which an edge that changes
something can lead back to its own source.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence

import attrs

from kspec.kernel.properties import PropertyKind

Mask = Sequence[int]
"""A truth value for each state: a bytearray, or a list of `bool`."""

_OFTEN = 10_000
"""States or edges between two ticks. As many states hand their edges to the graph library at once: the pairs of
numbers that it takes are much bigger than its graph."""


@attrs.define(eq=False)
class Graph:
    """States `0..size-1`, and edges, each named by its place in the four arrays.

    `kinds[e]` is the kind (a small integer) of edge e, `changes[e]` whether it changes anything. `initial`: where
    behaviours begin. `fair`: the weakly fair kinds. `blocked`: pairs of a state and a kind that is enabled there
    although its edge is not in the graph (names had run out); it is not disabled there. `tick` is called every ten
    thousand states or edges (but not inside the graph library), and may raise to end the work.
    """

    size: int
    sources: Sequence[int]
    targets: Sequence[int]
    kinds: Sequence[int]
    changes: Sequence[int]
    fair: Collection[int]
    initial: Sequence[int] = (0,)
    blocked: Iterable[tuple[int, int]] = ()
    tick: Callable[[], None] = lambda: None
    enabled: list[int] = attrs.field(init=False)
    _bit: dict[int, int] = attrs.field(init=False)
    _first: array[int] = attrs.field(init=False)
    _by_source: array[int] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._bit = {kind: 1 << i for i, kind in enumerate(sorted(self.fair))}
        self.enabled = [0] * self.size
        self._first = array("q", bytes(8 * (self.size + 2)))
        count = 0
        for edge, source in enumerate(self.sources):
            if not edge % _OFTEN:
                self.tick()
            if self.changes[edge]:
                count += 1
                self._first[source + 2] += 1
                self.enabled[source] |= self.fairness(edge)
        for state in range(2, self.size + 2):
            self._first[state] += self._first[state - 1]
        self._by_source = array("q", bytes(8 * count))
        for edge, source in enumerate(self.sources):
            if not edge % _OFTEN:
                self.tick()
            if self.changes[edge]:
                self._by_source[self._first[source + 1]] = edge
                self._first[source + 1] += 1
        for state, kind in self.blocked:
            self.enabled[state] |= self._bit.get(kind, 0)

    def fairness(self, edge: int) -> int:
        """The bit of the fair kind that this edge takes; 0 if its kind is not fair."""
        return self._bit.get(self.kinds[edge], 0)

    def outgoing(self, state: int) -> Sequence[int]:
        """The edges of a state that change something, in order."""
        return self._by_source[self._first[state] : self._first[state + 1]]


@attrs.frozen
class Lasso:
    """A behaviour: the edges of `stem` from `start` to `knot`, then those of `loop` from `knot` to `knot` for ever.

    An empty loop is a stuttering for ever. `culprit` is a state on the loop in which the predicate fails.
    """

    start: int
    stem: tuple[int, ...]
    knot: int
    loop: tuple[int, ...]
    culprit: int


def violating_lasso(graph: Graph, kind: PropertyKind, holds: Mask, given: Mask | None = None) -> Lasso | None:
    """A fair behaviour that breaks a property of this kind, or None; the same one in every run.

    `holds`: where the predicate holds; `given`: where that holds which *leads to* it. One that ends in stuttering
    is preferred, then the one whose loop can be reached in the fewest steps. Raises ValueError for a kind of safety.
    """
    without = bytearray(not h for h in holds)
    anywhere = bytearray(b"\1") * graph.size
    if kind is PropertyKind.EVENTUALLY_ALWAYS:
        return _find(graph, within=anywhere, begins=anywhere, visits=without)
    if kind is PropertyKind.ALWAYS_EVENTUALLY:
        return _find(graph, within=without, begins=anywhere, visits=without)
    if kind is PropertyKind.LEADS_TO and given is not None:
        return _find(graph, within=without, begins=given, visits=without)
    raise ValueError(f"no lasso breaks a property of kind {kind.value}")


def _find(graph: Graph, *, within: Mask, begins: Mask, visits: Mask) -> Lasso | None:
    """A fair lasso that stays within, from a state where it begins, and whose loop visits."""
    ways = _Ways(graph, within, begins)
    for state in ways.order:
        if visits[state] and not graph.enabled[state]:
            return Lasso(*ways.to(state), state, (), state)
    for state, part in fair_parts(graph, ways.order, within, visits):
        loop, culprit = _loop(graph, state, part, visits)
        return Lasso(*ways.to(state), state, loop, culprit)
    return None


class _Ways:
    """The shortest ways to the states where a lasso may close: anywhere first, then within, since it began.

    `order`: those states, nearest first.
    """

    def __init__(self, graph: Graph, within: Mask, begins: Mask) -> None:
        self._graph = graph
        unmet = array("q", [_UNMET]) * graph.size
        self._edge_to = (unmet, unmet[:])
        self.order: list[int] = []
        queue: deque[tuple[int, int]] = deque()

        def meet(begun: int, state: int, edge: int) -> None:
            if self._edge_to[begun][state] == _UNMET:
                self._edge_to[begun][state] = edge
                queue.append((begun, state))
                if not begun and within[state] and begins[state]:
                    meet(1, state, _BEGINS)

        for state in graph.initial:
            meet(0, state, _STARTS)
        while queue:
            begun, state = queue.popleft()
            if begun:
                self.order.append(state)
            if not state % _OFTEN:
                graph.tick()
            for edge in graph.outgoing(state):
                if not begun or within[graph.targets[edge]]:
                    meet(begun, graph.targets[edge], edge)

    def to(self, state: int) -> tuple[int, tuple[int, ...]]:
        """An initial state, and the edges from it to this state."""
        begun, edges = 1, list[int]()
        while True:
            edge = self._edge_to[begun][state]
            if edge == _STARTS:
                return state, tuple(reversed(edges))
            if edge == _BEGINS:
                begun = 0
            else:
                edges.append(edge)
                state = self._graph.sources[edge]


_STARTS, _BEGINS, _UNMET = -1, -2, -3


def fair_parts(graph: Graph, order: Sequence[int], within: Mask, visits: Mask) -> Iterable[tuple[int, frozenset[int]]]:
    """The fair strongly connected parts that visit, each with its state that comes first in this order."""
    import rustworkx

    place = array("q", bytes(8 * graph.size))
    for i, state in enumerate(order):
        place[state] = i
    digraph = rustworkx.PyDiGraph()
    digraph.add_nodes_from([None] * len(order))
    for start in range(0, len(order), _OFTEN):
        graph.tick()
        inside = [
            (place[state], place[graph.targets[edge]])
            for state in order[start : start + _OFTEN]
            for edge in graph.outgoing(state)
            if within[graph.targets[edge]]
        ]
        digraph.add_edges_from_no_data(inside)
    parts = [[order[i] for i in part] for part in rustworkx.strongly_connected_components(digraph)]
    del digraph
    for i, states in enumerate(sorted(parts, key=lambda part: min(place[state] for state in part))):
        if not i % _OFTEN:
            graph.tick()
        if any(visits[state] for state in states):
            part = frozenset(states)
            if _is_fair(graph, part):
                yield min(states, key=place.__getitem__), part


def _is_fair(graph: Graph, part: frozenset[int]) -> bool:
    """Whether each fair kind is disabled somewhere in a strongly connected part, or taken inside it."""
    starved = -1
    for state in part:
        starved &= graph.enabled[state]
        for edge in graph.outgoing(state):
            if graph.targets[edge] in part:
                starved &= ~graph.fairness(edge)
    return not starved


def _loop(graph: Graph, knot: int, part: frozenset[int], visits: Mask) -> tuple[tuple[int, ...], int]:
    """A loop from `knot` through what makes a fair part fair and through a state that it must visit, which is named."""
    loop: list[int] = []
    state, starved, culprit = knot, graph.enabled[knot], knot if visits[knot] else None

    def useful(edge: int) -> bool:
        target = graph.targets[edge]
        if starved & (graph.fairness(edge) | ~graph.enabled[target]):
            return True
        return bool(culprit is None and visits[target])

    while starved or culprit is None:
        loop += _way(graph, state, part, useful)
        for edge in loop:
            target = graph.targets[edge]
            starved &= graph.enabled[target] & ~graph.fairness(edge)
            if culprit is None and visits[target]:
                culprit = target
        state = graph.targets[loop[-1]]
    if state != knot or not loop:
        loop += _way(graph, state, part, lambda edge: graph.targets[edge] == knot)
    return tuple(loop), culprit


def _way(graph: Graph, start: int, part: frozenset[int], wanted: Callable[[int], bool]) -> list[int]:
    """The edges of a shortest way inside a strongly connected part whose last edge is wanted."""
    edge_to: dict[int, int] = {}
    seen, queue = {start}, deque([start])
    while queue:
        state = queue.popleft()
        for edge in graph.outgoing(state):
            target = graph.targets[edge]
            if target not in part:
                continue
            if wanted(edge):
                way = [edge]
                while graph.sources[way[-1]] != start:
                    way.append(edge_to[graph.sources[way[-1]]])
                return way[::-1]
            if target not in seen:
                seen.add(target)
                edge_to[target] = edge
                queue.append(target)
    raise AssertionError("a part that is not strongly connected, or not fair")
