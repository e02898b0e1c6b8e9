"""Mutants of the engines: each must be noticed by the comparison with the closure, or that is worth nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kspec.engines import explicit, liveness, reference
from kspec.engines.common import Findings
from kspec.engines.fold import Fold
from kspec.engines.tables import Tables
from kspec.kernel.errors import KspecError
from kspec.kernel.properties import PropertyKind
from kspec.kernel.world import World

from .closure import closures, differences
from .engines import ENGINES, FOLDING
from .random_systems import system

Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]


def notice(engine: str) -> str:
    """The first difference that the comparison notices; empty if there is none."""
    for closure in closures():
        try:
            result = ENGINES[engine](system(closure.made))
        except (KspecError, AssertionError) as error:
            return f"{type(error).__name__}: {error}"
        found = differences(closure, result, folded=engine in FOLDING and closure.made.interchangeable)
        if found:
            return found[0]
    return ""


def replace(patch: Patch, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put in place of an attribute what `make` makes of it."""
    patch.setattr(owner, name, make(getattr(owner, name)))


# ---- the search


def a_last_choice_is_dropped(patch: Patch) -> None:
    def drop(real: Any) -> Any:
        return lambda *given: real(*given)[:2]

    replace(patch, World, "steps_of", drop)


def a_compiled_choice_is_dropped(patch: Patch) -> None:
    replace(patch, Tables, "steps_of", lambda real: lambda *given: real(*given)[:2])


def the_last_member_never_acts(patch: Patch) -> None:
    def drop(real: Any) -> Any:
        def instances(world: World) -> Any:
            last = max(world.members.values(), default=0) - 1
            return ((a, m) for a, m in real(world) if m is None or m != last or last == 0)

        return instances

    replace(patch, World, "instances", drop)


def the_initial_state_is_not_judged(patch: Patch) -> None:
    def skip(real: Any) -> Any:
        return lambda search, kind, number: None if number == 0 else real(search, kind, number)

    replace(patch, reference.Search, "_judge_state", skip)


def every_tenth_state_is_not_judged(patch: Patch) -> None:
    def skip(real: Any) -> Any:
        return lambda search, kind, number: None if number % 10 == 9 else real(search, kind, number)

    replace(patch, reference.Search, "_judge_state", skip)


def steps_to_known_states_are_not_judged(patch: Patch) -> None:
    def skip(real: Any) -> Any:
        def judge(search: reference.Search, source: int, occurrence: Any, after: Any) -> None:
            if after not in search.number:
                real(search, source, occurrence, after)

        return judge

    replace(patch, reference.Search, "_judge_step", skip)


def quiescence_is_judged_as_an_invariant(patch: Patch) -> None:
    def judge(real: Any) -> Any:
        def both(search: reference.Search, kind: PropertyKind, number: int) -> None:
            real(search, kind, number)
            real(search, PropertyKind.QUIESCENCE, number)

        return both

    replace(patch, reference.Search, "_judge_state", judge)


def users_keep_a_cluster_from_being_quiescent(patch: Patch) -> None:
    patch.setattr(reference, "is_component", lambda action: True)


def a_stutter_counts_as_a_change(patch: Patch) -> None:
    def change(real: Any) -> Any:
        return lambda search, source, occurrence, after, changes: real(search, source, occurrence, after, True)

    replace(patch, reference.Search, "_step", change)


def steps_that_change_nothing_are_not_counted(patch: Patch) -> None:
    def skip(real: Any) -> Any:
        return lambda search, s, o, after, changes: real(search, s, o, after, changes) if changes else None

    replace(patch, reference.Search, "_step", skip)


def a_witness_counts_as_reached(patch: Patch) -> None:
    def everything(real: Any) -> Any:
        return lambda name, system, chosen, findings, meter: real(
            name, system, chosen, _with_witnesses(findings, chosen), meter
        )

    replace(patch, reference, "conclude", everything)


def _with_witnesses(findings: Findings, chosen: Any) -> Findings:
    findings.reached = {p.name for p in chosen}
    return findings


# ---- liveness


