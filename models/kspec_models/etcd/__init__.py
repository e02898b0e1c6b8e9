"""etcd: the multi-version store beneath the API server, as pure functions of an immutable value.

Models etcd 3.6 (`server/storage/mvcc`, `server/etcdserver/txn`, `server/lease`): revisions, transactions, ranges,
watches, compaction and leases. One `Store` is what all members agree on.

Simplified: keys and values are text in the order of their code points. Not modelled: members that lag, elections and
serialisable reads (Kubernetes asks only for linearisable ones, S23), sizes and limits of requests (S15),
authentication, snapshots.
"""
