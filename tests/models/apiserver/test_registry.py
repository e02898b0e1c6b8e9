"""The registry: what becomes of an object by each request that is granted, and which are not."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kspec.kernel.errors import SpecError
from kspec.kernel.values import Ref
from kspec.kube.autoscaling import HorizontalPodAutoscaler
from kspec.kube.batch import Job, JobCondition
from kspec.kube.core import ConfigMap, Namespace, NamespacePhase, Secret, ServiceAccount
from kspec.kube.objects import (
    Container,
    Deployment,
    LabelSelector,
    Node,
    Phase,
    Pod,
    PodSpec,
    PodTemplate,
    ReplicaSet,
    Toleration,
    labels,
)
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.rbac import Role, RoleBinding, RoleRef
from kspec.kube.requests import Code, Request, Response, Verb
from kspec.kube.storage import PersistentVolumeClaim
from kspec_models.apiserver import serve
from tests.models.apiserver.stored import Store

APP = LabelSelector(labels(app="web"))
WEB = Deployment("web", APP, PodTemplate(labels(app="web")), replicas=2)
POD = Pod(labels=labels(app="web"), node=Ref("nodes", 0), phase=Phase.RUNNING, ready=True)
RESOURCES = {Deployment: "deployments", Pod: "pods", ReplicaSet: "replicasets", Namespace: "namespaces"}


def ask(verb: Verb, current: Any, resource: str = "", *, store: Store | None = None, **more: Any) -> Response:
    """A request of an administrator about an object as it is stored."""
    changes = tuple(sorted(more.pop("changes", {}).items()))
    name = more.pop("name", getattr(current, "name", "") or Ref("pods", 0))
    resource = resource or RESOURCES[type(current)]
    request = Request(verb, resource, name, user="user", changes=changes, **more)
    return serve(request, current, True, store or Store())


def deleted(current: Any, **options: Any) -> Any:
    answer = ask(Verb.DELETE, current, changes=options)
    assert answer.code is Code.OK
    return answer.object


# ---- finalizers and propagation


def test_an_object_with_finalizers_is_only_marked_and_goes_with_the_update_that_removes_the_last() -> None:
    held = attrs.evolve(WEB, finalizers=("a", "b"))
    marked = deleted(held)
    assert marked == attrs.evolve(held, deleting=True)
    one_left = ask(Verb.UPDATE, marked, changes={"finalizers": ("b",)})
    assert one_left.object == attrs.evolve(marked, finalizers=("b",))
    gone = ask(Verb.UPDATE, one_left.object, changes={"finalizers": ()})
    assert (gone.code, gone.object, gone.writes) == (Code.OK, None, True)


def test_the_last_finalizer_of_what_is_not_being_deleted_removes_nothing() -> None:
    held = attrs.evolve(WEB, finalizers=("a",))
    assert ask(Verb.UPDATE, held, changes={"finalizers": ()}).object == WEB


def test_no_finalizer_is_added_to_what_is_being_deleted() -> None:
    going = attrs.evolve(WEB, finalizers=("a",), deleting=True)
    assert ask(Verb.UPDATE, going, changes={"finalizers": ("a", "late")}).code is Code.INVALID
    assert ask(Verb.UPDATE, WEB, changes={"finalizers": ("early",)}).code is Code.OK


@pytest.mark.parametrize(
    ("policy", "finalizers"),
    [("Foreground", ("foregroundDeletion",)), ("Orphan", ("orphan",)), ("Background", None), (None, None)],
)
def test_a_propagation_policy_puts_its_finalizer_on_the_owner(policy: str | None, finalizers: Any) -> None:
    options = {} if policy is None else {"propagation_policy": policy}
    after = deleted(WEB, **options)
    assert after == (None if finalizers is None else attrs.evolve(WEB, deleting=True, finalizers=finalizers))


def test_the_deletion_of_a_job_orphans_unless_it_is_told_otherwise() -> None:
    after = ask(Verb.DELETE, Job("j"), "jobs").object
    assert after == Job("j", finalizers=("orphan",), deleting=True)
    assert ask(Verb.DELETE, Job("j"), "jobs", changes={"propagation_policy": "Background"}).object is None


def test_a_kind_without_finalizers_cannot_promise_to_wait_for_its_dependents() -> None:
    with pytest.raises(SpecError, match="Node has no finalizers"):
        ask(Verb.DELETE, Node("n"), "nodes", changes={"propagation_policy": "Foreground"})


def test_a_namespace_is_terminating_from_its_deletion_until_its_content_is_gone() -> None:
    going = deleted(Namespace("shop"))
    assert (going.phase, going.deleting, going.finalizers) == (NamespacePhase.TERMINATING, True, ("kubernetes",))
    assert ask(Verb.UPDATE, going, changes={"finalizers": ()}).object == going
    finalized = ask(Verb.UPDATE, going, subresource="finalize", changes={"finalizers": ()})
    assert finalized.object is None


# ---- graceful deletion with finalizers


def test_a_pod_with_a_finalizer_stays_after_its_kubelets_delete_until_the_finalizer_is_gone() -> None:
    held = attrs.evolve(POD, finalizers=("job",))
    marked = deleted(held)
    early = ask(Verb.PATCH, marked, changes={"finalizers": ()}).object
    assert early is not None  # it still terminates: the kubelet has the last word
    assert (early.finalizers, early.deleting, early.grace_over) == ((), True, False)
    assert deleted(early, grace_period_seconds=0) is None

    ended = deleted(marked, grace_period_seconds=0)
    assert ended == attrs.evolve(marked, grace_over=True)
    assert ask(Verb.PATCH, ended, changes={"finalizers": ()}).object is None


def test_a_second_deletion_of_a_pod_changes_nothing_unless_it_gives_no_time() -> None:
    marked = deleted(POD)
    assert deleted(marked) == marked
    assert deleted(attrs.evolve(marked, phase=Phase.FAILED)) == attrs.evolve(marked, phase=Phase.FAILED)
    assert deleted(marked, grace_period_seconds=0) is None


# ---- status and scale


def test_a_write_of_the_status_changes_nothing_else_and_no_other_write_changes_the_status() -> None:
    both = {"replicas": 5, "ready_replicas": 1}
    assert ask(Verb.PATCH, WEB, subresource="status", changes=both).object == attrs.evolve(WEB, ready_replicas=1)
    assert ask(Verb.PATCH, WEB, changes=both).object == attrs.evolve(WEB, replicas=5)


def test_a_kind_that_says_nothing_of_its_status_has_none() -> None:
    @attrs.frozen
    class Thing:
        name: str
        size: int = 0

    assert ask(Verb.PATCH, Thing("t"), "things", changes={"size": 1}).object == Thing("t", 1)
    assert ask(Verb.PATCH, Thing("t"), "things", subresource="status", changes={"size": 1}).object == Thing("t", 1)


def test_a_scale_changes_the_replicas_alone_and_never_to_less_than_none() -> None:
    scaled = ask(Verb.UPDATE, WEB, subresource="scale", changes={"replicas": 0, "paused": True})
    assert scaled.object == attrs.evolve(WEB, replicas=0)
    refused = ask(Verb.UPDATE, WEB, subresource="scale", changes={"replicas": -1})
    assert refused.code is Code.INVALID


def test_what_is_immutable_cannot_be_changed() -> None:
    binding = RoleBinding("b", RoleRef("Role", "r"))
    answer = ask(Verb.PATCH, binding, "rolebindings", changes={"role_ref": RoleRef("Role", "strong")})
    assert (answer.code, answer.message) == (Code.INVALID, "roleRef: field is immutable")
    gated = attrs.evolve(POD, node=None)
    more = attrs.evolve(gated.spec, scheduling_gates=("late",))
    assert ask(Verb.PATCH, gated, changes={"spec": more}).code is Code.INVALID


@pytest.mark.parametrize(
    ("changes", "legal"),
    [
        ({"node": Ref("nodes", 1)}, False),
        ({"containers": (Container("web", "web:2"),)}, True),
        ({"containers": (Container("web", "web:1", requests=(("cpu", 1),)),)}, False),
        ({"containers": (Container("web", "web:1"), Container("more"))}, False),
        ({"tolerations": (Toleration("a"), Toleration("b"))}, True),
        ({"tolerations": ()}, False),
        ({"termination_grace_period_seconds": 1}, False),
        ({"priority": 5}, False),
    ],
)
def test_of_a_pods_spec_only_images_and_more_tolerations_can_be_updated(changes: Any, legal: bool) -> None:
    spec = PodSpec((Container("web", "web:1"),), tolerations=(Toleration("a"),))
    pod = Pod(spec=spec)
    change = changes if "node" in changes else {"spec": attrs.evolve(spec, **changes)}
    assert ask(Verb.PATCH, pod, changes=change).code is (Code.OK if legal else Code.INVALID)


def test_what_may_be_set_once_is_immutable_then() -> None:
    claim = PersistentVolumeClaim("data")
    bound = ask(Verb.UPDATE, claim, "persistentvolumeclaims", changes={"volume_name": "v1"}).object
    assert bound == attrs.evolve(claim, volume_name="v1")
    assert ask(Verb.UPDATE, bound, "persistentvolumeclaims", changes={"volume_name": "v2"}).code is Code.INVALID
    more = {"request": 5}
    assert ask(Verb.UPDATE, bound, "persistentvolumeclaims", changes=more).code is Code.OK


def changed_template(job: Job, **spec: Any) -> Code:
    """What becomes of an update of a Job's pod template."""
    template = PodTemplate(job.template.labels, attrs.evolve(job.template.spec, **spec))
    return ask(Verb.PATCH, job, "jobs", changes={"template": template}).code


