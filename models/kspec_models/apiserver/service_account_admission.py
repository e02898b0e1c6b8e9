"""ServiceAccount admission: a pod's service account must exist (A39).

Source: plugin/pkg/admission/serviceaccount/admission.go, Admit, on create of pods only. Not modelled: the token volume,
image pull secrets, and the tries by which the account `default` of a new namespace is waited for.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.core import ServiceAccount
from kspec.kube.objects import Pod
from kspec.kube.requests import Look
from kspec_models.apiserver.write import Operation, Rejected, Write

DEFAULT = "default"


def with_service_account(pod: Pod, accounts: frozenset[tuple[str, str]]) -> Pod:
    """The pod with the account that it runs as. `accounts`: namespace and name of each. Raises Rejected."""
    name = pod.spec.service_account_name or DEFAULT
    if not pod.mirror and (pod.namespace, name) not in accounts:
        raise Rejected(f"there is no service account {pod.namespace}/{name}")
    return pod if name == pod.spec.service_account_name else _named(pod, name)


def admit(write: Write, look: Look) -> Any:
    """The object as it is to be stored. A cluster without service accounts is not asked for any. Raises Rejected."""
    if not write.is_("pods", Operation.CREATE):
        return write.object
    if not look.uses(ServiceAccount):
        return write.object if write.object.spec.service_account_name else _named(write.object, DEFAULT)
    return with_service_account(write.object, frozenset(look.all(ServiceAccount, "namespace", "name")))


def _named(pod: Pod, account: str) -> Pod:
    return attrs.evolve(pod, spec=attrs.evolve(pod.spec, service_account_name=account))
