"""What is promised of ConfigMaps and Secrets holds, is exercised, and is broken by a twin that it notices."""

from __future__ import annotations

import pytest

from kspec.kernel.result import Verdict
from kspec_properties.configuration import ALL
from tests.properties.checking import checked

SYSTEM = "config.rollout"
MUTANTS = {
    "an_environment_stays_as_it_was_at_the_start": "kubelet.environment=live",
    "volumes_show_the_latest_in_the_end": "kubelet.volumes=as-at-the-start",
}


def test_each_property_has_a_witness_and_a_mutant() -> None:
    assert {promise.name for promise in ALL} == set(MUTANTS)
    assert all(promise.witness is not None for promise in ALL)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_twin_is_noticed_by_the_property_that_it_breaks(name: str) -> None:
    assert checked(SYSTEM).property(name).verdict is Verdict.HOLDS
    broken = checked(SYSTEM, MUTANTS[name], only=name).property(name)
    assert broken.verdict is Verdict.VIOLATED
    assert broken.trace is not None and broken.trace.clause


def test_the_system_is_explored_in_full_and_everything_holds() -> None:
    result = checked(SYSTEM)
    assert result.complete and result.verdict is Verdict.HOLDS and result.never_enabled == ()
