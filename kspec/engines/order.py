"""Is a counterexample of the relaxed watch order a behaviour of real, ordered watches?

While searching, events about different objects of one kind may arrive in any order: more behaviours than real ones. A
counterexample is therefore looked for again in the world in which each watch keeps its order, by a search that is held
to the story's acting steps, with deliveries free. If it is not found that way, that world is explored in full, within
the same limits: another story may exist, or none. Nothing unconfirmed is ever shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from kspec.engines.common import Meter, counterexample, fair_kinds, laid_out_again
from kspec.engines.fold import CannotFold
from kspec.engines.unfold import Follower
from kspec.kernel.actions import Role
from kspec.kernel.errors import Grew
from kspec.kernel.properties import Property, PropertyKind
from kspec.kernel.result import EXIT_OF, PRECEDENCE, Limits, Progress, PropertyResult, Result, Verdict
from kspec.kernel.system import System
from kspec.kernel.trace import Trace
from kspec.kernel.world import Occurrence

if TYPE_CHECKING:
    from kspec.engines.explicit import Search

MOST_STATES = 200_000
"""How far the guided search goes for one story."""

Act = tuple[str, str]
"""Kind and action of a step that is no delivery."""


def acts_of(steps: Sequence[Occurrence]) -> list[Act]:
    """The acting steps of a story: everything but deliveries."""
    return [(o.action.kind, o.step.action) for o in steps if not is_delivery(o.action.role)]


def is_delivery(role: Role) -> bool:
    """Deliveries, and the jumps of a cache, are what the order of a watch is about."""
    return role in (Role.DELIVERY, Role.ENVIRONMENT)


def confirmed(search: Search, result: Result, *, limits: Limits, progress: Callable[[Progress], None] | None) -> Result:
    """The result with every counterexample and every witness confirmed in the exact order.

    A search that ended because everything was broken left nothing out: what is refuted is judged in the exact order.
    """
    assert search.system.exact is not None
    guide = Guide(search.system.exact())
    judged = []
    for found in result.properties:
        prop = next(p for p in search.properties if p.name == found.name)
        if found.verdict is Verdict.VIOLATED and found.trace is not None:
            found = _confirm_violation(guide, prop, found, limits, progress)
        elif found.witness_reached and prop.witness is not None and found.verdict is Verdict.HOLDS:
            found = _confirm_witness(guide, search, prop, found)
        judged.append(found)
    cut_short = bool(result.limits) or result.interrupted
    verdicts = [p.verdict for p in judged] + ([Verdict.INCONCLUSIVE] if cut_short else [])
    worst = min(verdicts, key=lambda v: PRECEDENCE.index(EXIT_OF[v]), default=Verdict.HOLDS)
    complete = result.complete or (not cut_short and worst not in (Verdict.VIOLATED, Verdict.INCONCLUSIVE))
    return attrs.evolve(result, properties=tuple(judged), verdict=worst, complete=complete)


def _confirm_violation(
    guide: Guide, prop: Property, found: PropertyResult, limits: Limits, progress: Callable[[Progress], None] | None
) -> PropertyResult:
    assert found.trace is not None
    trace = guide.violation(found.trace, prop)
    if trace is not None:
        return attrs.evolve(found, trace=trace)
    from kspec.engines.explicit import explore

    again = explore(guide.system, limits=limits, progress=progress, properties=[prop.name], confirm=False)
    exact = again.property(prop.name)
    why = exact.why
    if exact.verdict is Verdict.INCONCLUSIVE:
        why = f"order: found with relaxed watch order, not confirmed in the exact one ({exact.why})"
    elif exact.verdict is Verdict.HOLDS:
        why = f"order: judged with exact watch order ({again.distinct_states} distinct)"
    trace = exact.trace if exact.trace is None else attrs.evolve(exact.trace, how={"layout": "exact"})
    return attrs.evolve(found, verdict=exact.verdict, trace=trace, why=why, witness_reached=exact.witness_reached)


def _confirm_witness(guide: Guide, search: Search, prop: Property, found: PropertyResult) -> PropertyResult:
    assert prop.witness is not None
    steps = search.follow_to(search.witnessed[prop.name]).steps
    if guide.reaches(acts_of(steps), prop.witness.predicate):
        return found
    why = f"order: witness {prop.witness.name} is reached with relaxed watch order, not confirmed in the exact one"
    return attrs.evolve(found, verdict=Verdict.INCONCLUSIVE, why=why)


class Guide:
    """A search of the exact world that is held to a story's acting steps."""

    def __init__(self, system: System) -> None:
        self.system = system

    def violation(self, trace: Trace, prop: Property) -> Trace | None:
        """The same violation in the exact order; None if this story is not one there."""
        loop = trace.steps[trace.loop_at :] if trace.loop_at is not None else ()
        if loop:
            return None  # only the full search judges fairness along a loop
        found = self._laid_out(lambda search: self._violation(search, acts_of(trace.steps), prop))
        return found  # type: ignore[no-any-return]  # what the attempt returns

    def reaches(self, acts: list[Act], predicate: Callable[..., Any]) -> bool:
        """Whether a state that satisfies the predicate can be reached by these acts."""

        def attempt(search: Search) -> bool:
            def goal(state: Any, _: Any) -> bool:
                return search.tables.predicate(search.tree("goal"), predicate, state, "witness")

            return self._walk(search, acts, goal) is not None

        return bool(self._laid_out(attempt))

    def _laid_out(self, attempt: Callable[[Search], Any]) -> Any:
        from kspec.engines.explicit import Search

        apart: frozenset[str] = frozenset()
        while True:
            try:
                return attempt(Search(self.system, (), Meter(Limits()), apart=apart))
            except Grew:
                self.system = laid_out_again(self.system)
            except CannotFold as cannot:
                apart |= {cannot.family}

    def _violation(self, search: Search, acts: list[Act], prop: Property) -> Trace | None:
        tables = search.tables
        name = f"property {prop.name}"

        def broken(state: Any, last: Any) -> bool:
            if prop.kind is PropertyKind.STEP_INVARIANT:
                if last is None or not acts:
                    return False
                before, compiled, raw = last
                happened = search.happened(compiled)
                tree = search.tree((prop.name, happened))
                return not tables.step_predicate(tree, prop.predicate, happened, before, raw, name)
            if tables.predicate(search.tree(prop.name), prop.predicate, state, name):
                return False
            if prop.kind is PropertyKind.INVARIANT:
                return True
            return self._rests(search, state, prop)

        path = self._walk(search, acts, broken)
        if path is None:
            return None
        real = Follower(search)
        for wanted, kind in path[1:]:
            real.take(wanted, kind)
        loop_at = len(real.states) - 1 if prop.kind.is_liveness else None
        trace = counterexample(search.world, prop, real.states, real.steps, loop_at=loop_at)
        return attrs.evolve(trace, how={"layout": "exact"})

    def _rests(self, search: Search, state: Any, prop: Property) -> bool:
        """Whether nothing that has to happen can: no component (quiescence), or no fair kind (a stuttering lasso)."""
        fair = set(fair_kinds(search.system))
        for compiled in search.tables.steps(state):
            if tuple(search.tables.apply(state, compiled.writes)) == state:
                continue
            if prop.kind is PropertyKind.QUIESCENCE:
                if search.is_component[compiled.kind]:
                    return False
            elif search.tables.kinds[compiled.kind] in fair:
                return False
        return True

    def _walk(self, search: Search, acts: list[Act], goal: Callable[[Any, Any], bool]) -> list[tuple[Any, int]] | None:
        """States (with the kind of the step into each) by these acts in their order, to a goal; deliveries are free."""
        tables, fold = search.tables, search.fold
        start = fold(list(tables.initial))
        came: dict[tuple[int, Any], tuple[tuple[int, Any] | None, int]] = {(0, start): (None, -1)}
        queue: list[tuple[int, Any]] = [(0, start)]
        if not acts and goal(start, None):
            return [(start, -1)]
        for done, state in queue:
            if len(came) > MOST_STATES:
                return None
            for compiled in tables.steps(state):
                role = search.actions_by_kind[compiled.kind].role
                delivery = is_delivery(role)
                if not delivery and (
                    done >= len(acts) or acts[done] != (tables.kinds[compiled.kind], compiled.step.action)
                ):
                    continue
                after = tables.apply(state, compiled.writes)
                raw = tuple(after)
                following = (done if delivery else done + 1, fold(after))
                if following[0] == len(acts) and goal(following[1], (state, compiled, raw)):
                    return [*_back(came, (done, state)), (following[1], compiled.kind)]
                if following not in came:
                    came[following] = ((done, state), compiled.kind)
                    queue.append(following)
        return None


def _back(came: dict[Any, Any], node: Any) -> list[tuple[Any, int]]:
    path = []
    while node is not None:
        before, kind = came[node]
        path.append((node[1], kind))
        node = before
    return path[::-1]
