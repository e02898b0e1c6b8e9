"""RBAC: what rules match, whose they are, and who may hand out rights."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.kube.rbac import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRule,
    Role,
    RoleBinding,
    RoleRef,
    Subject,
    SubjectKind,
)
from kspec_models.apiserver import authorization, escalation, rbac
from kspec_models.apiserver.authentication import User
from kspec_models.apiserver.authorization import Decision
from kspec_models.apiserver.rbac import Attributes, Policy

READ_PODS = PolicyRule(("get", "list"), ("",), ("pods",))
ALICE = User("alice", ("dev",))
TO_ALICE = (Subject(SubjectKind.USER, "alice"),)
SOME = st.lists(st.sampled_from(["a", "b", "*"]), max_size=2).map(tuple)
RULES = st.builds(
    PolicyRule,
    SOME,
    SOME,
    st.lists(st.sampled_from(["a", "a/x", "*/x", "*"]), max_size=2).map(tuple),
    st.lists(st.sampled_from(["n", "m"]), max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("listed", "resource", "subresource", "matches"),
    [
        ("pods", "pods", "", True),
        ("pods", "pods", "log", False),
        ("pods/log", "pods", "log", True),
        ("pods/*", "pods", "log", False),
        ("*/scale", "deployments", "scale", True),
        ("*/scale", "deployments", "", False),
        ("*/scale", "deployments", "autoscale", False),
        ("*", "pods", "log", True),
    ],
)
def test_a_resource_is_not_its_subresources(listed: str, resource: str, subresource: str, matches: bool) -> None:
    assert rbac.resource_matches(PolicyRule(resources=(listed,)), resource, subresource) is matches


def test_a_rule_with_names_allows_no_request_without_a_name() -> None:
    rule = PolicyRule(("*",), ("",), ("secrets",), ("s1",))
    assert rbac.rule_allows(rule, Attributes("get", resource="secrets", name="s1"))
    assert not rbac.rule_allows(rule, Attributes("list", resource="secrets"))
    assert not rbac.rule_allows(rule, Attributes("create", resource="secrets"))


def test_a_rule_for_everything_allows_no_path() -> None:
    everything = PolicyRule(("*",), ("*",), ("*",))
    assert not rbac.rule_allows(everything, Attributes("get", path="/healthz"))


@pytest.mark.parametrize(
    ("url", "path", "matches"),
    [("*", "/x", True), ("/api", "/api", True), ("/api", "/api/v1", False), ("/api/*", "/api", False)],
)
def test_a_path_matches_whole_or_as_a_prefix_before_a_star(url: str, path: str, matches: bool) -> None:
    assert rbac.rule_allows(PolicyRule(("get",), non_resource_urls=(url,)), Attributes("get", path=path)) is matches


def everywhere(role: str) -> ClusterRoleBinding:
    return ClusterRoleBinding(f"{role} for alice", RoleRef("ClusterRole", role), TO_ALICE)


def in_web(kind: str, role: str) -> RoleBinding:
    return RoleBinding(f"{role} for alice", RoleRef(kind, role), TO_ALICE, "web")


def decided(request: Attributes, policy: Policy) -> Decision:
    return authorization.rbac(ALICE, request, policy).decision


def test_a_binding_in_a_namespace_to_a_cluster_role_grants_it_there_only() -> None:
    policy = Policy((ClusterRole("view", (READ_PODS,)),), role_bindings=(in_web("ClusterRole", "view"),))
    get = {ns: Attributes("get", resource="pods", name="p", namespace=ns) for ns in ("web", "db", "")}
    said = {ns: decided(request, policy) for ns, request in get.items()}
    assert said == {"web": Decision.ALLOW, "db": Decision.NO_OPINION, "": Decision.NO_OPINION}


def test_only_a_binding_of_the_cluster_grants_a_path() -> None:
    roles = (ClusterRole("health", (PolicyRule(("get",), non_resource_urls=("/healthz*",)),)),)
    request = Attributes("get", path="/healthz/ping", namespace="web")
    assert decided(request, Policy(roles, role_bindings=(in_web("ClusterRole", "health"),))) is not Decision.ALLOW
    assert decided(request, Policy(roles, (everywhere("health"),))) is Decision.ALLOW


def test_a_binding_to_a_missing_role_is_an_error_and_hides_no_other() -> None:
    gone = everywhere("gone")
    policy = Policy((ClusterRole("view", (READ_PODS,)),), (gone, everywhere("view")))
    granted = rbac.rules_for(ALICE, "", policy)
    assert (granted.rules, granted.dangling) == ((READ_PODS,), (gone,))


def test_a_role_of_another_namespace_is_a_missing_role() -> None:
    binding = in_web("Role", "view")
    policy = Policy(roles=(Role("view", (READ_PODS,), "db"),), role_bindings=(binding,))
    assert rbac.rules_for(ALICE, "web", policy) == rbac.Granted((), (binding,))


def test_a_binding_of_the_cluster_to_a_role_of_a_namespace_is_one_to_a_missing_role() -> None:
    policy = Policy((ClusterRole("view", (READ_PODS,)),), roles=(Role("view", (READ_PODS,), "web"),))
    assert rbac.role_of(RoleRef("Role", "view"), "", policy) is None


def test_what_allows_is_told_with_its_role_and_its_binding() -> None:
    policy = Policy((ClusterRole("view", (READ_PODS,)),), role_bindings=(in_web("ClusterRole", "view"),))
    opinion = authorization.rbac(ALICE, Attributes("get", resource="pods", name="p", namespace="web"), policy)
    assert opinion.grant is not None
    assert (opinion.grant.rule, opinion.grant.binding) == (READ_PODS, in_web("ClusterRole", "view"))
    assert "in namespace web" in opinion.reason


def test_a_service_account_without_namespace_is_of_the_bindings_and_of_the_cluster_nobody() -> None:
    subject = Subject(SubjectKind.SERVICE_ACCOUNT, "bot")
    user = User("system:serviceaccount:web:bot")
    assert rbac.subject_is(subject, user, "web")
    assert not rbac.subject_is(subject, user, "db")
    assert not rbac.subject_is(subject, user, "")


@given(st.permutations([everywhere("view"), everywhere("gone"), everywhere("edit")]))
def test_the_order_of_bindings_does_not_matter(bindings: list[ClusterRoleBinding]) -> None:
    roles = (ClusterRole("view", (READ_PODS,)), ClusterRole("edit", (PolicyRule(("delete",), ("",), ("pods",)),)))
    for verb, decision in (("get", Decision.ALLOW), ("delete", Decision.ALLOW), ("create", Decision.NO_OPINION)):
        request = Attributes(verb, resource="pods", name="p", namespace="web")
        assert decided(request, Policy(roles, tuple(bindings))) is decision


@given(RULES, RULES)
def test_whoever_covers_a_rule_is_allowed_whatever_it_allows(owner: PolicyRule, servant: PolicyRule) -> None:
    if escalation.uncovered((owner,), (servant,)):
        return
    for verb, group, resource, sub, name in itertools.product("ab", "ab", "ab", ("", "x"), ("", "n", "m")):
        request = Attributes(verb, group, resource, sub, name)
        assert rbac.rule_allows(owner, request) or not rbac.rule_allows(servant, request)


@given(RULES)
def test_every_rule_covers_itself(rule: PolicyRule) -> None:
    assert escalation.uncovered((rule,), (rule,)) == ()


def test_two_rules_together_may_cover_one_and_a_star_only_a_star() -> None:
    get, watch = PolicyRule(("get",), ("",), ("pods",)), PolicyRule(("watch",), ("",), ("pods",))
    assert escalation.uncovered((get, watch), (PolicyRule(("get", "watch"), ("",), ("pods",)),)) == ()
    star = PolicyRule(("*",), ("",), ("pods",))
    assert escalation.uncovered((get, watch), (star,)) == (star,)


def test_only_masters_the_exempt_and_those_who_have_them_grant_rights() -> None:
    assert escalation.may_grant(ALICE, (READ_PODS,), (READ_PODS,), exempt=False)
    assert not escalation.may_grant(ALICE, (), (READ_PODS,), exempt=False)
    assert escalation.may_grant(ALICE, (), (READ_PODS,), exempt=True)
    assert escalation.may_grant(User("root", ("system:masters",)), (), (READ_PODS,), exempt=False)


def test_the_first_opinion_decides_and_an_error_turns_a_refusal_into_500() -> None:
    assert authorization.union([Decision.NO_OPINION, Decision.DENY, Decision.ALLOW]) is Decision.DENY
    codes = [authorization.refusal_code(decision, errors) for decision in Decision for errors in (0, 1)]
    assert codes == [None, None, 403, 500, 403, 500]
