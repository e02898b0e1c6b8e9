"""What a failed pod means for its Job, when a Job has succeeded early, and how long it waits after failures.

Upstream: pkg/controller/job/pod_failure_policy.go matchPodFailurePolicy; success_policy.go matchSuccessPolicy;
indexed_job_utils.go isIndexFailed; backoff_utils.go getRemainingTimePerPod (W95, W98).
"""

from __future__ import annotations

import enum

import attrs

from kspec_models.controllers.job.indexes import Intervals, to_indexes


class Action(enum.Enum):
    """action of a rule of podFailurePolicy."""

    IGNORE = "Ignore"
    COUNT = "Count"
    FAIL_INDEX = "FailIndex"
    FAIL_JOB = "FailJob"


@attrs.frozen
class OnExitCodes:
    """The exit codes that a rule is about, or (`but_not`) is not; `container` None: of any container."""

    values: frozenset[int]
    but_not: bool = False
    container: str | None = None


@attrs.frozen
class FailureRule:
    """A rule: exit codes, or conditions as pairs of type and status. `action` None: one that nobody knows."""

    action: Action | None
    exit_codes: OnExitCodes | None = None
    conditions: frozenset[tuple[str, str]] = frozenset()


@attrs.frozen
class FailedPod:
    """A failed pod: (container, exit code) of the containers that ended, init containers too, and its conditions."""

    exits: tuple[tuple[str, int], ...] = ()
    conditions: frozenset[tuple[str, str]] = frozenset()


@attrs.frozen
class SuccessRule:
    """A rule of successPolicy; None: it does not say."""

    indexes: Intervals | None = None
    count: int | None = None


def rule_matches(rule: FailureRule, pod: FailedPod) -> bool:
    """Whether a rule is about this pod (W98). A container that ended with 0 is never looked at."""
    if rule.exit_codes is None:
        return bool(rule.conditions & pod.conditions)
    wanted = rule.exit_codes
    return any(
        code != 0 and wanted.container in (None, name) and (code in wanted.values) is not wanted.but_not
        for name, code in pod.exits
    )


def failure_action(rules: tuple[FailureRule, ...], pod: FailedPod) -> Action | None:
    """The action of the first rule that matches and whose action is known; None: no rule (W98)."""
    return next((rule.action for rule in rules if rule.action is not None and rule_matches(rule, pod)), None)


def counts_as_failure(action: Action | None) -> bool:
    """Whether a failed pod counts against backoffLimit; without a rule it does (W98)."""
    return action is not Action.IGNORE


def index_fails(action: Action | None, failures: int, limit: int) -> bool:
    """Whether an index has failed for good with this failed pod (isIndexFailed).

    `failures`: how often the index failed before; `limit`: backoffLimitPerIndex.
    """
    return action is Action.FAIL_INDEX or (counts_as_failure(action) and failures >= limit)


def success_rule_matches(rule: SuccessRule, succeeded: Intervals) -> bool:
    """Whether enough succeeded: `count` of the rule's indexes, or of all; without a count all of the rule's indexes.

    A rule whose indexes the Job does not have is never met.
    """
    done = to_indexes(succeeded)
    if rule.indexes is None:
        return rule.count is not None and len(done) >= rule.count
    wanted = to_indexes(rule.indexes)
    return bool(wanted) and len(done & wanted) >= (len(wanted) if rule.count is None else rule.count)


def has_succeeded(rules: tuple[SuccessRule, ...], succeeded: Intervals) -> bool:
    """Whether some rule of the success policy is met (matchSuccessPolicy)."""
    return any(success_rule_matches(rule, succeeded) for rule in rules)


def backoff(failures: int, first: int, most: int) -> int:
    """How long to wait after so many failures since the last success: doubled each time, at most `most` (W95)."""
    if failures <= 0:
        return 0
    return min(first * (1 << (failures - 1)), most)


def remaining_backoff(failures: int, elapsed: int, first: int, most: int) -> int:
    """What is left of it, `elapsed` after the last failure; all in one unit of time (W95)."""
    return max(0, backoff(failures, first, most) - elapsed)
