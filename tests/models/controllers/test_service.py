"""The Service controller: what it decides, and in which order it asks the API and the cloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.networking import ServiceType
from kspec_models.controllers.service.decisions import (
    FINALIZER,
    guarded,
    needs_cleanup,
    unguarded,
    wants_load_balancer,
)
from kspec_models.scopes.services import service_loadbalancer
from tests.kspec.kube.small import Walk

TYPES = list(ServiceType)


def settled() -> Walk:
    walked = Walk(service_loadbalancer())
    walked("user.apply")
    return walked.until_quiet("service.deliver", "service.sync", "service.call")


@pytest.mark.parametrize("kind", TYPES)
def test_only_services_of_type_load_balancer_without_a_class_want_one_of_the_cloud(kind: ServiceType) -> None:
    assert wants_load_balancer(kind, "") is (kind is ServiceType.LOAD_BALANCER)
    assert not wants_load_balancer(kind, "example.com/mine")


@pytest.mark.parametrize("deleting", [False, True])
@pytest.mark.parametrize("kind", TYPES)
def test_what_has_no_finalizer_needs_no_cleanup(kind: ServiceType, deleting: bool) -> None:
    assert not needs_cleanup(False, deleting, kind)
    assert needs_cleanup(True, deleting, kind) is (deleting or kind is not ServiceType.LOAD_BALANCER)


@given(st.lists(st.sampled_from(["a", "b", FINALIZER]), unique=True).map(tuple))
def test_the_finalizer_is_put_on_once_and_taken_off_and_others_stay(finalizers: tuple[str, ...]) -> None:
    assert guarded(finalizers).count(FINALIZER) == 1
    assert guarded(guarded(finalizers)) == guarded(finalizers)
    assert unguarded(guarded(finalizers)) == tuple(each for each in finalizers if each != FINALIZER)


def test_the_finalizer_comes_first_then_the_load_balancer_then_the_status() -> None:
    walked = Walk(service_loadbalancer())
    walked("user.apply")
    walked("service.deliver")
    walked("service.sync")
    asked = [walked("service.call").step.action for _ in range(3)]
    assert asked == ["PATCH services/web", "POST cloudloadbalancers/web", "PATCH services/web/status"]
    found = walked.latest("services/web")
    assert found.finalizers == (FINALIZER,) and found.load_balancer
    assert walked.latest("cloudloadbalancers/web").address == found.load_balancer


def test_a_deleted_service_stays_until_its_load_balancer_is_gone() -> None:
    walked = settled()
    walked("user.give up", 0)
    assert walked.latest("services/web").deleting
    walked("service.deliver")
    walked("service.sync")
    assert walked("service.call").step.action == "DELETE cloudloadbalancers/web"
    assert walked.latest("cloudloadbalancers/web") is None and walked.latest("services/web") is not None
    walked("service.call")
    assert walked.latest("services/web") is None


def test_a_service_of_another_type_keeps_neither_load_balancer_nor_finalizer_nor_address() -> None:
    walked = settled()
    walked("user.give up", 1)
    walked.until_quiet("service.deliver", "service.sync", "service.call")
    found = walked.latest("services/web")
    assert (found.finalizers, found.load_balancer, found.deleting) == ((), "", False)
    assert walked.latest("cloudloadbalancers/web") is None


def test_a_sync_after_a_crash_takes_up_what_was_left() -> None:
    walked = Walk(service_loadbalancer())
    walked("user.apply")
    walked("service.deliver")
    walked("service.sync")
    walked("service.call")
    walked("service.call")
    walked("service.crash")
    assert walked.latest("cloudloadbalancers/web") is not None and not walked.latest("services/web").load_balancer
    walked.until_quiet("service.deliver", "service.sync", "service.call")
    assert walked.latest("services/web").load_balancer
