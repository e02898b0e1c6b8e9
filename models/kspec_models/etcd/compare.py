"""Compares: the conditions of a transaction, and the one by which Kubernetes writes.

Upstream: server/etcdserver/txn/txn.go applyCompare, compareKV (S10 to S12); staging/src/k8s.io/apiserver/pkg/storage/
etcd3/store.go (S16). Everything here is a decision of numbers or of one key: the transactions of the store, the API
server and the theorems about any number of clients all ask the same `compare_number`.

Simplified: in an exploration of a cluster a resourceVersion is no number but the fact whether what was read is still
the latest (a pin, kspec.kube.watch), so the API server compares 1 with 1 or 0; the decision is the same.
"""

from __future__ import annotations

import enum

import attrs

from kspec_models.etcd import store as mvcc
from kspec_models.etcd.store import Keys, KeyValue


class Target(enum.Enum):
    """What of a key is compared."""

    VERSION = "VERSION"
    CREATE = "CREATE"
    MOD = "MOD"
    VALUE = "VALUE"
    LEASE = "LEASE"


class Operator(enum.Enum):
    """How it is compared with the operand."""

    EQUAL = "EQUAL"
    NOT_EQUAL = "NOT_EQUAL"
    GREATER = "GREATER"
    LESS = "LESS"


@attrs.frozen
class Compare:
    """One condition. `operand` is text for VALUE, a number for all others."""

    keys: Keys
    target: Target
    operator: Operator
    operand: int | str


def compare_number(operator: Operator, found: int, operand: int) -> bool:
    """Compare two revisions, versions or leases."""
    if operator is Operator.EQUAL:
        return found == operand
    if operator is Operator.NOT_EQUAL:
        return found != operand
    return found > operand if operator is Operator.GREATER else found < operand


def compare_key(compare: Compare, kv: KeyValue | None) -> bool:
    """Whether a condition holds of one key. Of an absent one all numbers are 0, and no value compares (S11)."""
    if compare.target is Target.VALUE:
        if kv is None:
            return False
        order = (kv.value > str(compare.operand)) - (kv.value < str(compare.operand))
        return compare_number(compare.operator, order, 0)
    return compare_number(compare.operator, _number(compare.target, kv), int(compare.operand))


def compare_and_swap(stored: int, expected: int) -> tuple[bool, int]:
    """Does an update that read version `expected` succeed, and what is the version then?

    S16: txn(mod_revision(key) == expected → put) on a store with this one key: what `transaction.update` does, as a
    decision of two numbers. A put raises the revision (S01, S03).
    """
    if compare_number(Operator.EQUAL, stored, expected):
        return True, mvcc.next_revision(stored)
    return False, stored


def _number(target: Target, kv: KeyValue | None) -> int:
    if kv is None:
        return 0
    if target is Target.VERSION:
        return kv.version
    if target is Target.CREATE:
        return kv.create_revision
    return kv.mod_revision if target is Target.MOD else kv.lease
