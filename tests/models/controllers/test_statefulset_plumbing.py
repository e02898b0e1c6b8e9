"""The StatefulSet controller in a cluster, walked by hand: names, revisions, order, adoption, status."""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kernel.settings import applied
from kspec.kube.apps import PodManagement, StatefulSet, UpdateStrategy
from kspec.kube.objects import Pod, PodSpec, labels
from kspec_models import users
from kspec_models.controllers.statefulset import names
from kspec_models.scopes.statefulset import FIRST, SECOND, a_statefulset, changes_the_image, cluster
from tests.kspec.kube.small import Walk

COMPONENTS = ("statefulset", "scheduler", "kubelet")


def walk(things: list[Any], *more: Any, pods: int = 3, **how: Any) -> Walk:
    return Walk(cluster("walk", (users.apply(things), *more), pods=pods, **how).system())


def settled(walked: Walk) -> Walk:
    while walked.can("user.apply"):
        walked("user.apply")
    return walked.until_quiet(*COMPONENTS)


def by_name(walked: Walk) -> dict[str, Pod]:
    return {pod.name: pod for pod in walked.all("pods")}


def images(walked: Walk) -> dict[str, str]:
    return {name: pod.spec.containers[0].image for name, pod in by_name(walked).items()}


def the_set(walked: Walk) -> StatefulSet:
    found = walked.latest("statefulsets/web")
    assert isinstance(found, StatefulSet)
    return found


# ---- names


def test_the_ordinal_is_read_from_a_name_of_the_set_only() -> None:
    assert names.ordinal_of("web", names.pod_name("web", 12)) == 12
    assert names.ordinal_of("web", "my-web-0") is None and names.ordinal_of("web", "web-0a") is None
    assert names.ordinal_of("web-0", "web-0-1") == 1 and names.ordinal_of("web", "web-0-1") is None


def test_equal_templates_have_one_revision_and_others_another() -> None:
    first = a_statefulset(1).template
    assert names.revision_name("web", first) == names.revision_name("web", a_statefulset(2).template)
    assert names.revision_name("web", first) != names.revision_name("web", users.with_image(first, SECOND))


def test_a_pod_carries_its_name_and_the_revision_that_it_was_made_from() -> None:
    walked = settled(walk([a_statefulset(1)]))
    pod = by_name(walked)["web-0"]
    revision = names.revision_name("web", a_statefulset(1).template)
    assert names.revision_of(pod.labels) == revision == the_set(walked).current_revision
    assert dict(pod.labels)[names.POD_NAME_LABEL] == "web-0" and dict(pod.labels)["app"] == "web"
    assert walked.latest(f"controllerrevisions/{revision}").template == a_statefulset(1).template


# ---- order


def test_ordered_ready_creates_the_next_pod_when_the_one_before_is_ready() -> None:
    walked = walk([a_statefulset(2)])
    walked("user.apply")
    walked.until_quiet("statefulset")
    assert list(by_name(walked)) == ["web-0"]
    settled(walked)
    assert sorted(by_name(walked)) == ["web-0", "web-1"]
    status = the_set(walked)
    assert (status.status_replicas, status.ready_replicas, status.updated_replicas) == (2, 2, 2)


def test_parallel_creates_all_pods_at_once() -> None:
    walked = walk([a_statefulset(3, pod_management_policy=PodManagement.PARALLEL)])
    walked("user.apply")
    walked.until_quiet("statefulset")
    assert sorted(by_name(walked)) == ["web-0", "web-1", "web-2"]


def test_ordinals_may_start_elsewhere() -> None:
    assert sorted(by_name(settled(walk([a_statefulset(2, start=5)])))) == ["web-5", "web-6"]


def test_a_deleted_pod_comes_back_under_its_name_when_it_is_gone() -> None:
    walked = settled(walk([a_statefulset(2)], users.delete_a_pod(running=True)))
    walked("user.delete")
    walked.until_quiet("statefulset")
    assert len(by_name(walked)) == 2
    settled(walked)
    assert sorted(by_name(walked)) == ["web-0", "web-1"]
    assert all(pod.ready for pod in by_name(walked).values())


def test_surplus_pods_go_one_after_another_from_the_highest() -> None:
    walked = settled(walk([a_statefulset(3)], users.scale(a_statefulset(3), 1)))
    walked("user.scale")
    walked.until_quiet("statefulset")
    assert [name for name, pod in by_name(walked).items() if pod.deleting] == ["web-2"]
    settled(walked)
    assert list(by_name(walked)) == ["web-0"]


