"""`kspec why request`: which link decides a request, by which rule, and what becomes of the object."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .cli_runner import Kspec, Ran, kspec

__all__ = ["kspec"]

ROLES = str(Path(__file__).parents[2] / "examples" / "roles.yaml")
DEPLOYER = ("-n", "shop", "--as", "system:serviceaccount:shop:deployer")
JANE = ("-n", "shop", "--as", "jane", "--as-group", "developers")
ADMIN = ("--as", "root", "--as-group", "system:masters")

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop}
spec:
  containers: [{name: db, image: "db:1"}]
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, resourceVersion: "7"}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""


def written(name: str, *texts: str) -> str:
    Path(name).write_text("---\n".join(texts), encoding="utf-8")
    return name


def document(kspec: Kspec, *arguments: str) -> dict[str, object]:
    ran = kspec("why", "request", *arguments, "--json", "-")
    found = json.loads(ran.out)
    assert found["exit"] == ran.code
    assert isinstance(found, dict)
    return found


def links(ran: dict[str, object]) -> dict[str, object]:
    found = ran["links"]
    assert isinstance(found, list)
    return {link["name"]: link["passed"] for link in found}


# ---- the verdict, and who decided


def test_a_request_that_a_rule_allows_is_granted_and_the_rule_is_told_with_its_place(kspec: Kspec) -> None:
    ran = kspec("why", "request", "create", "pods", *DEPLOYER, "-f", ROLES)
    assert ran.code == 0
    assert ran.first.startswith("GRANTED: create pods")
    assert "201 Created, decided by RBAC: allowed by RoleBinding 'deployer'" in ran.first
    assert f"Role deploying ({ROLES}:" in ran.out
    assert "allows get, list, watch, create on pods" in ran.out


def test_a_request_that_no_rule_allows_is_refused_and_the_nearest_rule_is_told(kspec: Kspec) -> None:
    ran = kspec("why", "request", "delete", "pods", "web", *JANE, "-f", ROLES)
    assert ran.code == 1
    assert ran.first.startswith("REFUSED: delete pods web in namespace shop as jane: 403 Forbidden, decided by auth")
    assert "allows get, list, watch on pods, but not delete" in ran.out
    assert "admission: not asked" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "secrets", *JANE), "but not secrets"),
        (("get", "deployments.extensions", *JANE), "has no resource"),
        (("get", "pods", "web", "-n", "default", "--as", "jane", "--as-group", "developers"), "of namespace shop only"),
        (("get", "pods/log", "web", *DEPLOYER), "but not pods/log"),
    ],
)
def test_what_a_rule_misses_is_told(kspec: Kspec, arguments: tuple[str, ...], said: str) -> None:
    ran = kspec("why", "request", *arguments, "-f", ROLES)
    assert ran.code in (1, 2)
    assert said in ran.out + ran.err


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("get", "/healthz"), "AUTHORISED: get /healthz as system:anonymous: decided by RBAC"),
        (("get", "/metrics", "--as", "eve"), "REFUSED: get /metrics as eve: 403 Forbidden"),
        (("delete", "nodes", "n1", *ADMIN), "AUTHORISED: delete nodes n1 as root: decided by system:masters"),
        (
            ("get", "secrets", "s", "--as", "system:node:n1", "--as-group", "system:nodes"),
            "AUTHORISED: get secrets s in namespace default as system:node:n1: decided by Node",
        ),
        (
            ("create", "pods/binding", "p", "--as", "system:kube-scheduler"),
            "AUTHORISED: create pods/binding p in namespace default as system:kube-scheduler: decided by RBAC",
        ),
        (("impersonate", "users", "--as", "eve"), "kspec: Kubernetes has no resource users"),
    ],
)
def test_what_every_cluster_has_is_asked(kspec: Kspec, arguments: tuple[str, ...], first: str) -> None:
    ran = kspec("why", "request", *arguments)
    assert (ran.out + ran.err).startswith(first)


def test_without_anonymous_requests_nobody_is_recognised(kspec: Kspec) -> None:
    ran = kspec("why", "request", "get", "/healthz", "--set", "apiserver.anonymous-auth=off")
    assert ran.code == 1
    assert "401 Unauthorized, decided by authentication" in ran.first


def test_a_binding_to_a_role_that_is_not_there_makes_a_refusal_an_error(kspec: Kspec) -> None:
    binding = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone}
subjects: [{kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}]
"""
    ran = kspec("why", "request", "list", "pods", "--as", "eve", "-f", written("b.yaml", binding))
    assert ran.code == 1
    assert "500 InternalError, decided by authorization" in ran.first
    assert "b refers to Role gone, which is not there" in ran.out


def test_rights_that_the_caller_has_not_are_not_handed_out(kspec: Kspec) -> None:
    role = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: more, namespace: shop}