def every_part_is_fair(patch: Patch) -> None:
    patch.setattr(liveness, "_is_fair", lambda graph, part: True)


def a_disabled_kind_must_be_taken_too(patch: Patch) -> None:
    def taken(graph: liveness.Graph, part: frozenset[int]) -> bool:
        inside = [e for s in part for e in graph.outgoing(s) if graph.targets[e] in part]
        return set(graph.fair) <= {graph.kinds[e] for e in inside}

    patch.setattr(liveness, "_is_fair", taken)


def a_kind_that_is_taken_must_be_disabled_too(patch: Patch) -> None:
    def disabled(graph: liveness.Graph, part: frozenset[int]) -> bool:
        always = -1
        for state in part:
            always &= graph.enabled[state]
        return not always

    patch.setattr(liveness, "_is_fair", disabled)


def a_kind_that_leaves_the_part_counts_as_taken(patch: Patch) -> None:
    def taken(graph: liveness.Graph, part: frozenset[int]) -> bool:
        always = -1
        for state in part:
            always &= graph.enabled[state]
            for edge in graph.outgoing(state):
                always &= ~graph.fairness(edge)
        return not always

    patch.setattr(liveness, "_is_fair", taken)


def strong_fairness_is_judged(patch: Patch) -> None:
    def strong(graph: liveness.Graph, part: frozenset[int]) -> bool:
        ever, taken = 0, 0
        for state in part:
            ever |= graph.enabled[state]
            for edge in graph.outgoing(state):
                taken |= graph.fairness(edge) if graph.targets[edge] in part else 0
        return not ever & ~taken

    patch.setattr(liveness, "_is_fair", strong)


def _graph_with(**changed: Callable[[liveness.Graph], Any]) -> Callable[[Any], Any]:
    """Change a graph right after it is made."""

    def make(real: Any) -> Any:
        def prepared(graph: liveness.Graph) -> None:
            for name, change in changed.items():
                setattr(graph, name, change(graph))
            real(graph)

        return prepared

    return make


def everything_is_fair(patch: Patch) -> None:
    make = _graph_with(fair=lambda graph: set(graph.kinds))
    replace(patch, liveness.Graph, "__attrs_post_init__", make)


def nothing_is_fair(patch: Patch) -> None:
    replace(patch, liveness.Graph, "__attrs_post_init__", _graph_with(fair=lambda graph: ()))


def a_step_that_changes_nothing_is_enabled(patch: Patch) -> None:
    make = _graph_with(changes=lambda graph: bytearray(b"\1") * len(graph.changes))
    replace(patch, liveness.Graph, "__attrs_post_init__", make)


def nothing_stutters(patch: Patch) -> None:
    def loops_only(real: Any) -> Any:
        def find(graph: liveness.Graph, **masks: Any) -> Any:
            found = real(graph, **masks)
            return found if found is None or found.loop else None

        return find

    replace(patch, liveness, "_find", loops_only)


def what_leads_to_it_is_forgotten(patch: Patch) -> None:
    def anywhere(real: Any) -> Any:
        return lambda graph, **masks: real(graph, **{**masks, "begins": bytearray(b"\1") * graph.size})

    replace(patch, liveness, "_find", anywhere)


def a_way_may_pass_through_good_states(patch: Patch) -> None:
    def anywhere(real: Any) -> Any:
        return lambda graph, **masks: real(graph, **{**masks, "within": bytearray(b"\1") * graph.size})

    replace(patch, liveness, "_find", anywhere)


def a_loop_goes_straight_home(patch: Patch) -> None:
    def short(graph: liveness.Graph, knot: int, part: frozenset[int], visits: Any) -> Any:
        home = liveness._way(graph, knot, part, lambda edge: graph.targets[edge] == knot)
        passed = [knot, *(graph.targets[edge] for edge in home)]
        return tuple(home), next((s for s in passed if visits[s]), knot)

    patch.setattr(liveness, "_loop", short)


# ---- folding and tables


def rows_are_sorted_without_renaming_mentions(patch: Patch) -> None:
    patch.setattr(Fold, "_rename_all", lambda *given: None)


