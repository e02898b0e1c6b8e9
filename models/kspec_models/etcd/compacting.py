"""Compaction at work: API servers that agree who compacts, clients that write, and time.

Models `staging/src/k8s.io/apiserver/pkg/storage/etcd3/compact.go` runCompactLoop.

The plumbing of a system of the store alone, beside kspec_models.etcd.watching, which takes one compactor for all: here
is shown that they act as one (kspec_models.etcd.compactor).

Simplified: time goes in steps of half an interval, so many at most, and an API server is punctual: its try comes before
time goes on. The servers began half an interval apart. A crashed one does not come back.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kernel.actions import Action, Reader, Role, Set, Step, StepKind, Update, Var
from kspec_models.etcd import compactor
from kspec_models.etcd.acting import STORE, OneFewer, change
from kspec_models.etcd.compactor import Known
from kspec_models.etcd.store import Store
from kspec_models.etcd.transaction import Put, Txn

SERVERS = ("apiserver-1", "apiserver-2")
"""The API servers, each a variable."""

TIME, PAST, SINCE = "time left", "past", "since"
"""The variables: how much time is left; the revisions at the last steps of time, the latest first, and the steps since
a tick was won, both read by properties only."""

INTERVAL = 2
"""An interval in steps of time."""

LONGEST = 3 * INTERVAL
"""So far back `past` goes."""


@attrs.frozen
class Server:
    """An API server: what it knows, and in how many steps of time it tries again."""

    due: int
    known: Known = attrs.field(factory=Known)
    alive: bool = True


def compactors() -> tuple[Action, ...]:
    """Every API server tries once in an interval, and may crash."""
    return tuple(action for name in SERVERS for action in (_tries(name), _crashes(name)))


def clients() -> Action:
    """Whoever writes, while the budget lasts."""

    return Action("client", "put", lambda see: change(see, "Put a", Txn(then=(Put("a", "1"),))), role=Role.USER)


def time() -> Action:
    """Half an interval goes by, once all that is due was done."""

    def half(see: Reader) -> Iterable[Step]:
        servers: list[Server] = [see(name) for name in SERVERS]
        if see(TIME) == 0 or any(server.alive and server.due == 0 for server in servers):
            return
        writes: list[tuple[Var, Update]] = [
            (TIME, OneFewer()),
            (PAST, Set((see(STORE).revision, *see(PAST))[:LONGEST])),
            (SINCE, Set(min(INTERVAL, see(SINCE) + 1))),
        ]
        for name, server in zip(SERVERS, servers, strict=True):
            if server.alive:
                writes.append((name, Set(attrs.evolve(server, due=server.due - 1))))
        yield Step(writes, action="half an interval passes")

    return Action("time", "half an interval", half, role=Role.ENVIRONMENT, fair=True)


def _tries(name: str) -> Action:
    def attempt(see: Reader) -> Iterable[Step]:
        server: Server = see(name)
        if not server.alive or server.due:
            return
        store: Store = see(STORE)
        known, after, won = compactor.compact(store, server.known)
        writes: list[tuple[Var, Update]] = [(STORE, Set(after)), (name, Set(Server(INTERVAL, known)))]
        if won:
            writes.append((SINCE, Set(0)))
        version = server.known.version
        action = f"Txn: if version({compactor.KEY}) is {version} put it, else get it"
        found = store.get(compactor.KEY)
        if not won:
            answer = f"it is {found.version if found else 0}"
        elif after.compacted > store.compacted:
            answer = f"put; Compact {after.compacted}"
        else:
            answer = "put; nothing to compact"
        yield Step(writes, action=action, answer=answer, kind=StepKind.CALL)

    return Action(name, "compact", attempt)


def _crashes(name: str) -> Action:
    def crash(see: Reader) -> Iterable[Step]:
        if all(see(other).alive for other in SERVERS):
            yield Step([(name, Set(attrs.evolve(see(name), alive=False)))], action="crashes", kind=StepKind.FAULT)

    return Action(name, "crash", crash, role=Role.FAULT)
