"""What a plugin answers: a status with reasons, or whether an event makes another attempt worth while (C28, C37)."""

from __future__ import annotations

import enum

import attrs


class Status(enum.Enum):
    """Codes of the scheduler's framework. Preemption may help against UNSCHEDULABLE, never against the other."""

    SUCCESS = "Success"
    ERROR = "Error"
    UNSCHEDULABLE = "Unschedulable"
    UNSCHEDULABLE_AND_UNRESOLVABLE = "UnschedulableAndUnresolvable"
    WAIT = "Wait"
    SKIP = "Skip"
    PENDING = "Pending"


class QueueingHint(enum.Enum):
    """Whether an event may have made a rejected pod schedulable."""

    SKIP = "QueueSkip"
    QUEUE = "Queue"


@attrs.frozen
class FilterResult:
    """What a plugin says of a pod, mostly on one node: `reasons` in upstream's words, `plugin` unless it passed."""

    status: Status = Status.SUCCESS
    reasons: tuple[str, ...] = ()
    plugin: str = ""

    @property
    def fits(self) -> bool:
        """Whether the node passed. A skipped plugin has nothing against it."""
        return self.status in (Status.SUCCESS, Status.SKIP)

    @property
    def reason(self) -> str:
        """The reasons on one line, as in the FailedScheduling event."""
        return ", ".join(self.reasons)


PASSED = FilterResult()


def unschedulable(plugin: str, *reasons: str) -> FilterResult:
    """A rejection that evicting other pods may lift."""
    return FilterResult(Status.UNSCHEDULABLE, reasons, plugin)


def unresolvable(plugin: str, *reasons: str) -> FilterResult:
    """A rejection that no eviction can lift."""
    return FilterResult(Status.UNSCHEDULABLE_AND_UNRESOLVABLE, reasons, plugin)


def skipped(plugin: str) -> FilterResult:
    """PreFilter found nothing to do for this pod: Filter is not run (C08)."""
    return FilterResult(Status.SKIP, (), plugin)


def hint(worth_while: bool) -> QueueingHint:
    """Queue if another attempt is worth while."""
    return QueueingHint.QUEUE if worth_while else QueueingHint.SKIP
