"""etcd: the multi-version store beneath the API server, which alone holds truth.

Models etcd 3.6 (`server/storage/mvcc`, `server/etcdserver/txn`, `server/lease`): revisions, transactions, ranges,
watches, compaction and leases, as pure functions of an immutable value. One `Store` is what all members agree on.
Every write of Kubernetes is one transaction on one key that compares its mod revision (S16, S17):
`kspec_models.etcd.compare` says that compare for all. In a cluster the API server alone asks it, and watches are those
of kspec.kube; the systems `etcd.*` explore the store itself, with plumbing in `watching`, `leasing` and `compacting`.

Simplified: keys and values are text in the order of their code points. That all members agree is taken for granted,
which is sound for Kubernetes: it asks only for linearizable reads (S20, S23).
"""

from __future__ import annotations

NOT_MODELLED: tuple[str, ...] = (
    "etcd: members that lag, serializable reads, and elections other than what they do to leases",
    "etcd: limits of requests, authentication, snapshots, progress notifications on their own",
)
"""What is left out, as it is printed with verdicts."""
