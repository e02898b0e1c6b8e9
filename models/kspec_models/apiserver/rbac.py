"""RBAC: which rules are a caller's, what a rule allows, and who may hand out which rights.

Models, of Kubernetes 1.36, plugin/pkg/auth/authorizer/rbac/rbac.go; pkg/apis/rbac/v1/evaluation_helpers.go;
pkg/registry/rbac/validation/rule.go and escalation_check.go; below staging/src/k8s.io, the comparison of rules in
component-helpers/auth/rbac/validation/policy_comparator.go and apiserver/pkg/authorization/union/union.go.

Rules only add rights (A17): the answer depends on no order of bindings. Simplified: an error is a count, not a text.
Not modelled: aggregated ClusterRoles (A29), the node authorizer (A31), the bootstrap roles (`authorization` has those).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

import attrs

ALL = "*"
_SERVICE_ACCOUNT = "system:serviceaccount:"
_MASTERS = "system:masters"


class Decision(enum.Enum):
    """What one authorizer, or all of them together, say of a request (A15)."""

    ALLOW = "Allow"
    DENY = "Deny"
    NO_OPINION = "NoOpinion"


class SubjectKind(enum.Enum):
    """Whom a binding can name."""

    USER = "User"
    GROUP = "Group"
    SERVICE_ACCOUNT = "ServiceAccount"


@attrs.frozen
class PolicyRule:
    """One rule of a role. `resources` may name subresources (`pods/log`); no `resource_names` means every name."""

    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = ()


@attrs.frozen
class User:
    """A caller: its name and groups."""

    name: str
    groups: tuple[str, ...] = ()


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
class Subject:
    """Who gets the rights of a binding. `namespace` is a service account's."""

    kind: SubjectKind
    name: str
    namespace: str = ""


@attrs.frozen
class Role:
    """A Role, or with an empty `namespace` a ClusterRole."""

    name: str
    rules: tuple[PolicyRule, ...] = ()
    namespace: str = ""


@attrs.frozen
class Binding:
    """A RoleBinding, or with an empty `namespace` a ClusterRoleBinding. `cluster_role`: what it refers to is one."""

    role: str
    subjects: tuple[Subject, ...] = ()
    cluster_role: bool = True
    namespace: str = ""


@attrs.frozen
class Granted:
    """The rules that a caller has, and how many of its bindings refer to no role (A24)."""

    rules: tuple[PolicyRule, ...] = ()
    errors: int = 0


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


def role_of(binding: Binding, roles: Iterable[Role]) -> Role | None:
    """The role that a binding refers to: of the cluster, or of the binding's namespace (A23, GetRoleReferenceRules)."""
    home = "" if binding.cluster_role else binding.namespace
    if not binding.cluster_role and home == "":
        return None
    for role in roles:
        if role.name == binding.role and role.namespace == home:
            return role
    return None


def rules_for(user: User, namespace: str, roles: tuple[Role, ...], bindings: tuple[Binding, ...]) -> Granted:
    """The user's rules in a namespace, or with an empty one in the cluster (A23, A24, VisitRulesFor).

    The cluster's bindings first; then those of the namespace, which are looked at only if there is one.
    """
    cluster = [binding for binding in bindings if binding.namespace == ""]
    local = [binding for binding in bindings if binding.namespace == namespace and namespace != ""]
    rules: tuple[PolicyRule, ...] = ()
    errors = 0
    for binding in (*cluster, *local):
        if applies_to(binding.subjects, user, binding.namespace) is None:
            continue
        role = role_of(binding, roles)
        if role is None:
            errors += 1
        else:
            rules = (*rules, *role.rules)
    return Granted(rules, errors)


def authorize(user: User, request: Attributes, roles: tuple[Role, ...], bindings: tuple[Binding, ...]) -> Decision:
    """Allow, or no opinion: RBAC never denies (A17, Authorize)."""
    namespace = "" if request.path is not None else request.namespace
    granted = rules_for(user, namespace, roles, bindings)
    return Decision.ALLOW if any(rule_allows(rule, request) for rule in granted.rules) else Decision.NO_OPINION


# ---- several authorizers


def union(decisions: Iterable[Decision]) -> Decision:
    """The first that is not "no opinion", in the authorizers' order (A15, union.Authorize)."""
    for decision in decisions:
        if decision is not Decision.NO_OPINION:
            return decision
    return Decision.NO_OPINION


def refusal_code(decision: Decision, errors: int) -> int | None:
    """The status code of a request that is not allowed, None if it is: an error makes it 500, not 403 (A16)."""
    if decision is Decision.ALLOW:
        return None
    return 500 if errors > 0 else 403


# ---- who may hand out rights: is one set of rules a superset of another?


def non_resource_url_covers(owner: str, requested: str) -> bool:
    """Whether a path, with a star at its end a prefix, covers another (A22, nonResourceURLCovers)."""
    return owner == requested or (owner.endswith(ALL) and requested.startswith(owner.rstrip(ALL)))


def atoms_of(rule: PolicyRule) -> tuple[PolicyRule, ...]:
    """A rule as rules of one verb, group, resource and name each, and of one verb and path (A30, BreakdownRule)."""
    names: tuple[tuple[str, ...], ...] = tuple((name,) for name in rule.resource_names) or ((),)
    of_resources = tuple(
        PolicyRule((verb,), (group,), (resource,), name)
        for group in rule.api_groups
        for resource in rule.resources
        for verb in rule.verbs
        for name in names
    )
    of_urls = tuple(
        PolicyRule((verb,), non_resource_urls=(url,)) for url in rule.non_resource_urls for verb in rule.verbs
    )
    return (*of_resources, *of_urls)


def atom_covered(owner: PolicyRule, atom: PolicyRule) -> bool:
    """Whether one rule of the owner covers one of `atoms_of` (A30, ruleCovers).

    A star asked for is covered only by a star: having every verb by name is not enough.
    """
    return (
        _has_all(owner.verbs, atom.verbs)
        and _has_all(owner.api_groups, atom.api_groups)
        and all(_resource_covered(owner.resources, resource) for resource in atom.resources)
        and all(
            any(non_resource_url_covers(mine, url) for mine in owner.non_resource_urls)
            for url in atom.non_resource_urls
        )
        and _names_covered(owner.resource_names, atom.resource_names)
    )


def uncovered(owner: tuple[PolicyRule, ...], servant: tuple[PolicyRule, ...]) -> tuple[PolicyRule, ...]:
    """What the servant's rules allow beyond the owner's, as `atoms_of`; none: the owner covers all (A30, Covers)."""
    atoms = [atom for rule in servant for atom in atoms_of(rule)]
    return tuple(atom for atom in atoms if not any(atom_covered(rule, atom) for rule in owner))


def may_grant(user: User, has: tuple[PolicyRule, ...], wanted: tuple[PolicyRule, ...], *, exempt: bool) -> bool:
    """Whether a user may write a role with these rules, or a binding to it (A26, A27, EscalationAllowed).

    `exempt`: the authorizers allow `escalate` on the role, or for a binding `bind`. `has` are the user's own rules in
    the namespace of what is written.
    """
    return _MASTERS in user.groups or exempt or len(uncovered(has, wanted)) == 0


def _has_all(owner: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return ALL in owner or all(each in owner for each in wanted)


def _resource_covered(owner: tuple[str, ...], resource: str) -> bool:
    if ALL in owner or resource in owner:
        return True
    parts = resource.split("/")
    return len(parts) > 1 and f"*/{parts[1]}" in owner


def _names_covered(owner: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return len(owner) == 0 or (len(wanted) > 0 and all(name in owner for name in wanted))
