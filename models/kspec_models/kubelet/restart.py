"""Whether a container is started again: restart policies, exit codes, and what the runtime last knew of it.

Upstream: pkg/api/v1/pod/util.go ContainerShouldRestart; pkg/kubelet/container/helpers.go ShouldContainerBeRestarted.
Back-off is not here: these functions say whether, not when.
"""

from __future__ import annotations

import enum

import attrs


class RestartPolicy(enum.Enum):
    """restartPolicy of a pod or of one container."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


class RuntimeState(enum.Enum):
    """What the container runtime says of a container. NONE: it has no record of it, as if it was never started."""

    NONE = "none"
    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"
    UNKNOWN = "unknown"


@attrs.frozen
class ExitCodeRule:
    """One of a container's restartPolicyRules: it matches exit codes in `codes`, or (`negated`) all others.

    `all_containers`: the action is RestartAllContainers rather than Restart; either makes the container restartable.
    """

    codes: tuple[int, ...]
    negated: bool = False
    all_containers: bool = False

    def matches(self, exit_code: int) -> bool:
        """Whether the rule speaks of this exit code."""
        return (exit_code in self.codes) is not self.negated


@attrs.frozen
class Restarts:
    """How a container is restarted: the pod's policy, its own policy (None: none), its rules, first match first."""

    pod: RestartPolicy = RestartPolicy.ALWAYS
    own: RestartPolicy | None = None
    rules: tuple[ExitCodeRule, ...] = ()

    @property
    def policy(self) -> RestartPolicy:
        """The policy that counts where no rule matches: its own before the pod's (K07)."""
        return self.pod if self.own is None else self.own


UNSET = Restarts()
"""What the API server's defaults give: policy Always, no rules."""


def may_restart(restarts: Restarts, exit_code: int) -> bool:
    """Whether a container that ended with this exit code may run again (K07, ContainerShouldRestart)."""
    if any(rule.matches(exit_code) for rule in restarts.rules):
        return True
    if restarts.policy is RestartPolicy.ON_FAILURE:
        return exit_code != 0
    return restarts.policy is RestartPolicy.ALWAYS


def should_be_started(restarts: Restarts, state: RuntimeState, exit_code: int, pod_deleting: bool) -> bool:
    """Whether the kubelet starts a container now, for the first time or again (K11, ShouldContainerBeRestarted).

    `exit_code` is that of an exited container. A state that nobody knows is started again even under policy Never.
    """
    if pod_deleting or state is RuntimeState.RUNNING:
        return False
    if state is RuntimeState.EXITED:
        return may_restart(restarts, exit_code)
    return True
