"""The components of the thin cluster, each walked by hand: the API server's chain, scheduler, kubelet, controllers."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kernel.values import Ref
from kspec.kube.objects import Phase, Pod, Toleration
from kspec.kube.requests import Code, Request, Response, Verb
from kspec_models import users
from kspec_models.apiserver import serve
from kspec_models.scopes.workloads import a_deployment, a_replicaset, template

from .walks import DEPLOYMENT, KUBELET, ON_A_NODE, POD, REPLICASET, SCHEDULER, WEB, pods_of, settled, walk


def ask(
    verb: Verb, thing: Any, current: Any = None, *, by: str = "user", unchanged: bool = True, **more: Any
) -> Response:
    """What the API server answers to a request about a thing, of which `current` is stored."""
    resource = type(thing).__name__.lower() + "s"
    changes = tuple(sorted(more.pop("changes", {}).items()))
    request = Request(verb, resource, "web", user=by, object=thing, changes=changes, **more)
    return serve(request, current, unchanged)


# ---- the API server: codes


def test_what_is_there_is_found_and_what_is_not_is_not() -> None:
    assert ask(Verb.GET, WEB, WEB) == Response(Code.OK, WEB)
    assert ask(Verb.GET, WEB).code is Code.NOT_FOUND
    assert (Code.OK.status, Code.NOT_FOUND.status) == (200, 404)


def test_a_creation_is_201_and_a_second_one_is_409_already_exists() -> None:
    created = ask(Verb.CREATE, WEB)
    assert (created.code, created.object, created.writes) == (Code.CREATED, WEB, True)
    again = ask(Verb.CREATE, WEB, WEB)
    assert (again.code, again.writes) == (Code.ALREADY_EXISTS, False)
    assert str(again.code) == "409 AlreadyExists"


@pytest.mark.parametrize("verb", [Verb.UPDATE, Verb.PATCH, Verb.DELETE])
def test_what_is_gone_cannot_be_changed(verb: Verb) -> None:
    assert ask(verb, WEB).code is Code.NOT_FOUND


def test_an_update_of_an_old_version_is_409_conflict_and_writes_nothing() -> None:
    change: dict[str, Any] = {"changes": {"replicas": 5}, "reader": "me"}
    assert ask(Verb.UPDATE, WEB, WEB, **change).object == attrs.evolve(WEB, replicas=5)
    refused = ask(Verb.UPDATE, WEB, WEB, unchanged=False, **change)
    assert (refused.code, refused.writes, refused.code.status) == (Code.CONFLICT, False, 409)


def test_a_patch_without_a_version_changes_the_latest() -> None:
    assert ask(Verb.PATCH, WEB, WEB, unchanged=False, changes={"replicas": 5}).code is Code.OK


@pytest.mark.parametrize(
    ("by", "verb", "thing", "more"),
    [
        (SCHEDULER, Verb.CREATE, POD, {}),
        (SCHEDULER, Verb.PATCH, WEB, {"changes": {"replicas": 0}}),
        (KUBELET, Verb.PATCH, POD, {"changes": {"node": None}}),
        (KUBELET, Verb.DELETE, WEB, {}),
        (REPLICASET, Verb.DELETE, WEB, {}),
        (REPLICASET, Verb.CREATE, POD, {"subresource": "binding", "changes": {"node": Ref("nodes", 0)}}),
        (DEPLOYMENT, Verb.CREATE, POD, {}),
        ("", Verb.GET, WEB, {}),
    ],
)
def test_what_no_role_allows_is_403_before_anything_is_looked_at(by: str, verb: Verb, thing: Any, more: Any) -> None:
    for current in (thing, None):
        refused = ask(verb, thing, current, by=by, **more)
        assert (refused.code, refused.writes) == (Code.FORBIDDEN, False)
    assert refused.message


@pytest.mark.parametrize(
    ("by", "verb", "thing", "more"),
    [
        (SCHEDULER, Verb.CREATE, POD, {"subresource": "binding", "changes": {"node": Ref("nodes", 0)}}),
        (KUBELET, Verb.PATCH, POD, {"subresource": "status", "changes": {"ready": True}}),
        (KUBELET, Verb.DELETE, POD, {}),
        (REPLICASET, Verb.UPDATE, WEB, {"subresource": "status", "changes": {"status_replicas": 1}}),
        (REPLICASET, Verb.PATCH, POD, {"changes": {"owner": None}}),
        (DEPLOYMENT, Verb.DELETE, WEB, {}),
        ("my-controller", Verb.DELETE, WEB, {}),
    ],
)
def test_what_a_role_allows_is_granted(by: str, verb: Verb, thing: Any, more: Any) -> None:
    assert ask(verb, thing, thing, by=by, **more).code.ok


@pytest.mark.parametrize(
    ("thing", "change"),
    [
        (WEB, {"replicas": -1}),
        (WEB, {"selector": a_replicaset("other", 1).selector}),
        (a_deployment("web", 1), {"replicas": -1}),
        (ON_A_NODE, {"node": Ref("nodes", 1)}),
    ],
)
def test_what_is_not_legal_is_422_and_not_stored(thing: Any, change: Any) -> None:
    refused = ask(Verb.PATCH, thing, thing, changes=change)
    assert (refused.code, refused.writes, refused.code.status) == (Code.INVALID, False, 422) and refused.message


def test_a_creation_that_is_not_legal_is_422() -> None:
    assert ask(Verb.CREATE, attrs.evolve(WEB, replicas=-1)).code is Code.INVALID


def test_conflicts_are_found_after_authorisation_and_before_validation() -> None:
    wrong: dict[str, Any] = {"changes": {"replicas": -1}, "reader": "me", "unchanged": False}
    assert ask(Verb.UPDATE, WEB, WEB, by=KUBELET, **wrong).code is Code.FORBIDDEN
    assert ask(Verb.UPDATE, WEB, WEB, **wrong).code is Code.CONFLICT


def test_admission_gives_a_new_pod_its_default_tolerations_and_nothing_else() -> None:
    stored = ask(Verb.CREATE, POD).object
    assert stored is not None and {t.key for t in stored.spec.tolerations} == {
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    }
    assert attrs.evolve(stored, spec=POD.spec) == POD
    tolerant = attrs.evolve(POD, spec=attrs.evolve(POD.spec, tolerations=(Toleration("a"),)))
    reported = ask(Verb.PATCH, tolerant, tolerant, subresource="status", changes={"ready": True}).object
    assert reported == attrs.evolve(tolerant, ready=True)


# ---- the API server: graceful deletion and binding


def test_a_running_pod_is_marked_first_and_removed_by_a_deletion_with_grace_0() -> None:
    marked = ask(Verb.DELETE, POD, ON_A_NODE)
    assert marked.code is Code.OK and marked.object == attrs.evolve(ON_A_NODE, deleting=True)
    again = ask(Verb.DELETE, POD, marked.object)
    assert again.object == marked.object
    removed = ask(Verb.DELETE, POD, marked.object, by=KUBELET, changes={"grace_period_seconds": 0})
    assert (removed.code, removed.object, removed.writes) == (Code.OK, None, True)


@pytest.mark.parametrize(
    "pod",
    [POD, attrs.evolve(ON_A_NODE, phase=Phase.SUCCEEDED), attrs.evolve(ON_A_NODE, phase=Phase.FAILED)],
)
def test_a_pod_with_nothing_to_end_goes_at_once(pod: Pod) -> None:
    assert ask(Verb.DELETE, pod, pod).object is None


def test_a_pod_that_asks_for_no_grace_goes_at_once() -> None:
    hasty = attrs.evolve(ON_A_NODE, spec=attrs.evolve(POD.spec, termination_grace_period_seconds=0))
    assert ask(Verb.DELETE, hasty, hasty).object is None


def test_only_pods_go_gracefully() -> None:
    assert ask(Verb.DELETE, WEB, WEB).object is None


@pytest.mark.parametrize(
    ("pod", "code"),
    [
        (POD, Code.CREATED),
        (None, Code.NOT_FOUND),
        (ON_A_NODE, Code.CONFLICT),
        (attrs.evolve(POD, deleting=True), Code.CONFLICT),
        (attrs.evolve(POD, spec=attrs.evolve(POD.spec, scheduling_gates=("wait",))), Code.CONFLICT),
    ],
)
def test_a_binding_is_granted_only_to_a_pod_that_waits_for_one(pod: Pod | None, code: Code) -> None:
    answer = ask(Verb.CREATE, POD, pod, by=SCHEDULER, subresource="binding", changes={"node": Ref("nodes", 1)})
    assert answer.code is code and answer.writes is code.ok
    if code.ok:
        assert answer.object is not None and answer.object.node == Ref("nodes", 1)


# ---- the scheduler


def test_a_pending_pod_may_be_bound_to_every_node_that_fits() -> None:
    walked = walk([POD], nodes=3)
    walked("user.apply")
    found = walked.can("scheduler.bind")
    assert [o.step.says for o in found] == [f"node node-{i} fits" for i in range(3)]
    walked("scheduler.bind", 1)
    assert pods_of(walked)[0].node == Ref("nodes", 1) and not walked.can("scheduler.bind")


@pytest.mark.parametrize(
    "pod",
    [
        attrs.evolve(POD, spec=attrs.evolve(POD.spec, scheduler_name="another")),
        attrs.evolve(POD, spec=attrs.evolve(POD.spec, scheduling_gates=("wait",))),
        attrs.evolve(POD, deleting=True),
        attrs.evolve(POD, phase=Phase.FAILED),
        attrs.evolve(POD, spec=attrs.evolve(POD.spec, node_selector=(("disk", "fast"),))),
    ],
)
def test_a_pod_that_is_not_its_own_or_fits_nowhere_is_left_alone(pod: Pod) -> None:
    walked = walk([pod])
    walked("user.apply")
    assert not walked.can("scheduler.bind")


@pytest.mark.parametrize("cache", ["fresh", "delayed"])
def test_a_port_is_taken_as_soon_as_the_scheduler_has_bound_a_pod_that_wants_it(cache: str) -> None:
    port = Pod(spec=template("edge", "edge:1", host_port=443).spec)
    walked = walk([port, port], caches={"scheduler": cache})
    walked("user.apply")
    walked("user.apply")
    walked.until_quiet("scheduler")  # with a late cache it has assumed what it bound
    assert [pod.node for pod in pods_of(walked)] == [Ref("nodes", 0), None]


def test_a_binding_that_comes_too_late_is_refused_and_nothing_is_assumed() -> None:
    walked = walk([POD], caches={"scheduler": "delayed"}, schedulers=_two_schedulers())
    walked("user.apply")
    walked("scheduler.deliver")
    walked("scheduler-2.bind")
    step = walked("scheduler.bind").step
    assert step.answer == "409 Conflict" and [type(u).__name__ for _, u in step.writes] == []


def _two_schedulers() -> tuple[Any, ...]:
    from kspec_models.scheduler.schedule import scheduler

    return scheduler(), scheduler("scheduler-2")


# ---- the kubelet


def test_a_bound_pod_runs_first_and_is_reported_then() -> None:
    walked = walk([POD])
    walked("user.apply")
    assert not walked.can("kubelet")
    walked("scheduler.bind")
    assert [o.action.name for o in walked.can("kubelet")] == ["start"]
    walked("kubelet.start")
    assert pods_of(walked)[0].phase is Phase.PENDING and walked.at(("containers", 0)).value == "running"
    walked("kubelet.report")
    assert pods_of(walked)[0].phase is Phase.RUNNING and pods_of(walked)[0].ready
    assert not walked.can("kubelet")


def test_a_broken_image_runs_and_never_becomes_ready() -> None:
    walked = settled(walk([POD], broken_images=frozenset({"web:1"})))
    assert pods_of(walked)[0].phase is Phase.RUNNING and not pods_of(walked)[0].ready


def test_a_deleted_pod_is_removed_only_when_nothing_of_it_runs() -> None:
    walked = settled(walk([a_replicaset("web", 1)], users.scale(a_replicaset("web", 1), 0)))
    walked("user.scale")
    walked.until_quiet("replicaset")
    assert pods_of(walked)[0].deleting and walked.at(("containers", 0)).value == "running"
    assert [o.action.name for o in walked.can("kubelet")] == ["stop"]
    walked("kubelet.stop")
    assert [o.step.action for o in walked.can("kubelet")] == ["DELETE pods"]
    walked("kubelet.remove")
    assert pods_of(walked) == []


def test_containers_outlive_a_pod_that_a_late_kubelet_does_not_see_go() -> None:
    web = a_replicaset("web", 1)
    walked = settled(walk([web], users.scale(web, 0), caches={"kubelet": "delayed"}))
    walked("user.scale")
    walked.until_quiet("replicaset")
    assert pods_of(walked)[0].deleting and walked.can("kubelet.deliver") and not walked.can("kubelet.stop")
    walked("kubelet.deliver")
    assert walked.can("kubelet.stop")
