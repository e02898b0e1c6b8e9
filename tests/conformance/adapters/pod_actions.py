"""What the kubelet does next for a pod."""

from __future__ import annotations

from typing import Any

from kspec_models.kubelet import pod_actions
from kspec_models.kubelet.pod_actions import Container, Pod
from kspec_models.kubelet.probes import Result
from kspec_models.kubelet.restart import RuntimeState
from tests.conformance.adapters import _containers
from tests.conformance.interface import Given

TOPIC = "pod-actions"


def answer(given: Given) -> Any:
    """What the model says."""

    def parsed(key: str) -> tuple[Container, ...]:
        return tuple(_container(given, each, key == "initContainers") for each in given.get(key) or ())

    pod = Pod(
        _containers.policy(given["restartPolicy"]),
        parsed("initContainers"),
        parsed("containers"),
        parsed("ephemeral"),
        given["sandboxChanged"],
        given["attempt"],
        given.get("podDeleting", False),
    )
    actions = pod_actions.actions(pod)
    return {
        "killPod": actions.kill_pod,
        "createSandbox": actions.create_sandbox,
        "initToStart": actions.init_start,
        "toStart": actions.start,
        "toKill": actions.kill,
        "ephemeralToStart": actions.ephemeral_start,
    }


def _container(pod: Given, raw: Given, init: bool) -> Container:
    return Container(
        raw["name"],
        RuntimeState(raw["state"]),
        raw.get("exitCode", 0),
        _containers.restarts(pod["restartPolicy"], raw),
        init and _containers.is_sidecar(raw),
        raw.get("definitionChanged", False),
        _result(raw.get("liveness")),
        _result(raw.get("startup")),
        raw.get("startupProbe", False),
    )


def _result(raw: str | None) -> Result | None:
    return None if raw is None else Result(raw)
