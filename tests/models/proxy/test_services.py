"""The components of Services, each walked by hand: the EndpointSlice controller, kube-proxy, DNS, clients."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest

from kspec.kernel.settings import applied
from kspec.kernel.values import Ref
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.networking import HEADLESS, Endpoint, Service, ServicePort
from kspec.kube.objects import labels
from kspec_models import users
from kspec_models.kubelet import Containers, kubelet
from kspec_models.kubelet.runtime import Health, Process, Runtime
from kspec_models.proxy import programmed, starting
from kspec_models.proxy.dns import Record, dns, record_of
from kspec_models.proxy.mode import Mode
from kspec_models.proxy.programmed import ServedPort, packet_to, packet_to_node, reached, served_ports, usable
from kspec_models.scopes.services import FRONT, cluster, service_rollout_prestop
from kspec_models.scopes.workloads import a_replicaset
from kspec_models.traffic import Answers, Met, Traffic, evenly, met, traffic
from tests.kspec.kube.small import Walk

A, B, C = (Ref("pods", i) for i in range(3))
UNREADY = Endpoint(B, ready=False, serving=False)
ENDING = Endpoint(C, ready=False, terminating=True)
QUIET = ("endpointslice", "kube-proxy", "dns", "replicaset", "scheduler", "kubelet")


def walk(*things: object, more: tuple[object, ...] = (), **how: object) -> Walk:
    web = a_replicaset("web", 1)
    people = (users.apply([FRONT, *things, web]), users.scale(web, 0), *more)
    return Walk(cluster("walk", people, pods=1, deployments=False, **how).system())  # type: ignore[arg-type]  # options


def applied_all(walked: Walk) -> Walk:
    while walked.can("user.apply"):
        walked("user.apply")
    return walked


def endpoints(walked: Walk, service: str = "web") -> set[Endpoint]:
    return set(walked.latest(f"endpointslices/{service}").endpoints)


# ---- the EndpointSlice controller


def test_a_service_gets_a_slice_before_there_is_any_pod_and_the_pod_s_endpoint_once_it_runs() -> None:
    walked = walk()
    walked("user.apply")
    walked.until_quiet("endpointslice")
    assert endpoints(walked) == set()
    assert walked.latest("endpointslices/web").owner.name == "web"
    applied_all(walked).until_quiet(*QUIET)
    assert endpoints(walked) == {Endpoint(A)}


def test_a_pod_that_runs_and_is_not_ready_is_an_endpoint_that_is_not_ready() -> None:
    walked = applied_all(walk(kubelets=kubelet(broken_images=frozenset({"web:1"})))).until_quiet(*QUIET)
    assert endpoints(walked) == {Endpoint(A, ready=False, serving=False)}


def test_with_publish_not_ready_addresses_it_is_ready_all_the_same() -> None:
    peers = Service("peers", FRONT.selector, cluster_ip=HEADLESS, publish_not_ready_addresses=True)
    walked = applied_all(walk(peers, kubelets=kubelet(broken_images=frozenset({"web:1"})))).until_quiet(*QUIET)
    assert endpoints(walked, "peers") == {Endpoint(A, ready=True, serving=False)}


def test_a_pod_that_is_being_deleted_terminates_and_still_serves_until_it_is_gone() -> None:
    walked = applied_all(walk()).until_quiet(*QUIET)
    walked("user.scale")
    walked.until_quiet("replicaset", "endpointslice")
    assert endpoints(walked) == {Endpoint(A, ready=False, serving=True, terminating=True)}
    walked.until_quiet("kubelet", "endpointslice")
    assert endpoints(walked) == set()


def test_a_service_selects_nothing_without_a_selector_and_no_pods_of_other_labels() -> None:
    bare, other = Service("bare", cluster_ip="172.30.0.2"), Service("other", labels(app="db"), cluster_ip="172.30.0.3")
    walked = applied_all(walk(bare, other))
    syncs = {step.action.kind for step in walked.can("endpointslice")}
    assert syncs == {"endpointslice.sync web", "endpointslice.sync other"}
    walked.until_quiet(*QUIET)
    assert endpoints(walked, "other") == set() and endpoints(walked) == {Endpoint(A)}


# ---- kube-proxy


def test_rules_follow_a_slice_only_by_a_sync() -> None:
    walked = applied_all(walk())
    walked.until_quiet(*[name for name in QUIET if name != "kube-proxy"])
    assert walked.at("kube-proxy/rules") == frozenset()
    walked("kube-proxy.sync rules")
    assert walked.at("kube-proxy/rules") == frozenset(
        {ServedPort("web", FRONT.cluster_ip, FRONT.ports[0], frozenset({A}))}
    )
    assert not walked.can("kube-proxy")


def test_ready_endpoints_are_used_and_if_there_are_none_those_that_still_serve_while_they_end() -> None:
    assert usable([Endpoint(A), UNREADY, ENDING]) == {A}
    assert usable([UNREADY, ENDING]) == {C}
    assert usable([UNREADY]) == frozenset()


def test_a_headless_service_is_not_kube_proxy_s() -> None:
    assert served_ports(attrs.evolve(FRONT, cluster_ip=HEADLESS), [Endpoint(A)]) == ()
    two = attrs.evolve(FRONT, ports=(ServicePort(80, name="http"), ServicePort(443, name="https")))
    assert [each.port.port for each in served_ports(two, [Endpoint(A)])] == [80, 443]


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("number", [1, 2, 3, 7])
def test_packets_reach_every_endpoint_with_the_same_probability(mode: Mode, number: int) -> None:
    pods = frozenset(Ref("pods", i) for i in range(number))
    port = ServicePort(node_port=30080)
    node = frozenset({ServedPort("web", "172.30.0.1", port, pods), ServedPort("db", "172.30.0.2", ServicePort(5432))})

    alike = dict.fromkeys(pods, Fraction(1, number))
    assert reached(node, packet_to("172.30.0.1", port), mode) == alike
    assert reached(node, packet_to_node(port), mode) == alike


@pytest.mark.parametrize("mode", list(Mode))
def test_without_endpoints_or_rules_a_packet_reaches_nobody(mode: Mode) -> None:
    empty = frozenset({ServedPort("web", "172.30.0.1", ServicePort())})
    for node in (frozenset(), empty):
        assert reached(node, packet_to("172.30.0.1", ServicePort()), mode) == {None: 1}


def test_who_is_reached_does_not_depend_on_which_pod_is_which() -> None:
    def shares(pods: frozenset[Ref]) -> list[Fraction]:
        node = frozenset({ServedPort("web", "172.30.0.1", ServicePort(), pods)})
        return sorted(reached(node, packet_to("172.30.0.1", ServicePort()), Mode.IPTABLES).values())

    assert shares(frozenset({A, B})) == shares(frozenset({B, C})) == shares(frozenset({A, Ref("pods", 300)}))


def test_addresses_of_pods_are_their_own() -> None:
    assert len({programmed.address_of(Ref("pods", i)) for i in range(1000)}) == 1000


# ---- DNS


def test_a_name_is_the_cluster_ip_or_the_ready_pods_of_a_headless_service() -> None:
    assert record_of(FRONT, frozenset()) == Record("web", FRONT.cluster_ip)
    headless = attrs.evolve(FRONT, cluster_ip=HEADLESS)
    assert record_of(headless, frozenset({Endpoint(A), UNREADY, ENDING})) == Record("web", pods=frozenset({A}))


def test_names_follow_the_slices_only_by_a_step_of_the_dns_server() -> None:
    peers = Service("peers", FRONT.selector, cluster_ip=HEADLESS)
    walked = applied_all(walk(peers, others=(dns(),)))
    walked.until_quiet(*[name for name in QUIET if name != "dns"])
    assert walked.at("dns/records") == frozenset()
    walked("dns")
    assert walked.at("dns/records") == frozenset(
        {Record("web", FRONT.cluster_ip), Record("peers", pods=frozenset({A}))}
    )


# ---- clients


@pytest.mark.parametrize(
    ("pod", "containers", "what"),
    [
        ((True,), Containers.RUNNING, Met.READY),
        (None, Containers.RUNNING, Met.READY),
        ((False,), Containers.RUNNING, Met.UNREADY),
        ((True,), Containers.NONE, Met.ENDED),
        (None, Containers.NONE, Met.ENDED),
    ],
)
def test_what_answers_is_what_runs(pod: tuple[bool] | None, containers: Containers, what: Met) -> None:
    assert met(pod, containers) is what


@pytest.mark.parametrize(
    ("containers", "what"),
    [
        ((Process(1), Process(1)), Met.READY),
        ((Process(1, health=Health.BUSY),), Met.UNREADY),
        ((Process(1), Process(1, health=Health.STARTING)), Met.UNREADY),
        ((Process(0, exit_code=0), Process(1)), Met.READY),
        ((Process(0, exit_code=0),), Met.ENDED),
        ((), Met.ENDED),
    ],
)
def test_where_every_container_is_shown_what_answers_is_how_its_programs_do(
    containers: tuple[Process, ...], what: Met
) -> None:
    assert Answers()(Runtime(True, containers)) is what


def test_shares_of_packets_add_up() -> None:
    def meets(pod: Ref | None) -> Met:
        return {A: Met.READY, B: Met.ENDED, C: Met.UNREADY, None: Met.REFUSED}[pod]

    assert traffic(evenly(frozenset({A, B, C})), meets) == Traffic(ready=1, ended=1, unready=1, of=3)
    assert traffic(evenly(frozenset()), meets) == Traffic(refused=1, of=1)
    assert traffic({A: Fraction(1, 2), B: Fraction(1, 3), C: Fraction(1, 6)}, meets) == Traffic(3, 1, 2, 0, 6)
    assert str(Traffic(ready=1, ended=2, of=3)) == "1/3 a ready pod, 2/3 a pod that has ended"
    assert str(Traffic(ready=2, of=2)) == "a ready pod"
    assert str(Traffic()) == "none was sent"


def test_a_client_sends_once_it_would_be_answered_and_again_when_the_answer_would_be_another_one() -> None:
    walked = applied_all(walk())
    assert not walked.can("client")
    walked.until_quiet(*QUIET)
    walked("client")
    assert walked.at("client/web:80") == Traffic(ready=1, of=1)
    assert not walked.can("client")
    walked("user.scale")
    walked.until_quiet("replicaset", "kubelet.stop")
    assert walked("client").step.says == "all to pods#0, which has ended"
    walked.until_quiet(*QUIET)
    assert walked("client").step.says == "all refused"


def test_the_proxy_s_mode_is_a_setting_and_both_send_alike() -> None:
    for mode in Mode:
        with applied({"proxy.mode": mode.value}):
            walked = applied_all(walk()).until_quiet(*QUIET)
            walked("client")
            assert walked.at("client/web:80") == Traffic(ready=1, of=1)


# ---- a preStop sleep, and a start


def test_a_long_enough_sleep_ends_when_no_slice_and_no_rule_leads_to_the_pod() -> None:
    walked = Walk(service_rollout_prestop())
    applied_all(walked).until_quiet("deployment", *QUIET)
    walked("user.rollout")
    walked.until_quiet("deployment", "replicaset", "scheduler", "kubelet")
    assert [pod.deleting for pod in walked.all("pods")] == [True, False], "the sleep holds up the end of the old pod"
    for step in ("endpointslice.sync", "endpointslice.call", "kube-proxy.sync"):
        assert not walked.can("kubelet.stop")
        walked(step)
    assert walked.can("kubelet.stop")


def test_a_kube_proxy_starts_as_often_as_it_must_until_ipvs_can_be_used() -> None:
    walked = Walk(Cluster("start", (starting.administrator(), starting.node()), Scope(), properties=()).system())
    assert walked("node.start").step.says == "ipvs cannot be used: it exits, and will be started again"
    assert walked.at("node/runs") is None and not walked.can("node")
    walked("administrator.load")
    walked("node.start")
    assert walked.at("node/runs") is Mode.IPVS and not walked.can("node")
