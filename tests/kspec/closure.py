"""What a recipe means, worked out naively: sets of states for safety, a product with counters for liveness.

Nothing here is shared with the engines, and nothing is clever. A fair behaviour that breaks a liveness property is
looked for as a cycle in the product of the states with "how many of the obligations were met in this round": each
weakly fair kind must, again and again, be disabled or taken, and *eventually always* must be broken again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import attrs

from kspec.kernel.actions import Role
from kspec.kernel.properties import PropertyKind
from kspec.kernel.result import PropertyResult, Result, Verdict
from kspec.kernel.trace import Trace

from .naive import FLAT, Move, Naive
from .random_systems import Claim, Recipe, recipe

CHUNKS, EACH = 12, 50


@attrs.frozen
class Meant:
    """What is true of one property: its verdict, and the steps of a shortest counterexample of safety."""

    verdict: Verdict
    steps: int | None


class Closure:
    """The reachable states of a recipe, level by level, and what they say of its claims."""

    def __init__(self, made: Recipe, most: int = 1_000) -> None:
        self.naive = Naive(made)
        self.made = made
        self.moves: dict[FLAT, list[Move]] = {}
        self.levels: list[set[FLAT]] = [{self.naive.initial}]
        self.too_big = False
        while self.levels[-1] and not self.too_big:
            for state in self.levels[-1]:
                self.moves[state] = self.naive.moves(state)
            found = {move.target for state in self.levels[-1] for move in self.moves[state]}
            self.levels.append(found - set(self.moves))
            self.too_big = len(self.moves) > most
        self.levels.pop()

    @property
    def states(self) -> set[FLAT]:
        """All reachable states."""
        return set(self.moves)

    @property
    def generated(self) -> int:
        """All steps, also those that change nothing."""
        return sum(len(moves) for moves in self.moves.values())

    @property
    def orbits(self) -> set[FLAT]:
        """The reachable states up to renaming."""
        return {self.naive.orbit(state) for state in self.moves}

    @property
    def never_enabled(self) -> set[str]:
        """Kinds that are never enabled, but for deliveries."""
        acting = {f"x.{r.name}" for r in self.made.rules if r.role is not Role.DELIVERY}
        return acting - {m.label for moves in self.moves.values() for m in moves}

    def changing(self, state: FLAT) -> list[Move]:
        """The steps that change something."""
        return [move for move in self.moves[state] if move.target != state]

    def is_quiescent(self, state: FLAT) -> bool:
        """No component can change anything."""
        return all(move.rule.role in (Role.USER, Role.FAULT) for move in self.changing(state))

    # ---- verdicts

    def meant(self, claim: Claim) -> Meant:
        """What is true of a claim."""
        level = self._broken_at(claim)
        if level is not None:
            return Meant(Verdict.VIOLATED, level)
        if claim.kind.is_liveness and self.has_lasso(claim):
            return Meant(Verdict.VIOLATED, None)
        if claim.witness is not None and not any(self.naive.true(state, claim.witness) for state in self.moves):
            return Meant(Verdict.VACUOUS, None)
        if claim.kind is PropertyKind.QUIESCENCE and not any(map(self.is_quiescent, self.moves)):
            return Meant(Verdict.VACUOUS, None)
        return Meant(Verdict.HOLDS, None)

    def _broken_at(self, claim: Claim) -> int | None:
        for level, states in enumerate(self.levels):
            for state in states:
                holds = self.naive.true(state, claim.says)
                if claim.kind is PropertyKind.INVARIANT and not holds:
                    return level
                if claim.kind is PropertyKind.QUIESCENCE and self.is_quiescent(state) and not holds:
                    return level
                steps = self.moves[state] if claim.kind is PropertyKind.STEP_INVARIANT and not holds else []
                if any(self.breaks(claim, move) for move in steps):
                    return level + 1
        return None

    def breaks(self, claim: Claim, move: Move) -> bool:
        """Whether a step out of a state in which a claim about steps is not true breaks it."""
        is_of_it = move.outcome == 0 and move.rule.name == claim.rule
        return is_of_it and not self.naive.true(move.target, claim.says)

    # ---- liveness

    def obligations(self, claim: Claim) -> list[Callable[[FLAT, Move | None], bool]]:
        """What a fair behaviour that breaks the claim has to meet again and again, on a step or a stutter (None)."""

        def met(name: str) -> Callable[[FLAT, Move | None], bool]:
            def disabled_or_taken(state: FLAT, move: Move | None) -> bool:
                disabled = all(m.rule.name != name for m in self.changing(state))
                return disabled or (move is not None and move.rule.name == name and move.target != state)

            return disabled_or_taken

        found = [met(rule.name) for rule in self.made.rules if rule.fair]
        return [*found, lambda state, _: not self.naive.true(state, claim.says)]

    def has_lasso(self, claim: Claim) -> bool:
        """Whether some fair behaviour breaks a liveness claim."""
        begins = set(self.moves)
        allowed = set(self.moves)
        if claim.kind is not PropertyKind.EVENTUALLY_ALWAYS:
            allowed = {state for state in allowed if not self.naive.true(state, claim.says)}
            begins = set(allowed)
        if claim.kind is PropertyKind.LEADS_TO:
            begins = {state for state in begins if self.naive.true(state, claim.given)}
        obligations = self.obligations(claim)
        rounds: dict[tuple[FLAT, int], set[tuple[FLAT, int]]] = {}
        complete: list[tuple[tuple[FLAT, int], tuple[FLAT, int]]] = []
        todo = [(state, 0) for state in begins]
        while todo:
            node = todo.pop()
            if node in rounds:
                continue
            rounds[node] = set()
            state, met = node
            for move in [*self.moves[state], None]:
                target = state if move is None else move.target
                if target not in allowed:
                    continue
                now = met
                while now < len(obligations) and obligations[now](state, move):
                    now += 1
                after = (target, now % len(obligations))
                rounds[node].add(after)
                todo.append(after)
                if now == len(obligations):
                    complete.append((node, after))
        reach: dict[tuple[FLAT, int], set[tuple[FLAT, int]]] = {}
        return any(node in _reachable(after, rounds, reach) for node, after in complete)


Node = tuple[FLAT, int]


def _reachable(start: Node, edges: dict[Node, set[Node]], known: dict[Node, set[Node]]) -> set[Node]:
    if start not in known:
        found, todo = {start}, [start]
        while todo:
            for target in edges[todo.pop()] - found:
                found.add(target)
                todo.append(target)
        known[start] = found
    return known[start]


@cache
def closures(*, prefers: bool = False) -> list[Closure]:
    """The systems: neither trivial nor big, in the order of their seeds; `prefers`: see `recipe`, a tenth as many."""
    found: list[Closure] = []
    seed = 0
    while len(found) < (CHUNKS * EACH // 10 if prefers else CHUNKS * EACH):
        made = recipe(seed, prefers=prefers)
        closure = Closure(made, most=150)
        if not closure.too_big and len(closure.states) >= 3 and (made.nodes or not prefers):
            found.append(closure)
        seed += 1
    return found


# ---- comparing an engine's result with it


def differences(closure: Closure, result: Result, *, folded: bool = False) -> list[str]:
    """In what a result differs from what is true; a folding engine may only count fewer states and steps."""
    found = []
    counts = (result.distinct_states, result.generated_states, result.depth)
    least, most = len(closure.orbits), len(closure.states)
    if folded and not (least <= result.distinct_states <= most and result.generated_states <= closure.generated):
        found.append(f"folded counts {counts}, at least {least}, at most {most} and {closure.generated}")
    if not folded and counts[:2] != (most, closure.generated):
        found.append(f"counts {counts}, not {most}, {closure.generated}")
    if result.depth != len(closure.levels) - 1:
        found.append(f"depth {result.depth}, not {len(closure.levels) - 1}")
    if set(result.never_enabled) != closure.never_enabled:
        found.append(f"never enabled {result.never_enabled}, not {closure.never_enabled}")
    if not result.complete or result.limits:
        found.append("not complete")
    for claim in closure.made.claims:
        found += [f"{claim.name}: {what}" for what in _claim_differences(closure, claim, result.property(claim.name))]
    return found


def _claim_differences(closure: Closure, claim: Claim, result: PropertyResult) -> list[str]:
    meant = closure.meant(claim)
    if result.verdict is not meant.verdict:
        return [f"{result.verdict.name}, not {meant.verdict.name}"]
    if meant.verdict is not Verdict.VIOLATED:
        return [] if result.trace is None else ["a trace although it is not violated"]
    if result.trace is None:
        return ["no trace"]
    if meant.steps is not None and len(result.trace.steps) != meant.steps:
        return [f"a trace of {len(result.trace.steps)} steps, the shortest has {meant.steps}"]
    return wrong_with(closure, claim, result.trace)


def wrong_with(closure: Closure, claim: Claim, trace: Trace) -> list[str]:
    """What is wrong with a counterexample."""
    states, moves = trace.states, list[Move]()
    if states[0] != closure.naive.initial or len(states) != len(trace.steps) + 1:
        return ["it does not begin where behaviours begin, or has a state too many"]
    for before, step, after in zip(states, trace.steps, states[1:], strict=False):
        possible = [m for m in closure.moves.get(before, []) if m.label == step.action.kind and m.target == after]
        named = [m for m in possible if step.step.action == f"outcome {m.outcome}"]
        if not named:
            return [f"no step {step.label} from {before} to {after}"]
        moves.append(named[0])
    if not claim.kind.is_liveness:
        return _wrong_with_safety(closure, claim, states, moves)
    if trace.loop_at is None or states[-1] != states[trace.loop_at]:
        return ["it does not close"]
    return _wrong_with_lasso(closure, claim, states, moves, trace.loop_at)


def _wrong_with_safety(closure: Closure, claim: Claim, states: tuple[FLAT, ...], moves: list[Move]) -> list[str]:
    if closure.naive.true(states[-1], claim.says):
        return ["its last state breaks nothing"]
    if claim.kind is PropertyKind.QUIESCENCE and not closure.is_quiescent(states[-1]):
        return ["its last state is not quiescent"]
    of_step = claim.kind is PropertyKind.STEP_INVARIANT
    if of_step and (closure.naive.true(states[-2], claim.says) or not closure.breaks(claim, moves[-1])):
        return ["its last step breaks nothing"]
    return []


def _wrong_with_lasso(
    closure: Closure, claim: Claim, states: tuple[FLAT, ...], moves: list[Move], loop_at: int
) -> list[str]:
    loop = states[loop_at:]
    false = [not closure.naive.true(state, claim.says) for state in states]
    for rule in closure.made.rules:
        taken = any(m.rule == rule and m.target != s for s, m in zip(loop, moves[loop_at:], strict=False))
        disabled = any(all(m.rule != rule for m in closure.changing(state)) for state in loop)
        if rule.fair and not taken and not disabled:
            return [f"it is not fair to {rule.name}"]
    if claim.kind is PropertyKind.EVENTUALLY_ALWAYS and not any(false[loop_at:]):
        return ["its loop breaks nothing"]
    if claim.kind is PropertyKind.ALWAYS_EVENTUALLY and not all(false[loop_at:]):
        return ["its loop is good somewhere"]
    if claim.kind is PropertyKind.LEADS_TO:
        given = [i for i, state in enumerate(states) if closure.naive.true(state, claim.given)]
        if not any(all(false[min(i, loop_at) :]) for i in given):
            return ["nothing that leads to it waits for ever"]
    return []