rules: [{apiGroups: [""], resources: [nodes], verbs: [delete]}]
"""
    admin = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: admin, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects: [{kind: User, name: eve, apiGroup: rbac.authorization.k8s.io}]
"""
    ran = kspec("why", "request", "create", "roles", "--as", "eve", "-f", written("r.yaml", role, admin))
    assert ran.code == 1
    assert "decided by escalation" in ran.first
    assert "may not hand out what he has not: delete on nodes" in ran.first


# ---- admission and the store


def test_admission_tells_what_it_changes_and_charges(kspec: Kspec) -> None:
    out = kspec("why", "request", "create", "pods", *DEPLOYER, "-f", ROLES).out
    for line in (
        "spec.containers[web].requests[cpu]: nothing → 100m",
        "spec.priority: 0 → 1000",
        "node.kubernetes.io/not-ready:NoExecute for 300 s",
        "ResourceQuota small used[pods]: 0 → 1",
        "AlwaysPullImages          off",
        "metadata.generation is 1",
    ):
        assert line in out


def test_a_plugin_can_be_switched_as_in_a_real_cluster(kspec: Kspec) -> None:
    setting = "apiserver.admission.AlwaysPullImages=on"
    out = kspec("why", "request", "create", "pods", *DEPLOYER, "-f", ROLES, "--set", setting).out
    assert "spec.containers[web].imagePullPolicy: nothing → Always" in out


def test_a_plugin_that_refuses_decides(kspec: Kspec) -> None:
    full = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: none, namespace: shop}\nspec: {hard: {pods: 0}}\n"
    file = written("q.yaml", full, POD)
    ran = kspec("why", "request", "create", "pods", "-n", "shop", *ADMIN, "-f", file)
    assert ran.code == 1
    assert "403 Forbidden, decided by ResourceQuota: ResourceQuota none: there is not enough left of pods" in ran.first
    assert "store: not asked: not reached" in ran.out


def test_a_quota_without_a_status_counts_the_pods_that_are_given(kspec: Kspec) -> None:
    quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: two, namespace: shop}\nspec: {hard: {pods: 2}}\n"
    other = POD.replace("name: db,", "name: other,")
    file = written("q.yaml", quota, other, POD)
    out = kspec("why", "request", "create", "pods", "db", "-n", "shop", *ADMIN, "-f", file).out
    assert "ResourceQuota two used[pods]: 1 → 2" in out


def test_a_name_that_is_taken_and_a_version_that_is_old_are_refused_by_the_store(kspec: Kspec) -> None:
    stored, newer = written("stored.yaml", WEB.replace('"7"', '"8"')), written("sent.yaml", WEB)
    ran = kspec("why", "request", "update", "deployments", *ADMIN, "-f", stored, "--body", newer)
    assert "409 Conflict, decided by store: the object has been modified" in ran.first
    taken = kspec("why", "request", "create", "deployments", *ADMIN, "-f", stored, "--body", newer)
    assert "409 AlreadyExists, decided by store: the name is taken" in taken.first


def test_an_update_tells_what_changes_and_whether_the_generation_rises(kspec: Kspec) -> None:
    stored, sent = written("stored.yaml", WEB), written("sent.yaml", WEB.replace("replicas: 2", "replicas: 3"))
    out = kspec("why", "request", "update", "deployments", *ADMIN, "-f", stored, "--body", sent).out
    assert "the object is changed: replicas: 2 → 3" in out
    assert "metadata.generation rises by 1" in out
    labelled = written("l.yaml", WEB.replace("metadata: {name: web,", "metadata: {name: web, labels: {a: b},"))
    out = kspec("why", "request", "update", "deployments", *ADMIN, "-f", stored, "--body", labelled).out
    assert "metadata.generation stays" in out


def test_what_is_immutable_is_refused_by_validation(kspec: Kspec) -> None:
    stored, sent = written("stored.yaml", WEB), written("sent.yaml", WEB.replace("{app: web}", "{app: other}"))
    ran = kspec("why", "request", "update", "deployments", *ADMIN, "-f", stored, "--body", sent)
    assert "422 Invalid, decided by validation: spec.selector: field is immutable" in ran.first


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "the object is removed"),
        (("--cascade", "foreground"), "until the last of its finalizers is gone: foregroundDeletion"),
        (("--cascade", "orphan"), "until the last of its finalizers is gone: orphan"),
    ],
)
def test_a_deletion_tells_what_becomes_of_the_object(kspec: Kspec, more: tuple[str, ...], said: str) -> None:
    file = written("web.yaml", WEB)
    assert said in kspec("why", "request", "delete", "deployments", "web", *ADMIN, "-f", file, *more).out


def test_an_eviction_that_a_budget_does_not_allow_is_429(kspec: Kspec) -> None:
    budget = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: db, namespace: shop}
