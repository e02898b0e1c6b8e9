"""What is promised of static pods and of the control plane holds, was exercised, and is broken by what is broken."""

from __future__ import annotations

import pytest

from kspec.kernel.actions import Reader, Set
from kspec.kernel.result import Verdict
from kspec.kube import delivering
from kspec.kube.cluster import Cluster
from kspec.kube.component import Component, Writes
from kspec.kube.serving import IsInitial
from kspec_models.kubelet import exits
from kspec_properties.control_plane import OF_STATIC_PODS, OF_THE_CONTROL_PLANE
from tests.properties.checking import checked

STATIC, BOOTSTRAP = "kubelet.static", "control_plane.bootstrap"

MUTANTS = {
    "the_end_of_a_mirror_pod_ends_nothing": (STATIC, "kubelet.mirror=ends-the-pod"),
    "static_pods_run_while_their_files_are_there": (STATIC, "kubelet.static=once"),
    "mirror_pods_are_true_when_all_is_quiet": (STATIC, "kubelet.mirror=created-once"),
    "nothing_is_stored_while_the_api_server_is_away": (BOOTSTRAP, "control-plane.store=not-needed"),
    "containers_run_on_whatever_the_control_plane_does": (BOOTSTRAP, "kubelet.stop=unready"),
    "no_pod_is_bound_without_the_scheduler": (BOOTSTRAP, "control-plane.processes=not-needed"),
    "no_pod_is_replaced_without_the_controller_manager": (BOOTSTRAP, "control-plane.processes=not-needed"),
    "the_cluster_recovers": (BOOTSTRAP, "kubelet.static=once"),
}


@pytest.mark.parametrize("name", [STATIC, BOOTSTRAP])
def test_everything_that_is_promised_holds_and_is_exercised(name: str) -> None:
    result = checked(name)

    assert result.complete and result.never_enabled == ()
    assert {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS} == {}


def test_each_promise_has_a_witness_and_a_mutant() -> None:
    promises = (*OF_STATIC_PODS, *OF_THE_CONTROL_PLANE)
    assert {p.name for p in promises} == set(MUTANTS)
    assert all(p.witness is not None for p in promises)


@pytest.mark.parametrize("name", MUTANTS)
def test_what_is_broken_is_noticed(name: str) -> None:
    found = checked(*MUTANTS[name], only=name).property(name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


def test_a_controller_that_is_started_again_must_list_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_its_memory(cluster: Cluster, see: Reader, component: Component) -> Writes:
        lost = delivering.remembered(cluster, component)
        return [(variable, Set(initial)) for variable, initial in lost if not see(variable, IsInitial(initial))]

    late = "control_plane.late"
    assert checked(late).property("no_surplus_pods").verdict is Verdict.HOLDS
    monkeypatch.setattr(exits, "what_is_lost", only_its_memory)
    assert checked(late).property("no_surplus_pods").verdict is Verdict.VIOLATED
