"""Authentication: who is it that asks?

Upstream: `staging/src/k8s.io/apiserver/pkg/authentication/request/union/union.go`. Authenticators are tried in order
until one recognises the caller (A10); whoever shows no credentials is system:anonymous (A11). Simplified: a
component's name stands for its credentials; nobody shows bad ones, so 401 cannot happen.
"""

from __future__ import annotations

import attrs

MASTERS = "system:masters"
NODES = "system:nodes"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
SERVICE_ACCOUNTS = "system:serviceaccounts"


@attrs.frozen
class Identity:
    """A recognised caller."""

    name: str
    groups: tuple[str, ...]


def client_certificate(caller: str) -> Identity | None:
    """Users, the scheduler and kubelets show certificates."""
    if caller == "user":
        return Identity("kubernetes-admin", (MASTERS, AUTHENTICATED))
    if caller == "scheduler":
        return Identity("system:kube-scheduler", (AUTHENTICATED,))
    if caller == "kubelet":
        return Identity("system:node:*", (NODES, AUTHENTICATED))
    return None


def service_account_token(caller: str) -> Identity | None:
    """Controllers show the token of their service account."""
    if not caller:
        return None
    built_in = ("deployment", "replicaset")
    name = f"kube-system:{caller}-controller" if caller in built_in else f"default:{caller}"
    return Identity(f"system:serviceaccount:{name}", (SERVICE_ACCOUNTS, AUTHENTICATED))


AUTHENTICATORS = (client_certificate, service_account_token)


def authenticate(caller: str) -> Identity:
    """The first authenticator that recognises the caller decides."""
    for authenticator in AUTHENTICATORS:
        identity = authenticator(caller)
        if identity is not None:
            return identity
    return Identity("system:anonymous", (UNAUTHENTICATED,))
