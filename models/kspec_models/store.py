"""The store: etcd, which alone holds truth.

Models etcd as Kubernetes uses it (etcd 3.6, `server/etcdserver/txn/txn.go`; Kubernetes 1.36
`staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go`): every write is one transaction on one key that compares the
key's mod revision (S16, S17).

Simplified: a resourceVersion is no number in an exploration but the fact whether what was read is still the latest (a
pin, kspec.kube.watch); the decision below is the same for numbers and for that fact.

Not modelled: ranges over revisions, compaction, leases, and members that lag.
"""

from __future__ import annotations


def compare_and_swap(stored: int, expected: int) -> tuple[bool, int]:
    """Does an update that read version `expected` succeed, and what is the version then?

    S16: txn(mod_revision(key) == expected → put). A put raises the revision (S01, S03).
    """
    if stored == expected:
        return True, stored + 1
    return False, stored
