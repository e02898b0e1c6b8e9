"""Services, EndpointSlices and Ingresses as objects: addresses that are remembered, and how they are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kspec.kernel.actions import Role
from kspec.kernel.values import Ref, Uid
from kspec.kube.actor import Actor
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.narrate import MENTION
from kspec.kube.networking import HEADLESS, Endpoint, EndpointSlice, Ingress, Service
from kspec.kube.objects import Pod
from kspec.kube.scope import resource_of
from kspec.kube.wording import in_words, object_in_words

from .small import Walk, granting


def called(mention: Ref | Uid) -> str:
    assert isinstance(mention, Ref)
    return "ab"[mention.index]


def one_pod_after_another() -> Actor:
    """Posts a pod, deletes it, posts another one; at any time it empties the slice."""
    actor = Actor("user", watches=(Pod, EndpointSlice), own={"posted": 0}, role=Role.USER)

    @actor.once()
    def post(cache: Any, here: Any, api: Any) -> Iterator[Any]:
        if here.posted < 2 and not cache.list(Pod):
            yield here.set(posted=here.posted + 1), api.create(Pod())

    @actor.each(Pod)
    def delete(pod: Any, here: Any, api: Any) -> Iterator[Any]:
        if pod is not None:
            yield api.delete(pod)

    @actor.once()
    def empty(cache: Any, here: Any, api: Any) -> Iterator[Any]:
        found = cache.get(EndpointSlice, "web")
        if found is not None and found.endpoints:
            yield api.patch(found, endpoints=frozenset())

    return actor


@pytest.mark.parametrize(("emptied", "slot"), [(False, 1), (True, 0)])
def test_an_address_that_a_slice_still_names_is_given_to_no_other_pod(emptied: bool, slot: int) -> None:
    named = EndpointSlice("web", frozenset({Endpoint(Ref("pods", 0))}))
    scope = Scope(slots={Pod: 2}, stored=(named,))
    walk = Walk(Cluster("web", (one_pod_after_another(),), scope, properties=(), pipeline=granting()).system())
    if emptied:
        walk("user.empty")
    walk("user.post")

    assert [walk.latest(("pods", i)) is not None for i in range(2)].index(True) == slot


def test_resources_are_spelt_as_the_api_spells_them() -> None:
    assert [resource_of(cls) for cls in (Service, EndpointSlice, Ingress)] == [
        "services",
        "endpointslices",
        "ingresses",
    ]


def test_a_service_without_a_cluster_ip_is_headless() -> None:
    assert Service("web", cluster_ip=HEADLESS).headless
    assert not Service("web").headless


# ---- how they are told


def test_values_are_told_with_the_names_of_what_they_mention() -> None:
    ends = Endpoint(Ref("pods", 1), ready=False, terminating=True)
    assert in_words(frozenset({ends, Endpoint(Ref("pods", 0))}), called) == "a, b (not ready, terminating)"
    assert in_words(frozenset(), called) == "none"


def test_labels_are_told_as_kubectl_does() -> None:
    assert in_words((("app", "web"), ("tier", "front")), called) == "app=web,tier=front"
    assert in_words((("cpu", 1),), called) == "cpu=1"


def test_a_kind_says_which_fields_tell_it() -> None:
    front = Service("web", (("app", "web"),))
    assert object_in_words(front, called) == "spec.selector\u00a0app=web, spec.clusterIP\u00a0172.30.0.1"
    assert object_in_words(EndpointSlice("web", frozenset({Endpoint(Ref("pods", 0))})), called) == "endpoints\u00a0a"


def test_a_text_that_mentions_members_is_told_with_their_names() -> None:
    found = [MENTION.sub(lambda m: f"{m[1]} number {m[2]}", text) for text in ("web:80 → pods#1, pods#10", "a # 1")]
    assert found == ["web:80 → pods number 1, pods number 10", "a # 1"]
