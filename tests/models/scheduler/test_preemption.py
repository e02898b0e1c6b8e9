"""Preemption: who goes, from where, and what the choice costs."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Container, LabelSelector, Node, Pod, PodSpec, Taint, labels
from kspec.kube.placement import AffinityTerm, PodAffinity
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.scheduler import preemption
from kspec_models.scheduler.filters.inter_pod_affinity import verdict as affinity_verdict
from kspec_models.scheduler.preemption import Candidate
from kspec_models.scheduler.result import Status
from kspec_models.scheduler.snapshot import PlacedNode

from .pods import placed

WEB = LabelSelector(labels(app="web"))


def pod(name: str, priority: int, cpu: int = 1, start: int = 0, web: bool = False) -> Pod:
    spec = PodSpec((Container("c", requests=(("cpu", cpu),)),), priority=priority)
    return placed(name, labels=labels(app="web") if web else (), spec=spec, start=start)


def at(*pods: Pod, cpu: int = 3, name: str = "n") -> PlacedNode:
    return PlacedNode(Node(name, labels=labels(zone="z"), allocatable=(("cpu", cpu), ("pods", 10))), pods)


def names(candidate: Candidate) -> list[str]:
    return [victim.name for victim in candidate.victims]


def test_the_least_important_pods_go_and_no_more_than_needed() -> None:
    (found,) = preemption.candidates(pod("p", 9, 2), (at(pod("a", 1), pod("b", 5), pod("c", 1, start=7)),))
    assert names(found) == ["a", "c"]
    (found,) = preemption.candidates(pod("p", 9, 1), (at(pod("a", 1), pod("b", 5), pod("c", 1, start=7)),))
    assert names(found) == ["c"]


def test_pods_of_the_same_priority_are_never_victims() -> None:
    assert preemption.candidates(pod("p", 5, 3), (at(pod("a", 5)),)) == ()


def test_nodes_on_which_no_eviction_helps_are_not_candidates() -> None:
    small = at(pod("a", 1), cpu=1, name="small")
    tainted = at(pod("a", 1, 3), name="tainted")
    tainted = attrs.evolve(tainted, node=attrs.evolve(tainted.node, taints=(Taint("t"),)))
    assert preemption.candidates(pod("p", 9, 2), (small, tainted)) == ()


def test_a_pod_that_would_break_a_budget_is_put_back_first() -> None:
    node = at(pod("a", 3), pod("guarded", 1, web=True), pod("c", 2))
    budgets = (PodDisruptionBudget("web", WEB),)
    (found,) = preemption.candidates(pod("p", 9, 1), (node,), budgets)
    assert (names(found), found.violations) == (["c"], 0)
    (found,) = preemption.candidates(pod("p", 9, 3), (node,), budgets)
    assert (names(found), found.violations) == (["a", "c", "guarded"], 1)


def test_evicting_a_pod_can_lift_its_anti_affinity_but_not_that_of_a_pod_on_another_node() -> None:
    avoids = PodAffinity(required_anti=(AffinityTerm("zone", WEB),))
    hermit = placed("hermit", spec=pod("hermit", 1).spec, affinity=avoids, start=0)
    web = pod("web", 9, web=True)
    assert [names(each) for each in preemption.candidates(web, (at(hermit),))] == [["hermit"]]
    cluster = (at(hermit, name="m"), at(pod("other", 1), name="n"))
    assert affinity_verdict(web, cluster[1], cluster).status is Status.UNSCHEDULABLE
    assert [each.node for each in preemption.candidates(web, cluster)] == ["m"]


def test_a_nominated_pod_waits_for_its_victims_only() -> None:
    leaving = placed("v", spec=pod("v", 1).spec, deleting=True, by_preemption=True)
    waits = preemption.eligible(pod("p", 9), "", at(leaving))
    assert not waits
    assert preemption.eligible(pod("p", 9), "", at(attrs.evolve(leaving, disruption="EvictionByEvictionAPI")))
    assert preemption.eligible(pod("p", 1), "", at(leaving))
    assert preemption.eligible(pod("p", 9), "", at(leaving), Status.UNSCHEDULABLE_AND_UNRESOLVABLE)
    assert not preemption.eligible(pod("p", 9), preemption.PREEMPT_NEVER, None)


def test_candidates_cost_in_the_order_of_the_rules() -> None:
    base = Candidate("base", (pod("a", 5), pod("b", 1)))
    dearer = [
        Candidate("start", (pod("a", 5, start=-1), pod("b", 1))),
        Candidate("sum", (pod("a", 5), pod("b", 2))),
        Candidate("more", (pod("a", 5), pod("b", 1), pod("c", -(2**31)))),
        Candidate("higher", (pod("a", 6),)),
        attrs.evolve(base, node="budget", violations=1),
    ]
    costs = [preemption.cost(each) for each in (base, *dearer)]
    assert costs[0] == min(costs)
    assert costs.index(max(costs)) == len(costs) - 1
    assert preemption.best([*dearer, base]) == (base,)
    assert preemption.best([base, attrs.evolve(base, node="twin")]) == (base, attrs.evolve(base, node="twin"))
    assert preemption.best([]) == ()


@given(st.integers(0, 10**6))
def test_a_tenth_of_the_nodes_but_at_least_100_are_enough(nodes: int) -> None:
    assert min(nodes, 100) <= preemption.candidates_to_find(nodes) <= nodes


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), st.booleans()), max_size=5), st.integers(1, 6))
def test_without_its_victims_a_node_has_room_and_with_any_of_them_it_has_not(
    others: list[tuple[int, int, bool]], cpu: int
) -> None:
    placed = tuple(pod(f"v{i}", priority, size, web=web) for i, (priority, size, web) in enumerate(others))
    new, node = pod("new", 3, cpu), at(*placed, cpu=6)
    for found in preemption.candidates(new, (node,), (PodDisruptionBudget("web", WEB, disruptions_allowed=1),)):
        kept = tuple(each for each in placed if each not in found.victims)
        assert found.victims
        assert all(victim.spec.priority < new.spec.priority for victim in found.victims)
        assert sum(each.spec.containers[0].requests[0][1] for each in (*kept, new)) <= 6
        for back in found.victims:
            assert sum(each.spec.containers[0].requests[0][1] for each in (*kept, new, back)) > 6
