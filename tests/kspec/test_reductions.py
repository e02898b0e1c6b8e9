"""Every reduction can be switched off: what is true stays the same, or is exactly what it should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from kspec.engines import explicit
from kspec.engines.common import NO_LIMITS, Meter
from kspec.engines.explicit import Search
from kspec.kernel.errors import Grew, KspecError
from kspec.kernel.registry import find
from kspec.kernel.result import Verdict
from kspec.kernel.system import System
from kspec.kernel.values import order_key, rename
from kspec.kube import watch
from kspec.kube.cluster import Cluster, Reductions
from kspec.kube.objects import Deployment
from kspec_models import users
from kspec_models.scopes import ladder
from kspec_models.scopes.workloads import a_deployment, a_replicaset, cluster, node

from .exploring import searched, states_of, told, truth, truths
from .kube import small

Patch = pytest.MonkeyPatch


def replicaset(late: str = "replicaset", cache: str = "delayed") -> Cluster:
    """Two pods and a late component."""
    people = [users.apply([a_replicaset("web", 2)])]
    return cluster("two pods", people, pods=2, caches={late: cache}, deployments=False)


def scaled(cache: str = "delayed", **more: Any) -> Cluster:
    """One pod that the user may not want any more, and a late controller."""
    web = a_replicaset("web", 1)
    people = [users.apply([web]), users.scale(web, 0)]
    return cluster("one pod", people, pods=1, caches={"replicaset": cache}, deployments=False, **more)


def everything_late() -> Cluster:
    """One pod that the user may not want any more, and every component is late."""
    web = a_replicaset("web", 1)
    late = dict.fromkeys(("replicaset", "scheduler", "kubelet"), "delayed")
    people = [users.apply([web]), users.scale(web, 0)]
    return cluster("all late", people, pods=1, caches=late, deployments=False)


def scheduled() -> Cluster:
    """One pod, two nodes, a late scheduler: it assumes what it has bound."""
    web = a_replicaset("web", 1)
    people = [users.apply([web]), users.scale(web, 0)]
    nodes = (node("a"), node("b"))
    return cluster("assumed", people, pods=1, nodes=nodes, caches={"scheduler": "delayed"}, deployments=False)


def deployed() -> Cluster:
    """A Deployment of one, and a late controller of it, which compares versions."""
    return cluster("one", [users.apply([a_deployment("web", 1)])], pods=1, caches={"deployment": "delayed"})


def kubelet_late() -> Cluster:
    """Two pods and late kubelets, which see only what is bound."""
    return replicaset("kubelet")


def scribbled() -> Cluster:
    """A late controller updates what somebody has changed in a field that it never reads."""
    return small.cluster((small.scribbler(), small.careful), caches={"website": "delayed"})


SCOPES: list[Callable[[], Cluster]] = [
    replicaset,
    scaled,
    everything_late,
    scheduled,
    deployed,
    kubelet_late,
    scribbled,
]
every_scope = pytest.mark.parametrize("made", SCOPES, ids=lambda made: made.__name__)


def without(made: Cluster, **switches: bool) -> Cluster:
    """The same cluster with reductions switched."""
    return made.reduced(attrs.evolve(made.reductions, **switches))


# ---- views


@every_scope
def test_views_change_nothing_that_is_true(made: Callable[[], Cluster]) -> None:
    assert truths(made().system()) == truths(without(made(), views=False).system())


@every_scope
def test_views_change_no_verdict(made: Callable[[], Cluster]) -> None:
    kept, whole = explicit.explore(made().system()), explicit.explore(without(made(), views=False).system())
    assert told(kept) == told(whole) and kept.complete and whole.complete
    assert kept.distinct_states <= whole.distinct_states
    assert Verdict.VIOLATED not in {p.verdict for p in kept.properties}


def test_views_make_the_world_smaller() -> None:
    kept, whole = searched(replicaset().system()), searched(without(replicaset(), views=False).system())
    assert len(kept.states) < len(whole.states)


def test_what_is_learned_lays_the_world_out_anew_and_is_kept() -> None:
    made = replicaset()
    restarts = 0
    system = made.system()
    while True:
        try:
            search = Search(system, (), Meter(NO_LIMITS, None))
            search.run()
            break
        except Grew:
            restarts += 1
            assert system.again is not None
            system = system.again()
    assert restarts > 0
    again = searched(made.system())  # with everything learned beforehand
    assert {truth(search, s) for s in states_of(search)} == {truth(again, s) for s in states_of(again)}
    assert len(search.states) == len(again.states)


def test_what_one_layout_has_learned_another_does_not_know() -> None:
    made = replicaset()
    searched(made.system())
    learned = {cls: dict(x.fields) for cls, x in made.learned.items()}
    other = without(made, views=False)
    next(iter(other.learned.values())).fields["nobody"] = {"name"}
    assert {cls: dict(x.fields) for cls, x in made.learned.items()} == learned


# ---- folding: see test_fold for the counts


@every_scope
def test_folding_changes_no_verdict(made: Callable[[], Cluster]) -> None:
    folded, apart = explicit.explore(made().system()), explicit.explore(made().system(), fold=False)
    assert told(folded) == told(apart) and folded.depth == apart.depth
    assert folded.never_enabled == apart.never_enabled


# ---- one node for all


def story(*, replicas: int = 2, nodes: int = 3) -> ladder.Story:
    """A Deployment on a few equal nodes."""
    found = tuple(node(f"node-{i}") for i in range(nodes))
    return ladder.Story("one-node", (a_deployment("web", replicas),), found)


FRESH = ladder.Rung("fresh", True)
LATE = ladder.Rung("late scheduler", True, late=("scheduler",))
CRASH = ladder.Rung("controller-crash", True, changes=("controller-crash",))


def nodes_as_one(system: System) -> set[Any]:
    """What can be true, with every node taken for the first."""
    return {order_key(rename(world, "nodes", lambda _: 0)) for world in truths(system)}


@pytest.mark.parametrize("rung", [FRESH, LATE], ids=lambda rung: rung.name)
def test_one_node_stands_for_all_where_nothing_tells_them_apart(rung: ladder.Rung) -> None:
    told_of = story(replicas=1, nodes=2)
    one = ladder.cluster_of(told_of, rung)
    all_of_them = ladder.cluster_of(told_of, rung, Reductions(one_node=False))
    assert len(one.scope.nodes) == 1 and len(all_of_them.scope.nodes) == 2
    assert any("one node stands for all 2" in line for line in one.not_modelled)
    assert nodes_as_one(one.system()) == nodes_as_one(all_of_them.system())


@pytest.mark.parametrize("rung", [FRESH, LATE, CRASH], ids=lambda rung: rung.name)
def test_one_node_changes_no_verdict(rung: ladder.Rung) -> None:
    size = 1 if rung is CRASH else 2
    one = explicit.explore(ladder.cluster_of(story(replicas=size), rung).system())
    many = explicit.explore(ladder.cluster_of(story(replicas=size), rung, Reductions(one_node=False)).system())
    assert told(one) == told(many) and one.complete and many.complete
    assert one.distinct_states <= many.distinct_states


def test_nodes_stay_where_a_host_port_can_fill_them() -> None:
    full = attrs.evolve(story(), things=(a_deployment("web", 2, host_port=80),))
    assert len(ladder.cluster_of(full, FRESH).scope.nodes) == 3


def test_nodes_stay_where_their_room_matters() -> None:
    tight = attrs.evolve(story(), nodes=tuple(attrs.evolve(n, allocatable=(("pods", 2),)) for n in story().nodes))
    assert len(ladder.cluster_of(tight, FRESH).scope.nodes) == 3


def test_nodes_stay_where_a_selector_asks_for_one() -> None:
    (web,) = story().things
    assert isinstance(web, Deployment)
    picky = attrs.evolve(web.template, spec=attrs.evolve(web.template.spec, node_selector=(("a", "b"),)))
    asking = attrs.evolve(story(), things=(attrs.evolve(web, template=picky),))
    assert len(ladder.cluster_of(asking, FRESH).scope.nodes) == 3


# ---- the order of watches


@every_scope
def test_the_exact_order_reaches_only_what_the_relaxed_one_reaches(made: Callable[[], Cluster]) -> None:
    made().system()
    exact, relaxed = truths(made().exact()), truths(made().system())
    assert exact <= relaxed


def test_the_relaxed_order_reaches_more_where_objects_of_one_kind_overtake_each_other() -> None:
    from .test_order import watched

    exact, relaxed = truths(watched().exact()), truths(watched().system())
    assert exact < relaxed


@pytest.mark.parametrize("made", [replicaset, scaled, kubelet_late], ids=lambda made: made.__name__)
def test_the_exact_order_changes_no_verdict(made: Callable[[], Cluster]) -> None:
    assert told(explicit.explore(made().exact())) == told(explicit.explore(made().system()))


@pytest.mark.parametrize("cache", ["delayed", "coalesced", "relisted"])
def test_in_the_exact_order_nothing_is_left_undelivered(cache: str) -> None:
    search = searched(replicaset(cache=cache).exact(), edges=True)
    position = search.world.position["order/pods/replicaset"]
    waiting = [n for n, state in enumerate(states_of(search)) if state[position]]
    edges = zip(search.sources, search.kinds, strict=True)
    delivered = {source for source, kind in edges if "deliver pods" in search.tables.kinds[kind]}
    assert waiting and set(waiting) <= delivered


# ---- whole reconciles


@pytest.mark.parametrize("cache", ["fresh", "delayed"])
def test_whole_reconciles_reach_only_what_calls_one_by_one_reach(cache: str) -> None:
    def whole(made: Cluster) -> Cluster:
        return attrs.evolve(made, scope=attrs.evolve(made.scope, whole=frozenset({"replicaset"})))

    some, all_of_them = truths(whole(scaled(cache)).system()), truths(scaled(cache).system())
    assert some < all_of_them
    assert told(explicit.explore(whole(scaled(cache)).system())) == told(explicit.explore(scaled(cache).system()))


# ---- how late a cache may be


@pytest.mark.parametrize("cache", ["delayed", "coalesced", "relisted"])
@pytest.mark.parametrize("late", ["replicaset", "kubelet"])
def test_a_late_cache_reaches_at_least_what_a_fresh_one_reaches(cache: str, late: str) -> None:
    fresh, later = truths(replicaset(late, "fresh").system()), truths(replicaset(late, cache).system())
    assert fresh <= later and (fresh < later or late == "kubelet")  # nothing is deleted here


@pytest.mark.parametrize("cache", ["fresh", "delayed", "coalesced", "relisted"])
def test_the_promises_of_the_replicaset_hold_however_late_its_cache_is(cache: str) -> None:
    result = explicit.explore(scaled(cache).system())
    assert result.complete and set(told(result).values()) == {"HOLDS"}


# ---- mutants


def a_commit_reaches_no_observer(patch: Patch) -> None:
    real = watch.Put.__call__

    def drop(put: watch.Put, obj: watch.Obj) -> watch.Obj:
        found = real(put, obj)
        return found if put.version is None or obj.latest is None else attrs.evolve(found, queues=obj.queues)

    patch.setattr(watch.Put, "__call__", drop)


def a_view_forgets_a_field(patch: Patch) -> None:
    real = watch.Kind.view

    def view(kind: watch.Kind, observer: str, version: Any) -> Any:
        found = real(kind, observer, version)
        if not kind.views or found is None:
            return found
        blank = [f in ("node", "deleting", "available_replicas", "replicas") for f in kind.fields(observer)]
        return tuple(False if b and isinstance(x, bool) else x for b, x in zip(blank, found, strict=True))

    patch.setattr(watch.Kind, "view", view)


def neighbours_are_always_merged(patch: Patch) -> None:
    real = watch.Put.__call__

    def merge(put: watch.Put, obj: watch.Obj) -> watch.Obj:
        found = real(put, obj)
        if not put.kind.views:
            return found
        merged = [q[:-1] if len(q) > 1 and q[-1].view == q[-2].view else q for q in found.queues]
        return attrs.evolve(found, queues=tuple(merged))

    patch.setattr(watch.Put, "__call__", merge)


def an_observer_forgets_what_it_missed(patch: Patch) -> None:
    real = watch.Put.__call__

    def lose(put: watch.Put, obj: watch.Obj) -> watch.Obj:
        found = real(put, obj)
        if not put.kind.views:
            return found
        return attrs.evolve(found, queues=tuple((q[0], q[-1]) if len(q) > 1 else q for q in found.queues))

    patch.setattr(watch.Put, "__call__", lose)


def own_writes_are_not_marked(patch: Patch) -> None:
    real = watch.Put.__call__
    patch.setattr(
        watch.Put, "__call__", lambda put, obj: real(attrs.evolve(put, by="") if put.kind.views else put, obj)
    )


@pytest.mark.parametrize(
    "mutant",
    [
        a_view_forgets_a_field,
        neighbours_are_always_merged,
        an_observer_forgets_what_it_missed,
        own_writes_are_not_marked,
    ],
    ids=lambda mutant: mutant.__name__,
)
def test_a_mutant_of_views_is_noticed(mutant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    mutant(monkeypatch)
    assert any(views_differ(made) for made in SCOPES)


def views_differ(made: Callable[[], Cluster]) -> bool:
    """Whether the comparison notices that views are not the same as whole versions."""
    try:
        return truths(made().system(), most=3000) != truths(without(made(), views=False).system(), most=3000)
    except (KspecError, AssertionError):
        return True


def test_a_dropped_event_is_noticed(monkeypatch: Patch) -> None:
    a_commit_reaches_no_observer(monkeypatch)
    assert not truths(replicaset("kubelet", "fresh").system()) <= truths(replicaset("kubelet").system())


def test_pins_that_survive_a_commit_are_noticed(monkeypatch: Patch) -> None:
    real = watch.Put.__call__
    monkeypatch.setattr(watch.Put, "__call__", lambda put, obj: attrs.evolve(real(put, obj), pins=obj.pins))
    result = explicit.explore(find("store.cas").build())
    assert told(result)["no_update_is_lost"] == "VIOLATED"
