"""Authorisation: may this caller do that, and by whose word?

Upstream: `staging/src/k8s.io/apiserver/pkg/authorization/union/union.go`, `pkg/kubeapiserver/authorizer/reload.go`,
`plugin/pkg/auth/authorizer/node/node_authorizer.go`, `plugin/pkg/auth/authorizer/rbac/rbac.go`. Authorizers are asked
in order until one allows or denies; what none allows is refused (A15, A16).

Simplified: the Node authorizer knows no graph (A31): it allows what nodes may do at all, to pods, secrets and claims of
every node. A component that Kubernetes does not bring with it has a service account in `default`, and may do everything
there until RBAC objects are part of the cluster: from then on, only what they allow. Not modelled: webhooks.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterable

import attrs

from kspec.kernel.settings import active, current, declare
from kspec.kube.rbac import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from kspec.kube.requests import Look, Request
from kspec_models.apiserver.authentication import MASTERS, NODES, SERVICE_ACCOUNTS, User
from kspec_models.apiserver.bootstrap_policy import BOOTSTRAP, NODE_RULES
from kspec_models.apiserver.rbac import Attributes, Grant, Policy, allowing, asked_in, rule_allows, rules_for

CLUSTER_WIDE = frozenset(
    {
        "nodes",
        "namespaces",
        "persistentvolumes",
        "storageclasses",
        "clusterroles",
        "clusterrolebindings",
        "priorityclasses",
        "ingressclasses",
    }
)
"""Resources that belong to no namespace."""

API_GROUPS: dict[str, str] = {
    **dict.fromkeys(("deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions"), "apps"),
    **dict.fromkeys(("jobs", "cronjobs"), "batch"),
    "horizontalpodautoscalers": "autoscaling",
    "poddisruptionbudgets": "policy",
    "endpointslices": "discovery.k8s.io",
    **dict.fromkeys(("ingresses", "ingressclasses", "networkpolicies"), "networking.k8s.io"),
    "storageclasses": "storage.k8s.io",
    **dict.fromkeys(("roles", "rolebindings", "clusterroles", "clusterrolebindings"), "rbac.authorization.k8s.io"),
    "priorityclasses": "scheduling.k8s.io",
    "leases": "coordination.k8s.io",
}
"""The API group of each resource that is not in the core group."""

RBAC_KINDS = (ClusterRole, ClusterRoleBinding, Role, RoleBinding)


class Decision(enum.Enum):
    """What one authorizer, or all of them together, say of a request (A15)."""

    ALLOW = "Allow"
    DENY = "Deny"
    NO_OPINION = "NoOpinion"


@attrs.frozen
class Opinion:
    """What one authorizer said. `grant`: the rule by which RBAC allows; `errors`: bindings that refer to no role."""

    authorizer: str
    decision: Decision
    reason: str = ""
    grant: Grant | None = None
    errors: tuple[str, ...] = ()


Authorizer = Callable[[User, Attributes, Policy], Opinion]


def privileged_group(user: User, request: Attributes, policy: Policy) -> Opinion:
    """Members of system:masters may do everything: asked before all others (A18)."""
    if MASTERS in user.groups:
        return Opinion("system:masters", Decision.ALLOW, f"{user.name} is in group {MASTERS}")
    return Opinion("system:masters", Decision.NO_OPINION, f"{user.name} is not in group {MASTERS}")


def node(user: User, request: Attributes, policy: Policy) -> Opinion:
    """Nodes may do what nodes must do (A31, thin)."""
    if NODES not in user.groups:
        return Opinion("Node", Decision.NO_OPINION, f"{user.name} is no node")
    if any(rule_allows(rule, request) for rule in NODE_RULES):
        return Opinion("Node", Decision.ALLOW, "nodes may do that")
    return Opinion("Node", Decision.NO_OPINION, "no rule for nodes allows it")


def rbac(user: User, request: Attributes, policy: Policy) -> Opinion:
    """Allow, or no opinion: RBAC never denies (A17)."""
    granted = rules_for(user, asked_in(request), policy)
    errors = tuple([f"{b.name} refers to {b.role_ref.kind} {b.role_ref.name}" for b in granted.dangling])
    grant = allowing(granted, request)
    if grant is None:
        return Opinion("RBAC", Decision.NO_OPINION, why_none(user, len(granted.grants)), errors=errors)
    return Opinion("RBAC", Decision.ALLOW, f"allowed by {said(grant)}", grant, errors)


def why_none(user: User, rules: int) -> str:
    """Why RBAC allows nothing of a request, by how many rules the user has."""
    if not rules:
        return f"nothing is bound to {user.name}"
    if rules == 1:
        return f"the one rule bound to {user.name} does not allow it"
    return f"none of the {rules} rules bound to {user.name} allows it"


def said(grant: Grant) -> str:
    """`RoleBinding "dev" of Role "reader"`."""
    binding, role = grant.binding, grant.role
    where = f" in namespace {binding.namespace}" if isinstance(binding, RoleBinding) else ""
    return f"{type(binding).__name__} {binding.name!r}{where}, which binds {type(role).__name__} {role.name!r}"


def always_allow(user: User, request: Attributes, policy: Policy) -> Opinion:
    """Everybody may do everything."""
    return Opinion("AlwaysAllow", Decision.ALLOW, "everybody may do everything")


AUTHORIZATION_MODE = declare(
    "apiserver.authorization-mode",
    ("Node,RBAC", "RBAC", "AlwaysAllow"),
    "which authorizers are asked, behind the privileged group (--authorization-mode, as kubeadm sets it)",
).name


def authorizers() -> tuple[Authorizer, ...]:
    """Those that are asked in this run, in order."""
    chosen = {
        "Node,RBAC": (privileged_group, node, rbac),
        "RBAC": (privileged_group, rbac),
        "AlwaysAllow": (privileged_group, always_allow),
    }
    return chosen[current(AUTHORIZATION_MODE)]


def opinions(user: User, request: Attributes, policy: Policy) -> tuple[Opinion, ...]:
    """What the authorizers say, until one allows or denies (A15, union.Authorize)."""
    found: list[Opinion] = []
    for authorizer in authorizers():
        found.append(authorizer(user, request, policy))
        if found[-1].decision is not Decision.NO_OPINION:
            break
    return tuple(found)


def union(decisions: Iterable[Decision]) -> Decision:
    """The first that is not "no opinion", in the authorizers' order (A15)."""
    for decision in decisions:
        if decision is not Decision.NO_OPINION:
            return decision
    return Decision.NO_OPINION


