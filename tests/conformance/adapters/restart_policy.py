"""Whether a container is (re)started."""

from __future__ import annotations

from typing import Any

from kspec_models.kubelet import restart
from kspec_models.kubelet.restart import Restarts, RuntimeState
from tests.conformance.adapters import _containers
from tests.conformance.interface import Given

TOPIC = "restart-policy"


def answer(given: Given) -> Any:
    """What the model says. A state is written `exited 1`, or as one word; `no status` is none at all."""
    words = given["state"].split()
    state = RuntimeState.NONE if words[0] == "no" else RuntimeState(words[0])
    exit_code = int(words[1]) if state is RuntimeState.EXITED else 0
    restarts = Restarts(_containers.policy(given["policy"]))
    return {"restart": restart.should_be_started(restarts, state, exit_code, given["podDeleting"])}
