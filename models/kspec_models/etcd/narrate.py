"""The story of a trace of the store, in its own words: keys with their revisions and leases, and who knows what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from kspec.kernel.trace import Change, Story, Trace
from kspec.kernel.world import State, World
from kspec_models.etcd import compacting, leasing, watching
from kspec_models.etcd.acting import STORE
from kspec_models.etcd.compacting import Server
from kspec_models.etcd.leasing import Holder, Life
from kspec_models.etcd.lessor import Lessor
from kspec_models.etcd.store import Store
from kspec_models.etcd.watching import Follower

Fact = tuple[str, str]
"""Whose it is, and what."""


def _of_store(store: Store) -> Iterator[tuple[Fact, str]]:
    yield ("etcd", "revision"), str(store.revision)
    if store.compacted >= 0:
        yield ("etcd", "compacted at"), str(store.compacted)
    for lease, ttl in store.leases:
        yield ("etcd", f"lease {lease}"), f"TTL {ttl} s"
    for kv in store.at(store.revision):
        yield ("etcd", kv.key), f"revision {kv.mod_revision}" + (f", lease {kv.lease}" if kv.lease else "")


def _of_lessor(lessor: Lessor) -> Iterator[tuple[Fact, str]]:
    for lease, left in lessor.remaining:
        yield ("lessor", f"lease {lease}"), f"{left} s left"


def _of_follower(known: Follower) -> Iterator[tuple[Fact, str]]:
    yield ("watcher", "is"), f"told up to revision {known.upto}" if known.watcher else "about to list"
    for kv in known.keys:
        yield ("watcher", kv.key), f"revision {kv.mod_revision}"


def _of_holder(holder: Holder) -> Iterator[tuple[Fact, str]]:
    yield ("holder", "is"), holder.life.value
    if holder.life in (Life.HOLDS, Life.CRASHED):
        yield ("holder", "last answered"), f"{holder.silence} s ago"


def _of_compactor(seen: int) -> Iterator[tuple[Fact, str]]:
    yield ("apiserver", "compacts next to"), str(seen)


def _of_server(name: str) -> Callable[[Server], Iterator[tuple[Fact, str]]]:
    def of(server: Server) -> Iterator[tuple[Fact, str]]:
        if server.alive:
            yield (name, "has seen revision"), str(server.known.revision)
            yield (name, "knows version"), str(server.known.version)
            yield (name, "tries again in"), f"{server.due} half intervals"

    return of


SAYS: Mapping[str, Callable[[Any], Iterator[tuple[Fact, str]]]] = {
    STORE: _of_store,
    watching.SEEN: _of_compactor,
    watching.FOLLOWER: _of_follower,
    leasing.LESSOR: _of_lessor,
    leasing.HOLDER: _of_holder,
    **{name: _of_server(name) for name in compacting.SERVERS},
}
"""What there is to say of each variable; what only properties read is not told."""


def facts(world: World, state: State) -> dict[Fact, str]:
    """What is so in a state, in the order of the variables."""
    known = zip(world.names, state, strict=True)
    return {
        fact: text for var, value in known if isinstance(var, str) and var in SAYS for fact, text in SAYS[var](value)
    }


def differences(before: Mapping[Fact, str], after: Mapping[Fact, str]) -> tuple[Change, ...]:
    """What is so no more, is so now, or is so otherwise."""
    both = dict.fromkeys((*before, *after))
    changed = [fact for fact in both if before.get(fact) != after.get(fact)]
    return tuple(Change(*fact, before.get(fact), after.get(fact)) for fact in changed)


@attrs.frozen
class Narrator:
    """Tells the traces of the systems of the store."""

    def story(self, trace: Trace) -> Story:
        """A trace as a person reads it."""
        from kspec.report import plain  # reports are imported by the run that shows one

        told = plain.story(trace)
        known = [facts(trace.world, state) for state in trace.states]
        steps = [
            attrs.evolve(step, changes=differences(a, b))
            for step, a, b in zip(told.steps, known, known[1:], strict=False)
        ]
        start = tuple(f"{whose} {what}: {text}" for (whose, what), text in known[0].items())
        return attrs.evolve(told, steps=tuple(steps), start=dict.fromkeys(told.start, start))
