"""Closed scopes of Services: who gets traffic while the pods behind an address change.

The reconciles of Deployments and ReplicaSets are one step each here: what they do call by call is told elsewhere, and
what matters here is in which order pods, slices and rules change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from kspec.kernel.actions import Role
from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.cluster import Cluster, Component, Scope
from kspec.kube.networking import HEADLESS, EndpointSlice, Ingress, IngressPath, Service, ServicePort, ServiceType
from kspec.kube.objects import (
    Container,
    ContainerProbe,
    Deployment,
    LabelSelector,
    Pod,
    PodSpec,
    ReplicaSet,
    labels,
)
from kspec_models import users
from kspec_models.apiserver import NOT_MODELLED
from kspec_models.controllers.deployment.reconcile import deployment
from kspec_models.controllers.endpointslice.reconcile import endpointslice
from kspec_models.controllers.replicaset.reconcile import replicaset
from kspec_models.controllers.service.reconcile import CloudLoadBalancer
from kspec_models.controllers.service.reconcile import service as service_controller
from kspec_models.kubelet import kubelet
from kspec_models.kubelet.life import Life
from kspec_models.kubelet.programs import programs
from kspec_models.pre_stop import LongEnough
from kspec_models.proxy import starting
from kspec_models.proxy.dns import dns
from kspec_models.proxy.ingress import ingress_controller
from kspec_models.proxy.kube_proxy import kube_proxy
from kspec_models.scheduler.schedule import scheduler
from kspec_models.scopes.workloads import a_deployment, a_replicaset, node, template
from kspec_models.traffic import ClusterIP, Name, NodePort, Url, Way, clients

FRONT = Service("web", labels(app="web"))
"""The Service that all these clusters have."""

ENDED = "no_packet_reaches_a_pod_that_has_ended"
REFUSED = "a_service_that_answered_refuses_no_packet"
SAME_PODS = "every_way_to_a_service_leads_to_the_same_pods_when_all_is_quiet"


def cluster(
    name: str,
    people: Sequence[Component],
    *,
    pods: int,
    ways: Sequence[Way] = (ClusterIP(FRONT),),
    send: bool = True,
    deployments: bool = True,
    replicasets: bool = True,
    kubelets: Component | None = None,
    others: Sequence[Component] = (),
    kinds: Sequence[type] = (),
    silent: Sequence[str] = (),
    whole: Sequence[str] = (),
    stored: Sequence[Any] = (),
    promises: Sequence[str] = ("services",),
    caches: Mapping[str, str] | None = None,
    **more: Any,
) -> Cluster:
    """Pods behind a Service, and clients that send to it. `silent`: promises that have nothing to speak of here.

    `whole`: further controllers whose reconciles are one step.
    """
    components: list[Component] = [clients(*ways, send=send), *people, endpointslice, kube_proxy(), *others]
    components += [deployment] if deployments else []
    components += [replicaset] if replicasets else []
    components += [scheduler(), kubelets or kubelet()]
    sets = (ReplicaSet,) if replicasets else ()
    used = (Pod, *sets, *((Deployment,) if deployments else ()), Service, EndpointSlice, *kinds)
    whole = (*[name for name in ("deployment", "replicaset") if name in {c.name for c in components}], *whole)
    promised = [promise for part in promises for promise in load().parts[part] if promise.name not in silent]
    return Cluster(
        name,
        components,
        Scope(slots={Pod: pods}, nodes=(node(),), caches=caches or {}, whole=frozenset(whole), stored=stored),
        (*load().properties.values(), *promised),
        kinds_used=used,
        not_modelled=NOT_MODELLED,
        not_applicable=tuple(silent),
        **more,
    )


@system("service.rollout", quick=True)
def service_rollout() -> System:
    """Expected to fail: a Deployment of one behind a Service, its image is changed; who still gets traffic?

    The old pod's containers end while the rules of the node still name it: the EndpointSlice controller, kube-proxy and
    the kubelet hear of the deletion at the same time, and nobody waits for anybody.
    """
    web = a_deployment("web", 1)
    people = (users.apply([FRONT, web]), users.rollout(web, "web:2"))
    silent = ("each_endpoint_gets_an_equal_share", SAME_PODS)
    return cluster("service.rollout", people, pods=2, silent=silent, expected=(ENDED,)).system()


@system("service.rollout.prestop", quick=True)
def service_rollout_prestop() -> System:
    """The same with a preStop sleep that outlasts kube-proxy's delay: no packet reaches a pod that has ended."""
    web = a_deployment("web", 1)
    people = (users.apply([FRONT, web]), users.rollout(web, "web:2"))
    silent = ("each_endpoint_gets_an_equal_share", SAME_PODS)
    patient = LongEnough(kubelet())
    return cluster("service.rollout.prestop", people, pods=2, silent=silent, kubelets=patient).system()


