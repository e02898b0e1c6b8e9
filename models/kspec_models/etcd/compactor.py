"""Who compacts, and to which revision: the agreement of the API servers.

Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3/compact.go compact, runCompactLoop (S52). Every interval each
API server tries to put one key if its version is still the one that it knows: the version is a clock of which each tick
is won by one server. The winner compacts to the revision that it saw one interval before; the others learn the version,
and try again an interval later. So whoever crashes is replaced.
"""

from __future__ import annotations

import attrs

from kspec_models.etcd import store as mvcc
from kspec_models.etcd import transaction
from kspec_models.etcd.compare import Compare, Operator, Target
from kspec_models.etcd.store import Keys, Ranged, Refusal, Store
from kspec_models.etcd.transaction import Put, Range, Txn

KEY = "compact_rev_key"


@attrs.frozen
class Known:
    """What an API server remembers of its last try: the key's version, and the store's revision (0: none yet)."""

    version: int = 0
    revision: int = 0


def compact(store: Store, known: Known) -> tuple[Known, Store, bool]:
    """One try: what is known then, the store then, and whether this server won the tick.

    It compacts nothing when it has not seen a revision yet.
    """
    unchanged = Compare(Keys(KEY), Target.VERSION, Operator.EQUAL, known.version)
    done = transaction.run(store, Txn((unchanged,), (Put(KEY, str(known.revision)),), (Range(Keys(KEY)),)))
    if isinstance(done, Refusal):
        raise AssertionError(done.value)
    answered, after = done
    if not answered.succeeded:
        (found,) = answered.answers
        assert isinstance(found, Ranged)
        return Known(learned(known, found.kvs[0].version), answered.revision), after, False
    now = Known(known.version + 1, answered.revision)
    if known.revision == 0:
        return now, after, True
    compacted = mvcc.compact(after, compacts_to(known, now))
    return now, after if isinstance(compacted, Refusal) else compacted, True


def learned(known: Known, version: int) -> int:
    """The version that a server which lost goes on with: the one that it found."""
    return version


def compacts_to(known: Known, now: Known) -> int:
    """The revision that is compacted: the one seen an interval before."""
    return known.revision
