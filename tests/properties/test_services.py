"""What is promised of Services holds, is exercised, and is broken by a twin that it notices."""

from __future__ import annotations

import pytest

import kspec
from kspec.kernel.result import Verdict
from kspec_models.proxy.mode import Mode
from kspec_properties.services import ALL, OF_LOAD_BALANCERS, OF_STARTS
from tests.properties.checking import checked

EVERY = (*ALL, *OF_STARTS, *OF_LOAD_BALANCERS)
MUTANTS = {
    "services_reach_ready_pods_when_all_is_quiet": ("service.unready", "proxy.endpoints=all"),
    "endpoints_are_true_when_all_is_quiet": ("service.unready", "endpointslice.ready=ignored"),
    "each_endpoint_gets_an_equal_share": ("service.canary", "proxy.probability=same-for-each"),
    "no_packet_reaches_a_pod_that_has_ended": ("service.rollout.prestop", "kubelet.pre-stop=short"),
    "a_service_that_answered_refuses_no_packet": ("service.bluegreen", "user.switch=hasty"),
    "every_way_to_a_service_leads_to_the_same_pods_when_all_is_quiet": ("service.kinds", "dns.headless=unknown"),
}
STARTS = {
    "kube_proxy_runs_in_no_other_mode_than_it_was_told": ("proxy.start", "proxy.ipvs-missing=fall-back"),
    "kube_proxy_runs_once_it_can": ("proxy.start", "proxy.restart=never"),
}
BALANCERS = {
    "no_load_balancer_outlives_its_service": ("service.loadbalancer", "service.finalizer=never"),
    "load_balancers_are_those_that_are_wanted_in_the_end": ("service.loadbalancer", "service.wants=never"),
    "a_deleted_service_goes": ("service.loadbalancer", "service.cleanup=forgotten"),
}
TWINS = {**MUTANTS, **STARTS, **BALANCERS}
SYSTEMS = (
    "service.rollout",
    "service.rollout.prestop",
    "service.unready",
    "service.readiness",
    "service.bluegreen",
    "service.canary",
    "service.kinds",
    "service.loadbalancer",
)


def test_each_property_has_a_witness_and_a_mutant() -> None:
    assert {promise.name for promise in EVERY} == set(TWINS)
    assert all(promise.witness is not None for promise in EVERY)


@pytest.mark.parametrize("mode", [mode.value for mode in Mode])
@pytest.mark.parametrize("name", SYSTEMS)
def test_each_system_gives_the_verdicts_that_it_declares_in_both_modes(name: str, mode: str) -> None:
    result = checked(name, f"proxy.mode={mode}")

    violated = {found.name for found in result.properties if found.verdict is Verdict.VIOLATED}
    assert violated == set(result.expected)
    assert all(found.verdict is Verdict.HOLDS for found in result.properties if found.name not in violated)
    assert result.complete and result.never_enabled == ()


def test_late_caches_change_nothing_as_long_as_the_sleep_outlasts_them() -> None:
    late = checked("service.rollout.late")

    assert late.verdict is Verdict.HOLDS and late.complete
    assert late.distinct_states > 10 * checked("service.rollout.prestop").distinct_states


@pytest.mark.parametrize("name", TWINS)
def test_a_broken_twin_is_noticed_by_the_property_that_it_breaks(name: str) -> None:
    system, setting = TWINS[name]

    assert checked(system).property(name).verdict is Verdict.HOLDS
    broken = checked(system, setting, only=name).property(name)
    assert broken.verdict is Verdict.VIOLATED
    assert broken.trace is not None and broken.trace.clause


def test_a_twin_that_gives_each_rule_the_same_probability_is_told_by_the_shares_that_come_out() -> None:
    broken = checked("service.canary", "proxy.probability=same-for-each").property("each_endpoint_gets_an_equal_share")

    assert broken.trace is not None
    assert broken.trace.clause == "the shares of web's endpoints are 1/3, 2/9, 4/9"


def test_a_rollout_sends_packets_to_a_pod_that_has_ended_and_the_story_replays() -> None:
    trace = kspec.check("service.rollout").property("no_packet_reaches_a_pod_that_has_ended").trace

    assert trace is not None
    acts = [step.action.kind for step in trace.steps]
    assert acts.index("kubelet.stop") < len(acts) - 1 and acts[-1] == "client.sends to web:80"
    assert kspec.replay(trace).verdict is Verdict.REPRODUCED


def test_a_violated_promise_is_also_found_by_random_runs() -> None:
    name = "no_packet_reaches_a_pod_that_has_ended"
    result = kspec.fuzz("service.rollout", properties=[name])
    assert result.property(name).verdict is Verdict.VIOLATED


def test_a_kube_proxy_that_falls_back_serves_services_where_one_of_today_exits() -> None:
    served, told = "services_reach_ready_pods_when_all_is_quiet", "kube_proxy_runs_in_no_other_mode_than_it_was_told"
    today, before = checked("proxy.start"), checked("proxy.start", "proxy.ipvs-missing=fall-back")

    assert [today.property(name).verdict for name in (served, told)] == [Verdict.VIOLATED, Verdict.HOLDS]
    assert [before.property(name).verdict for name in (served, told)] == [Verdict.HOLDS, Verdict.VIOLATED]
    trace = before.property(told).trace
    assert trace is not None
    assert trace.steps[-1].step.says == "runs iptables, since ipvs cannot be used"