def allows(said: Iterable[Opinion]) -> bool:
    """Whether all of them together allow the request."""
    return union([opinion.decision for opinion in said]) is Decision.ALLOW


def refusal_code(decision: Decision, errors: int) -> int | None:
    """The status code of a request that is not allowed, None if it is: an error makes it 500, not 403 (A16)."""
    if decision is Decision.ALLOW:
        return None
    return 500 if errors > 0 else 403


# ---- in a cluster


def attributes_of(request: Request, stored: object | None) -> Attributes:
    """What a request wants. The namespace is that of what it is about: of one that is nowhere, the default one."""
    resource = request.resource
    about = request.object if request.object is not None else stored
    namespace = "" if resource in CLUSTER_WIDE else str(getattr(about, "namespace", "default"))
    name = request.name if isinstance(request.name, str) else str(getattr(stored, "name", ""))
    if request.verb.value == "create" and not request.subresource:
        name = ""
    return Attributes(request.verb.value, API_GROUPS.get(resource, ""), resource, request.subresource, name, namespace)


def stored_policy(look: Look) -> Policy:
    """The RBAC objects of the cluster, behind those that every cluster has."""
    return Policy(
        (*BOOTSTRAP.cluster_roles, *look.all(ClusterRole)),
        (*BOOTSTRAP.cluster_role_bindings, *look.all(ClusterRoleBinding)),
        look.all(Role),
        look.all(RoleBinding),
    )


def asked(user: User, request: Attributes, look: Look) -> tuple[Opinion, ...]:
    """What the authorizers say of a request in this cluster.

    What every cluster has is asked first: as rules only add rights (A17), what is stored need not be looked at if that
    allows it.
    """
    built_in = of_every_cluster(user, request, tuple(active().items()))
    if allows(built_in):
        return built_in
    if any(look.uses(kind) for kind in RBAC_KINDS):
        return opinions(user, request, stored_policy(look))
    if OWN_GROUP in user.groups:
        return (Opinion("RBAC", Decision.ALLOW, "no RBAC object is part of this cluster"),)
    return built_in


@functools.lru_cache(maxsize=10_000)
def of_every_cluster(user: User, request: Attributes, settings: tuple[tuple[str, str], ...]) -> tuple[Opinion, ...]:
    """What the authorizers say by the roles that every cluster has: asked again and again, and always the same.

    `settings` of the run: they may choose a broken twin of what is asked here.
    """
    return opinions(user, request, BOOTSTRAP)


OWN_GROUP = f"{SERVICE_ACCOUNTS}:default"
"""Whoever Kubernetes does not bring with it."""
