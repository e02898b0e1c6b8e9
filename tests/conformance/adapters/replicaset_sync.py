"""The ReplicaSet's slow start, status and expectations: `op` slow-start, status, expectations."""

from __future__ import annotations

from typing import Any

from kspec_models.client import expectations
from kspec_models.controllers.replicaset import decisions
from kspec_models.helpers import availability, labels
from tests.conformance.interface import Given, Skip
from tests.conformance.times import seconds_ago

TOPIC = "replicaset-sync"


def answer(given: Given) -> Any:
    """What the model says."""
    match given["op"]:
        case "slow-start":
            return _slow_start(given)
        case "status":
            return _status(given)
        case "expectations":
            return {"satisfied": expectations.satisfied(_outstanding(given.get("left")), given.get("expired", False))}
    raise Skip(f"op {given['op']}")


def _slow_start(given: Given) -> Any:
    """All calls after the first `call_limit` fail."""
    progress, calls, failed = decisions.slow_start(given["count"], given["initial_batch"]), 0, 0
    while progress.batch > 0:
        before, calls = calls, calls + progress.batch
        failures = max(0, calls - max(before, given["call_limit"]))
        failed += failures
        progress = progress.after(failures)
    return {"calls": calls, "successes": progress.successes, "error": failed > 0}


def _status(given: Given) -> Any:
    """A status as JSON has it: numbers that are 0 are left out, but `replicas`."""
    template = tuple(sorted(given["template_labels"].items()))
    pods = tuple(
        decisions.ActivePod(
            fully_labeled=labels.includes(tuple(sorted(pod["labels"].items())), template),
            ready=pod["ready"],
            available=availability.is_available(
                pod["ready"], given["minReadySeconds"], seconds_ago(pod["ready_since"])
            ),
        )
        for pod in given["active"]
    )
    reported = given["terminating"] if decisions.reports_terminating(given["kind"], given["terminating_gate"]) else None
    counts = decisions.status(pods, reported)
    optional = {
        "fullyLabeledReplicas": counts.fully_labeled,
        "readyReplicas": counts.ready,
        "availableReplicas": counts.available,
    }
    result = {"replicas": counts.replicas, **{name: count for name, count in optional.items() if count}}
    return result if counts.terminating is None else {**result, "terminatingReplicas": counts.terminating}


def _outstanding(left: Given | None) -> expectations.Outstanding | None:
    return None if left is None else expectations.Outstanding(left["adds"], left["deletes"])
