"""Closed scopes of the store alone: what watches and leases promise, whoever writes."""

from __future__ import annotations

from typing import Any

from kspec.kernel.registry import load, system
from kspec.kernel.system import System
from kspec_models.etcd import NOT_MODELLED, compacting, leasing, watching
from kspec_models.etcd.acting import LEFT, STORE
from kspec_models.etcd.lessor import Lessor
from kspec_models.etcd.narrate import Narrator
from kspec_models.etcd.store import Store

CHANGES = 3
"""How many changes clients make at most in a scope: so many revisions there are after the first."""

HALF_INTERVALS = 8
"""How long the API servers are watched as they compact."""

ELECTIONS = 1
"""How often the leader changes at most."""


def watched(name: str, **more: Any) -> System:
    """A client that lists and watches, somebody who writes, and the compactor of the API server."""
    return System(
        name,
        variables={
            STORE: Store(),
            LEFT: CHANGES,
            watching.WRITTEN: (),
            watching.FOLLOWER: watching.Follower(),
            watching.SEEN: 1,
        },
        actions=(watching.writer(), watching.compactor(), *watching.follower()),
        properties=load().parts.get("etcd.watch", ()),
        scope={"changes": CHANGES},
        assumptions=(f"at most {CHANGES} changes are made", "one client watches"),
        not_modelled=NOT_MODELLED,
        narrator=Narrator(),
        **more,
    )


@system("etcd.watch", quick=True)
def etcd_watch() -> System:
    """A client lists and watches, as slowly as it likes, while somebody writes and the API server compacts."""
    return watched("etcd.watch")


@system("etcd.lease", quick=True)
def etcd_lease() -> System:
    """Keys with a lease that is kept alive, or not: its holder may give it back or crash, and a leader may change."""
    return System(
        "etcd.lease",
        variables={
            STORE: Store(),
            LEFT: CHANGES,
            leasing.LESSOR: Lessor(),
            leasing.HOLDER: leasing.Holder(),
            leasing.ASKED: (),
            leasing.ELECTIONS: 0,
        },
        actions=(
            *leasing.holder(),
            leasing.others(),
            leasing.expiry(),
            leasing.time(),
            leasing.elections(ELECTIONS),
        ),
        properties=load().parts.get("etcd.lease", ()),
        scope={"changes": CHANGES, "elections": ELECTIONS},
        assumptions=(f"clients make at most {CHANGES} changes", f"the leader changes at most {ELECTIONS} time"),
        not_modelled=NOT_MODELLED,
        narrator=Narrator(),
    )


@system("etcd.compaction", quick=True)
def etcd_compaction() -> System:
    """Two API servers agree which of them compacts, and how far back; one may crash, and the other takes over."""
    first, second = compacting.SERVERS
    return System(
        "etcd.compaction",
        variables={
            STORE: Store(),
            LEFT: 1,
            first: compacting.Server(compacting.INTERVAL),
            second: compacting.Server(compacting.INTERVAL + 1),
            compacting.TIME: HALF_INTERVALS,
            compacting.PAST: (Store().revision,),
            compacting.SINCE: compacting.INTERVAL,
        },
        actions=(*compacting.compactors(), compacting.clients(), compacting.time()),
        properties=load().parts.get("etcd.compaction", ()),
        scope={"changes": 1, "half intervals": HALF_INTERVALS},
        assumptions=(
            f"clients make one change, beside what the API servers write, in {HALF_INTERVALS // 2} intervals",
            "API servers are punctual, and one of them crashes at most",
        ),
        not_modelled=NOT_MODELLED,
        narrator=Narrator(),
    )


# ---- known bugs, found on purpose

_MISSED = ("a_watch_tells_every_change_once_and_in_order", "what_a_client_knows_was_true")


@system("etcd.lost_deletion", quick=True)
def etcd_lost_deletion() -> System:
    """Expected to fail, a bug that etcd had: a watch from the compacted revision misses the deletion of that revision.

    Compaction took the tombstone at the compacted revision too, so the client keeps a key that is gone (S51; etcd-io/
    etcd issue 18089).
    """
    return watched("etcd.lost_deletion", settings={"store.compaction": "drops-tombstone"}, expected=_MISSED)


@system("etcd.passed_over", quick=True)
def etcd_passed_over() -> System:
    """Expected to fail, a bug that the API server had: it passed over deletions whose previous value was compacted.

    Its cache then kept what was deleted, and every informer with it (S45; kubernetes/kubernetes issue 76624).
    """
    return watched("etcd.passed_over", settings={"watcher.previous": "passed-over"}, expected=_MISSED)
