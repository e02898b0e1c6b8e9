"""ResourceQuota's own loop, step by step: a create reads the quota, charges it, and only then is the pod stored.

Models `staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go` checkQuotas (A45d): the charge is
a write of the quota's status on the condition that nobody has written it since it was read; on a conflict the quota is
read again, up to three times more; the charge is not taken back. In the pipeline (`quota.charge`) the same decision is
one step with the create; here other requests, of other API servers too, come in between.

Simplified: each create in flight is an object of its own (`Creation`), with one pod that is given; one quota. Not
modelled: creates that wait for the same namespace in one API server, and are charged together.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import attrs

from kspec.kernel.actions import Lens, Set, Update
from kspec.kube.cache import Api, Cache, Cached
from kspec.kube.controller import Controller, controller
from kspec.kube.core import ResourceQuota
from kspec.kube.objects import Pod, Resources
from kspec.kube.requests import Conflict, Request
from kspec.kube.residual import Reconcile
from kspec_models.apiserver import quota

RETRIES = 3
"""How often a charge is tried again after a conflict."""

NOT_MODELLED = ("API server: creates that wait for the same namespace and are charged together",)


@attrs.frozen
class Creation:
    """A client's create of a pod that waits for its answer."""

    name: str


class Said(enum.Enum):
    """What the client was answered."""

    CREATED = "201 Created"
    FORBIDDEN = "403 Forbidden"
    CONFLICT = "409 Conflict"


class Answer:
    """The answer to one create; None: it still waits."""

    initial: Any = None

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None:
        self._ask, self._remember = ask, remember

    def is_given(self) -> bool:
        """Whether the client has its answer."""
        return bool(self._ask(IsGiven()))

    def give(self, said: Said) -> None:
        """Answer the client."""
        self._remember(Set(said))

    @staticmethod
    def observed(before: Cached | None, after: Cached | None) -> tuple[Update, ...]:
        """Nothing is learned from events."""
        return ()


@attrs.frozen
class IsGiven:
    """Whether there is an answer."""

    def __call__(self, said: Said | None) -> bool:
        return said is not None


def charging(api: Api, found: Any, used: Resources) -> Request:
    """The write of the charge: on the condition that the quota is still as it was read."""
    return api.update_status(found, used=used)


def creations(pod: Pod, name: str) -> Controller:
    """The API server at work on creates of this pod in a namespace with the quota of this name."""

    @controller(Creation, memory=Answer, name="apiserver", not_modelled=NOT_MODELLED)
    def apiserver(creation: Any, cache: Cache, api: Api, answer: Answer) -> Reconcile:
        """Admission's charge, then the store."""
        if answer.is_given():
            return
        for _ in range(1 + RETRIES):
            found = yield api.get(ResourceQuota, name)
            checked = quota.check((found.object,), quota.quota_pod(pod))
            if checked.reason is not None:
                answer.give(Said.FORBIDDEN)
                return
            try:
                yield charging(api, found, checked.quotas[0].used)
            except Conflict:
                continue
            yield api.create(pod)
            answer.give(Said.CREATED)
            return
        answer.give(Said.CONFLICT)

    return apiserver
