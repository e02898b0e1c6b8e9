"""Liveness on graphs: what is a fair lasso, and what the one that is shown is made of."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kspec.engines.liveness import Graph, Lasso, violating_lasso
from kspec.kernel.properties import PropertyKind

STABILISES, RECURS, LEADS_TO = (
    PropertyKind.EVENTUALLY_ALWAYS,
    PropertyKind.ALWAYS_EVENTUALLY,
    PropertyKind.LEADS_TO,
)

Edge = tuple[int, int, int, int]
"""Source, target, kind, changes."""


def graph(
    size: int,
    edges: Sequence[Edge],
    fair: Sequence[int] = (),
    initial: Sequence[int] = (0,),
    blocked: Sequence[tuple[int, int]] = (),
) -> Graph:
    sources, targets, kinds, changes = ([e[i] for e in edges] for i in range(4))
    return Graph(size, sources, targets, kinds, changes, frozenset(fair), initial, blocked)


def test_a_behaviour_may_stutter_where_no_fair_kind_is_enabled() -> None:
    only_the_user_acts = graph(2, [(0, 1, 0, 1)], fair=())
    assert violating_lasso(only_the_user_acts, STABILISES, [False, True]) == Lasso(0, (), 0, (), 0)


def test_a_behaviour_may_not_stutter_where_a_fair_kind_is_enabled() -> None:
    assert violating_lasso(graph(2, [(0, 1, 0, 1)], fair=[0]), STABILISES, [False, True]) is None


def test_a_step_that_changes_nothing_keeps_nobody_from_stuttering() -> None:
    assert violating_lasso(graph(1, [(0, 0, 0, 0)], fair=[0]), RECURS, [False]) == Lasso(0, (), 0, (), 0)


def test_an_edge_of_a_quotient_back_to_its_source_is_taken_when_it_changes_something() -> None:
    quotient = graph(1, [(0, 0, 0, 1)], fair=[0])
    assert violating_lasso(quotient, RECURS, [False]) == Lasso(0, (), 0, (0,), 0)


def test_a_kind_whose_names_ran_out_is_not_disabled() -> None:
    assert violating_lasso(graph(1, [], fair=[0]), RECURS, [False]) is not None
    assert violating_lasso(graph(1, [], fair=[0], blocked=[(0, 0)]), RECURS, [False]) is None


def test_a_kind_that_is_enabled_now_and_then_only_may_be_left_aside_for_ever() -> None:
    """Weak fairness, not strong: in state 1 the fair kind that leads out of the loop is disabled."""
    now_and_then = [(0, 1, 0, 1), (1, 0, 0, 1), (0, 2, 1, 1)]
    assert violating_lasso(graph(3, now_and_then, fair=[0, 1]), RECURS, [False, False, True]) == Lasso(
        0, (), 0, (0, 1), 0
    )
    always = [*now_and_then, (1, 2, 1, 1)]
    assert violating_lasso(graph(3, always, fair=[0, 1]), RECURS, [False, False, True]) is None


def test_a_kind_is_not_disabled_because_its_edge_leads_to_where_the_property_holds() -> None:
    assert violating_lasso(graph(2, [(0, 1, 0, 1), (1, 0, 1, 1)], fair=[0, 1]), RECURS, [False, True]) is None


def test_a_loop_passes_through_everything_that_makes_it_fair() -> None:
    """Two loops at state 0, with one fair kind each: either alone is unfair to the other."""
    two_loops = [(0, 1, 0, 1), (1, 0, 2, 1), (0, 2, 1, 1), (2, 0, 2, 1), (1, 3, 1, 1), (2, 3, 0, 1)]
    found = violating_lasso(graph(4, two_loops, fair=[0, 1]), RECURS, [False, False, False, True])
    assert found is not None and set(found.loop) == {0, 1, 2, 3}


def test_a_loop_passes_through_a_state_that_breaks_the_property() -> None:
    ring = [(0, 1, 0, 1), (1, 2, 0, 1), (2, 0, 0, 1), (1, 0, 0, 1)]
    found = violating_lasso(graph(3, ring, fair=[0]), STABILISES, [True, True, False])
    assert found is not None and found.culprit == 2 and 1 in found.loop


def test_what_was_asked_for_after_it_had_come_is_not_owed() -> None:
    """State 1 asks and has; state 2 has not, and never asked."""
    edges = [(0, 1, 0, 1), (1, 2, 0, 1)]
    assert violating_lasso(graph(3, edges), LEADS_TO, [True, True, False], given=[False, True, False]) is None
    owed = violating_lasso(graph(3, edges), LEADS_TO, [True, False, False], given=[False, True, False])
    assert owed == Lasso(0, (0,), 1, (), 1)


def test_a_way_to_a_lasso_may_not_meet_what_was_asked_for() -> None:
    edges = [(0, 1, 0, 1), (1, 2, 0, 1)]
    fair = graph(3, edges, fair=[0])
    assert violating_lasso(fair, LEADS_TO, [False, True, False], given=[True, False, False]) is None
    assert violating_lasso(fair, LEADS_TO, [False, False, False], given=[True, False, False]) == Lasso(
        0, (0, 1), 2, (), 2
    )


def test_the_way_is_a_shortest_one_from_any_initial_state() -> None:
    edges = [(0, 1, 0, 1), (1, 3, 0, 1), (2, 3, 0, 1)]
    found = violating_lasso(graph(4, edges, fair=[0], initial=[0, 2]), STABILISES, [True, True, True, False])
    assert found == Lasso(2, (2,), 3, (), 3)


def test_a_long_way_needs_no_deep_recursion() -> None:
    n = 50_000
    edges = [(i, i + 1, 0, 1) for i in range(n - 1)] + [(n - 1, 0, 0, 1)]
    found = violating_lasso(graph(n, edges, fair=[0]), RECURS, [False] * n)
    assert found is not None and len(found.loop) == n


def test_a_property_of_safety_has_no_lasso() -> None:
    with pytest.raises(ValueError, match="invariant"):
        violating_lasso(graph(1, []), PropertyKind.INVARIANT, [True])
    with pytest.raises(ValueError, match="leads to"):
        violating_lasso(graph(1, []), LEADS_TO, [True])


# ---- any small graph, also quotients, also where names ran out


@attrs.frozen
class Case:
    size: int
    edges: tuple[Edge, ...]
    fair: frozenset[int]
    initial: tuple[int, ...]
    blocked: tuple[tuple[int, int], ...]
    holds: tuple[bool, ...]
    given: tuple[bool, ...]
    kind: PropertyKind

    def is_enabled(self, state: int, kind: int) -> bool:
        moves = any(e[0] == state and e[2] == kind and e[3] for e in self.edges)
        return moves or (state, kind) in self.blocked

    def found(self) -> Lasso | None:
        made = graph(self.size, self.edges, sorted(self.fair), self.initial, self.blocked)
        return violating_lasso(made, self.kind, self.holds, self.given)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(1, 5))
    state, kind = st.integers(0, size - 1), st.integers(0, 2)
    pairs = draw(st.lists(st.tuples(state, state, kind, st.booleans()), max_size=9))
    truths = st.tuples(*[st.booleans()] * size)
    return Case(
        size=size,
        edges=tuple((s, t, k, int(c or s != t)) for s, t, k, c in pairs),
        fair=draw(st.frozensets(kind)),
        initial=tuple(draw(st.lists(state, min_size=1, max_size=2, unique=True))),
        blocked=tuple(draw(st.lists(st.tuples(state, kind), max_size=1))),
        holds=draw(truths),
        given=draw(truths),
        kind=draw(st.sampled_from([STABILISES, RECURS, LEADS_TO])),
    )


Node = tuple[int, int, int]
"""A state, whether the lasso has begun, how many obligations were met in this round."""


def naive_has_lasso(case: Case) -> bool:
    """A cycle in the product with a counter of obligations, on which a round of them is completed."""
    fair = sorted(case.fair)
    edges: dict[Node, set[Node]] = {}
    complete: set[tuple[Node, Node]] = set()

    def met(obligation: int, state: int, edge: Edge | None) -> bool:
        if obligation == len(fair):
            return not case.holds[state]
        kind = fair[obligation]
        return not case.is_enabled(state, kind) or (edge is not None and edge[2] == kind and bool(edge[3]))

    def may_begin(state: int) -> bool:
        if case.kind is STABILISES:
            return True
        return not case.holds[state] and (case.kind is RECURS or case.given[state])

    todo: list[Node] = [(state, 0, 0) for state in case.initial]
    while todo:
        node = todo.pop()
        if node in edges:
            continue
        state, begun, round_ = node
        edges[node] = {(state, 1, 0)} if not begun and may_begin(state) else set()
        for edge in [e for e in case.edges if e[0] == state] + [None]:
            target = state if edge is None else edge[1]
            if begun and case.kind is not STABILISES and case.holds[target]:
                continue
            now = round_
            while begun and now <= len(fair) and met(now, state, edge):
                now += 1
            after = (target, begun, now % (len(fair) + 1))
            edges[node].add(after)
            if now > len(fair):
                complete.add((node, after))
        todo += edges[node]

    def reaches(start: Node, end: Node) -> bool:
        seen, open_ = {start}, [start]
        while open_:
            for target in edges[open_.pop()] - seen:
                seen.add(target)
                open_.append(target)
        return end in seen

    return any(reaches(after, node) for node, after in complete)


def check(case: Case, lasso: Lasso) -> None:
    """The lasso is a fair behaviour of real edges that breaks the property."""
    states = [lasso.start]
    for edge in (*lasso.stem, *lasso.loop):
        source, target, _, changes = case.edges[edge]
        assert source == states[-1] and changes
        states.append(target)
    assert lasso.start in case.initial
    assert states[len(lasso.stem)] == lasso.knot == states[-1]
    loop = states[len(lasso.stem) :]
    for kind in case.fair:
        assert any(case.edges[e][2] == kind for e in lasso.loop) or any(not case.is_enabled(s, kind) for s in loop)
    assert lasso.culprit in loop and not case.holds[lasso.culprit]
    if case.kind is not STABILISES:
        assert not any(case.holds[s] for s in loop)
    if case.kind is LEADS_TO:
        waiting = len(states)
        while waiting and not case.holds[states[waiting - 1]]:
            waiting -= 1
        assert any(case.given[s] for s in states[min(waiting, len(lasso.stem)) :])


@settings(max_examples=600, deadline=None, derandomize=True)
@given(cases())
def test_a_lasso_is_found_exactly_where_there_is_one_and_it_is_one(case: Case) -> None:
    lasso = case.found()
    assert (lasso is not None) is naive_has_lasso(case)
    assert lasso == case.found()
    if lasso is not None:
        check(case, lasso)
