"""Why no rule allowed a request: which rules the caller has, and what of each does not match."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kspec.kube.rbac import PolicyRule, RoleBinding
from kspec_models.apiserver import rbac
from kspec_models.apiserver.authentication import AUTHENTICATED, SERVICE_ACCOUNTS, UNAUTHENTICATED, User
from kspec_models.apiserver.rbac import Attributes, Grant, Policy

MOST = 3
"""How many rules are told: the nearest ones."""


EVERYBODY = frozenset({AUTHENTICATED, UNAUTHENTICATED, SERVICE_ACCOUNTS})
"""Groups whose rules are not worth telling: everybody has them."""


def near_misses(user: User, request: Attributes, policy: Policy, where: Callable[[Any], str]) -> tuple[str, ...]:
    """The caller's rules that came nearest, each with what it does not allow; and bindings that do not count here."""
    granted = rbac.rules_for(user, rbac.asked_in(request), policy)
    own = [grant for grant in granted.grants if not EVERYBODY.issuperset(s.name for s in grant.binding.subjects)]
    missed = [(tuple(mismatches(grant.rule, request)), grant) for grant in own]
    least = min((len(why) for why, _ in missed), default=0)
    nearest = [f"{told(grant, request, where)}, but {', '.join(why)}" for why, grant in missed if len(why) == least]
    lines = [*nearest[:MOST]]
    if len(nearest) > MOST:
        left = len(nearest) - MOST
        lines.append(f"and {left} more rules that miss as much" if left > 1 else "and 1 more rule that misses as much")
    lines += [f"{b.name} refers to {b.role_ref.kind} {b.role_ref.name}, which is not there" for b in granted.dangling]
    return (*lines, *[_elsewhere(b, where) for b in bindings_elsewhere(user, request.namespace, policy)])


def mismatches(rule: PolicyRule, request: Attributes) -> Iterator[str]:
    """What of the request a rule does not allow."""
    if not rbac.verb_matches(rule, request.verb):
        yield f"not {request.verb}"
    if request.path is not None:
        if not rbac.non_resource_url_matches(rule, request.path):
            yield f"not {request.path}"
        return
    if not rbac.resource_matches(rule, request.resource, request.subresource):
        yield f"not {combined(request)}"
    elif not rbac.api_group_matches(rule, request.api_group):
        yield f"not of the API group {request.api_group or 'core'}"
    if not rbac.resource_name_matches(rule, request.name):
        yield f"only of the name {' or '.join(rule.resource_names)}"


def combined(request: Attributes) -> str:
    """`pods/log`."""
    return f"{request.resource}/{request.subresource}" if request.subresource else request.resource


def bindings_elsewhere(user: User, namespace: str, policy: Policy) -> list[RoleBinding]:
    """Role bindings of the caller that are of other namespaces."""
    return [
        b
        for b in policy.role_bindings
        if b.namespace != namespace and rbac.applies_to(b.subjects, user, b.namespace) is not None
    ]


def told(grant: Grant, request: Attributes, where: Callable[[Any], str]) -> str:
    """A rule with its role and binding, and where these were read: `... allows get, list on pods`."""
    binding, role, rule = grant.binding, grant.role, grant.rule
    listed = (*rule.resources, *rule.non_resource_urls)
    mine = [each for each in listed if each in (combined(request), request.path)] or listed
    names = f" named {', '.join(rule.resource_names)}" if rule.resource_names else ""
    return (
        f"{type(role).__name__} {role.name}{_at(role, where)}, by {type(binding).__name__} "
        f"{binding.name}{_at(binding, where)}, allows {', '.join(rule.verbs)} on {', '.join(mine)}{names}"
    )


def _elsewhere(binding: RoleBinding, where: Callable[[Any], str]) -> str:
    return f"RoleBinding {binding.name}{_at(binding, where)} is of namespace {binding.namespace} only"


def _at(thing: Any, where: Callable[[Any], str]) -> str:
    place = where(thing)
    return f" ({place})" if place else ""
