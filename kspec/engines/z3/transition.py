"""Invariants of a transition system, for runs of any length, by induction.

An invariant is proved if it is true at the beginning and every step keeps it, from any state in which all invariants
of the system are true (a proof of one therefore leans on the others: what leans on a failed one is tried again
without it). A step that breaks it may start from a state that no run reaches: only a run from the beginning refutes
the invariant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import attrs

from kspec.engines.z3.fork import Budget
from kspec.engines.z3.inputs import AnyNumber, Values, arguments, within
from kspec.engines.z3.judge import Finding, judge, property_result, told, value_in_words
from kspec.engines.z3.lift import Liftable, place_of
from kspec.kernel.result import PropertyResult, Verdict
from kspec.prove import Dropped, Theorem, TransitionSystem, parameters_of

BOUNDS = "the bounds in the state's type"

ESTABLISHED = (Verdict.PROVED, Verdict.BOUNDED)


def judge_system(
    system: TransitionSystem, theorems: Sequence[Theorem], budget: Budget
) -> dict[str, tuple[PropertyResult, Finding]]:
    """Every invariant of a system, by name. Raises Refusal and UntrustworthyError.

    The bounds in the type of its states are one more invariant: they are proved, not taken for granted.
    """
    bounds = _bounds_of_states(system)
    found = _judge([bounds, *theorems], system, budget)
    return {theorem.name: found[theorem.name] for theorem in theorems}


def _bounds_of_states(system: TransitionSystem) -> Theorem:
    def the_states_keep_to_the_bounds_of_their_type(state: Any) -> bool:
        return within(system.state[1], state)

    function = the_states_keep_to_the_bounds_of_their_type
    return Theorem(BOUNDS, system, "Every state keeps to the bounds in its type.", function)


def _judge(
    invariants: Sequence[Theorem], system: TransitionSystem, budget: Budget
) -> dict[str, tuple[PropertyResult, Finding]]:
    found: dict[str, tuple[PropertyResult, Finding]] = {}
    left: list[Theorem] = []
    bounds: list[int | None] = []
    premises: dict[str, None] = {}
    for invariant in invariants:
        at_first = judge(_beginning(system, invariant), budget)
        if at_first.verdict in ESTABLISHED:
            left.append(invariant)
            bounds.append(at_first.bound)
            premises.update(dict.fromkeys(at_first.premises))
        else:
            found[invariant.name] = _told(invariant, at_first, _at_first(at_first))
    while True:
        steps = {invariant.name: judge(_kept(system, invariant, left), budget) for invariant in left}
        broken = [invariant for invariant in left if steps[invariant.name].verdict not in ESTABLISHED]
        if not broken:
            break
        left = [invariant for invariant in left if invariant not in broken]
        for invariant in broken:
            found[invariant.name] = _not_kept(system, invariant, steps[invariant.name], budget)
    bounds += [step.bound for step in steps.values()]
    moving = judge(_idle(system, left), budget)
    for invariant in left:
        proof = _bounded(steps[invariant.name], bounds)
        proof = attrs.evolve(proof, premises=tuple(dict.fromkeys([*premises, *proof.premises])))
        if moving.verdict in ESTABLISHED:
            proof = attrs.evolve(proof, verdict=Verdict.VACUOUS)
        found[invariant.name] = _told(invariant, proof, _by_induction(invariant, left, moving))
    return found


def _bounded(proof: Finding, bounds: Sequence[int | None]) -> Finding:
    """A proof is no better than those that it leans on: BOUNDED if one of them is."""
    largest = max((bound for bound in bounds if bound is not None), default=None)
    return proof if largest is None else attrs.evolve(proof, verdict=Verdict.BOUNDED, bound=largest)


# ---- what is asked


def _beginning(system: TransitionSystem, invariant: Theorem) -> Liftable:
    return Liftable(
        f"{invariant.name} at the beginning",
        place_of(system.initial),
        parameters_of(system.initial),
        lambda given: invariant.function(system.initial(**given)),
    )


def _kept(system: TransitionSystem, invariant: Theorem, assumed: Sequence[Theorem]) -> Liftable:
    return _step(system, f"{invariant.name} after a step", assumed, lambda before, after: invariant.function(after))


def _idle(system: TransitionSystem, assumed: Sequence[Theorem]) -> Liftable:
    """No step changes anything: what must be false, or the invariants say nothing."""
    return _step(system, f"a step of {system.name} changes nothing", assumed, lambda before, after: before == after)


def _step(
    system: TransitionSystem, name: str, assumed: Sequence[Theorem], claim: Callable[[Any, Any], bool]
) -> Liftable:
    """A claim about any state of which all of these are true, and the state after any step from it."""
    variable, state = system.state

    def body(given: dict[str, Any]) -> bool:
        before = given[variable]
        for other in assumed:
            if not other.function(before):
                raise Dropped(other.name)
        return claim(before, system.step(before, **{move: given[move] for move in system.moves}))

    return Liftable(name, place_of(system.step), {variable: Annotated[state, AnyNumber()], **system.moves}, body)


def _run(system: TransitionSystem, invariant: Theorem, moves: int) -> Liftable:
    """It is true after so many moves from the beginning."""
    start = parameters_of(system.initial)
    inputs = {f"move {i}, {name}": kind for i in range(1, moves + 1) for name, kind in system.moves.items()}

    def body(given: dict[str, Any]) -> bool:
        state = system.initial(**{name: given[name] for name in start})
        for i in range(1, moves + 1):
            state = system.step(state, **_move(system, given, i))
        return invariant.function(state)

    return Liftable(f"{invariant.name} after {moves} moves", place_of(system.step), {**start, **inputs}, body)


def _move(system: TransitionSystem, given: dict[str, Any], i: int) -> dict[str, Any]:
    return {name: given[f"move {i}, {name}"] for name in system.moves}


# ---- what is said


def _told(invariant: Theorem, found: Finding, why: str) -> tuple[PropertyResult, Finding]:
    given = f"given: {', '.join(found.premises)}" if found.premises else ""
    return property_result(invariant, found, "; ".join(part for part in (why, given) if part)), found


def _at_first(found: Finding) -> str:
    if found.given is None:
        return f"at the beginning: {found.said}"
    return "already at the beginning: " + told(found.given) + (f"; {found.said}" if found.said else "")


def _by_induction(invariant: Theorem, left: Sequence[Theorem], moving: Finding) -> str:
    others = [other.name for other in left if other is not invariant]
    together = f", together with {', '.join(others)}" if others else ""
    if moving.verdict in ESTABLISHED:
        return "no step from a state of which the invariants are true changes anything"
    exercised = f"; exercised by a step from {told(moving.given)}" if moving.given is not None else ""
    return f"by induction over runs of any length{together}{exercised}"


def _not_kept(
    system: TransitionSystem, invariant: Theorem, step: Finding, budget: Budget
) -> tuple[PropertyResult, Finding]:
    """A step breaks it, or nothing can be said of the step: is there a run from the beginning that breaks it?"""
    reached = 0
    for moves in range(1, system.runs + 1):
        claim = _run(system, invariant, moves)
        found = judge(claim, budget)
        if found.verdict is Verdict.VIOLATED and found.values is not None:
            given = arguments(claim.parameters, Values(found.values))
            return _told(invariant, found, _story(system, given, moves))
        if found.verdict not in ESTABLISHED:
            break
        reached = moves
    if step.given is None:
        return _told(invariant, step, step.said)
    why = f"not inductive: a step breaks it, from {told(step.given)}; no run of {reached} moves or fewer does"
    verdict = Verdict.BOUNDED if reached else Verdict.INCONCLUSIVE
    return _told(invariant, attrs.evolve(step, verdict=verdict, bound=reached), why)


def _story(system: TransitionSystem, given: dict[str, Any], moves: int) -> str:
    start = {name: given[name] for name in parameters_of(system.initial)}
    state = system.initial(**start)
    lines = [f"at the beginning {told(start)}"]
    for i in range(1, moves + 1):
        before, move = state, _move(system, given, i)
        state = system.step(before, **move)
        lines.append(f"{i}. {(system.tell or _tell_step)(before, state, **move)}")
    return "; ".join(lines)


def _tell_step(before: Any, after: Any, **move: Any) -> str:
    return f"{told(move)}: then {value_in_words(after)}"
