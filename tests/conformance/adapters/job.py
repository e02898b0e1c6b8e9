"""Jobs: `op` index-*, failure-policy, success-policy, backoff. Whole syncs and tracking by finalizer are not modelled.

Of index-succeeded every pod has its finalizer, as upstream's test gives it one before it asks.
"""

from __future__ import annotations

from typing import Any

from kspec.kube.objects import Phase
from kspec_models.controllers.job import indexes, policies
from kspec_models.controllers.replicaset import deletion
from tests.conformance.interface import Given, Skip

TOPIC = "job"

_INDEX = "batch.kubernetes.io/job-completion-index"
_FAILURES = "batch.kubernetes.io/job-index-failure-count"


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "index-has":
            return {"has": indexes.has(_intervals(given["intervals"]), given["index"])}
        case "index-pending":
            active = frozenset(i for i in map(indexes.completion_index, given["active_indexes"]) if i is not None)
            done = (_intervals(given["succeeded"]), _intervals(given["failed"] or ()))
            return {"indexes": indexes.first_pending(given["count"], given["completions"], active, *done)}
        case "index-succeeded":
            before = indexes.parse(given["previous"], given["completions"])
            pods = [indexes.completion_index(p["index"]) for p in given["pods"] if p["phase"] == "Succeeded"]
            after = indexes.with_succeeded(before, pods, given["completions"])
            return {"intervals": after, "status_intervals": before}
        case "index-duplicates":
            return _duplicates(given)
        case "index-failed":
            return {"failed": _index_failed(given["job"], given["pod"])}
        case "failure-policy":
            action = policies.failure_action(_rules(given["policy"]), _pod(given["pod"]))
            return {
                "counts_as_failure": policies.counts_as_failure(action),
                "action": None if action is None else action.value,
                "fails_job": action is policies.Action.FAIL_JOB,
            }
        case "success-policy":
            rules = tuple(
                _success_rule(rule, given["completions"]) for rule in (given["policy"] or {"rules": ()})["rules"]
            )
            return {"met": policies.has_succeeded(rules, _intervals(given["succeeded_indexes"]))}
        case "backoff":
            elapsed = round(1000 * (given["last_failure_s_ago"] or 0))
            first, most = 1000 * given["default_s"], 1000 * given["max_s"]
            left = policies.remaining_backoff(given["failures_after_last_success"], elapsed, first, most)
            return {"remaining_s": left // 1000 if left % 1000 == 0 else left / 1000}
    raise Skip(f"op {given['op']}: the sync of a Job is not modelled")


def _duplicates(given: Given) -> Any:
    pods = given["pods"]
    ranked = tuple((indexes.completion_index(p["index"]), deletion.phase_rank(Phase(p["phase"]))) for p in pods)
    removed = indexes.duplicates(ranked, given["completions"])
    return {
        "remove": [pods[i] for i in removed],
        "left": [pod for i, pod in enumerate(pods) if i not in removed],
    }


def _index_failed(job: Given, pod: Given) -> bool:
    if pod["phase"] != "Failed":
        return False
    action = policies.failure_action(_rules(job.get("podFailurePolicy") or {"rules": ()}), _pod(pod))
    return policies.index_fails(action, int(pod["annotations"].get(_FAILURES, 0)), job["backoffLimitPerIndex"])


def _rules(policy: Given) -> tuple[policies.FailureRule, ...]:
    return tuple(
        policies.FailureRule(
            next((each for each in policies.Action if each.value == rule["action"]), None),
            _exit_codes(rule["onExitCodes"]) if rule.get("onExitCodes") else None,
            frozenset((each["type"], each["status"]) for each in rule.get("onPodConditions") or ()),
        )
        for rule in policy["rules"]
    )


def _exit_codes(raw: Given) -> policies.OnExitCodes:
    return policies.OnExitCodes(frozenset(raw["values"]), raw["operator"] == "NotIn", raw.get("containerName"))


def _pod(raw: Given) -> policies.FailedPod:
    statuses = [*(raw.get("initContainerStatuses") or ()), *(raw.get("containerStatuses") or ())]
    return policies.FailedPod(
        tuple((each["name"], each["exitCode"]) for each in statuses if each["exitCode"] is not None),
        frozenset((each["type"], each["status"]) for each in raw.get("conditions") or ()),
    )


def _success_rule(raw: Given, completions: int) -> policies.SuccessRule:
    text = raw.get("succeededIndexes")
    return policies.SuccessRule(None if text is None else indexes.parse(text, completions), raw.get("succeededCount"))


def _intervals(raw: Any) -> indexes.Intervals:
    return tuple((first, last) for first, last in raw)
