"""Clients that read an object and write it back: the oldest race, and how resourceVersion ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from kspec.kernel.actions import Lens, Update
from kspec.kernel.properties import Broken, invariant
from kspec.kernel.registry import system
from kspec.kernel.system import System
from kspec.kube.cache import Api, Cache, Cached
from kspec.kube.cluster import Cluster, Scope
from kspec.kube.controller import controller
from kspec.kube.residual import Reconcile
from kspec.kube.truth import Truth
from kspec_models.apiserver import NOT_MODELLED

TIMES = 2
"""How often each client adds one."""


@attrs.frozen
class Counter:
    """Something that several clients count with."""

    name: str
    hits: int = 0


@attrs.frozen
class Client:
    """Someone who adds one to a counter, so often."""

    name: str


@attrs.frozen
class OneMore:
    """One more update of this client has succeeded."""

    def __call__(self, done: int) -> int:
        return done + 1


@attrs.frozen
class IsDone:
    """Whether the client has added as often as it wanted."""

    def __call__(self, done: int) -> bool:
        return done >= TIMES


class Tally:
    """A client's own count of its updates that succeeded."""

    initial: Any = 0

    def __init__(self, ask: Callable[[Lens], Any], remember: Callable[[Update], None], variable: str) -> None:
        self._ask, self._remember = ask, remember

    def done(self) -> bool:
        """Whether it has added as often as it wanted."""
        return bool(self._ask(IsDone()))

    def one_more(self) -> None:
        """Count one update that succeeded."""
        self._remember(OneMore())

    @staticmethod
    def observed(before: Cached | None, after: Cached | None) -> tuple[Update, ...]:
        """Nothing is learned from events."""
        return ()


@controller(Client, memory=Tally, assumes=(f"updates of each client: {TIMES}",))
def client(client: Any, cache: Cache, api: Api, tally: Tally) -> Reconcile:
    """Read, add one, write back what was read; after a conflict, begin again."""
    if tally.done():
        return
    counter = yield api.get(Counter, "hits")
    yield api.update(counter, hits=counter.hits + 1)
    tally.one_more()


def every_client_is_done(truth: Truth) -> bool:
    """All updates that were wanted have succeeded."""
    return all(truth.variable(f"client/{name}/memory") == TIMES for name in truth.names(Client))


@invariant(witness=every_client_is_done)
def no_update_is_lost(truth: Truth) -> bool | Broken:
    """The counter is as large as the number of updates that succeeded."""
    hits = truth.field(Counter, "hits", "hits")
    done = sum(truth.variable(f"client/{name}/memory") for name in truth.names(Client))
    return hits == done or Broken(f"{done} updates succeeded and the counter is {hits}", ("Counter hits",))


def clients(name: str, number: int) -> Cluster:
    """So many clients of one counter."""
    from kspec.kernel.registry import load

    stored = (Counter("hits"), *[Client(f"client-{i + 1}") for i in range(number)])
    return Cluster(
        name,
        (client,),
        Scope(stored=stored),
        properties=(*load().properties.values(), no_update_is_lost),
        kinds_used=(Counter, Client),
        not_modelled=NOT_MODELLED,
    )


@system("store.cas", quick=True)
def store_cas() -> System:
    """Two clients read a counter and write it back plus one, by compare-and-swap."""
    return clients("store.cas", 2).system()


@system("store.cas.three")
def store_cas_three() -> System:
    """Three clients of one counter."""
    return clients("store.cas.three", 3).system()