@system("service.rollout.late")
def service_rollout_late() -> System:
    """The same, with a kube-proxy and an EndpointSlice controller whose caches are late, and may jump to the latest."""
    web = a_deployment("web", 1)
    return cluster(
        "service.rollout.late",
        (users.apply([FRONT, web]), users.rollout(web, "web:2")),
        pods=2,
        silent=("each_endpoint_gets_an_equal_share", SAME_PODS),
        kubelets=LongEnough(kubelet()),
        caches={"kube-proxy": "relisted", "endpointslice": "coalesced"},
    ).system()


@system("service.unready", quick=True)
def service_unready() -> System:
    """Expected to fail: an image that never becomes ready. The rollout is stuck; all traffic stays with the old pod."""
    web = a_deployment("web", 1)
    people = (users.apply([FRONT, web]), users.rollout(web, "web:2"))
    silent = ("each_endpoint_gets_an_equal_share", SAME_PODS)
    return cluster(
        "service.unready",
        people,
        pods=2,
        silent=silent,
        kubelets=kubelet(broken_images=frozenset({"web:2"})),
        expected=("a_rollout_completes",),
        idle=("kubelet.stop", "kubelet.remove"),
    ).system()


@system("service.readiness", quick=True)
def service_readiness() -> System:
    """Expected to fail: the program in the only pod of a Service is busy, or hangs; its readiness probe notices.

    Until that has come to the rules, packets meet a program that does not take them; then nobody does, until it is
    ready again.
    """
    web = Container("web", "web:1", readiness_probe=ContainerProbe(1))
    pod = Pod(FRONT.selector, PodSpec((web,)))
    return cluster(
        "service.readiness",
        (users.apply([FRONT, pod]), programs(troubles=1)),
        pods=1,
        deployments=False,
        replicasets=False,
        kubelets=kubelet(detail=Life()),
        silent=("each_endpoint_gets_an_equal_share", SAME_PODS),
        whole=("endpointslice",),
        expected=(REFUSED,),
        idle=("kubelet.stop", "kubelet.remove", "kubelet.forget", "kubelet.back off is over", "programs.finish"),
    ).system()


def coloured(name: str, colour: str, replicas: int) -> ReplicaSet:
    """A ReplicaSet of the app web, of one colour."""
    selected = labels(app="web", colour=colour)
    pods = attrs.evolve(template("web", f"web:{colour}"), labels=selected)
    return ReplicaSet(name, LabelSelector(selected), pods, replicas)


@system("service.bluegreen", quick=True)
def service_bluegreen() -> System:
    """Blue and green side by side; once green is complete the user points the Service's selector from blue to green."""
    blue, green = coloured("blue", "blue", 1), coloured("green", "green", 1)
    front = attrs.evolve(FRONT, selector=labels(app="web", colour="blue"))
    people = (users.apply([front, blue, green]), users.switch(front, green))
    return cluster(
        "service.bluegreen",
        people,
        pods=2,
        deployments=False,
        silent=("each_endpoint_gets_an_equal_share", SAME_PODS),
        idle=("kubelet.stop", "kubelet.remove"),
    ).system()


