"""The processes of static pods end by themselves: a fault of the environment, of any of them, so many times in all.

Where such a process is a component of the cluster itself (`Cluster.processes`), its memory and its requests in flight
are lost with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from kspec.kernel.actions import Action, Reader, Role, Set, Step, StepKind
from kspec.kernel.values import Value
from kspec.kube.cluster import Cluster, Seen, Writes
from kspec.kube.delivering import what_is_lost
from kspec_models.kubelet.restart import RuntimeState
from kspec_models.kubelet.static import StaticPod

COUNTER = "machine/exits"


@attrs.frozen
class IsRunning:
    """Whether what runs of a static pod runs now."""

    def __call__(self, state: RuntimeState) -> bool:
        return state is RuntimeState.RUNNING


def variable(pod: StaticPod) -> str:
    """Where the kubelet keeps what runs of a static pod."""
    return f"kubelet/{pod.containers}"


def is_running(pod: StaticPod) -> Callable[[Reader], bool]:
    """The question whether a static pod runs."""
    return lambda see: bool(see(variable(pod), IsRunning()))


@attrs.frozen
class Exits:
    """Ends the processes of these static pods. `components`: which components of the cluster are processes of which."""

    pods: tuple[StaticPod, ...]
    budget: int = 1
    components: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    name: str = "machine"
    watches: tuple[type, ...] = ()
    not_modelled: tuple[str, ...] = ()

    @property
    def assumes(self) -> tuple[str, ...]:
        """How often at most."""
        return (f"exits of processes of the control plane: at most {self.budget}",)

    def selects(self, kind: type) -> Callable[[Any], bool] | None:
        """It watches nothing."""
        return None

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """How often a process has ended."""
        return {COUNTER: 0}

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """None."""
        return {}

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """It learns nothing."""
        return []

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """One for each static pod."""
        for pod in self.pods:
            yield Action(self.name, "exit", self._exit(cluster, pod), about=pod.name, role=Role.FAULT)

    def _exit(self, cluster: Cluster, pod: StaticPod) -> Callable[[Reader], Iterator[Step]]:
        hosted = [cluster.component(name) for name in self.components.get(pod.name, ())]

        def exit(see: Reader) -> Iterator[Step]:
            if see(COUNTER) >= self.budget or not is_running(pod)(see):
                return
            writes: Writes = [(variable(pod), Set(RuntimeState.EXITED)), (COUNTER, Set(see(COUNTER) + 1))]
            for component in hosted:
                writes += what_is_lost(cluster, see, component)
            yield Step(writes, says=f"the process of {pod.name} ends", kind=StepKind.FAULT)

        return exit