RUNS_PI = PodTemplate(labels(app="pi"), PodSpec((Container("pi", "pi:1"),)))
SUSPENDED = Job("j", RUNS_PI, suspend=True)
LARGER = Container("pi", "pi:1", requests=(("cpu", 2000),))


@pytest.mark.parametrize(
    "change",
    [
        {"node_selector": labels(zone="a")},
        {"node_affinity": ()},
        {"tolerations": (Toleration("spot"),)},
        {"scheduling_gates": ("wait",)},
        {"containers": (LARGER,)},
    ],
)
def test_where_a_job_may_run_and_what_it_requests_changes_only_while_it_is_suspended(change: dict[str, Any]) -> None:
    assert changed_template(SUSPENDED, **change) is Code.OK
    assert changed_template(attrs.evolve(SUSPENDED, suspend=False), **change) is Code.INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"containers": (attrs.evolve(LARGER, image="pi:2"),)},
        {"containers": (LARGER, LARGER)},
        {"restart_policy": "OnFailure"},
        {"priority": 7},
    ],
)
def test_nothing_else_of_a_jobs_pods_ever_changes(change: dict[str, Any]) -> None:
    assert changed_template(SUSPENDED, **change) is Code.INVALID


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ({"active": 1}, Code.INVALID),
        ({"active": 1, "conditions": frozenset([JobCondition.SUSPENDED])}, Code.INVALID),
        ({"failed": 1}, Code.INVALID),
        ({"failed": 1, "conditions": frozenset([JobCondition.SUSPENDED])}, Code.OK),
    ],
)
def test_a_job_that_has_run_must_have_stopped_and_say_so(status: dict[str, Any], code: Code) -> None:
    assert changed_template(attrs.evolve(SUSPENDED, **status), node_selector=labels(zone="a")) is code


