"""Who asks: what the caller shows, and whether that could be shown in the cluster that the manifests describe."""

from __future__ import annotations

import difflib

from kspec.kernel.errors import UsageError
from kspec.kube.core import ServiceAccount
from kspec.why import Question
from kspec_models.apiserver.authentication import SERVICE_ACCOUNT, Certificate, Credentials, Token
from kspec_models.apiserver.why.cluster import Described

OF_THE_CLUSTER = "kube-system"
"""The namespace of the accounts that a cluster brings with it: manifests need not have them."""


def credentials(question: Question) -> Credentials:
    """What the caller shows. Raises UsageError."""
    if not question.user:
        if question.groups:
            raise UsageError("--as-group needs --as: groups are a user's")
        return None
    if question.user == "system:anonymous":
        return None
    if question.user.startswith(SERVICE_ACCOUNT):
        if question.groups:
            raise UsageError(f"--as {question.user}: the groups of a service account follow from its namespace")
        namespace, _, name = question.user.removeprefix(SERVICE_ACCOUNT).partition(":")
        if not namespace or not name:
            raise UsageError(f"--as {question.user}: write system:serviceaccount:NAMESPACE:NAME")
        return Token(namespace, name)
    return Certificate(question.user, question.groups)


def ghost(shown: Credentials, stored: Described) -> str:
    """That the service account is not among those of the manifests; empty: it is, or they have none at all."""
    if not isinstance(shown, Token) or not stored.uses(ServiceAccount):
        return ""
    if shown.namespace == OF_THE_CLUSTER or shown.service_account == "default":  # each namespace is given that one
        return ""
    known = [each.name for each in stored.all(ServiceAccount) if each.namespace == shown.namespace]
    if shown.service_account in known:
        return ""
    close = difflib.get_close_matches(shown.service_account, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return (
        f"no manifest has ServiceAccount {shown.service_account} of namespace {shown.namespace}: "
        f"a real token of it could not exist (401 Unauthorized){hint}"
    )