spec: {minAvailable: 1, selector: {matchLabels: {app: db}}}
status: {disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1}
"""
    running = POD.replace("namespace: shop}", "namespace: shop, labels: {app: db}}").replace(
        "spec:\n", "spec:\n  nodeName: n1\n"
    )
    running += "status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}\n"
    file = written("e.yaml", budget, running)
    arguments = ("why", "request", "create", "pods/eviction", "db", "-n", "shop", *ADMIN, "-f")
    ran = kspec(*arguments, file)
    assert ran.code == 1
    assert "429 TooManyRequests, decided by store" in ran.first
    allowed = kspec(
        *arguments, written("e.yaml", budget.replace("disruptionsAllowed: 0", "disruptionsAllowed: 1"), running)
    )
    assert allowed.code == 0
    assert "the object is marked as deleted, and stays for its grace period" in allowed.out


def test_a_namespace_that_goes_takes_nothing_new(kspec: Kspec) -> None:
    going = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\nstatus: {phase: Terminating}\n"
    ran = kspec("why", "request", "create", "pods", "-n", "shop", *ADMIN, "-f", written("n.yaml", going, POD))
    assert "decided by NamespaceLifecycle" in ran.first
    missing = kspec(
        "why", "request", "create", "pods", *ADMIN, "-f", written("n.yaml", going.replace("shop", "db"), POD)
    )
    assert "404 NotFound, decided by NamespaceLifecycle: there is no namespace shop" in missing.first


# ---- data


def test_the_answer_as_data_has_every_link(kspec: Kspec) -> None:
    found = document(kspec, "create", "pods", *DEPLOYER, "-f", ROLES)
    assert (found["schema"], found["verdict"], found["status"]) == ("kspec-why-request/1", "GRANTED", 201)
    assert links(found) == dict.fromkeys(
        ("authentication", "authorization", "admission", "validation", "validating admission", "store"), True
    )
    refused = document(kspec, "delete", "pods", "web", *JANE, "-f", ROLES)
    assert (refused["verdict"], refused["decided_by"]) == ("REFUSED", "authorization")
    assert links(refused) == {"authentication": True, "authorization": False, "admission": None}


def test_what_is_not_modelled_and_what_was_assumed_is_said(kspec: Kspec) -> None:
    out = kspec("why", "request", "create", "pods", *ADMIN, "-f", written("p.yaml", POD)).out
    assert "no Namespace is given: the namespace of the request is there, and active" in out
    assert "PodSecurity" in out


# ---- errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("crate", "pods"), "there is no verb crate; did you mean create?"),
        (("get", "podz"), "Kubernetes has no resource podz; did you mean pods?"),
        (("get", "pod"), "resources are written in the plural: pods"),
        (("get", "pods/log", "--subresource", "status"), "say the subresource once"),
        (("get", "pods/web", "db"), "say the name once"),
        (("get", "pods", "--as", "system:serviceaccount:x"), "write system:serviceaccount:NAMESPACE:NAME"),
        (("get", "pods", "--as-group", "g"), "--as-group needs --as"),
        (("get", "pods", "--cascade", "orphan"), "are of a deletion"),
        (("get", "pods", "--body", "x.yaml"), "sends no object"),
        (("get", "pods", "-f", "missing.yaml"), "missing.yaml: no such file"),
        (("get", "pods", "--set", "apiserver.admission.Nothing=on"), "unknown setting apiserver.admission.Nothing"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_message(kspec: Kspec, arguments: tuple[str, ...], said: str) -> None:
    ran = kspec("why", "request", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def refused_file(kspec: Kspec, text: str) -> Ran:
    return kspec("why", "request", "get", "pods", "-f", written("x.yaml", text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apiVersion: v1\nkind: Role\nmetadata: {name: r}\n", "Role is in rbac.authorization.k8s.io/v1"),
        (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{resources: [pods]}]\n",
            "x.yaml:4: Role r: rules[0].verbs: is required",
        ),
        (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
            "roleRef: {kind: Role, name: r}\n",
            "ClusterRoleBinding b: roleRef.kind: must be ClusterRole",
        ),
        (
            "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\n"
            "spec: {limits: [{type: Container, min: {cpu: 2}, max: {cpu: 1}}]}\n",
            "spec.limits[0].min[cpu]: 2 must not be more than max, 1",
        ),
        (
            "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hrad: {pods: 1}}\n",
            "hrad",
        ),
        (
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p}\n"
            "spec: {minAvailable: 1, maxUnavailable: 1}\n",
            "exclude each other",
        ),
        (
            "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: p}\nvalue: 2000000000\n",
            "must not be more than 1000000000",
        ),
    ],
)
def test_a_manifest_that_a_cluster_would_refuse_is_refused_with_its_line(kspec: Kspec, text: str, said: str) -> None:
    ran = refused_file(kspec, text)
    assert ran.code == 2
    assert said in ran.err