def test_the_number_of_completions_never_changes() -> None:
    assert ask(Verb.PATCH, SUSPENDED, "jobs", changes={"completions": 5}).code is Code.INVALID
    assert ask(Verb.PATCH, SUSPENDED, "jobs", changes={"parallelism": 5}).code is Code.OK


@pytest.mark.parametrize(("kind", "resource"), [(ConfigMap, "configmaps"), (Secret, "secrets")])
def test_what_says_that_it_is_immutable_is(kind: type[ConfigMap | Secret], resource: str) -> None:
    plain, sealed = kind("c", labels(a="1")), kind("c", labels(a="1"), immutable=True)
    other = {"data": labels(a="2")}
    assert ask(Verb.PATCH, plain, resource, changes=other).code is Code.OK
    assert ask(Verb.PATCH, plain, resource, changes={"immutable": True}).code is Code.OK
    assert ask(Verb.PATCH, sealed, resource, changes=other).code is Code.INVALID
    assert ask(Verb.PATCH, sealed, resource, changes={"immutable": False}).code is Code.INVALID
    assert ask(Verb.PATCH, sealed, resource, changes={"data": labels(a="1")}).code is Code.OK


def test_an_autoscaler_has_room_between_its_bounds() -> None:
    hpa = HorizontalPodAutoscaler("hpa", "web", min_replicas=2, max_replicas=4)
    assert ask(Verb.PATCH, hpa, "horizontalpodautoscalers", changes={"max_replicas": 1}).code is Code.INVALID
    assert ask(Verb.PATCH, hpa, "horizontalpodautoscalers", changes={"max_replicas": 2}).code is Code.OK


def test_a_deletion_is_asked_for_by_no_update() -> None:
    assert ask(Verb.PATCH, WEB, changes={"deleting": True}).code is Code.INVALID


def test_a_budgets_status_is_behind_from_a_change_of_its_spec_until_it_is_written_anew() -> None:
    seen = PodDisruptionBudget("pdb", APP, min_available=1, observed=True)
    resource = "poddisruptionbudgets"
    stale = ask(Verb.UPDATE, seen, resource, reader="me", changes={"min_available": 2}).object
    assert stale == attrs.evolve(seen, min_available=2, observed=False)
    told = {"observed": True, "disruptions_allowed": 1}
    fresh = ask(Verb.UPDATE, stale, resource, reader="me", subresource="status", changes=told).object
    assert fresh == attrs.evolve(stale, **told)
    assert ask(Verb.UPDATE, seen, resource, reader="me", changes={"min_available": 1}).object == seen


