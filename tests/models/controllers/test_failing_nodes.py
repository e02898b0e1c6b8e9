"""Node lifecycle, taint eviction and PodGC, walked by hand in a cluster whose nodes are objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from kspec.engines.explicit import explore
from kspec.engines.one_run import one_run
from kspec.kernel.actions import Role
from kspec.kernel.result import Limits, Verdict
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.objects import Effect, Node, NodeReady, Operator, Phase, Pod, Taint, Toleration, labels
from kspec.kube.wording import in_words, object_in_words
from kspec_models import users
from kspec_models.controllers.node_lifecycle import health, silence
from kspec_models.controllers.node_lifecycle.decisions import NOT_READY, UNREACHABLE
from kspec_models.controllers.node_lifecycle.lifecycle import node_lifecycle
from kspec_models.controllers.node_lifecycle.silence import Heard, Looked, time
from kspec_models.controllers.node_lifecycle.zones import ZONE
from kspec_models.controllers.pod_gc.collector import pod_gc
from kspec_models.controllers.pod_gc.decisions import OUT_OF_SERVICE
from kspec_models.controllers.taint_eviction.eviction import taint_eviction
from kspec_models.kubelet import Containers, kubelet
from kspec_models.kubelet.heartbeat import cuts_off
from kspec_models.scopes import nodes as scopes
from kspec_models.scopes.nodes import a_pod, failing, fails
from kspec_models.scopes.workloads import node
from tests.kspec.kube.small import Walk

NO_SCHEDULE, NO_EXECUTE = Taint(UNREACHABLE), Taint(UNREACHABLE, effect=Effect.NO_EXECUTE)
NODE_1, NODE_2 = Ref("nodes", 0), Ref("nodes", 1)
BOUND = attrs.evolve(a_pod("web"), node=NODE_1, phase=Phase.RUNNING, ready=True)


def walk(*components: Component, nodes: Sequence[Node] = scopes.NODES, pods: Sequence[Pod] = (), **scope: Any) -> Walk:
    """These components among these nodes and pods, which are there from the start."""
    slots = {Node: max(1, len(nodes)), Pod: max(1, len(pods))}
    made = Scope(slots=slots, nodes=tuple(nodes), stored=tuple(pods), **scope)
    return Walk(Cluster("walk", components, made, (), kinds_used=(Node, Pod)).system())


def somebody(**changes: Any) -> Actor:
    """Somebody who changes the first node, or deletes it."""
    actor = Actor("user", watches=(Node, Pod), role=Role.USER)

    @actor.once()
    def change(cache: Any, here: Any, api: Any) -> Any:
        for _, first in here.nodes[:1]:
            yield api.patch(first, **changes) if "ready" not in changes else api.patch_status(first, **changes)

    @actor.once()
    def remove(cache: Any, here: Any, api: Any) -> Any:
        for _, first in here.nodes[:1]:
            yield api.delete(first)

    return actor


def the_node(walked: Walk, index: int = 0) -> Node:
    found: Node = walked.latest(("nodes", index))
    return found


def the_pod(walked: Walk, index: int = 0) -> Pod | None:
    found: Pod | None = walked.latest(("pods", index))
    return found


# ---- how long a node is silent


@pytest.mark.parametrize(
    ("heard", "ready", "looked"),
    [
        (Heard.IN_TIME, NodeReady.TRUE, Looked(Heard.IN_TIME)),
        (Heard.IN_TIME, NodeReady.UNKNOWN, Looked(Heard.IN_TIME)),
        (Heard.SILENT, NodeReady.TRUE, Looked(Heard.DECLARED, True, True)),
        (Heard.SILENT, NodeReady.FALSE, Looked(Heard.DECLARED, True, False)),
        (Heard.SILENT, NodeReady.UNKNOWN, Looked(Heard.UNKNOWN)),
        (Heard.DECLARED, NodeReady.UNKNOWN, Looked(Heard.DECLARED)),
        (Heard.UNKNOWN, NodeReady.UNKNOWN, Looked(Heard.UNKNOWN)),
        (Heard.UNKNOWN, NodeReady.TRUE, Looked(Heard.IN_TIME)),
        (Heard.DECLARED, NodeReady.TRUE, Looked(Heard.IN_TIME)),
    ],
)
def test_a_look_says_what_the_decision_about_health_says(heard: Heard, ready: NodeReady, looked: Looked) -> None:
    assert silence.look(heard, ready) == looked


def test_only_a_node_that_is_cut_off_is_ever_silent_for_too_long() -> None:
    walked = walk(node_lifecycle(), kubelet(heartbeats=True), time(), cuts_off())
    assert not walked.can("time") and not walked.can("node-lifecycle")
    walked("network.cut off")
    assert len(walked.can("time.the grace period passes")) == 1
    walked("time.the grace period passes")
    walked("network.connect")
    assert [o.step.says for o in walked.can("node-lifecycle")] == ["node-1 posts no heartbeat"]
    walked("time.the lease is renewed")
    assert walked.at(("heard", 0)) is Heard.IN_TIME and not walked.can("node-lifecycle")


def test_a_node_that_is_unknown_already_is_declared_so_no_second_time() -> None:
    unknown = attrs.evolve(scopes.NODES[0], ready=NodeReady.UNKNOWN)
    walked = walk(node_lifecycle(), kubelet(heartbeats=True), time(), cuts_off(), nodes=(unknown, scopes.NODES[1]))
    walked("network.cut off")
    walked("time.the grace period passes")
    assert walked.at(("heard", 0)) is Heard.UNKNOWN and not walked.can("node-lifecycle.monitor")


# ---- node lifecycle


def test_a_silent_node_is_declared_unknown_then_its_pods_not_ready_then_it_is_tainted() -> None:
    elsewhere = attrs.evolve(BOUND, node=NODE_2)
    walked = walk(node_lifecycle(), kubelet(heartbeats=True), time(), cuts_off(), pods=(BOUND, elsewhere))
    walked("network.cut off")
    walked("time.the grace period passes")
    walked("node-lifecycle.monitor")
    assert the_node(walked).ready is NodeReady.UNKNOWN and walked.at(("heard", 0)) is Heard.DECLARED

    walked("node-lifecycle.mark pods")
    assert [pod.ready for pod in walked.all("pods")].count(True) == 1
    assert the_pod(walked, 0) == attrs.evolve(BOUND, ready=False)

    walked("node-lifecycle.taint")
    assert the_node(walked).taints == (NO_SCHEDULE,)
    walked("node-lifecycle.taint no execute")
    assert the_node(walked).taints == (NO_SCHEDULE, NO_EXECUTE)
    assert the_node(walked, 1) == scopes.NODES[1]

    walked("network.connect")
    walked("kubelet.heartbeat")
    walked("node-lifecycle.taint")
    assert the_node(walked).taints == () and the_node(walked).ready is NodeReady.TRUE


def test_a_node_that_posts_that_it_is_not_ready_is_tainted_so_and_its_pods_are_its_kubelets_to_mark() -> None:
    not_ready = attrs.evolve(scopes.NODES[0], ready=NodeReady.FALSE)
    walked = walk(node_lifecycle(), time(), nodes=(not_ready, scopes.NODES[1]), pods=(BOUND,))
    walked.until_quiet("node-lifecycle")
    assert the_node(walked).taints == (Taint(NOT_READY), Taint(NOT_READY, effect=Effect.NO_EXECUTE))
    assert the_pod(walked) == BOUND


def test_an_unschedulable_node_gets_its_taint_and_loses_it() -> None:
    walked = walk(node_lifecycle(), somebody(unschedulable=True))
    walked("user.change")
    walked("node-lifecycle.taint")
    assert the_node(walked).taints == (Taint("node.kubernetes.io/unschedulable"),)


def test_taints_of_others_stay() -> None:
    own = Taint("dedicated", "db")
    silent = attrs.evolve(scopes.NODES[0], taints=(own,), ready=NodeReady.UNKNOWN)
    walked = walk(node_lifecycle(), nodes=(silent, scopes.NODES[1]))
    walked.until_quiet("node-lifecycle")
    assert the_node(walked).taints == (own, NO_SCHEDULE, NO_EXECUTE)


def test_when_all_zones_are_down_taints_go_and_none_comes_until_a_node_is_back() -> None:
    down = [attrs.evolve(each, ready=NodeReady.UNKNOWN, taints=(NO_SCHEDULE, NO_EXECUTE)) for each in scopes.NODES]
    walked = walk(node_lifecycle(), kubelet(heartbeats=True), time(), nodes=down)
    walked("node-lifecycle.watch the zones")
    assert [each.taints for each in walked.all("nodes")] == [(NO_SCHEDULE,), (NO_SCHEDULE,)]
    assert not walked.can("node-lifecycle")

    walked("kubelet.heartbeat")
    walked("node-lifecycle.watch the zones")
    walked.until_quiet("node-lifecycle")
    assert sorted(len(each.taints) for each in walked.all("nodes")) == [0, 2]


def test_one_zone_that_is_down_is_tainted_as_long_as_another_is_up() -> None:
    zones = [attrs.evolve(each, labels=labels(**{ZONE: each.name})) for each in scopes.NODES]
    silent = attrs.evolve(zones[0], ready=NodeReady.UNKNOWN)
    walked = walk(node_lifecycle(), nodes=(silent, zones[1]))
    walked.until_quiet("node-lifecycle")
    assert the_node(walked).taints == (NO_SCHEDULE, NO_EXECUTE)


def test_a_small_zone_that_is_down_in_part_is_not_tainted_further() -> None:
    several = [node(f"node-{i}") for i in range(5)]
    silent = [attrs.evolve(each, ready=NodeReady.UNKNOWN) for each in several[:3]]
    walked = walk(node_lifecycle(), nodes=(*silent, *several[3:]))
    walked.until_quiet("node-lifecycle")
    assert {each.taints for each in walked.all("nodes")} == {(NO_SCHEDULE,), ()}


def test_a_taint_is_written_only_onto_the_version_of_the_node_that_was_seen() -> None:
    silent = attrs.evolve(scopes.NODES[0], ready=NodeReady.UNKNOWN)
    late = {"node-lifecycle": "delayed"}
    walked = walk(node_lifecycle(), somebody(taints=(Taint("a"),)), nodes=(silent, scopes.NODES[1]), caches=late)
    walked("user.change")
    assert walked("node-lifecycle.taint").step.answer == "409 Conflict"
    assert the_node(walked).taints == (Taint("a"),)
    walked("node-lifecycle.deliver nodes")
    walked("node-lifecycle.taint")
    assert the_node(walked).taints == (Taint("a"), NO_SCHEDULE)


def test_a_restart_of_the_controller_gives_every_node_a_fresh_grace_period_and_changes_no_promise() -> None:
    made = scopes.cluster("node.fails", *failing(fails()), pods=2, taints=True, idle=scopes.IDLE)
    made.scope = attrs.evolve(made.scope, crashes={"node-lifecycle": 1})
    result = explore(made.system(), limits=Limits(seconds=60))
    assert result.complete
    assert {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS} == {}


def test_pods_that_changed_meanwhile_are_marked_in_a_further_attempt() -> None:
    late = {"node-lifecycle": "delayed"}
    people = users.delete_a_pod()
    walked = walk(node_lifecycle(), people, kubelet(heartbeats=True), time(), cuts_off(), pods=(BOUND,), caches=late)
    walked("network.cut off")
    walked("time.the grace period passes")
    walked("node-lifecycle.monitor")
    walked("user.delete")
    assert walked("node-lifecycle.mark pods").step.answer == "409 Conflict"
    assert walked.at(("heard", 0)) is Heard.DECLARED
    walked("node-lifecycle.deliver pods")
    walked("node-lifecycle.mark pods")
    pod = the_pod(walked)
    assert pod is not None and pod.deleting and not pod.ready and walked.at(("heard", 0)) is Heard.UNKNOWN


# ---- taint eviction


@pytest.mark.parametrize(
    ("tolerations", "says"),
    [
        ((), "it does not tolerate the taints of node-1"),
        ((Toleration("a", Operator.EXISTS, toleration_seconds=60),), "tolerationSeconds 60 are over on node-1"),
        ((Toleration("a", Operator.EXISTS, toleration_seconds=0),), "it does not tolerate the taints of node-1"),
        ((Toleration("a", Operator.EXISTS),), None),
        ((Toleration("b", Operator.EXISTS),), "it does not tolerate the taints of node-1"),
    ],
)
def test_a_pod_goes_at_once_or_later_or_never(tolerations: tuple[Toleration, ...], says: str | None) -> None:
    tainted = attrs.evolve(scopes.NODES[0], taints=(Taint("a", effect=Effect.NO_EXECUTE),))
    pod = attrs.evolve(BOUND, spec=attrs.evolve(BOUND.spec, tolerations=tolerations))
    walked = walk(taint_eviction(), nodes=(tainted,), pods=(pod,))
    assert [o.step.says for o in walked.can("taint-eviction")] == ([says] if says else [])
    if says:
        walked("taint-eviction.evict")
        evicted = the_pod(walked)
        assert evicted is not None and evicted.deleting and evicted.disruption == "DeletionByTaintManager"
        assert not walked.can("taint-eviction")


def test_taints_of_other_effects_evict_nobody() -> None:
    tainted = attrs.evolve(scopes.NODES[0], taints=(Taint("a"), Taint("b", effect=Effect.PREFER_NO_SCHEDULE)))
    assert not walk(taint_eviction(), nodes=(tainted,), pods=(BOUND,)).can("taint-eviction")


def test_a_taint_that_goes_in_time_cancels_the_eviction() -> None:
    tainted = attrs.evolve(scopes.NODES[0], taints=(Taint("a", effect=Effect.NO_EXECUTE),))
    late = {"taint-eviction": "delayed"}
    walked = walk(taint_eviction(), somebody(taints=()), nodes=(tainted,), pods=(BOUND,), caches=late)
    walked("user.change")
    assert walked.can("taint-eviction.evict")
    walked("taint-eviction.deliver nodes")
    assert not walked.can("taint-eviction.evict")


# ---- PodGC


def test_orphans_are_deleted_by_force_after_a_quarantine() -> None:
    walked = walk(pod_gc(), somebody(), pods=(BOUND, attrs.evolve(BOUND, node=NODE_2)))
    assert not walked.can("pod-gc")
    walked("user.remove")
    assert walked("pod-gc.collect orphans").step.says == "its node is not in the cache: quarantine"
    assert len(list(walked.all("pods"))) == 2
    gone = walked("pod-gc.collect orphans")
    assert gone.step.says == "its node is gone, as a live GET confirms"
    assert gone.step.action == "PATCH pods/status, DELETE pods"
    assert [pod.node for pod in walked.all("pods")] == [NODE_2] and not walked.can("pod-gc")


def test_a_node_that_only_the_cache_has_not_seen_yet_is_not_gone() -> None:
    people = users.apply([node("node-1"), attrs.evolve(BOUND)])
    walked = walk(people, pod_gc(), nodes=(), caches={"pod-gc": "delayed"})
    walked("user.apply")
    walked("user.apply")
    walked("pod-gc.deliver pods")
    walked("pod-gc.collect orphans")
    assert walked("pod-gc.collect orphans").step.says == "its node is there"
    assert the_pod(walked) is not None and not walked.at(("missing", 0))


def test_an_orphan_that_has_ended_is_not_called_failed() -> None:
    done = attrs.evolve(BOUND, phase=Phase.SUCCEEDED)
    walked = walk(pod_gc(), somebody(), pods=(done,))
    walked("user.remove")
    walked("pod-gc.collect orphans")
    assert walked("pod-gc.collect orphans").step.action == "DELETE pods"
    assert the_pod(walked) is None


@pytest.mark.parametrize("ready", list(NodeReady))
def test_a_terminating_pod_is_given_up_only_if_its_node_is_out_of_service_and_not_ready(ready: NodeReady) -> None:
    going = attrs.evolve(BOUND, deleting=True)
    down = attrs.evolve(scopes.NODES[0], ready=ready, taints=(Taint(OUT_OF_SERVICE, "x", Effect.NO_EXECUTE),))
    given_up = walk(pod_gc(), nodes=(down,), pods=(going,))
    assert bool(given_up.can("pod-gc")) is (ready is not NodeReady.TRUE)
    only_silent = walk(pod_gc(), nodes=(attrs.evolve(down, taints=()),), pods=(going,))
    assert not only_silent.can("pod-gc")


def test_of_the_pods_that_have_ended_the_surplus_goes_whichever_it_is() -> None:
    done = attrs.evolve(BOUND, phase=Phase.SUCCEEDED)
    walked = walk(pod_gc(threshold=1), pods=(done, attrs.evolve(done, phase=Phase.FAILED), done, BOUND))
    assert len(walked.can("pod-gc.collect terminated")) == 3
    walked("pod-gc.collect terminated")
    left = list(walked.all("pods"))
    assert len(left) == 2 and BOUND in left and not walked.can("pod-gc")


def test_a_terminating_pod_that_never_had_a_node_is_taken_out_by_force() -> None:
    pending = attrs.evolve(a_pod("web"), deleting=True)
    walked = walk(pod_gc(), pods=(pending,))
    assert walked("pod-gc.collect terminating").step.says == "no kubelet has ever had it"
    assert the_pod(walked) is None


# ---- faults, and words


def test_what_runs_on_a_node_ends_with_it_and_nothing_else_does() -> None:
    on_both = (BOUND, attrs.evolve(BOUND, node=NODE_2))
    walked = walk(kubelet(heartbeats=True), fails(), pods=on_both)
    walked("kubelet.start", 0)
    walked("kubelet.start", 0)
    assert [walked.at(("containers", i)) for i in range(2)] == [Containers.RUNNING, Containers.RUNNING]
    walked("network.die", 0)
    assert [walked.at(("containers", i)) for i in range(2)] == [Containers.NONE, Containers.RUNNING]
    assert not walked.can("network.die") and not walked.can("network.cut off")
    walked("network.connect")
    walked.until_quiet("kubelet")
    assert walked.at(("containers", 0)) is Containers.RUNNING


def test_taints_and_nodes_are_told_as_kubectl_does() -> None:
    tainted = attrs.evolve(node("n"), taints=(NO_SCHEDULE, Taint("dedicated", "db", Effect.NO_EXECUTE)))
    told = "node.kubernetes.io/unreachable:NoSchedule, dedicated=db:NoExecute"
    assert in_words(tainted.taints, str) == told and in_words((), str) == "none"
    summary = f"Ready\u00a0True, spec.taints {told}, spec.unschedulable\u00a0false"
    assert object_in_words(tainted, str) == summary


def test_a_node_that_joins_is_told_by_its_name() -> None:
    trace = one_run(scopes.node_joins())
    narrator = scopes.node_joins().narrator
    assert narrator is not None
    told = [change.object for step in narrator.story(trace).steps for change in step.changes]
    assert "Node node-1" in told and "Pod web" in told


def test_the_grace_period_of_the_model_is_that_of_the_controller() -> None:
    assert silence._NOW == health.GRACE + 1
