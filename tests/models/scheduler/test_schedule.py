"""The scheduler as it acts in a cluster, walked by hand: schedulerName, scores, preemption, affinity, the round."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

import kspec
from kspec.kernel import settings
from kspec.kernel.values import Ref
from kspec.kube.objects import HOSTNAME, LabelSelector, Node, Pod, labels
from kspec.kube.placement import SpreadConstraint
from kspec.kube.policy import PodDisruptionBudget
from kspec_models.kubelet import kubelet
from kspec_models.scheduler.evicting import Eviction, orders_of
from kspec_models.scheduler.filters import scheduling_gates
from kspec_models.scheduler.result import unresolvable
from kspec_models.scheduler.schedule import DEFAULT_SCHEDULER, scheduler, waits_for_a_node
from kspec_models.scheduler.snapshot import PREEMPTION_BY_SCHEDULER
from kspec_models.scopes.scheduler import APART, a_node, a_pod, cluster
from tests.kspec.kube.small import Walk
from tests.models.walks import pods_of

from .pods import placed


def walk(pods: list[Pod], nodes: list[Node], *schedulers: Any, **more: Any) -> Walk:
    """A cluster in which all these pods are there."""
    found = schedulers or (scheduler(),)
    walked = Walk(cluster("walk", pods, nodes, found, part="scheduler.own", **more).system())
    for _ in pods:
        walked("user.apply")
    return walked


def where(walked: Walk) -> list[int | None]:
    return [None if pod.node is None else pod.node.index for pod in pods_of(walked)]


TWO = [a_node("node-1"), a_node("node-2")]


# ---- who is responsible


def test_a_scheduler_of_ones_own_binds_the_pods_that_name_it_and_no_others() -> None:
    pods = [a_pod("web"), a_pod("web", scheduler_name="mine"), a_pod("web", scheduler_name="nobody")]
    walked = walk(pods, TWO[:1], scheduler(), scheduler("mine", scheduler_name="mine"))
    walked.until_quiet("scheduler")
    assert where(walked) == [0, None, None]
    walked.until_quiet("mine")
    assert where(walked) == [0, 0, None]


# ---- scores


def test_open_scores_leave_every_node_that_fits_and_the_default_ones_only_the_best() -> None:
    big, small = a_node("big", cpu=8000), a_node("small", cpu=2000)
    walked = walk([a_pod("web", cpu=1000)], [small, big])
    assert [o.step.says for o in walked.can("scheduler.bind")] == ["node small fits", "node big fits"]
    with settings.applied({"scheduler.scores": "default"}):
        assert [o.step.says for o in walked.can("scheduler.bind")] == ["node big fits"]


def test_ties_of_scores_stay_open() -> None:
    walked = walk([a_pod("web", cpu=1000)], TWO)
    with settings.applied({"scheduler.scores": "default"}):
        assert len(walked.can("scheduler.bind")) == 2


# ---- other pods and domains


def test_a_gated_pod_is_kept_out_of_the_queue_by_the_plugin_that_decides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gated, free = a_pod("web", scheduling_gates=("wait",)), a_pod("web")
    assert not waits_for_a_node(gated, DEFAULT_SCHEDULER)
    assert waits_for_a_node(free, DEFAULT_SCHEDULER)
    monkeypatch.setattr(scheduling_gates, "pre_enqueue", lambda spec: unresolvable(scheduling_gates.NAME, "always"))
    assert not waits_for_a_node(free, DEFAULT_SCHEDULER)


@pytest.mark.parametrize("cache", ["fresh", "delayed"])
def test_pods_that_avoid_each_other_go_to_different_nodes_and_the_last_waits(cache: str) -> None:
    walked = walk([a_pod("db", pod_affinity=APART)] * 3, TWO, caches={"scheduler": cache})
    walked.until_quiet("scheduler")
    assert sorted(where(walked), key=str) == [0, 1, None]


def test_pods_are_spread_over_domains() -> None:
    spread = SpreadConstraint(HOSTNAME, 1, selector=LabelSelector(labels(app="web")))
    walked = walk([a_pod("web", spread=(spread,))] * 4, TWO)
    walked.until_quiet("scheduler")
    assert sorted(where(walked), key=str) == [0, 0, 1, 1]


def test_a_plain_pod_keeps_away_from_one_that_avoids_it() -> None:
    walked = walk([a_pod("db", pod_affinity=APART), a_pod("db")], TWO)
    walked("scheduler.bind")
    assert [o.step.says for o in walked.can("scheduler.bind")] == ["node node-2 fits"]


# ---- what it says of pods that wait


@pytest.mark.parametrize("cache", ["fresh", "delayed"])
def test_a_pod_that_no_node_takes_is_marked_once_and_the_mark_goes_when_it_is_bound(cache: str) -> None:
    pods = [a_pod("db", pod_affinity=APART)] * 2
    walked = walk(pods, TWO[:1], scheduler(conditions=True), caches={"scheduler": cache})
    walked.until_quiet("scheduler")
    bound, waiting = sorted(pods_of(walked), key=lambda pod: pod.node is None)
    assert (bound.unschedulable, waiting.unschedulable) == (False, True)
    assert not walked.can("scheduler.report")


def test_the_mark_and_the_nomination_end_with_the_binding() -> None:
    marked = attrs.evolve(a_pod("web"), unschedulable=True, nominated_node=Ref("nodes", 0))
    walked = walk([marked], TWO, scheduler(preemption=True))
    (step,) = walked.can("scheduler.bind")
    assert step.step.says == "node node-1 fits"
    walked("scheduler.bind")
    (pod,) = pods_of(walked)
    assert (pod.node, pod.unschedulable, pod.nominated_node) == (Ref("nodes", 0), False, None)


# ---- preemption


def preempting(pods: list[Pod], cpu: int = 1000, **more: Any) -> Walk:
    return walk(pods, [a_node("only", cpu=cpu)], scheduler(preemption=True), **more)


LOW, HIGH = a_pod("low", cpu=1000, priority=1), a_pod("high", cpu=1000, priority=9)


def test_the_victim_is_marked_and_deleted_gracefully_and_the_pod_waits_for_its_room() -> None:
    walked = preempting([LOW, HIGH])
    walked("scheduler.bind")
    walked("kubelet.start")
    walked("scheduler.preempt")
    assert pods_of(walked)[1].nominated_node == Ref("nodes", 0)
    assert walked.at("scheduler/evicting") == (Eviction(Ref("pods", 1), (Ref("pods", 0),)),)
    walked("scheduler.evict")
    low, high = pods_of(walked)
    assert (low.deleting, low.disruption) == (True, PREEMPTION_BY_SCHEDULER)
    assert high.node is None and walked.at("scheduler/evicting") == ()
    assert not walked.can("scheduler")  # it waits for its victim, and evicts no more
    walked.until_quiet("kubelet")
    assert [pod.spec.priority for pod in pods_of(walked)] == [9]
    walked("scheduler.bind")
    assert pods_of(walked)[0].node == Ref("nodes", 0)


@pytest.mark.parametrize(
    "pods",
    [
        [LOW, LOW],
        [HIGH, LOW],
        [LOW, attrs.evolve(HIGH, spec=attrs.evolve(HIGH.spec, preemption_policy="Never"))],
        [LOW, attrs.evolve(HIGH, spec=attrs.evolve(HIGH.spec, node_selector=labels(disk="ssd")))],
        [LOW, attrs.evolve(HIGH, spec=attrs.evolve(HIGH.spec, scheduler_name="another"))],
    ],
    ids=["equal", "lower", "never", "no help", "not its own"],
)
def test_no_pod_is_evicted_where_that_is_not_allowed_or_no_help(pods: list[Pod]) -> None:
    walked = preempting(pods)
    walked("scheduler.bind")
    assert not walked.can("scheduler")


def test_without_preemption_a_pod_of_high_priority_waits() -> None:
    walked = walk([LOW, HIGH], [a_node("only", cpu=1000)])
    walked("scheduler.bind")
    assert not walked.can("scheduler")


def test_the_room_of_a_nominated_pod_is_no_equals_and_a_more_important_one_takes_it() -> None:
    nominated = attrs.evolve(HIGH, nominated_node=Ref("nodes", 0))
    top = a_pod("top", cpu=1000, priority=10)
    walked = preempting([nominated, HIGH, top])
    assert sorted(o.member or 0 for o in walked.can("scheduler.bind")) == [0, 2]


def test_a_nomination_that_no_eviction_can_serve_any_more_is_taken_back() -> None:
    nominated = attrs.evolve(LOW, nominated_node=Ref("nodes", 0))
    walked = preempting([HIGH, nominated])
    walked("scheduler.bind")
    step = walked("scheduler.preempt")
    assert step.step.says == "no eviction would help any more"
    assert pods_of(walked)[1].nominated_node is None


def test_a_lower_nomination_to_the_same_node_is_taken_back() -> None:
    middle = attrs.evolve(a_pod("middle", cpu=1000, priority=5), nominated_node=Ref("nodes", 0))
    walked = preempting([attrs.evolve(LOW, node=Ref("nodes", 0)), middle, HIGH])
    first = next(o for o in walked.can("scheduler.preempt") if o.step.action.count("PATCH") == 2)
    walked._take(first)
    assert [pod.nominated_node for pod in pods_of(walked)] == [None, None, Ref("nodes", 0)]


def test_a_crash_forgets_who_was_to_be_evicted_and_it_is_decided_anew() -> None:
    crashing = cluster(
        "walk", [LOW, HIGH], [a_node("only", cpu=1000)], [scheduler(preemption=True)], part="scheduler.own"
    )
    crashing = attrs.evolve(crashing, scope=attrs.evolve(crashing.scope, crashes={"scheduler": 1}))
    walked = Walk(crashing.system())
    for kind in ("user.apply", "user.apply", "scheduler.bind", "scheduler.preempt", "scheduler.crash"):
        walked(kind)
    assert walked.at("scheduler/evicting") == ()
    assert walked.can("scheduler.preempt")


def test_pods_of_one_priority_may_stand_in_any_order_and_the_priorities_only_in_one() -> None:
    a, b, c = (placed(name, spec=attrs.evolve(LOW.spec, priority=p)) for name, p in (("a", 1), ("b", 2), ("c", 1)))
    assert [[pod.name for pod in way] for way in orders_of((a, b, c))] == [["b", "a", "c"], ["b", "c", "a"]]


@pytest.mark.parametrize(("allowed", "goes"), [(0, "free"), (1, "guarded")])
def test_a_budget_keeps_a_pod_from_being_evicted_as_long_as_another_can_go(allowed: int, goes: str) -> None:
    guarded, free = a_pod("guarded", cpu=1000, priority=1), a_pod("free", cpu=1000, priority=2)
    budget = PodDisruptionBudget("b", LabelSelector(labels(app="guarded")), disruptions_allowed=allowed)
    there = [attrs.evolve(each, node=Ref("nodes", 0)) for each in (guarded, free)]
    schedulers = [scheduler(preemption=True, budgets=True)]
    guarding = cluster("walk", [*there, HIGH], [a_node("only", cpu=2000)], schedulers, part="scheduler.own")
    guarding = attrs.evolve(
        guarding,
        scope=attrs.evolve(guarding.scope, stored=(budget,)),
        kinds_used=(*guarding.kinds_used, PodDisruptionBudget),
    )
    walked = Walk(guarding.system())
    for kind in ("user.apply", "user.apply", "user.apply", "scheduler.preempt"):
        walked(kind)
    (eviction,) = walked.at("scheduler/evicting")
    (victim,) = eviction.victims
    assert dict(pods_of(walked)[victim.index].labels)["app"] == goes


# ---- the round


def test_from_a_hundred_nodes_on_the_next_search_begins_where_the_last_one_ended() -> None:
    nodes = [a_node(f"node-{i:03}") for i in range(130)]
    walked = walk([a_pod("web")] * 2, nodes, scheduler(round_robin=True))
    offered = [o.step.says for o in walked.can("scheduler.bind") if o.member == 0]
    assert (len(offered), offered[0], offered[-1]) == (100, "node node-000 fits", "node node-099 fits")
    walked("scheduler.bind")
    assert walked.at("scheduler/start") == 100
    offered = [o.step.says for o in walked.can("scheduler.bind")]
    assert (len(offered), offered[0], offered[-1]) == (100, "node node-100 fits", "node node-069 fits")


def test_kubelets_start_what_any_scheduler_has_bound() -> None:
    walked = walk([a_pod("web", scheduler_name="mine")], TWO[:1], scheduler("mine", scheduler_name="mine"))
    walked.until_quiet("mine", kubelet().name)
    assert pods_of(walked)[0].ready


@pytest.mark.parametrize("name", ["scheduler.affinity.two", "scheduler.preemption.late", "scheduler.scores"])
def test_a_run_of_it_can_be_told_to_its_end(name: str) -> None:
    story = kspec.run_of(name)

    assert any("binding" in step.action for step in story.steps)