# ---- eviction


def budget(**status: Any) -> PodDisruptionBudget:
    return attrs.evolve(PodDisruptionBudget("pdb", APP, observed=True, current_healthy=2, desired_healthy=1), **status)


def evict(pod: Pod, *budgets: PodDisruptionBudget) -> Response:
    return ask(Verb.CREATE, pod, store=Store(*budgets), subresource="eviction")


def test_an_eviction_pays_its_budget_and_deletes_the_pod_gracefully() -> None:
    granted = evict(POD, budget(disruptions_allowed=1))
    assert granted.code is Code.CREATED
    assert granted.object == attrs.evolve(POD, deleting=True, disruption="EvictionByEvictionAPI")
    (also,) = granted.also
    paid = also.object
    assert isinstance(paid, PodDisruptionBudget)
    assert (paid.disruptions_allowed, paid.disrupted_pods) == (0, (Ref("pods", 0),))


def test_a_spent_budget_refuses_an_eviction_with_429_and_two_budgets_with_500() -> None:
    refused = evict(POD, budget(disruptions_allowed=0))
    assert (refused.code, refused.writes, refused.also) == (Code.TOO_MANY_REQUESTS, False, ())
    twice = evict(POD, budget(disruptions_allowed=1), attrs.evolve(budget(disruptions_allowed=1), name="other"))
    assert (twice.code, twice.writes) == (Code.INTERNAL_ERROR, False)


def test_a_budget_of_other_pods_or_of_another_namespace_is_not_asked() -> None:
    others = attrs.evolve(budget(), selector=LabelSelector(labels(app="db")))
    elsewhere = attrs.evolve(budget(), namespace="other")
    for pdb in (others, elsewhere, attrs.evolve(budget(), selector=None)):
        assert evict(POD, pdb).code is Code.CREATED


def test_a_pod_that_does_not_run_is_evicted_without_its_budget() -> None:
    pending = attrs.evolve(POD, node=None, phase=Phase.PENDING, ready=False)
    answer = evict(pending, budget(disruptions_allowed=0))
    assert (answer.code, answer.object, answer.also) == (Code.CREATED, None, ())


# ---- who may hand out rights


def test_nobody_hands_out_more_than_he_has() -> None:
    from kspec.kube.rbac import PolicyRule, Subject, SubjectKind

    manage = PolicyRule(("create", "update", "patch"), ("rbac.authorization.k8s.io",), ("roles", "rolebindings"))
    mine = Role("mine", (manage, PolicyRule(("get",), ("",), ("pods",))))
    me = RoleBinding("me", RoleRef("Role", "mine"), (Subject(SubjectKind.SERVICE_ACCOUNT, "eve", "default"),))
    store = Store(mine, me)

    def create(thing: Any, resource: str) -> Code:
        request = Request(Verb.CREATE, resource, thing.name, object=thing, user="eve")
        return serve(request, None, True, store).code

    assert create(Role("same", (PolicyRule(("get",), ("",), ("pods",)),)), "roles") is Code.CREATED
    assert create(Role("more", (PolicyRule(("get",), ("",), ("secrets",)),)), "roles") is Code.FORBIDDEN
    assert create(RoleBinding("b", RoleRef("Role", "mine")), "rolebindings") is Code.CREATED
    assert create(RoleBinding("b", RoleRef("ClusterRole", "cluster-admin")), "rolebindings") is Code.FORBIDDEN
    assert create(RoleBinding("b", RoleRef("Role", "gone")), "rolebindings") is Code.NOT_FOUND


# ---- what is not served


@pytest.mark.parametrize(
    ("verb", "current", "subresource"),
    [
        *[
            (Verb.CREATE, POD, each)
            for each in ("exec", "attach", "portforward", "proxy", "log", "ephemeralcontainers")
        ],
        (Verb.GET, POD, "log"),
        (Verb.DELETE, POD, "eviction"),
        (Verb.CREATE, WEB, "scale"),
        (Verb.CREATE, WEB, "eviction"),
        (Verb.CREATE, ServiceAccount("builder"), "token"),
    ],
)
def test_a_subresource_that_the_registry_does_not_know_is_not_found(verb: Verb, current: Any, subresource: str) -> None:
    resource = "serviceaccounts" if isinstance(current, ServiceAccount) else ""
    answer = ask(verb, current, resource, subresource=subresource)
    assert (answer.code, answer.writes) == (Code.NOT_FOUND, False)
    assert answer.message == "the server could not find the requested resource"


def test_who_may_is_asked_before_what_is_served() -> None:
    request = Request(Verb.CREATE, "pods", "db", "exec", user="scheduler")
    assert serve(request, POD, True, Store()).code is Code.FORBIDDEN