def each_variable_of_the_members_is_sorted_alone(patch: Patch) -> None:
    def columns(real: Any) -> Any:
        def fold(self: Fold, state: list[int]) -> Any:
            for places in self._tables.world.columns.values():
                if self.active and len(places) > 1:
                    for place, value in zip(places, sorted(state[p] for p in places), strict=True):
                        state[place] = value
            return real(self, state)

        return fold

    replace(patch, Fold, "__call__", columns)


def all_members_are_folded_into_the_first(patch: Patch) -> None:
    def lose(real: Any) -> Any:
        def fold(self: Fold, state: list[int]) -> Any:
            for places in self._tables.world.columns.values():
                if self.active and len(places) > 2:
                    state[places[-1]] = state[places[0]]
            return real(self, state)

        return fold

    replace(patch, Fold, "__call__", lose)


def all_nodes_are_folded_into_one(patch: Patch) -> None:
    def lose(fold: Fold, family: str, size: int, state: list[int]) -> None:
        fold._rename_all(family, (0,) * size, state, set())

    patch.setattr(Fold, "_sort_bare", lose)


def only_the_first_write_is_made(patch: Patch) -> None:
    def first(real: Any) -> Any:
        def apply(tables: Tables, state: Any, writes: Any) -> list[int]:
            return list(real(tables, state, writes[:1]))

        return apply

    replace(patch, Tables, "apply", first)


def another_members_answer_is_remembered(patch: Patch) -> None:
    def confuse(real: Any) -> Any:
        def leaf(tables: Tables, instance: Any, state: Any) -> int:
            known = tables.__dict__.setdefault("first_leaf", {})
            own = () if instance.member is None else state[instance.base :]
            return int(known.setdefault((id(instance.action), own), real(tables, instance, state)))

        return leaf

    replace(patch, Tables, "_leaf", confuse)


def the_explicit_judge_skips_known_states(patch: Patch) -> None:
    def skip(real: Any) -> Any:
        return lambda judge, number, state: None if number % 5 == 4 else real(judge, number, state)

    replace(patch, explicit._Judge, "state", skip)


OF_REFERENCE: list[Mutant] = [
    a_last_choice_is_dropped,
    the_last_member_never_acts,
    the_initial_state_is_not_judged,
    every_tenth_state_is_not_judged,
    steps_to_known_states_are_not_judged,
    quiescence_is_judged_as_an_invariant,
    users_keep_a_cluster_from_being_quiescent,
    a_stutter_counts_as_a_change,
    steps_that_change_nothing_are_not_counted,
    a_witness_counts_as_reached,
]
OF_LIVENESS: list[Mutant] = [
    every_part_is_fair,
    a_disabled_kind_must_be_taken_too,
    a_kind_that_is_taken_must_be_disabled_too,
    a_kind_that_leaves_the_part_counts_as_taken,
    strong_fairness_is_judged,
    everything_is_fair,
    nothing_is_fair,
    a_step_that_changes_nothing_is_enabled,
    nothing_stutters,
    what_leads_to_it_is_forgotten,
    a_way_may_pass_through_good_states,
    a_loop_goes_straight_home,
]
OF_EXPLICIT: list[Mutant] = [
    a_compiled_choice_is_dropped,
    rows_are_sorted_without_renaming_mentions,
    each_variable_of_the_members_is_sorted_alone,
    all_members_are_folded_into_the_first,
    all_nodes_are_folded_into_one,
    only_the_first_write_is_made,
    another_members_answer_is_remembered,
    the_explicit_judge_skips_known_states,
]


@pytest.mark.parametrize("mutant", OF_REFERENCE + OF_LIVENESS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_of_the_reference_engine_is_noticed(mutant: Mutant, monkeypatch: Patch) -> None:
    mutant(monkeypatch)
    assert notice("reference")


@pytest.mark.parametrize("mutant", OF_LIVENESS + OF_EXPLICIT, ids=lambda mutant: mutant.__name__)
def test_a_mutant_of_the_explicit_engine_is_noticed(mutant: Mutant, monkeypatch: Patch) -> None:
    mutant(monkeypatch)
    assert notice("explicit")
