"""What is promised of containers holds, was exercised, and is broken by a broken kubelet; the engines agree."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from kspec.engines import reference
from kspec.engines.explicit import explore
from kspec.kernel.result import Limits, Result, Verdict
from kspec.targets import target_of, under
from kspec_properties.nodes import OF_CONTAINERS

SYSTEMS = ("kubelet.containers", "kubelet.crash_loop", "kubelet.probes", "kubelet.restart")

MUTANTS = {
    "no_container_runs_twice": (
        ("kubelet.restart", "kubelet.found=nothing"),
        ("kubelet.restart", "kubelet.pleg=after-a-start-unasked"),
    ),
    "init_containers_succeed_before_containers_start": (("kubelet.containers", "kubelet.init=not-waited-for"),),
    "a_pod_is_reported_ready_only_after_its_readiness_probe_succeeded": (
        ("kubelet.probes", "kubelet.readiness=ignored"),
    ),
    "a_final_phase_is_final": (("kubelet.crash_loop", "kubelet.phase=computed-anew"),),
    "a_pod_is_removed_only_when_nothing_of_it_runs": (("kubelet.containers", "kubelet.remove=at-once"),),
    "a_pod_gets_ready_or_ends": (("kubelet.probes", "kubelet.liveness=ignored"),),
    "a_deleted_pod_goes": (("kubelet.crash_loop", "kubelet.kill=never"),),
}


unfolded = partial(explore, fold=False)


def checked(name: str, setting: str = "", engine: Any = explore) -> Result:
    settings = dict([setting.split("=")]) if setting else {}
    with under(target_of(name), settings) as (system, _):
        result: Result = engine(system, limits=Limits(seconds=60))
        return result


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_that_is_promised_holds_and_is_exercised(name: str) -> None:
    result = checked(name)

    assert result.complete and result.never_enabled == ()
    assert {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS} == {}


def test_each_promise_has_a_witness_and_a_mutant() -> None:
    assert {p.name for p in OF_CONTAINERS} == set(MUTANTS)
    assert all(p.witness is not None for p in OF_CONTAINERS)


@pytest.mark.parametrize(("name", "where"), [(name, where) for name, all_of in MUTANTS.items() for where in all_of])
def test_a_broken_kubelet_is_noticed(name: str, where: tuple[str, str]) -> None:
    found = checked(*where).property(name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


def test_the_engines_agree_about_a_kubelet_that_restarts() -> None:
    fast, plain = (checked("kubelet.restart", engine=engine) for engine in (unfolded, reference.explore))

    assert (fast.distinct_states, fast.generated_states) == (plain.distinct_states, plain.generated_states)
