"""Authorisation: may this caller do that?

Upstream: `plugin/pkg/auth/authorizer/rbac/rbac.go` and the roles of `bootstrappolicy/policy.go`,
`controller_policy.go`. RBAC only allows; what no rule allows is refused (403). Members of system:masters may do
everything. Simplified: the bootstrap roles of the modelled components, and a controller of one's own is bound to
cluster-admin. Not modelled: roles and bindings as objects, the Node authoriser's graph (a kubelet may touch any pod
here).
"""

from __future__ import annotations

import attrs

from kspec.kube.requests import Request, Verb
from kspec_models.apiserver.authentication import MASTERS, NODES, Identity


@attrs.frozen
class Rule:
    """Allows these verbs on these resources (`pods/status`); `*` allows all."""

    verbs: tuple[str, ...]
    resources: tuple[str, ...]

    def allows(self, verb: str, resource: str) -> bool:
        """Whether the rule covers this verb on this resource."""
        return ("*" in self.verbs or verb in self.verbs) and ("*" in self.resources or resource in self.resources)


CLUSTER_ADMIN = (Rule(("*",), ("*",)),)
READ = ("get", "list", "watch")

ROLES: dict[str, tuple[Rule, ...]] = {
    "system:kube-scheduler": (
        Rule((*READ, "delete"), ("pods",)),
        Rule(READ, ("nodes",)),
        Rule(("create",), ("pods/binding",)),
        Rule(("patch", "update"), ("pods/status",)),
    ),
    "system:serviceaccount:kube-system:deployment-controller": (
        Rule((*READ, "update"), ("deployments",)),
        Rule(("update",), ("deployments/status", "deployments/finalizers")),
        Rule((*READ, "create", "update", "patch", "delete"), ("replicasets",)),
        Rule((*READ, "update"), ("pods",)),
    ),
    "system:serviceaccount:kube-system:replicaset-controller": (
        Rule((*READ, "update"), ("replicasets",)),
        Rule(("update",), ("replicasets/status", "replicasets/finalizers")),
        Rule((*READ, "create", "patch", "delete"), ("pods",)),
    ),
}
NODE_RULES = (
    Rule((*READ, "create", "delete"), ("pods",)),
    Rule(("patch", "update"), ("pods/status",)),
    Rule(("create",), ("pods/eviction",)),
)


def rules_of(identity: Identity) -> tuple[Rule, ...]:
    """The rules that are bound to this caller."""
    if MASTERS in identity.groups:
        return CLUSTER_ADMIN
    if NODES in identity.groups:
        return NODE_RULES
    if identity.name.startswith("system:serviceaccount:default:"):
        return CLUSTER_ADMIN
    return ROLES.get(identity.name, ())


def authorized(identity: Identity, request: Request) -> bool:
    """Whether any rule allows the request."""
    resource = request.resource + (f"/{request.subresource}" if request.subresource else "")
    verb = Verb(request.verb).value
    return any(rule.allows(verb, resource) for rule in rules_of(identity))
