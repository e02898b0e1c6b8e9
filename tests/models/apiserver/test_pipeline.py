"""Who asks, and may he: authenticators, authorizers, and what every cluster has."""

from __future__ import annotations

import pytest

from kspec.kernel.settings import applied
from kspec.kube.objects import Pod
from kspec.kube.rbac import ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject, SubjectKind
from kspec.kube.requests import Code, Request, Verb
from kspec_models.apiserver import authorization, serve
from kspec_models.apiserver.authentication import (
    AUTHENTICATED,
    CONTROLLERS,
    MASTERS,
    NODES,
    UNAUTHENTICATED,
    Certificate,
    Token,
    User,
    authenticate,
    credentials_of,
)
from kspec_models.apiserver.authorization import Decision, opinions
from kspec_models.apiserver.bootstrap_policy import BOOTSTRAP, CONTROLLER_ROLES
from kspec_models.apiserver.rbac import Attributes
from tests.models.apiserver.stored import Store

GET_PODS = Attributes("get", resource="pods", name="web", namespace="default")

# ---- authentication


def test_authenticators_are_tried_until_one_recognises_the_caller() -> None:
    found = authenticate(Token("shop", "web"))
    assert [answer.authenticator for answer in found.answers] == ["client certificate", "bearer token"]
    assert found.user == User(
        "system:serviceaccount:shop:web",
        ("system:serviceaccounts", "system:serviceaccounts:shop", AUTHENTICATED),
    )


def test_a_certificate_names_the_user_and_his_groups() -> None:
    assert authenticate(Certificate("jane", ("dev",))).user == User("jane", ("dev", AUTHENTICATED))


def test_whoever_shows_nothing_is_anonymous_and_whoever_shows_a_wrong_token_is_nobody() -> None:
    assert authenticate(None).user == User("system:anonymous", (UNAUTHENTICATED,))
    wrong = authenticate(Token("shop", "web", valid=False))
    assert wrong.user is None
    assert [answer.authenticator for answer in wrong.answers] == ["client certificate", "bearer token"]


def test_without_anonymous_requests_one_without_credentials_is_401() -> None:
    request = Request(Verb.GET, "pods", "web", user="")
    assert serve(request, Pod(), True).code is Code.FORBIDDEN
    with applied({"apiserver.anonymous-auth": "off"}):
        assert serve(request, Pod(), True).code is Code.UNAUTHORIZED


@pytest.mark.parametrize("component", CONTROLLERS)
def test_each_built_in_controller_has_a_role_of_its_own(component: str) -> None:
    shown = credentials_of(component)
    assert isinstance(shown, Token)
    assert shown.service_account in CONTROLLER_ROLES


# ---- authorisation


def test_authorizers_are_asked_until_one_allows() -> None:
    for user, asked in (
        (User("root", (MASTERS,)), ["system:masters"]),
        (User("system:node:n", (NODES,)), ["system:masters", "Node"]),
        (User("system:kube-scheduler"), ["system:masters", "Node", "RBAC"]),
    ):
        said = opinions(user, GET_PODS, BOOTSTRAP)
        assert [opinion.authorizer for opinion in said] == asked
        assert said[-1].decision is Decision.ALLOW


def test_which_authorizers_are_asked_is_a_setting() -> None:
    node, eve = User("system:node:n", (NODES,)), User("eve")
    with applied({"apiserver.authorization-mode": "RBAC"}):
        said = opinions(node, GET_PODS, BOOTSTRAP)
        assert [opinion.authorizer for opinion in said] == ["system:masters", "RBAC"]
        assert not authorization.allows(said)
    with applied({"apiserver.authorization-mode": "AlwaysAllow"}):
        assert authorization.allows(opinions(eve, GET_PODS, BOOTSTRAP))


def test_what_none_allows_is_refused_and_each_says_why() -> None:
    said = opinions(User("eve"), GET_PODS, BOOTSTRAP)
    assert not authorization.allows(said)
    assert [opinion.decision for opinion in said] == [Decision.NO_OPINION] * 3
    assert said[-1].reason == "nothing is bound to eve"


def test_nodes_may_not_do_what_no_node_must() -> None:
    node = User("system:node:n", (NODES,))
    assert not authorization.allows(opinions(node, Attributes("delete", "apps", "deployments", name="web"), BOOTSTRAP))


def test_the_roles_of_people_differ_by_what_they_may_change() -> None:
    def may(role: str, verb: str, group: str, resource: str) -> bool:
        binding = RoleBinding("b", RoleRef("ClusterRole", role), (Subject(SubjectKind.USER, "jane"),), "shop")
        policy = authorization.stored_policy(Store(binding))
        request = Attributes(verb, group, resource, name="x", namespace="shop")
        return authorization.allows(opinions(User("jane"), request, policy))

    assert may("view", "get", "apps", "deployments") and not may("view", "update", "apps", "deployments")
    assert not may("view", "get", "", "secrets") and may("edit", "get", "", "secrets")
    assert may("edit", "delete", "", "pods") and not may("edit", "create", "rbac.authorization.k8s.io", "roles")
    assert may("admin", "create", "rbac.authorization.k8s.io", "roles")


# ---- in a cluster


def test_a_component_of_ones_own_may_do_everything_until_rbac_objects_are_part_of_the_cluster() -> None:
    request = Request(Verb.DELETE, "pods", "web", user="my-operator")
    assert serve(request, Pod(), True, Store()).code is Code.OK
    role = Role("reader", (PolicyRule(("get",), ("",), ("pods",)),))
    assert serve(request, Pod(), True, Store(role)).code is Code.FORBIDDEN
    subject = Subject(SubjectKind.SERVICE_ACCOUNT, "my-operator", "default")
    reader = Store(role, RoleBinding("b", RoleRef("Role", "reader"), (subject,)))
    assert serve(request, Pod(), True, reader).code is Code.FORBIDDEN
    admin = Store(ClusterRoleBinding("b", RoleRef("ClusterRole", "cluster-admin"), (subject,)))
    assert serve(request, Pod(), True, admin).code is Code.OK


def test_built_in_components_keep_their_rights_beside_stored_roles() -> None:
    request = Request(Verb.DELETE, "pods", "web", user="replicaset")
    assert serve(request, Pod(), True, Store(Role("reader"))).code is Code.OK