# ---- what is there already


def test_a_name_that_the_cache_does_not_show_is_refused_and_tried_again() -> None:
    walked = walk([a_statefulset(1)], caches={"statefulset": "delayed"})
    walked("user.apply")
    walked("statefulset.deliver statefulsets")
    for _ in range(3):
        walked.until_quiet("statefulset.deliver statefulsets", "statefulset.deliver controllerrevisions")
        walked("statefulset.sync")
        walked.until_quiet("statefulset.call")
    answers = [o.step.answer for o in walked.taken if o.step.action == "POST pods"]
    assert answers == ["201 Created", "409 AlreadyExists", "409 AlreadyExists"]
    walked.until_quiet("statefulset.deliver")
    assert "POST pods" not in [o.step.action for o in walked.can("statefulset.sync")]
    walked.until_quiet("statefulset")
    assert list(by_name(walked)) == ["web-0"] and the_set(walked).status_replicas == 1


def test_an_orphan_with_a_name_of_the_set_is_adopted_and_others_are_not() -> None:
    spec = PodSpec(a_statefulset(1).template.spec.containers)
    mine, other = Pod(labels(app="web"), spec, name="web-0"), Pod(labels(app="web"), spec, name="web-x")
    walked = settled(walk([mine, other, a_statefulset(1)]))
    owners = {name: pod.owner is not None for name, pod in by_name(walked).items()}
    assert owners["web-x"] is False and owners["web-0"] is True


# ---- rollouts


def rolled(**how: Any) -> Walk:
    walked = settled(walk([a_statefulset(3, **how)], changes_the_image(SECOND)))
    walked("user.rollout")
    return walked


def test_a_rollout_replaces_the_highest_pod_first_and_ends_with_the_new_revision() -> None:
    walked = rolled()
    order = []
    for _ in range(200):
        kind = next((k for k in COMPONENTS if walked.can(k)), None)
        if kind is None:
            break
        step = walked(kind)
        if step.step.action == "DELETE pods" and step.action.actor == "statefulset":
            order += [name for name, pod in by_name(walked).items() if pod.deleting]
    assert order == ["web-2", "web-1", "web-0"]
    assert set(images(walked).values()) == {SECOND}
    assert the_set(walked).current_revision == the_set(walked).update_revision


def test_the_partition_keeps_the_pods_below_it_and_the_update_stays_incomplete() -> None:
    walked = settled(rolled(partition=2))
    assert images(walked) == {"web-0": FIRST, "web-1": FIRST, "web-2": SECOND}
    status = the_set(walked)
    assert status.current_revision != status.update_revision
    assert (status.current_replicas, status.updated_replicas) == (2, 1)


def test_on_delete_replaces_nothing_by_itself() -> None:
    walked = settled(rolled(update_strategy=UpdateStrategy.ON_DELETE, partition=None))
    assert set(images(walked).values()) == {FIRST}


def test_with_its_gate_max_unavailable_lets_an_update_take_several_pods() -> None:
    for gate, taken in (("off", 1), ("on", 2)):
        with applied({"statefulset.max_unavailable": gate}):
            walked = rolled(max_unavailable=2)
            walked("statefulset.sync")
            walked.until_quiet("statefulset.call")
            assert sum(pod.deleting for pod in by_name(walked).values()) == taken


def test_parallel_may_create_one_pod_and_take_another_in_one_sync() -> None:
    """W62: two pods are missing for a while, although updates go one at a time."""
    parallel = a_statefulset(3, pod_management_policy=PodManagement.PARALLEL)
    walked = settled(walk([parallel], users.delete_a_pod(running=True), changes_the_image(SECOND)))
    first = [i for i, o in enumerate(walked.can("user.delete")) if walked.latest(("pods", o.member)).name == "web-0"]
    walked("user.delete", first[0])
    walked.until_quiet("kubelet.stop", "kubelet.remove")
    walked("user.rollout")
    sync = next(o for o in walked.can("statefulset.sync"))
    walked._take(sync)
    walked.until_quiet("statefulset.call")
    assert {name for name, pod in by_name(walked).items() if pod.deleting} == {"web-2"}
    assert not by_name(walked)["web-0"].ready


def test_a_set_that_is_being_deleted_only_reports() -> None:
    going = attrs.evolve(a_statefulset(2), deleting=True, finalizers=("kept",))
    walked = settled(walk([going]))
    assert by_name(walked) == {}
