"""The ServiceAccount controller's plumbing: it creates the accounts that a namespace lacks.

Models `pkg/controller/serviceaccount/serviceaccounts_controller.go` syncNamespace (W133).

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from typing import Any

from kspec.kube.cache import Api, Cache
from kspec.kube.controller import controller
from kspec.kube.core import Namespace, ServiceAccount
from kspec.kube.requests import AlreadyExists
from kspec.kube.residual import Reconcile
from kspec_models.controllers.serviceaccount import decisions

NAME = "serviceaccount"

NOT_MODELLED = (
    "tokens and their secrets, which another controller removes with their account (W133)",
    "accounts of the same name in several namespaces (a name stands for one object)",
)


@controller(Namespace, name=NAME, owns=ServiceAccount, not_modelled=NOT_MODELLED)
def serviceaccount(namespace: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a namespace."""
    there = {account.name for account in cache.list(ServiceAccount) if account.namespace == namespace.name}
    for name in decisions.missing(namespace.phase, there):
        try:
            yield api.create(ServiceAccount(name, namespace.name))
        except AlreadyExists:
            continue  # its cache does not show it yet
