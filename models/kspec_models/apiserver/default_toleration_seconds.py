"""DefaultTolerationSeconds admission: pods stay five minutes on a node that is not ready or unreachable (A42).

Source: plugin/pkg/admission/defaulttolerationseconds/admission.go, Admit (on create and update of pods).
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.objects import Effect, Operator, Toleration
from kspec_models.apiserver.write import Operation, Write

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
DEFAULT_SECONDS = 300
"""Of both: --default-not-ready-toleration-seconds and --default-unreachable-toleration-seconds."""


def covers(toleration: Toleration, key: str) -> bool:
    """Whether the pod has said itself how long it stays with this NoExecute taint. Operator and value do not matter."""
    return toleration.key in ("", key) and toleration.effect in (None, Effect.NO_EXECUTE)


def with_default_tolerations(
    tolerations: tuple[Toleration, ...],
    *,
    not_ready_seconds: int = DEFAULT_SECONDS,
    unreachable_seconds: int = DEFAULT_SECONDS,
) -> tuple[Toleration, ...]:
    """A pod's tolerations as admission leaves them: the missing defaults appended, not-ready first."""
    added = tuple(
        Toleration(key, Operator.EXISTS, effect=Effect.NO_EXECUTE, toleration_seconds=seconds)
        for key, seconds in ((NOT_READY, not_ready_seconds), (UNREACHABLE, unreachable_seconds))
        if not any(covers(each, key) for each in tolerations)
    )
    return tolerations + added


def admit(write: Write) -> Any:
    """A pod with its tolerations, on create and update."""
    if not write.is_("pods", Operation.CREATE, Operation.UPDATE):
        return write.object
    spec = write.object.spec
    tolerations = with_default_tolerations(spec.tolerations)
    if tolerations == spec.tolerations:
        return write.object
    return attrs.evolve(write.object, spec=attrs.evolve(spec, tolerations=tolerations))
