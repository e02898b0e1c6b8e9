"""Who may hand out rights: nobody writes a role or a binding that allows more than he is allowed himself.

Models, of Kubernetes 1.36, pkg/registry/rbac/escalation_check.go and, below staging/src/k8s.io, the comparison of rules
in component-helpers/auth/rbac/validation/policy_comparator.go (A26, A27, A30).
"""

from __future__ import annotations

import attrs

from kspec.kube.rbac import ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding
from kspec.kube.requests import Code, Response
from kspec_models.apiserver.authentication import MASTERS, User
from kspec_models.apiserver.rbac import (
    ALL,
    Attributes,
    Policy,
    allowing,
    non_resource_url_covers,
    role_of,
    rules_for,
)


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
    return MASTERS in user.groups or exempt or len(uncovered(has, wanted)) == 0


def _has_all(owner: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return ALL in owner or all(each in owner for each in wanted)


def _resource_covered(owner: tuple[str, ...], resource: str) -> bool:
    if ALL in owner or resource in owner:
        return True
    parts = resource.split("/")
    return len(parts) > 1 and f"*/{parts[1]}" in owner


def _names_covered(owner: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return len(owner) == 0 or (len(wanted) > 0 and all(name in owner for name in wanted))


def refusal(
    user: User, asked: Attributes, new: Role | ClusterRole | RoleBinding | ClusterRoleBinding, policy: Policy
) -> Response | None:
    """Why this role or binding may not be written by this user; None: it may (A26, A27).

    For a role `escalate` on it exempts, for a binding `bind` on its role; a binding to a role that is not there needs
    that.
    """
    home = asked.namespace
    has = rules_for(user, home, policy).rules
    if isinstance(new, (Role, ClusterRole)):
        exempt = _allowed(user, attrs.evolve(asked, verb="escalate", name=new.name), policy)
        wanted = new.rules
    else:
        ref = new.role_ref
        resource = "clusterroles" if ref.kind == "ClusterRole" else "roles"
        exempt = _allowed(user, attrs.evolve(asked, verb="bind", resource=resource, name=ref.name), policy)
        role = role_of(ref, home, policy)
        if role is None and not exempt and MASTERS not in user.groups:
            return Response(Code.NOT_FOUND, message=f"there is no {ref.kind} {ref.name} to bind")
        wanted = () if role is None else role.rules
    if may_grant(user, has, wanted, exempt=exempt):
        return None
    more = uncovered(has, wanted)[0]
    what = f"{', '.join(more.verbs)} on {', '.join(more.resources or more.non_resource_urls)}"
    return Response(Code.FORBIDDEN, message=f"{user.name} may not hand out what he has not: {what}")


def _allowed(user: User, asked: Attributes, policy: Policy) -> bool:
    return allowing(rules_for(user, asked.namespace, policy), asked) is not None
