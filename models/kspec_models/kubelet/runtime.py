"""What runs of a pod on its node: the ground truth, as the container runtime and the programs themselves have it.

Upstream: the container runtime behind `staging/src/k8s.io/cri-api`. Nobody reads it but the kubelet of the node: all
others see a report of it in the pod's status.

Simplified: a container is created and started at once, so that there is no state "created", and the runtime never
loses track of one ("unknown"). Its health is what its probes would find: `Health`. Restarts are counted up to `MANY`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import attrs

from kspec_models.kubelet.restart import RuntimeState

MANY = 2
"""Restarts are counted up to this number, which stands for itself and for all more."""

KILLED = 137
"""The exit code of a process that got SIGKILL."""


class Health(enum.Enum):
    """How a program does: STARTING, it does not answer yet; BUSY, it lives and takes no traffic; HUNG, it is lost."""

    STARTING = "starting"
    SERVING = "serving"
    BUSY = "busy"
    HUNG = "hung"


@attrs.frozen
class Process:
    """One container. `running`: how many processes of it there are (more than one must never be).

    `exit_code`: how the last one ended, None if none has; `signalled`: it was told to end.
    """

    running: int = 0
    exit_code: int | None = None
    restarts: int = 0
    health: Health = Health.SERVING
    signalled: bool = False

    @property
    def state(self) -> RuntimeState:
        """What the runtime says of it."""
        if self.running:
            return RuntimeState.RUNNING
        return RuntimeState.NONE if self.exit_code is None else RuntimeState.EXITED

    @property
    def has_run(self) -> bool:
        """Whether it runs or has run."""
        return self.state is not RuntimeState.NONE

    def __str__(self) -> str:
        if not self.running:
            return "not started" if self.exit_code is None else f"exited {self.exit_code}"
        parts = ["running" if self.running == 1 else f"running {self.running} times"]
        parts += [self.health.value] if self.health is not Health.SERVING else []
        return " ".join([*parts, *(["told to end"] if self.signalled else [])])

    def started(self, health: Health) -> Process:
        """One more process of it (counted up to `MANY`)."""
        again = self.exit_code is not None
        return Process(min(self.running + 1, MANY), None, min(self.restarts + again, MANY), health)

    def ended(self, exit_code: int) -> Process:
        """No process of it any more."""
        return Process(0, exit_code, self.restarts)


@attrs.frozen
class Runtime:
    """The sandbox of a pod and its containers: init containers first, in the order of the spec.

    Before the first sandbox is made, the runtime has never heard of the containers.
    """

    sandbox: bool = False
    containers: tuple[Process, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether a process of it runs."""
        return any(each.running for each in self.containers)

    @property
    def is_nothing(self) -> bool:
        """Whether neither a process nor the sandbox is left."""
        return not self.runs and not self.sandbox

    @property
    def visible(self) -> Runtime:
        """What a kubelet finds when it asks the runtime: everything but how the programs do."""
        return attrs.evolve(self, containers=tuple([attrs.evolve(p, health=Health.SERVING) for p in self.containers]))

    def __str__(self) -> str:
        there = "sandbox" if self.sandbox else "no sandbox"
        return ", ".join([there, *[str(each) for each in self.containers]])

    def with_sandbox(self, containers: int, inits: int) -> Runtime:
        """With a sandbox for so many containers, of which the first are init containers: these all begin anew (K28)."""
        there = self.containers or (Process(),) * containers
        anew = tuple([Process(restarts=each.restarts) for each in there[:inits]])
        return Runtime(True, (*anew, *there[inits:]))

    def lost(self) -> Runtime:
        """The sandbox is gone, and with it every process in it."""
        return Runtime(False, tuple([each.ended(KILLED) if each.running else each for each in self.containers]))

    def without_sandbox(self) -> Runtime:
        """The sandbox is gone; records of its containers are kept."""
        return Runtime(False, self.containers)

    def replaced(self, i: int, process: Process) -> Runtime:
        """With another process at this place."""
        return Runtime(self.sandbox, (*self.containers[:i], process, *self.containers[i + 1 :]))

    def running(self) -> Iterator[tuple[int, Process]]:
        """The containers that run, with their places."""
        return ((i, process) for i, process in enumerate(self.containers) if process.running)
