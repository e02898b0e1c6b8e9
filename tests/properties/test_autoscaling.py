"""What is promised of autoscalers holds, was exercised, and is broken by a broken one; the engines agree."""

from __future__ import annotations

from functools import partial

import pytest

from kspec.engines import reference
from kspec.engines.explicit import explore
from kspec.kernel.errors import SpecError
from kspec.kernel.result import Verdict
from kspec.kube.autoscaling import HorizontalPodAutoscaler
from kspec_models.controllers.horizontal_pod_autoscaler.load import load, measured, wanted
from kspec_models.controllers.horizontal_pod_autoscaler.memory import recorded
from kspec_properties.autoscaling import AUTOSCALING
from tests.properties.checking import checked

SYSTEMS = ("hpa.scale", "hpa.settles", "hpa.restart")

MUTANTS = {
    "an_autoscaler_keeps_within_its_range": "hpa.range=ignored",
    "a_size_is_lowered_only_after_the_window": "hpa.window=none",
    "an_autoscaler_settles": "hpa.tolerance=none",
    "an_autoscaled_workload_follows": "replicaset.difference=never-deletes",
}

unfolded = partial(explore, fold=False)


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_that_is_promised_holds_and_is_exercised(name: str) -> None:
    result = checked(name)

    assert result.complete and result.never_enabled == ()
    assert {p.name: p.verdict for p in result.properties if p.verdict is not Verdict.HOLDS} == {}


def test_each_promise_has_a_witness_and_a_mutant() -> None:
    assert {p.name for p in AUTOSCALING} == set(MUTANTS)
    assert all(p.witness is not None for p in AUTOSCALING)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_autoscaler_is_noticed(name: str) -> None:
    found = checked("hpa.settles", MUTANTS[name], only=name).property(name)

    assert found.verdict is Verdict.VIOLATED
    assert found.trace is not None and found.trace.clause


def test_the_engines_agree_about_an_autoscaler() -> None:
    fast, plain = (checked("hpa.scale", engine=engine) for engine in (unfolded, reference.explore))

    assert (fast.distinct_states, fast.generated_states) == (plain.distinct_states, plain.generated_states)


# ---- the input and the memory


def test_a_load_is_shared_by_the_ready_pods_and_measured_with_noise() -> None:
    assert [measured(1000, noise, ready) for noise, ready in ((0, 2), (8, 2), (0, 3), (0, 0))] == [500, 540, 333, None]


def test_a_load_wants_the_fewest_pods_that_stay_below_the_target() -> None:
    hpa = HorizontalPodAutoscaler("web", "web", min_replicas=1, max_replicas=3, target_utilization=50)
    assert [wanted(demand, 1000, hpa) for demand in (0, 500, 501, 1500, 5000)] == [1, 1, 2, 3, 3]


def test_a_load_that_would_never_come_to_rest_is_refused() -> None:
    with pytest.raises(SpecError, match="a value comes twice"):
        load(1, 2, 1)


def test_the_first_recommendation_follows_the_size_at_the_start_and_one_that_comes_again_is_young() -> None:
    assert recorded(None, 1, 2) == (1, 2)
    assert recorded(None, 1, 1) == (1,)
    assert recorded((1, 2, 3), 3, 1) == (2, 3, 1)
