"""Transactions: compares, then one of two branches, all at one revision.

Upstream: server/etcdserver/txn/txn.go applyCompares, executeTxn; server/etcdserver/api/v3rpc/key.go checkIntervals
(S10 to S14). What Kubernetes makes of them: staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go
(S16).
"""

from __future__ import annotations

import attrs

from kspec_models.etcd import store as mvcc
from kspec_models.etcd.compare import Compare, Operator, Target, compare_key
from kspec_models.etcd.store import Keys, Refusal, Store


@attrs.frozen
class Put:
    """Put a value; `lease` 0: without a lease."""

    key: str
    value: str
    lease: int = 0


@attrs.frozen
class Delete:
    """Delete what is there of these keys."""

    keys: Keys


@attrs.frozen
class Range:
    """Read these keys as they are then, with what the transaction has written before (S13)."""

    keys: Keys
    revision: int = 0
    limit: int = 0


@attrs.frozen
class Txn:
    """If all compares hold (or there are none) `then`, else `orelse` (S10)."""

    compares: tuple[Compare, ...] = ()
    then: tuple[Operation, ...] = ()
    orelse: tuple[Operation, ...] = ()


Operation = Put | Delete | Range | Txn


@attrs.frozen
class Answered:
    """The answer to a transaction: which branch, the store's revision afterwards, and an answer for each operation.

    Of a put nothing, of a delete how many, of a range what it found, of a transaction its answer.
    """

    succeeded: bool
    revision: int
    answers: tuple[object, ...] = ()


def holds(compare: Compare, store: Store) -> bool:
    """Whether a condition holds of every key that it is about; of none: as of an absent one (S12)."""
    found = [kv for kv in store.at(store.revision) if kv.key in compare.keys]
    return all(compare_key(compare, kv) for kv in found) if found else compare_key(compare, None)


def run(store: Store, txn: Txn) -> tuple[Answered, Store] | Refusal:
    """The answer to a transaction and the store afterwards (S01, S02, S10, S13).

    All its changes are at one new revision; without any there is none. A put with an unknown lease, in the branch that
    is taken, refuses it whole (S32), and so does a read at a revision that is gone or yet to come.
    """
    taken, answers, after = _run(store, mvcc.next_revision(store.revision), txn)
    refusal = _first_refusal(answers)
    return refusal if refusal else (Answered(taken, after.revision, answers), after)


def checked(txn: Txn) -> Refusal | None:
    """What the server refuses before it looks at the store: a key that could be put twice, or put and deleted (S14)."""
    return Refusal.DUPLICATE_KEY if _writes(txn.then) is None or _writes(txn.orelse) is None else None


def create(store: Store, key: str, value: str, lease: int = 0) -> tuple[Answered, Store] | Refusal:
    """Kubernetes' create: put where the key is absent (S16)."""
    return run(store, Txn((_unchanged(key, 0),), (Put(key, value, lease),)))


def update(store: Store, key: str, value: str, expected: int, lease: int = 0) -> tuple[Answered, Store] | Refusal:
    """Kubernetes' update: put where mod_revision is what was read, else get what is there (S16)."""
    return run(store, Txn((_unchanged(key, expected),), (Put(key, value, lease),), (Range(Keys(key)),)))


def remove(store: Store, key: str, expected: int) -> tuple[Answered, Store] | Refusal:
    """Kubernetes' delete: delete where mod_revision is what was read, else get what is there (S16)."""
    return run(store, Txn((_unchanged(key, expected),), (Delete(Keys(key)),), (Range(Keys(key)),)))


def _unchanged(key: str, revision: int) -> Compare:
    return Compare(Keys(key), Target.MOD, Operator.EQUAL, revision)


def _run(store: Store, revision: int, txn: Txn) -> tuple[bool, tuple[object, ...], Store]:
    taken = all(holds(compare, store) for compare in txn.compares)
    answers: tuple[object, ...] = ()
    for operation in txn.then if taken else txn.orelse:
        answer, store = _operate(store, revision, operation)
        answers = (*answers, answer)
    return taken, answers, store


def _operate(store: Store, revision: int, operation: Operation) -> tuple[object, Store]:
    if isinstance(operation, Put):
        if operation.lease and not store.has_lease(operation.lease):
            return Refusal.LEASE_NOT_FOUND, store
        return None, mvcc.put(store, revision, operation.key, operation.value, operation.lease)
    if isinstance(operation, Delete):
        return mvcc.delete(store, revision, operation.keys)
    if isinstance(operation, Range):
        return mvcc.range_keys(store, operation.keys, operation.revision, operation.limit), store
    taken, answers, store = _run(store, revision, operation)
    return Answered(taken, store.revision, answers), store


def _first_refusal(answers: tuple[object, ...]) -> Refusal | None:
    for answer in answers:
        found = _first_refusal(answer.answers) if isinstance(answer, Answered) else answer
        if isinstance(found, Refusal):
            return found
    return None


def _writes(operations: tuple[Operation, ...]) -> tuple[frozenset[str], tuple[Keys, ...]] | None:
    """The keys that may be put and deleted; None if one could be put twice, or put and deleted."""
    deleted = tuple(operation.keys for operation in operations if isinstance(operation, Delete))
    put: frozenset[str] = frozenset()
    for operation in operations:
        if isinstance(operation, Txn):
            then, orelse = _writes(operation.then), _writes(operation.orelse)
            if then is None or orelse is None:
                return None
            branches = then[0] | orelse[0]
            if branches & put or any(key in keys for key in branches for keys in deleted):
                return None
            put, deleted = put | branches, (*deleted, *then[1], *orelse[1])
    for operation in operations:
        if isinstance(operation, Put):
            if operation.key in put or any(operation.key in keys for keys in deleted):
                return None
            put = put | {operation.key}
    return put, deleted
