"""StatefulSets: one sync, and the decisions of which it consists."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.objects import Percent, Phase
from kspec_models.controllers.statefulset import decisions, sync
from kspec_models.controllers.statefulset.decisions import Identity, PodManagement, Revision, Spec, UpdateStrategy
from kspec_models.controllers.statefulset.sync import Operation, Verb

PARALLEL = PodManagement.PARALLEL
OLD, NEW = Revision.CURRENT, Revision.UPDATE


def pods_of(count: int) -> st.SearchStrategy[tuple[Identity, ...]]:
    """Pods with different ordinals, of any revision and in any condition."""
    one = st.builds(
        Identity,
        ordinal=st.integers(0, count),
        revision=st.sampled_from(Revision),
        phase=st.sampled_from(Phase),
        ready=st.booleans(),
        available=st.booleans(),
        terminating=st.booleans(),
    )
    return st.lists(one, max_size=count, unique_by=lambda pod: pod.ordinal).map(tuple)


specs = st.builds(
    Spec,
    replicas=st.integers(0, 5),
    management=st.sampled_from(PodManagement),
    strategy=st.sampled_from(UpdateStrategy),
    partition=st.none() | st.integers(0, 5),
    start=st.integers(0, 2),
    status_current_replicas=st.integers(0, 5),
    max_unavailable=st.none() | st.integers(1, 3),
)


@given(specs, pods_of(6))
def test_ordered_ready_does_one_thing_a_sync_unless_max_unavailable_allows_more(
    spec: Spec, pods: tuple[Identity, ...]
) -> None:
    operations = sync.sync(spec, pods).operations
    if spec.management is PodManagement.ORDERED_READY:
        assert len(operations) <= (spec.max_unavailable if isinstance(spec.max_unavailable, int) else 1)


@given(specs, pods_of(6))
def test_only_missing_wanted_ordinals_are_created(spec: Spec, pods: tuple[Identity, ...]) -> None:
    there = {pod.ordinal for pod in pods}
    for operation in sync.sync(spec, pods).operations:
        if operation.verb is Verb.CREATE:
            assert operation.ordinal not in there
            assert decisions.in_range(operation.ordinal, spec.start, spec.replicas)


@given(specs, pods_of(6))
def test_a_terminating_pod_is_never_deleted_again(spec: Spec, pods: tuple[Identity, ...]) -> None:
    terminating = {pod.ordinal for pod in pods if pod.terminating}
    deleted = {each.ordinal for each in sync.sync(spec, pods).operations if each.verb is Verb.DELETE}
    assert not deleted & terminating


@given(specs, pods_of(6), st.randoms(use_true_random=False))
def test_the_order_in_which_pods_are_listed_does_not_matter(
    spec: Spec, pods: tuple[Identity, ...], random: Random
) -> None:
    shuffled = list(pods)
    random.shuffle(shuffled)
    assert sync.sync(spec, tuple(shuffled)) == sync.sync(spec, pods)


def test_parallel_may_take_two_pods_down_in_one_sync() -> None:
    pods = (Identity(1, OLD), Identity(2, OLD))
    operations = sync.sync(Spec(3, PARALLEL), pods).operations
    assert operations == (Operation(Verb.CREATE, 0, NEW), Operation(Verb.DELETE, 2))


def test_a_broken_update_is_not_replaced_after_the_template_is_reverted_in_order() -> None:
    pods = (Identity(0, NEW), Identity(1, NEW), Identity(2, Revision.OTHER, ready=False))
    assert sync.sync(Spec(3), pods).operations == ()
    outcome = sync.sync(Spec(3, PARALLEL), pods)
    assert outcome.operations == (Operation(Verb.DELETE, 2),)
    assert outcome.status.current == -1


def test_scaling_down_waits_for_wanted_pods_and_for_the_lowest_unavailable_one() -> None:
    wanted_is_down = (Identity(0, NEW, ready=False), Identity(1, NEW), Identity(2, NEW))
    assert sync.sync(Spec(1), wanted_is_down).operations == ()
    two_are_down = (Identity(0, NEW), Identity(1, NEW, ready=False), Identity(2, NEW, ready=False))
    assert sync.sync(Spec(1), two_are_down).operations == ()
    assert sync.sync(Spec(1), two_are_down[:2]).operations == (Operation(Verb.DELETE, 1),)


def test_an_available_condemned_pod_goes_although_a_lower_condemned_one_is_down() -> None:
    pods = (Identity(0, NEW), Identity(1, NEW, ready=False), Identity(2, NEW))
    assert sync.sync(Spec(1), pods).operations == (Operation(Verb.DELETE, 2),)


def test_a_set_that_is_being_deleted_does_nothing() -> None:
    assert sync.sync(Spec(3, deleting=True), (Identity(0, OLD),)).operations == ()


def test_with_one_revision_its_pods_count_as_current_and_updated() -> None:
    status = sync.sync(Spec(2, settled=True), (Identity(0, NEW), Identity(1, NEW))).status
    assert (status.current, status.updated) == (2, 2)


def test_on_delete_never_completes_an_update_and_a_partition_keeps_it_open() -> None:
    done = decisions.Status(3, 3, 3, 0, 3)
    assert decisions.completes_update(UpdateStrategy.ROLLING_UPDATE, 3, done)
    assert not decisions.completes_update(UpdateStrategy.ON_DELETE, 3, done)
    assert not decisions.completes_update(UpdateStrategy.ROLLING_UPDATE, 3, decisions.Status(3, 3, 3, 1, 2))


def test_max_unavailable_rounds_down_to_at_least_one() -> None:
    assert decisions.max_unavailable(Percent(10), 5) == 1
    assert decisions.max_unavailable(Percent(50), 5) == 2


def test_a_condemned_pod_takes_its_claim_along() -> None:
    assert decisions.claim_owners(True, True, condemned=True) == decisions.ClaimOwners(pod=True, set=False)
    assert decisions.claim_owners(True, True, condemned=False) == decisions.ClaimOwners(pod=False, set=True)
    assert decisions.pod_creation_waits(True, True) and not decisions.pod_creation_waits(False, True)


def test_the_update_waits_for_a_terminating_pod_of_the_old_revision() -> None:
    pods = (Identity(0, OLD), Identity(1, OLD), Identity(2, OLD, terminating=True))
    assert sync.sync(Spec(3, PARALLEL), pods).operations == ()


def test_pods_that_are_down_already_count_against_max_unavailable() -> None:
    pods = (Identity(0, OLD, ready=False), Identity(1, OLD), Identity(2, OLD))
    assert sync.sync(Spec(3, PARALLEL, max_unavailable=2), pods).operations == (Operation(Verb.DELETE, 2),)
    assert sync.sync(Spec(3, PARALLEL, max_unavailable=1), pods).operations == ()
