"""The Namespace and the ServiceAccount controller: what is deleted when, and what is said of what is left."""

from __future__ import annotations

import pytest

from kspec.kube.core import NamespacePhase
from kspec_models.controllers.namespace.decisions import (
    Left,
    content_remaining,
    finalizers_remaining,
    is_done,
    turns,
)
from kspec_models.controllers.serviceaccount.decisions import missing

LEFT = (Left("pods", ("batch.kubernetes.io/job-tracking",)), Left("buckets", ("example.com/bucket",)), Left("pods"))


def test_pods_go_first_and_nothing_with_them() -> None:
    assert turns(("buckets", "pods", "secrets"), ordered=True) == (("pods",), ("buckets", "secrets"))


def test_without_the_order_all_kinds_go_at_once() -> None:
    assert turns(("buckets", "pods"), ordered=False) == (("buckets", "pods"),)


def test_where_there_can_be_no_pods_there_is_one_turn() -> None:
    assert turns(("buckets",), ordered=True) == (("buckets",),)


def test_what_remains_is_counted_by_resource() -> None:
    told = "Some resources are remaining: buckets. has 1 resource instances, pods. has 2 resource instances"
    assert content_remaining(LEFT) == told


def test_finalizers_that_remain_are_counted_by_name() -> None:
    told = finalizers_remaining(LEFT)
    assert told.startswith(
        "Some content in the namespace has finalizers remaining: batch.kubernetes.io/job-tracking in 1"
    )
    assert told.endswith("example.com/bucket in 1 resource instances")


def test_of_nothing_nothing_is_said() -> None:
    assert (content_remaining(()), finalizers_remaining(()), is_done(())) == ("", "", True)
    assert finalizers_remaining((Left("pods"),)) == ""
    assert not is_done((Left("pods"),))


@pytest.mark.parametrize(
    ("phase", "there", "wanted"),
    [
        (NamespacePhase.ACTIVE, frozenset(), ("default",)),
        (NamespacePhase.ACTIVE, frozenset({"builder"}), ("default",)),
        (NamespacePhase.ACTIVE, frozenset({"default"}), ()),
        (NamespacePhase.TERMINATING, frozenset(), ()),
    ],
)
def test_an_active_namespace_lacks_its_account(
    phase: NamespacePhase, there: frozenset[str], wanted: tuple[str, ...]
) -> None:
    assert missing(phase, there) == wanted
