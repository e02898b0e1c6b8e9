"""The admission chain: what every write passes and no read, plugin by plugin."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kernel.settings import applied
from kspec.kube.core import (
    LimitRange,
    LimitRangeItem,
    LimitType,
    Namespace,
    NamespacePhase,
    Ratio,
    ResourceQuota,
    ServiceAccount,
)
from kspec.kube.objects import Container, Effect, Node, Pod, PodSpec, Taint
from kspec.kube.requests import NOWHERE, Also, Code, Request, Response, Verb
from kspec.kube.scheduling import PreemptionPolicy, PriorityClass
from kspec.kube.storage import PersistentVolumeClaim, StorageClass
from kspec_models.apiserver import admission, limit_ranger, serve
from kspec_models.apiserver.namespace_lifecycle import refusal
from kspec_models.apiserver.write import Operation, Write
from tests.models.apiserver.stored import Store

WEB = Pod(spec=PodSpec((Container("web", "web:1"),)), namespace="shop")
SHOP = Namespace("shop")
GOING = attrs.evolve(SHOP, phase=NamespacePhase.TERMINATING, deleting=True)


def post(pod: Pod, store: Store = Store()) -> Response:  # noqa: B008 - never changed
    return serve(Request(Verb.CREATE, "pods", None, object=pod, user="user"), None, True, store)


def pod_of(response: Response) -> Pod:
    assert isinstance(response.object, Pod), response
    return response.object


def with_spec(**changes: Any) -> Pod:
    return attrs.evolve(WEB, spec=attrs.evolve(WEB.spec, **changes))


# ---- the chain


def test_a_cluster_without_their_objects_is_not_asked_by_any_plugin() -> None:
    class Never:
        def uses(self, cls: type) -> bool:
            return False

        def get(self, cls: type, name: str) -> Any:
            raise AssertionError(f"asked for {cls.__name__} {name}")

        def all(self, cls: type, *fields: str) -> tuple[Any, ...]:
            return ()

    request = Request(Verb.CREATE, "pods", None, object=WEB, user="user")
    assert serve(request, None, True, Never()).code is Code.CREATED


def test_a_read_passes_no_admission() -> None:
    going = Store(GOING)
    assert serve(Request(Verb.GET, "pods", "web", user="user"), WEB, True, going).code is Code.OK


def test_plugins_come_in_upstreams_order_and_the_first_refusal_ends_it() -> None:
    names = [plugin.name for plugin in admission.PLUGINS]
    assert names == [
        "NamespaceLifecycle",
        "LimitRanger",
        "ServiceAccount",
        "TaintNodesByCondition",
        "AlwaysPullImages",
        "Priority",
        "DefaultTolerationSeconds",
        "DefaultStorageClass",
        "ResourceQuota",
    ]
    store = Store(GOING, ServiceAccount("other", namespace="shop"))
    admitted = admission.mutate(Write(Operation.CREATE, "pods", WEB, namespace="shop"), store)
    assert [verdict.plugin for verdict in admitted.verdicts] == ["NamespaceLifecycle"]


@pytest.mark.parametrize("plugin", admission.PLUGINS, ids=lambda plugin: plugin.name)
def test_each_plugin_is_on_where_upstream_has_it_on_and_can_be_switched(plugin: admission.Plugin) -> None:
    assert plugin.is_on is (plugin.name != "AlwaysPullImages")
    with applied({plugin.setting: "off" if plugin.is_on else "on"}):
        assert plugin.is_on is (plugin.name == "AlwaysPullImages")


# ---- NamespaceLifecycle


def test_nothing_is_created_in_a_namespace_that_goes_but_what_is_there_may_change_and_go() -> None:
    assert post(WEB, Store(SHOP)).code is Code.CREATED
    assert post(WEB, Store(GOING)).code is Code.FORBIDDEN
    update = Write(Operation.UPDATE, "pods", WEB, WEB, namespace="shop")
    assert refusal(update, GOING) is None
    assert refusal(Write(Operation.DELETE, "pods", None, WEB, namespace="shop"), GOING) is None


def test_a_create_in_a_namespace_that_is_not_there_is_404_but_some_are_always_there() -> None:
    assert post(WEB, Store(Namespace("other"))).code is Code.NOT_FOUND
    assert post(attrs.evolve(WEB, namespace="default"), Store(Namespace("other"))).code is Code.CREATED


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_some_namespaces_may_not_be_deleted(name: str) -> None:
    request = Request(Verb.DELETE, "namespaces", name, user="user")
    assert serve(request, Namespace(name), True, Store(Namespace(name))).code is Code.FORBIDDEN
    assert serve(request, Namespace(name), True, Store()).code is Code.FORBIDDEN


def test_a_namespace_that_is_not_the_clusters_own_may_be_deleted() -> None:
    for name in ("shop", "kube-node-lease"):
        request = Request(Verb.DELETE, "namespaces", name, user="user")
        assert serve(request, Namespace(name), True, Store(Namespace(name))).code is Code.OK


# ---- LimitRanger


def limits(**bounds: Any) -> LimitRange:
    return LimitRange("limits", (LimitRangeItem(LimitType.CONTAINER, **bounds),), namespace="shop")


def test_a_container_that_does_not_say_gets_the_defaults_and_one_that_says_keeps_its_own() -> None:
    store = Store(limits(default=(("cpu", 500),), default_request=(("cpu", 100),)))
    (web,) = pod_of(post(WEB, store)).spec.containers
    assert (web.requests, web.limits) == ((("cpu", 100),), (("cpu", 500),))
    asks = Container("web", "web:1", requests=(("cpu", 200),))
    (web,) = pod_of(post(with_spec(containers=(asks,)), store)).spec.containers
    assert (web.requests, web.limits) == ((("cpu", 200),), (("cpu", 500),))


def test_what_an_item_does_not_say_follows_from_its_maximum_and_its_minimum() -> None:
    item = limit_ranger.with_defaults(limits(max=(("cpu", 1000),), min=(("memory", 5),)).limits[0])
    assert item.default == (("cpu", 1000),)
    assert item.default_request == (("cpu", 1000), ("memory", 5))


@pytest.mark.parametrize(
    ("bounds", "requests", "limited", "fits"),
    [
        ({"max": (("cpu", 100),)}, (("cpu", 100),), (("cpu", 100),), True),
        ({"max": (("cpu", 100),)}, (("cpu", 50),), (("cpu", 101),), False),
        ({"min": (("cpu", 100),)}, (("cpu", 99),), (), False),
        ({"min": (("cpu", 100),)}, (), (), True),
        ({"max_limit_request_ratio": (("cpu", Ratio(3, 2)),)}, (("cpu", 100),), (("cpu", 150),), True),
        ({"max_limit_request_ratio": (("cpu", Ratio(3, 2)),)}, (("cpu", 100),), (("cpu", 151),), False),
        ({"max_limit_request_ratio": (("cpu", Ratio(3, 2)),)}, (("cpu", 100),), (), False),
    ],
)
def test_a_container_outside_the_bounds_is_refused(bounds: Any, requests: Any, limited: Any, fits: bool) -> None:
    pod = with_spec(containers=(Container("web", requests=requests, limits=limited),))
    assert post(pod, Store(limits(**bounds))).code is (Code.CREATED if fits else Code.FORBIDDEN)


def test_bounds_of_a_pod_are_of_the_sum_of_its_containers() -> None:
    two = tuple([Container(name, requests=(("cpu", 60),), limits=(("cpu", 60),)) for name in ("a", "b")])
    item = LimitRangeItem(LimitType.POD, max=(("cpu", 100),))
    refused = post(with_spec(containers=two), Store(LimitRange("limits", (item,), namespace="shop")))
    assert refused.code is Code.FORBIDDEN
    assert "120 cpu is more than the maximum of 100" in refused.message


def test_limits_of_another_namespace_do_not_count() -> None:
    elsewhere = attrs.evolve(limits(default_request=(("cpu", 100),)), namespace="db")
    assert pod_of(post(WEB, Store(elsewhere))).spec.containers[0].requests == ()


# ---- ServiceAccount


def test_a_pods_service_account_must_exist_unless_the_pod_only_mirrors_a_static_one() -> None:
    assert post(WEB, Store(ServiceAccount("default", namespace="shop"))).code is Code.CREATED
    other = Store(ServiceAccount("default", namespace="db"))
    assert post(WEB, other).code is Code.FORBIDDEN
    assert post(attrs.evolve(WEB, mirror=True), other).code is Code.CREATED


def test_a_pod_without_a_service_account_runs_as_default() -> None:
    assert pod_of(post(with_spec(service_account_name=""))).spec.service_account_name == "default"


# ---- TaintNodesByCondition


def test_a_new_node_takes_no_pods_until_its_taint_is_removed() -> None:
    request = Request(Verb.CREATE, "nodes", "n1", object=Node("n1"), user="user")
    node = serve(request, None, True, Store()).object
    assert isinstance(node, Node)
    assert node.taints == (Taint("node.kubernetes.io/not-ready", effect=Effect.NO_SCHEDULE),)
    again = serve(attrs.evolve(request, object=node), None, True, Store()).object
    assert again == node


# ---- AlwaysPullImages


def test_images_are_always_pulled_only_where_the_plugin_is_on() -> None:
    assert pod_of(post(WEB)).spec.containers[0].image_pull_policy == ""
    with applied({"apiserver.admission.AlwaysPullImages": "on"}):
        assert pod_of(post(WEB)).spec.containers[0].image_pull_policy == "Always"


# ---- Priority


def test_a_pod_gets_the_number_of_its_class_and_an_unknown_class_is_refused() -> None:
    high = Store(PriorityClass("high", 1000, preemption_policy=PreemptionPolicy.NEVER))
    spec = pod_of(post(with_spec(priority_class_name="high"), high)).spec
    assert (spec.priority, spec.preemption_policy) == (1000, "Never")
    assert post(with_spec(priority_class_name="gone"), high).code is Code.FORBIDDEN
    assert pod_of(post(with_spec(priority_class_name="system-node-critical"), high)).spec.priority == 2_000_001_000


def test_a_pods_own_number_that_is_not_its_classs_is_refused() -> None:
    high = Store(PriorityClass("high", 1000))
    assert post(with_spec(priority_class_name="high", priority=999), high).code is Code.FORBIDDEN
    assert post(with_spec(priority=5), high).code is Code.FORBIDDEN
    assert pod_of(post(with_spec(priority=5))).spec.priority == 5


def test_a_second_default_class_is_refused() -> None:
    first, second = PriorityClass("a", 1, global_default=True), PriorityClass("b", 2, global_default=True)
    request = Request(Verb.CREATE, "priorityclasses", "b", object=second, user="user")
    assert serve(request, None, True, Store(first)).code is Code.FORBIDDEN
    assert serve(request, None, True, Store(PriorityClass("a", 1))).code is Code.CREATED


# ---- DefaultStorageClass


def test_a_claim_that_names_no_class_gets_the_default_one_and_one_that_wants_none_gets_none() -> None:
    store = Store(StorageClass("slow"), StorageClass("fast", default=True))

    def stored(claim: PersistentVolumeClaim, look: Store) -> Any:
        request = Request(Verb.CREATE, "persistentvolumeclaims", claim.name, object=claim, user="user")
        return serve(request, None, True, look).object

    assert stored(PersistentVolumeClaim("data"), store).storage_class == "fast"
    assert stored(PersistentVolumeClaim("data", storage_class=""), store).storage_class == ""
    assert stored(PersistentVolumeClaim("data"), Store(StorageClass("slow"))).storage_class is None


# ---- ResourceQuota


def test_a_pod_is_charged_to_the_quota_of_its_namespace_with_its_own_create() -> None:
    quota = ResourceQuota("few", (("pods", 1),), (("pods", 0),), namespace="shop")
    charged = post(WEB, Store(quota))
    assert charged.code is Code.CREATED
    assert charged.also == (Also(ResourceQuota, "few", attrs.evolve(quota, used=(("pods", 1),))),)
    full = post(WEB, Store(attrs.evolve(quota, used=(("pods", 1),))))
    assert (full.code, full.also) == (Code.FORBIDDEN, ())
    elsewhere = post(attrs.evolve(WEB, namespace="db"), Store(attrs.evolve(quota, used=(("pods", 1),))))
    assert (elsewhere.code, elsewhere.also) == (Code.CREATED, ())


def test_the_charge_of_a_create_that_fails_later_is_not_taken_back() -> None:
    quota = ResourceQuota("few", (("pods", 5),), (("pods", 0),), namespace="shop")
    named = attrs.evolve(WEB, name="web-0")
    request = Request(Verb.CREATE, "pods", None, object=named, user="user")
    taken = serve(request, named, True, Store(quota))
    assert taken.code is Code.ALREADY_EXISTS
    assert taken.also


def test_what_limits_fill_in_is_what_a_quota_is_charged_with() -> None:
    store = Store(
        limits(default=(("cpu", 500),), default_request=(("cpu", 100),)),
        ResourceQuota("cpu", (("requests.cpu", 150),), (("requests.cpu", 0),), namespace="shop"),
    )
    (charge,) = post(WEB, store).also
    assert isinstance(charge.object, ResourceQuota) and charge.object.used == (("requests.cpu", 100),)
    without = Store(*[thing for thing in store.things if isinstance(thing, ResourceQuota)])
    refused = post(WEB, without)
    assert refused.code is Code.FORBIDDEN
    assert "must say how much" in refused.message


def test_nothing_is_looked_for_where_nothing_is() -> None:
    write = Write(Operation.CREATE, "pods", WEB, namespace="shop")
    assert admission.validate(write, NOWHERE).also == ()