@system("service.canary", quick=True)
def service_canary() -> System:
    """One selector over two ReplicaSets: two stable pods and one canary, each with a third of the traffic.

    The clients' packets that meet each pod are a matter of chance alone: no label and no weight divides them.
    """
    stable, canary = coloured("stable", "stable", 2), coloured("canary", "canary", 1)
    return cluster(
        "service.canary",
        (),
        stored=(FRONT, stable, canary),
        pods=3,
        deployments=False,
        silent=(SAME_PODS,),
        whole=("endpointslice",),
        idle=("kubelet.stop", "kubelet.remove"),
    ).system()


@system("service.kinds", quick=True)
def service_kinds() -> System:
    """Cluster IP, node port, the name of a headless Service and an Ingress: four ways to the same two pods."""
    front = attrs.evolve(FRONT, type=ServiceType.NODE_PORT, ports=(ServicePort(node_port=30080),))
    peers = Service("peers", labels(app="web"), cluster_ip=HEADLESS)
    rules = Ingress("shop", (IngressPath("/", "web", host="shop.example"),))
    web = a_replicaset("web", 2)
    return cluster(
        "service.kinds",
        (users.apply([front, peers, rules, web]),),
        pods=2,
        ways=(ClusterIP(front), NodePort(front), Name(peers), Url("shop.example")),
        send=False,
        deployments=False,
        others=(dns(), ingress_controller()),
        kinds=(Ingress,),
        silent=(ENDED, REFUSED),
        whole=("endpointslice",),
        idle=("kubelet.stop", "kubelet.remove"),
    ).system()


def gives_up_its_load_balancer(name: str) -> Actor:
    """At any time, once, the user deletes the Service, or wants only a cluster IP for it."""
    actor = Actor(
        "user",
        watches=(Service,),
        own={"gave up": False},
        role=Role.USER,
        assumes=("the user changes or deletes the Service at most once",),
    )

    @actor.each(Service)
    def give_up(service: Any, here: Here, api: Api) -> Iterator[Any]:
        if service is not None and service.name == name and not getattr(here, "gave up"):
            done = here.set(**{"gave up": True})
            yield "deletes it", api.delete(service), done
            yield "type ClusterIP", api.patch(service, type=ServiceType.CLUSTER_IP), done

    return actor


@system("service.loadbalancer", quick=True)
def service_loadbalancer() -> System:
    """A Service has the cloud make a load balancer; the user deletes it, or wants none any more, and the controller,
    whose cache is late, crashes once: no load balancer is left behind."""
    front = attrs.evolve(FRONT, type=ServiceType.LOAD_BALANCER)
    return Cluster(
        "service.loadbalancer",
        (users.apply([front]), gives_up_its_load_balancer(front.name), service_controller),
        Scope(caches={"service": "delayed"}, crashes={"service": 1}),
        (*load().properties.values(), *load().parts["service.loadbalancer"]),
        kinds_used=(Service, CloudLoadBalancer),
        not_modelled=NOT_MODELLED,
    ).system()


@system("proxy.start", quick=True)
def proxy_start() -> System:
    """Expected to fail: a kube-proxy that is told to use ipvs, on a node whose kernel lacks it.

    It exits, and is started again, until it can do what it was told; until somebody loads the modules, the node serves
    nobody. With `proxy.ipvs-missing=fall-back`, as before release 1.26, it runs iptables instead: all Services are
    served, and not as it was told.
    """
    web = a_replicaset("web", 1)
    return cluster(
        "proxy.start",
        (starting.administrator(), starting.node()),
        stored=(FRONT, web),
        pods=1,
        ways=(ClusterIP(FRONT, runs=starting.RUNS),),
        deployments=False,
        promises=("proxy.start", "services"),
        silent=("each_endpoint_gets_an_equal_share", SAME_PODS),
        processes={"kube-proxy": starting.is_running},
        expected=("services_reach_ready_pods_when_all_is_quiet",),
        idle=("kubelet.stop", "kubelet.remove"),
    ).system()
