"""RBAC: which rules are a caller's, and what a rule allows.

Models, of Kubernetes 1.36, plugin/pkg/auth/authorizer/rbac/rbac.go; pkg/apis/rbac/v1/evaluation_helpers.go;
pkg/registry/rbac/validation/rule.go. It is the one evaluator: of the roles that every cluster has (`bootstrap_policy`)
and of those that are stored.

Rules only add rights (A17): the answer depends on no order of bindings. Not modelled: aggregated ClusterRoles (A29).
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

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
from kspec_models.apiserver.authentication import User

ALL = "*"
_SERVICE_ACCOUNT = "system:serviceaccount:"

Binding = ClusterRoleBinding | RoleBinding


@attrs.frozen
class Attributes:
    """What a request wants. With `path` it is of no resource; `namespace` empty: of the whole cluster."""

    verb: str
    api_group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    path: str | None = None


@attrs.frozen
class Policy:
    """Roles and bindings, of the cluster and of namespaces."""

    cluster_roles: tuple[ClusterRole, ...] = ()
    cluster_role_bindings: tuple[ClusterRoleBinding, ...] = ()
    roles: tuple[Role, ...] = ()
    role_bindings: tuple[RoleBinding, ...] = ()


@attrs.frozen
class Grant:
    """A rule that a caller has: by this binding, which refers to this role."""

    rule: PolicyRule
    role: ClusterRole | Role
    binding: Binding


@attrs.frozen
class Granted:
    """What a caller has, and the bindings of his that refer to no role (A24)."""

    grants: tuple[Grant, ...] = ()
    dangling: tuple[Binding, ...] = ()

    @property
    def rules(self) -> tuple[PolicyRule, ...]:
        """The rules alone."""
        return tuple([grant.rule for grant in self.grants])


# ---- does a rule match?


def verb_matches(rule: PolicyRule, verb: str) -> bool:
    """Whether the rule is about this verb (A19, VerbMatches)."""
    return ALL in rule.verbs or verb in rule.verbs


def api_group_matches(rule: PolicyRule, group: str) -> bool:
    """Whether the rule is about this API group; the core group is the empty text (A19, APIGroupMatches)."""
    return ALL in rule.api_groups or group in rule.api_groups


def resource_matches(rule: PolicyRule, resource: str, subresource: str) -> bool:
    """Whether the rule is about this resource (A20, ResourceMatches).

    `pods` is not `pods/log`; `*` is both; `*/scale` is that subresource of every resource.
    """
    combined = f"{resource}/{subresource}" if subresource else resource
    if ALL in rule.resources or combined in rule.resources:
        return True
    return subresource != "" and f"*/{subresource}" in rule.resources


def resource_name_matches(rule: PolicyRule, name: str) -> bool:
    """Whether the rule is about this object. A rule with names never matches a request without one (A21)."""
    return len(rule.resource_names) == 0 or name in rule.resource_names


def non_resource_url_matches(rule: PolicyRule, path: str) -> bool:
    """Whether the rule is about this path: the same, or a prefix before a star (A22, NonResourceURLMatches)."""
    return any(non_resource_url_covers(each, path) for each in rule.non_resource_urls)


def rule_allows(rule: PolicyRule, request: Attributes) -> bool:
    """Whether one rule allows the request (A19, RuleAllows)."""
    if not verb_matches(rule, request.verb):
        return False
    if request.path is not None:
        return non_resource_url_matches(rule, request.path)
    return (
        api_group_matches(rule, request.api_group)
        and resource_matches(rule, request.resource, request.subresource)
        and resource_name_matches(rule, request.name)
    )


def non_resource_url_covers(owner: str, requested: str) -> bool:
    """Whether a path, with a star at its end a prefix, covers another (A22, nonResourceURLCovers)."""
    return owner == requested or (owner.endswith(ALL) and requested.startswith(owner.rstrip(ALL)))


# ---- whose rules are they?


def subject_is(subject: Subject, user: User, namespace: str) -> bool:
    """Whether a subject of a binding in this namespace is the user (A25, appliesToUser).

    A service account without a namespace is of the binding's: in a ClusterRoleBinding it is nobody.
    """
    if subject.kind is SubjectKind.USER:
        return user.name == subject.name
    if subject.kind is SubjectKind.GROUP:
        return subject.name in user.groups
    home = subject.namespace or namespace
    return home != "" and user.name == f"{_SERVICE_ACCOUNT}{home}:{subject.name}"


def applies_to(subjects: tuple[Subject, ...], user: User, namespace: str) -> int | None:
    """The position of the first subject that is the user, None if none is (appliesTo)."""
    for position, subject in enumerate(subjects):
        if subject_is(subject, user, namespace):
            return position
    return None


def role_of(ref: RoleRef, namespace: str, policy: Policy) -> ClusterRole | Role | None:
    """The role that a binding of this namespace refers to; empty: of the cluster (A23, GetRoleReferenceRules)."""
    if ref.kind == "ClusterRole":
        return next((role for role in policy.cluster_roles if role.name == ref.name), None)
    same = [role for role in policy.roles if role.name == ref.name and role.namespace == namespace]
    return same[0] if same and namespace else None


def bindings_of(user: User, namespace: str, policy: Policy) -> Iterator[tuple[Binding, str]]:
    """The user's bindings, each with its namespace (A23, VisitRulesFor).

    The cluster's first; then those of the namespace, which are looked at only if there is one.
    """
    for everywhere in policy.cluster_role_bindings:
        if applies_to(everywhere.subjects, user, "") is not None:
            yield everywhere, ""
    for local in policy.role_bindings:
        if local.namespace == namespace != "" and applies_to(local.subjects, user, namespace) is not None:
            yield local, namespace


def rules_for(user: User, namespace: str, policy: Policy) -> Granted:
    """What the user has in a namespace, or with an empty one in the cluster (A23, A24, VisitRulesFor)."""
    grants: list[Grant] = []
    dangling: list[Binding] = []
    for binding, home in bindings_of(user, namespace, policy):
        role = role_of(binding.role_ref, home, policy)
        if role is None:
            dangling.append(binding)
        else:
            grants += [Grant(rule, role, binding) for rule in role.rules]
    return Granted(tuple(grants), tuple(dangling))


def allowing(granted: Granted, request: Attributes) -> Grant | None:
    """The first rule that allows the request, None if none does (A17, Authorize)."""
    return next((grant for grant in granted.grants if rule_allows(grant.rule, request)), None)


def asked_in(request: Attributes) -> str:
    """The namespace whose bindings count for a request: none for a path (A22)."""
    return "" if request.path is not None else request.namespace
