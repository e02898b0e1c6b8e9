"""The work queue and controllers' expectations, step by step: `kind` queue, expectations, uid-expectations."""

from __future__ import annotations

from typing import Any

from kspec_models.client import expectations, work_queue
from tests.conformance.interface import Given, Skip

TOPIC = "workqueue"


def answer(given: Given) -> Any:
    """What the model says."""
    operations = [operation.split() for operation in given["ops"]]
    match given["kind"]:
        case "queue":
            return {"results": _queue(operations)}
        case "expectations":
            return {"results": _expectations(operations)}
        case "uid-expectations":
            return {"results": _tracked(operations)}
    raise Skip(f"kind {given['kind']}")


def _queue(operations: list[list[str]]) -> list[dict[str, Any]]:
    queue = work_queue.WorkQueue()
    results: list[dict[str, Any]] = []
    for operation in operations:
        match operation:
            case ["add", key]:
                queue = queue.add(key)
            case ["done", key]:
                queue = queue.done(key)
            case ["shutdown"]:
                queue = queue.shut_down()
            case ["len"]:
                results.append({"len": len(queue)})
            case ["get"]:
                ended = queue.ended
                got, queue = queue.get()
                results.append({"get": got, "shutdown": True} if ended else {"get": got})
            case other:
                raise Skip(f"operation {other}")
    return results


def _expectations(operations: list[list[str]]) -> list[dict[str, Any]]:
    record: expectations.Outstanding | None = None
    results = []
    for operation in operations:
        match operation:
            case ["expect", adds, deletes]:
                record = expectations.Outstanding(int(adds), int(deletes))
            case ["create"]:
                record = expectations.lowered(record, 1, 0)
            case ["delete"]:
                record = expectations.lowered(record, 0, 1)
            case ["lower", adds, deletes]:
                record = expectations.lowered(record, int(adds), int(deletes))
            case ["raise", adds, deletes]:
                record = expectations.raised(record, int(adds), int(deletes))
            case ["forget"]:
                record = None
            case asked:
                results.append(_asked(asked, record))
    return results


def _tracked(operations: list[list[str]]) -> list[dict[str, Any]]:
    record: expectations.Tracked | None = None
    results = []
    for operation in operations:
        match operation:
            case ["expect", *keys]:
                record = expectations.expect_deletions(keys)
            case ["deleted", key]:
                record = None if record is None else record.deletion_observed(key)
            case ["forget"]:
                record = None
            case asked:
                results.append(_asked(asked, None if record is None else record.outstanding))
    return results


def _asked(operation: list[str], record: expectations.Outstanding | None) -> dict[str, Any]:
    match operation:
        case ["satisfied"]:
            return {"satisfied": expectations.satisfied(record)}
        case ["get"]:
            return {"expectations": None if record is None else [record.adds, record.deletes]}
    raise Skip(f"operation {operation}")
