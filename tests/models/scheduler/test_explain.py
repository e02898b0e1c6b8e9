"""A scheduling cycle in words: what each filter did, the event's message, and what preemption would do."""

from __future__ import annotations

from typing import Any

import attrs

from kspec.cli.why_pod import told
from kspec.kube.objects import HOSTNAME, Container, LabelSelector, Node, PodSpec, Taint, labels
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.scheduler.explain import NO_VICTIMS, NOT_HELPFUL, Explanation, Outcome, explain
from kspec_models.scheduler.profile import ORDER, Around
from kspec_models.scheduler.snapshot import PlacedNode
from kspec_models.scheduler.volumes import Storage
from kspec_models.scopes.why_pod import as_data

from .pods import placed


def spec(cpu: int, priority: int = 0, **more: Any) -> PodSpec:
    return attrs.evolve(PodSpec((Container("c", requests=(("cpu", cpu),)),), priority=priority), **more)


def node(name: str, *others: tuple[str, int, int], cpu: int = 3, **more: Any) -> PlacedNode:
    at = Node(name, labels=((HOSTNAME, name),), allocatable=(("cpu", cpu), ("pods", 10)))
    pods = tuple([placed(called, spec=spec(size, priority)) for called, size, priority in others])
    return PlacedNode(attrs.evolve(at, **more), pods)


def answer(explanation: Explanation) -> dict[str, Any]:
    """What `kspec why pod` tells, of one pod that waits."""
    pod = {
        "name": "p",
        "namespace": "shop",
        "owners": [],
        "scheduler": "default-scheduler",
        "priority": 9,
        "node": None,
        "phase": "Pending",
        "waits": True,
        "why": "",
        "evicted": [],
        **as_data(explanation),
    }
    return {"pods": [pod], "others": 0, "not_modelled": ["a field is not modelled"]}


def test_each_filter_passed_rejected_was_skipped_or_not_run() -> None:
    told_of = explain(placed("p", spec=spec(1)), (node("a", taints=(Taint("t"),)), node("b")))
    rejected, fitting = (dict(each.filters) for each in told_of.nodes)

    assert list(rejected) == list(ORDER)
    assert rejected["NodeName"] is Outcome.PASSED
    assert rejected["TaintToleration"] is Outcome.REJECTED
    assert {rejected[name] for name in ORDER[3:]} == {Outcome.NOT_RUN}
    assert fitting["NodeResourcesFit"] is Outcome.PASSED
    assert fitting["InterPodAffinity"] is Outcome.SKIPPED
    assert (told_of.chosen, told_of.scores, told_of.event) == (("b",), (), "")


def test_reasons_are_counted_and_sorted_as_in_the_event() -> None:
    nodes = (node("a", ("full", 3, 0)), node("b", ("full", 3, 0)), node("c", unschedulable=True))
    told_of = explain(placed("p", spec=spec(1)), nodes)

    assert told_of.event == (
        "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. "
        f"preemption: 0/3 nodes are available: 1 {NOT_HELPFUL}, 2 {NO_VICTIMS}."
    )


def test_what_rejects_every_node_beforehand_is_said_once() -> None:
    pod = placed("p", spec=spec(1, claims=("data",)))
    told_of = explain(pod, (node("a"), node("b")), Around(Storage()))

    assert told_of.event.startswith('0/2 nodes are available: persistentvolumeclaim "data" not found. preemption: ')
    assert dict(told_of.nodes[0].filters)["NodeUnschedulable"] is Outcome.NOT_RUN


def test_without_nodes_there_is_nothing_to_count() -> None:
    assert explain(placed("p"), ()).event == "no nodes available to schedule pods"


def test_who_would_have_to_go_is_told_with_the_node_that_would_be_chosen() -> None:
    nodes = (node("dear", ("five", 3, 5)), node("cheap", ("one", 2, 1), ("two", 1, 2)))
    told_of = explain(placed("p", spec=spec(2, 9)), nodes)

    assert told_of.preemption is not None
    assert told_of.preemption.best == ("cheap",)
    assert {each.node: [victim.name for victim in each.victims] for each in told_of.preemption.candidates} == {
        "dear": ["five"],
        "cheap": ["one"],
    }
    assert told_of.event == "0/2 nodes are available: 2 Insufficient cpu."


def test_the_node_whose_victims_no_budget_guards_is_chosen_before_priorities_are_compared() -> None:
    web = labels(app="web")
    guarded = attrs.evolve(node("guarded"), pods=(attrs.evolve(placed("one", spec=spec(3, 1)), labels=web),))
    free = node("free", ("five", 3, 5))
    pod = placed("p", spec=spec(2, 9))
    budget = PodDisruptionBudget("web", LabelSelector(web))
    chosen = {
        allowed: explain(pod, (guarded, free), budgets=(attrs.evolve(budget, disruptions_allowed=allowed),)).preemption
        for allowed in (0, 1)
    }

    assert {allowed: found and found.best for allowed, found in chosen.items()} == {0: ("free",), 1: ("guarded",)}
    assert chosen[0] is not None
    assert {each.node: each.violations for each in chosen[0].candidates} == {"guarded": 1, "free": 0}
    rows = [line.split() for line in told(answer(explain(pod, (guarded, free), budgets=(budget,))))]
    assert ["node", "victims", "budgets", "broken", "chosen"] in rows
    assert ["guarded", "one", "(priority", "1)", "1", "no"] in rows


def test_what_is_missing_also_without_the_victims_is_said_in_the_filters_own_words() -> None:
    told_of = explain(placed("p", spec=spec(3, 9)), (node("n", ("equal", 1, 9), ("low", 1, 1)),))

    assert told_of.event.endswith("preemption: 0/1 nodes are available: 1 Insufficient cpu.")


def test_a_pod_that_may_not_preempt_or_whose_victims_are_going_does_not() -> None:
    full = node("n", ("low", 3, 1))
    never = explain(placed("p", spec=spec(1, 9, preemption_policy="Never")), (full,))
    assert never.event.endswith("preemption: not eligible due to preemptionPolicy=Never.")
    going = attrs.evolve(full, pods=(placed("low", spec=spec(3, 1), deleting=True, by_preemption=True),))
    waiting = explain(placed("p", spec=spec(1, 9)), (going,), nominated="n")
    assert waiting.event.endswith("preemption: not eligible due to a terminating pod on the nominated node.")


def test_candidates_are_shown_in_a_table() -> None:
    nodes = (node("dear", ("five", 3, 5)), node("cheap", ("one", 2, 1), ("two", 1, 2)))
    lines = told(answer(explain(placed("p", spec=spec(2, 9), labels=labels(app="web")), nodes)))

    assert lines[0] == "Pod shop/p: waits, no node takes it"
    rows = [line.split() for line in lines]
    assert ["cheap", "one", "(priority", "1)", "yes"] in rows
    assert ["dear", "five", "(priority", "5)", "no"] in rows
    assert lines[-1] == "  · a field is not modelled"
