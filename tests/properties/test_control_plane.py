"""What is promised of static pods and of the control plane holds, was exercised, and is broken by what is broken."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from kspec.engines import reference
from kspec.engines.explicit import explore
from kspec.kernel.result import Limits, Result, Verdict
from kspec.targets import target_of, under
from kspec_properties.control_plane import OF_STATIC_PODS, OF_THE_CONTROL_PLANE

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


unfolded = partial(explore, fold=False)


def checked(name: str, setting: str = "", engine: Any = explore) -> Result:
    settings = dict([setting.split("=")]) if setting else {}
    with under(target_of(name), settings) as (system, _):
        result: Result = engine(system, limits=Limits(seconds=60))
        return result


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
    found = checked(*MUTANTS[name]).property(name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


@pytest.mark.parametrize("name", [STATIC, BOOTSTRAP])
def test_the_engines_agree(name: str) -> None:
    fast, plain = checked(name, engine=unfolded), checked(name, engine=reference.explore)

    assert (fast.distinct_states, fast.generated_states) == (plain.distinct_states, plain.generated_states)
