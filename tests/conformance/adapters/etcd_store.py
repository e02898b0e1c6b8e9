"""The multi-version store: `kind` history, compare, txn, range, compact, watch."""

from __future__ import annotations

import re
from typing import Any

from kspec_models.etcd import compare, transaction, watch
from kspec_models.etcd import store as mvcc
from kspec_models.etcd.store import Keys, KeyValue, Refusal, Store
from tests.conformance.interface import AtLeast, Given, Skip

TOPIC = "etcd-store"
ALL = Keys("a", "z")
NAMES = {Refusal.COMPACTED: "compacted", Refusal.FUTURE_REVISION: "future"}
COMPARE = re.compile(r"(\w+)\((\w+)\)\s*(==|!=|>|<)\s*(.+)")
OPERATORS = {"==": "EQUAL", "!=": "NOT_EQUAL", ">": "GREATER", "<": "LESS"}
HISTORY = ("put a=1", "put b=1", "put a=2", "delete b", "put c=1")
"""What the kinds range, compact and watch start from, as the file's schema says it."""


def answer(given: Given) -> Any:
    """What the model says."""
    match given["kind"]:
        case "history":
            store = _history(given["steps"])
            return {"a": _ranged(mvcc.range_keys(store, Keys("a"))), "all": _ranged(mvcc.range_keys(store, ALL))}
        case "compare":
            return {name: _compare(given, name) for name in OPERATORS.values()}
        case "txn":
            return _txn(given)
        case "range":
            store = _compacted(_start(), given)
            return _ranged(mvcc.range_keys(store, ALL, given.get("revision", 0), given.get("limit", 0)))
        case "compact":
            return _compact(given)
        case "watch":
            store = _compacted(_start(), given)
            events = watch.pending(store, watch.start(store, Keys(given["key"]), given["startRevision"]))
            if isinstance(events, watch.Cancelled):
                return {"compactRevision": events.compacted}
            return {"events": [{"type": event.type.value, **_written(event.kv)} for event in events]}
    raise Skip(f"kind {given['kind']}")


def _run(store: Store, *operations: transaction.Operation) -> tuple[transaction.Answered, Store]:
    done = transaction.run(store, transaction.Txn((), operations))
    if isinstance(done, Refusal):
        raise ValueError(done.value)
    return done


def _start() -> Store:
    store = Store()
    for text in HISTORY:
        _, store = _run(store, _operation(text))
    return store


def _history(steps: list[Given]) -> Store:
    """The store after the steps. Raises ValueError if one gives another revision or count than upstream did."""
    store = Store()
    for step in steps:
        if "put" in step:
            done, store = _run(store, transaction.Put(step["put"], str(step["value"])))
        else:
            done, store = _run(store, transaction.Delete(Keys(step["delete"])))
            if done.answers != (step["deleted"],):
                raise ValueError(f"{step}: the model deletes {done.answers}")
        if done.revision != step["revision"]:
            raise ValueError(f"{step}: the model is at revision {done.revision}")
    return store


def _compacted(store: Store, given: Given) -> Store:
    """The store after the compaction of a case. Raises ValueError if its result is another than upstream's."""
    if "compact" not in given:
        return store
    after = mvcc.compact(store, given["compact"])
    result = NAMES[after] if isinstance(after, Refusal) else "ok"
    if result != given.get("compactResult", "ok"):
        raise ValueError(f"compaction: {result}")
    return store if isinstance(after, Refusal) else after


def _compact(given: Given) -> Any:
    store, results = _start(), []
    for revision in given["compacts"]:
        after = mvcc.compact(store, revision)
        results.append(NAMES[after] if isinstance(after, Refusal) else "ok")
        store = store if isinstance(after, Refusal) else after
    return AtLeast(dict(zip(("first", "second", "third"), results, strict=False)))


def _compare(given: Given, operator: str) -> bool:
    state = given["keyState"]
    condition = compare.Compare(
        Keys(given["key"]),
        compare.Target(given["target"]),
        compare.Operator(operator),
        given["operand"],
    )
    kv = None
    if state != "absent":
        kv = KeyValue(given["key"], state["value"], state["create"], state["mod"], state["version"], state["lease"])
    return compare.compare_key(condition, kv)


def _txn(given: Given) -> Any:
    _, store = _run(Store(), *(transaction.Put(key, kv["value"]) for key, kv in given["store"].items()))
    case = given["txn"]
    txn = transaction.Txn(
        tuple(_condition(text) for text in case.get("if") or ()),
        tuple(_operation(text) for text in case.get("then") or ()),
        tuple(_operation(text) for text in case.get("else") or ()),
    )
    done = transaction.run(store, txn)
    if isinstance(done, Refusal):
        return {"error": True}
    answered, after = done
    return {
        "txn": {"succeeded": answered.succeeded, "revision": answered.revision},
        "after": _ranged(mvcc.range_keys(after, ALL)),
    }


def _condition(text: str) -> compare.Compare:
    match = COMPARE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no compare such as mod(a)==2")
    target = compare.Target(match[1].upper())
    operand = match[4].strip("\"'") if target is compare.Target.VALUE else int(match[4])
    return compare.Compare(Keys(match[2]), target, compare.Operator(OPERATORS[match[3]]), operand)


def _operation(text: str) -> transaction.Operation:
    verb, _, rest = text.partition(" ")
    match verb:
        case "put":
            key, _, value = rest.partition("=")
            return transaction.Put(key, value)
        case "delete":
            return transaction.Delete(Keys(rest))
        case "range" | "get":
            return transaction.Range(Keys(rest))
    raise ValueError(f"unknown operation {text!r}")


def _ranged(found: mvcc.Ranged | Refusal) -> dict[str, Any]:
    if isinstance(found, Refusal):
        return {"error": NAMES[found]}
    kvs = [_written(kv) for kv in found.kvs]
    return {"count": found.count, "kvs": kvs, "more": found.more, "revision": found.revision}


def _written(kv: KeyValue) -> dict[str, Any]:
    return {
        "create": kv.create_revision,
        "key": kv.key,
        "mod": kv.mod_revision,
        "value": kv.value,
        "version": kv.version,
    }
