"""Objects that a cluster has from the start, names that are given, nodes that change, and requests about several
objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from kspec.engines import explicit, reference
from kspec.kernel.actions import Role
from kspec.kernel.errors import UsageError
from kspec.kernel.values import Ref
from kspec.kube.actor import Actor
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.objects import Node, NodeReady, Pod
from kspec.kube.requests import Also, Code, Look, Request, Response, Verb
from kspec.kube.scope import resource_of

from .small import Walk, Website, granting

NODES = (Node("a"), Node("b"))


def nodes_and_pods(*actors: Actor, pipeline: Any = None, **scope: Any) -> Cluster:
    """Two nodes that are objects, and room for two pods."""
    return Cluster(
        "nodes",
        actors,
        Scope(slots={Node: 2, Pod: 2}, nodes=NODES, **scope),
        properties=(),
        kinds_used=(Pod, Website),
        pipeline=pipeline or granting(),
    )


def failing(**more: Any) -> Actor:
    """A node may fail, once each."""
    actor = Actor("power", watches=(Node,), there={Node: {"alive": True}}, role=Role.FAULT, **more)

    @actor.each(Node)
    def fail(node: Any, here: Any, api: Any) -> Iterator[Any]:
        if node is not None and here.alive:
            yield f"{node.name} fails", api.patch_status(node, ready=NodeReady.UNKNOWN), here.set(alive=False)

    return actor


def placing(**more: Any) -> Actor:
    """Binds pods to nodes that it sees as ready."""
    actor = Actor("placer", watches=(Pod, Node), **more)

    @actor.each(Pod)
    def place(pod: Any, here: Any, api: Any) -> Iterator[Any]:
        if pod is None or pod.node is not None:
            return
        for ref, node in here.nodes:
            if node.ready is NodeReady.TRUE:
                yield f"{node.name} is ready", api.patch(pod, node=ref), here.assume(node=ref)

    return actor


def posting(*pods: Pod) -> Actor:
    """Posts pods, one after another; one that is refused is given up."""
    actor = Actor("user", own={"done": 0}, role=Role.USER)

    @actor.once()
    def post(cache: Any, here: Any, api: Any) -> Iterator[Any]:
        if here.done < len(pods):
            yield here.set(done=here.done + 1), api.create(pods[here.done])

    return actor


# ---- nodes


def test_nodes_with_slots_are_objects_that_are_there_from_the_start() -> None:
    walk = Walk(nodes_and_pods(failing()).system())
    assert [node.name for node in walk.all("nodes")] == ["a", "b"]
    walk("power.fail", 1)
    assert [node.ready for node in walk.all("nodes")] == [NodeReady.TRUE, NodeReady.UNKNOWN]
    assert [walk.at(("alive", i)) for i in range(2)] == [True, False]


def test_a_late_observer_learns_of_a_node_that_changed_only_when_it_is_told() -> None:
    made = nodes_and_pods(failing(), placing(), posting(Pod()), caches={"placer": "delayed"})
    walk = Walk(made.system())
    walk("user.post")
    walk("placer.deliver pods")
    walk("power.fail", 0)
    assert [o.step.says for o in walk.can("placer.place")] == ["a is ready", "b is ready"]
    walk("placer.deliver nodes")
    assert [o.step.says for o in walk.can("placer.place")] == ["b is ready"]
    walk("placer.place")
    assert [pod.node for pod in walk.all("pods")] == [Ref("nodes", 1)]


def test_worlds_with_changing_nodes_have_the_same_counts_in_both_engines() -> None:
    def made() -> Cluster:
        return nodes_and_pods(failing(), placing(), posting(Pod(), Pod()), caches={"placer": "delayed"})

    plain = reference.explore(made().system())
    apart, folded = explicit.explore(made().system(), fold=False), explicit.explore(made().system())
    assert apart.distinct_states == plain.distinct_states > folded.distinct_states > 50


def test_more_objects_than_slots_are_refused_by_name() -> None:
    made = Cluster("crowd", (), Scope(slots={Pod: 1}, stored=(Pod(), Pod())), properties=(), pipeline=granting())
    with pytest.raises(UsageError, match="crowd: 2 pods are stored in 1 slots"):
        made.system()


# ---- given names


def test_a_name_that_an_object_has_is_given_to_no_other() -> None:
    walk = Walk(nodes_and_pods(posting(Pod(name="web-0"), Pod(name="web-0"), Pod(name="web-1"))).system())
    assert [walk("user.post").step.answer for _ in range(3)] == ["201 Created", "409 AlreadyExists", "201 Created"]
    assert sorted(pod.name for pod in walk.all("pods")) == ["web-0", "web-1"]


def test_pods_without_a_given_name_never_collide() -> None:
    walk = Walk(nodes_and_pods(posting(Pod(), Pod())).system())
    assert [walk("user.post").step.answer for _ in range(2)] == ["201 Created", "201 Created"]


def test_a_member_is_found_by_its_given_name() -> None:
    actor = Actor("reader", own={"done": False})

    @actor.once()
    def read(cache: Any, here: Any, api: Any) -> Iterator[Any]:
        if not here.done:
            yield api.get(Pod, "web-0"), here.set(done=True)

    walk = Walk(nodes_and_pods(actor, posting(Pod(), Pod(name="web-0"))).system())
    walk("user.post")
    assert [o.step.answer for o in walk.can("reader")] == ["404 NotFound"]
    walk("user.post")
    assert [o.step.answer for o in walk.can("reader")] == ["200 OK"]


# ---- requests that look at other objects, and change them


def charging(request: Request, current: Any, unchanged: bool, look: Look) -> Response:
    """Every pod is charged to the website `quota`, as long as that allows it."""
    if request.verb is not Verb.CREATE:
        return granting()(request, current, unchanged, look)
    quota = look.get(Website, "quota")
    if not look.uses(Pod) or len(look.all(Pod)) != sum(1 for name in look.all(Pod, "name") if name == ""):
        return Response(Code.INVALID)
    if quota.seen >= quota.servers:
        return Response(Code.FORBIDDEN)
    return Response(
        Code.CREATED,
        request.object,
        writes=True,
        also=(Also(Website, "quota", attrs.evolve(quota, seen=quota.seen + 1)),),
    )


def test_a_request_may_change_another_object_too_and_its_observers_hear_of_it() -> None:
    told = Actor("reader", watches=(Website,), own={"seen": 0})

    @told.each(Website)
    def note(website: Any, here: Any, api: Any) -> Iterator[Any]:
        if website is not None and website.seen != here.seen:
            yield here.set(seen=website.seen)

    stored = (Website("quota", servers=1),)
    walk = Walk(nodes_and_pods(posting(Pod(), Pod()), told, pipeline=charging, stored=stored).system())
    assert [walk("user.post").step.answer for _ in range(2)] == ["201 Created", "403 Forbidden"]
    assert walk.latest("websites/quota").seen == 1 and len(list(walk.all("pods"))) == 1
    walk("reader.note quota")
    assert walk.at("reader/seen") == 1


def test_what_the_cluster_does_not_use_is_nowhere() -> None:
    seen: list[Any] = []

    def looking(request: Request, current: Any, unchanged: bool, look: Look) -> Response:
        seen.append((look.uses(dict), look.get(dict, "x"), look.all(dict), look.get(Website, "x"), look.uses(Node)))
        return granting()(request, current, unchanged, look)

    Walk(nodes_and_pods(posting(Pod()), pipeline=looking).system())("user.post")
    assert set(seen) == {(False, None, (), None, True)}


def test_resources_are_spelt_as_kubernetes_spells_them() -> None:
    names = ("Pod", "Ingress", "NetworkPolicy", "StorageClass", "EndpointSlice")
    spelt = [resource_of(type(name, (), {})) for name in names]
    assert spelt == ["pods", "ingresses", "networkpolicies", "storageclasses", "endpointslices"]


def test_a_slot_that_a_member_of_another_kind_mentions_is_not_given_to_another_object() -> None:
    user = Actor("user", watches=(Node,), own={"done": False}, role=Role.USER)

    @user.each(Node)
    def delete(node: Any, here: Any, api: Any) -> Iterator[Any]:
        if node is not None and node.name == "a":
            yield api.delete(node)

    @user.once()
    def add(cache: Any, here: Any, api: Any) -> Iterator[Any]:
        if not here.done:
            yield here.set(done=True), api.create(Node("c"))

    scope = Scope(slots={Node: 3, Pod: 1}, nodes=NODES, stored=(Pod(node=Ref("nodes", 0)),))
    walk = Walk(Cluster("again", (user,), scope, (), kinds_used=(Pod,), pipeline=granting()).system())
    walk("user.delete")
    walk("user.add")
    assert [walk.latest(("nodes", i)) and walk.latest(("nodes", i)).name for i in range(3)] == [None, "b", "c"]
