"""Authentication: who is it that asks?

Upstream: `staging/src/k8s.io/apiserver/pkg/authentication/request/union/union.go`, `request/x509/x509.go`,
`pkg/kubeapiserver/authenticator/config.go`. Authenticators are tried in order until one recognises the caller (A10);
whoever shows no credentials is system:anonymous (A11), whoever shows wrong ones is nobody (401): an authenticator that
fails ends the search before the anonymous one is asked.

Simplified: a client certificate is its subject, a bearer token the service account that it is for. A component is what
its kubeconfig holds (`credentials_of`), and shows nothing wrong. Not modelled: tokens of other issuers, webhooks, front
proxies, impersonation.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kspec.kernel.settings import declare, on

MASTERS = "system:masters"
NODES = "system:nodes"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
SERVICE_ACCOUNTS = "system:serviceaccounts"
SERVICE_ACCOUNT = "system:serviceaccount:"
ANONYMOUS = "system:anonymous"

ANONYMOUS_AUTH = declare(
    "apiserver.anonymous-auth",
    ("on", "off"),
    "whether a request without credentials is of system:anonymous, or is refused (401)",
).name


@attrs.frozen
class User:
    """A recognised caller."""

    name: str
    groups: tuple[str, ...] = ()


@attrs.frozen
class Certificate:
    """A client certificate: its common name is the user's, its organizations are his groups."""

    common_name: str
    organizations: tuple[str, ...] = ()


@attrs.frozen
class Token:
    """A bearer token of a service account. `valid`: signed by this cluster, and not expired."""

    namespace: str
    service_account: str
    valid: bool = True


Credentials = Certificate | Token | None


class Failed(Exception):
    """An authenticator met credentials of its sort, and they are wrong."""


@attrs.frozen
class Answer:
    """What one authenticator said: the user, or why there is none."""

    authenticator: str
    user: User | None
    reason: str = ""


@attrs.frozen
class Authenticated:
    """What all that were asked said, in order. `user` None: refused (401)."""

    user: User | None
    answers: tuple[Answer, ...]


def client_certificate(shown: Credentials) -> User | None:
    """A certificate that the cluster's authority signed (x509)."""
    if not isinstance(shown, Certificate):
        return None
    return User(shown.common_name, (*shown.organizations, AUTHENTICATED))


def bearer_token(shown: Credentials) -> User | None:
    """A service account's token (A12). Raises Failed if it is no valid one."""
    if not isinstance(shown, Token):
        return None
    if not shown.valid:
        raise Failed("the bearer token is not valid")
    name = f"{SERVICE_ACCOUNT}{shown.namespace}:{shown.service_account}"
    return User(name, (SERVICE_ACCOUNTS, f"{SERVICE_ACCOUNTS}:{shown.namespace}", AUTHENTICATED))


def anonymous(shown: Credentials) -> User | None:
    """Whoever shows nothing."""
    return User(ANONYMOUS, (UNAUTHENTICATED,)) if shown is None and on(ANONYMOUS_AUTH) else None


AUTHENTICATORS = (
    ("client certificate", client_certificate),
    ("bearer token", bearer_token),
    ("anonymous", anonymous),
)
"""The union, in upstream's order."""


def authenticate(shown: Credentials) -> Authenticated:
    """The first authenticator that recognises the caller decides; one that fails ends the search (A10, A11)."""
    answers: list[Answer] = []
    for name, authenticator in AUTHENTICATORS:
        try:
            user = authenticator(shown)
        except Failed as failure:
            return Authenticated(None, (*answers, Answer(name, None, str(failure))))
        answers.append(Answer(name, user))
        if user is not None:
            return Authenticated(user, tuple(answers))
    return Authenticated(None, tuple(answers))


# ---- what components show


CONTROLLERS: Mapping[str, str] = {
    "cronjob": "cronjob-controller",
    "daemonset": "daemon-set-controller",
    "deployment": "deployment-controller",
    "disruption": "disruption-controller",
    "endpointslice": "endpointslice-controller",
    "garbage-collector": "generic-garbage-collector",
    "horizontal-pod-autoscaler": "horizontal-pod-autoscaler",
    "job": "job-controller",
    "namespace": "namespace-controller",
    "node-lifecycle": "node-controller",
    "pod-gc": "pod-garbage-collector",
    "replicaset": "replicaset-controller",
    "resourcequota": "resourcequota-controller",
    "serviceaccount": "service-account-controller",
    "statefulset": "statefulset-controller",
    "taint-eviction": "node-controller",
    "pvc-protection": "pvc-protection-controller",
    "volume-binder": "persistent-volume-binder",
    "volume-binder-volumes": "persistent-volume-binder",
}
"""The service account in kube-system that a built-in controller uses (--use-service-account-credentials)."""

CERTIFICATES: Mapping[str, Certificate] = {
    "user": Certificate("kubernetes-admin", (MASTERS,)),
    "user-2": Certificate("kubernetes-admin", (MASTERS,)),
    "apiserver": Certificate("system:apiserver", (MASTERS,)),
    "scheduler": Certificate("system:kube-scheduler"),
    "kubelet": Certificate("system:node:*", (NODES,)),
    "kube-proxy": Certificate("system:kube-proxy"),
}
"""The certificates in the kubeconfigs of the others. One kubelet stands for those of all nodes."""


def credentials_of(component: str) -> Credentials:
    """What a component shows. One that Kubernetes does not bring with it has a service account in `default`."""
    if component in CERTIFICATES:
        return CERTIFICATES[component]
    if component in CONTROLLERS:
        return Token("kube-system", CONTROLLERS[component])
    return Token("default", component) if component else None
