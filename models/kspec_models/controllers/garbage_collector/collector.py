"""The garbage collector in a cluster: it watches all kinds, keeps the graph, and works the queues off, call by call.

Models `pkg/controller/garbagecollector/garbagecollector.go` Run, attemptToDeleteWorker, attemptToOrphanWorker (W120 to
W127). The graph and the queues are its own variable, fed by the events that reach its caches (`builder`), which are
late each for itself: a pod may be seen before its owner, and that is why there are virtual nodes. An attempt at a node
is `attempt`; what it decides, `worker` and `decisions`.

Simplified: each of the two queues has one worker, which takes any node that waits (upstream: twenty). So an owner may
be orphaning its dependents while one of them is looked at, but no two are looked at at the same time. The graph builder
is never behind the caches: a later event is a later delivery. A virtual node that is found where it should be comes
back for ever upstream, with a growing delay (W120); here an attempt at it begins only when it would find something
else, as those before change nothing. A generated name is the object's uid.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from kspec.kernel.actions import Action, Reader, Set, Step, StepKind, Var
from kspec.kernel.values import Ref, Value
from kspec.kube.cache import Cached
from kspec.kube.cluster import Cluster, Seen, Served, Writes, stepped
from kspec.kube.lenses import Latest
from kspec.kube.lenses import Seen as SeenLens
from kspec.kube.overlay import Overlay
from kspec.kube.processes import API_SERVER
from kspec.kube.serving import target_of
from kspec.kube.watch import Kind, Unpin
from kspec_models.controllers.garbage_collector import builder, objects, words, worker
from kspec_models.controllers.garbage_collector.attempt import Attempt, known_for
from kspec_models.controllers.garbage_collector.builder import Change, ChangeType
from kspec_models.controllers.garbage_collector.decisions import Resource
from kspec_models.controllers.garbage_collector.graph import Memory, Metadata, NodeKey
from kspec_models.controllers.garbage_collector.worker import AGAIN, Call, Left, Verb

NAME = "garbage-collector"

NOT_MODELLED = (
    "several owners of one object: there is only the controller reference, and it blocks its owner's deletion",
    "discovery of kinds and a cache that fails to list (W127), apiVersions (a kind has one)",
    "back-off; the cache of absent owners forgets nothing",
)


# ---- updates of its memory (None: it has not listed the objects yet, and acts on nothing)


@attrs.frozen
class Saw:
    """The graph builder processes a change."""

    change: Change

    def __call__(self, memory: Memory | None) -> Memory | None:
        return None if memory is None else builder.process(memory, self.change).memory.canonical()


@attrs.frozen
class Taken:
    """A worker takes a node from a queue."""

    key: NodeKey
    orphans: bool

    def __call__(self, memory: Memory) -> Memory:
        queue = memory.to_orphan if self.orphans else memory.to_delete
        rest = tuple(key for key in queue.waiting if key != self.key)
        _, queue = attrs.evolve(queue, waiting=(self.key, *rest)).get()
        return attrs.evolve(memory, to_orphan=queue) if self.orphans else attrs.evolve(memory, to_delete=queue)


@attrs.frozen
class Finished:
    """A worker is done with a node."""

    key: NodeKey
    orphans: bool
    left: Left

    def __call__(self, memory: Memory) -> Memory:
        if self.orphans:
            return memory.orphaned(self.key, self.left.again).canonical()
        settled = worker.settle(memory, self.key, self.left)
        if self.left.change is not None:
            settled = builder.process(settled, self.left.change).memory
        return settled.canonical()


# ---- the component


@attrs.frozen
class GarbageCollector:
    """The collector of objects of these kinds, which are all that have owners or are owners."""

    watches: tuple[type, ...]
    name: str = NAME
    not_modelled: tuple[str, ...] = NOT_MODELLED

    @property
    def memory(self) -> str:
        """The variable with the graph and the queues; None until all objects were listed (W127)."""
        return f"{self.name}/memory"

    def attempt(self, *, orphans: bool) -> str:
        """The variable with the attempt in progress at a node of a queue; also the name of its pins."""
        return f"{self.name}/{'orphaning' if orphans else 'deleting'}"

    def selects(self, kind: type) -> Callable[[Any], bool] | None:
        """Its watches select nothing."""
        return None

    def variables(self, cluster: Cluster) -> Mapping[str, Value]:
        """All that it knows; lost when it crashes."""
        return {self.memory: None, self.attempt(orphans=False): None, self.attempt(orphans=True): None}

    def member_variables(self, cluster: Cluster) -> Mapping[type, Mapping[str, Value]]:
        """None."""
        return {}

    def unpinned(self, cluster: Cluster) -> Writes:
        """What a crash does to its requests in flight."""
        readers = [self.attempt(orphans=orphans) for orphans in (False, True)]
        places = [var for kind in self._kinds(cluster) for var, _ in _places(kind)]
        return [(var, Unpin(reader)) for var in places for reader in readers]

    def observed(self, cluster: Cluster, before: Seen | None, after: Seen | None) -> Writes:
        """An event reaches one of its caches."""
        was, now = (None if seen is None else _metadata(seen) for seen in (before, after))
        if now is None:
            assert was is not None
            return [(self.memory, Saw(Change(ChangeType.DELETE, was)))]
        if now == was:
            return []
        kind = ChangeType.ADD if was is None else ChangeType.UPDATE
        return [(self.memory, Saw(Change(kind, now, old=was)))]

    def actions(self, cluster: Cluster) -> Iterable[Action]:
        """It lists everything once; then it takes a node, and makes one call after another."""
        yield Action(self.name, "list", self._list(cluster))
        for orphans, begin, goes_on in ((False, "attempt", "call"), (True, "orphan", "release")):
            yield Action(self.name, begin, self._begin(cluster, orphans))
            if self.name not in cluster.scope.whole:
                yield Action(self.name, goes_on, self._call(cluster, orphans))

    # ---- what it does

    def _list(self, cluster: Cluster) -> Callable[[Reader], Iterator[Step]]:
        def list_all(see: Reader) -> Iterator[Step]:
            if see(self.memory) is not None:
                return
            memory = Memory()
            for kind in self._kinds(cluster):
                for var, name in _places(kind):
                    view = see(var, SeenLens(kind, self.name))
                    if view is not None:
                        found = objects.metadata(kind, name, Cached(kind, self.name, view, name))
                        memory = builder.process(memory, Change(ChangeType.ADD, found)).memory
            yield Step([(self.memory, Set(memory.canonical()))], says="its caches are filled")

        return list_all

    def _begin(self, cluster: Cluster, orphans: bool) -> Callable[[Reader], Iterator[Step]]:
        def begin(see: Reader) -> Iterator[Step]:
            memory = see(self.memory)
            if memory is None or see(self.attempt(orphans=orphans)) is not None:
                return
            for attempt in to_orphan(memory) if orphans else to_delete(memory):
                if not self._is_fruitless(cluster, see, attempt):
                    yield self._goes_on(cluster, see, attempt, [(self.memory, Taken(attempt.key, orphans))])

        return begin

    def _call(self, cluster: Cluster, orphans: bool) -> Callable[[Reader], Iterator[Step]]:
        def call(see: Reader) -> Iterator[Step]:
            attempt = see(self.attempt(orphans=orphans))
            if attempt is not None:
                yield self._goes_on(cluster, see, attempt, [])

        return call

    def _goes_on(self, cluster: Cluster, see: Reader, attempt: Attempt, before: Writes) -> Step:
        """The next call of an attempt (all of them, where its attempts are one step), and its end after the last."""
        writes, done, says = list(before), list[Served](), ""
        variable = self.attempt(orphans=attempt.orphans)
        coming = attempt.next(self._served(cluster))
        while isinstance(coming, Call):
            says = words.why(attempt, coming)
            kind = cluster.by_resource(coming.resource.name)
            served = self._serve(cluster, Overlay(see, writes), attempt, coming)
            done.append(served)
            writes += served.writes
            attempt = attempt.answered(objects.answer(coming, served.response, kind))
            coming = attempt.next(self._served(cluster))
            if self.name not in cluster.scope.whole:
                break
        if isinstance(coming, Left):
            writes += [(variable, Set(None)), (self.memory, Finished(attempt.key, attempt.orphans, coming))]
            writes += self._unpin(cluster, attempt) if done else []
        else:
            writes.append((variable, Set(attempt)))
        if not done:
            return Step(writes, says=words.passed_over(attempt), kind=StepKind.LOCAL)
        return attrs.evolve(stepped(done, [], says=says), writes=writes)

    def _serve(self, cluster: Cluster, see: Reader, attempt: Attempt, call: Call) -> Served:
        """Serve a call. Of what it reads, only the version of the node itself is a condition of a later call."""
        kind = cluster.by_resource(call.resource.name)
        reader, outages = self.attempt(orphans=attempt.orphans), API_SERVER in cluster.processes
        made = objects.request(call, None, self.name, reader, outages)
        target = target_of(see, kind, made)
        if call.verb is Verb.PATCH and target is not None:
            made = objects.request(call, see(target, Latest()), self.name, reader, outages)
        served = cluster.serve(see, made)
        is_own = attempt.place == (kind.cls.__name__, call.name)
        return served if call.verb is not Verb.GET or is_own else attrs.evolve(served, writes=[])

    def _is_fruitless(self, cluster: Cluster, see: Reader, attempt: Attempt) -> bool:
        """Whether an attempt would only read, and the node come back: it is unseen and there, or nobody serves it."""
        node = attempt.known.queued(attempt.key)
        if node is None or attempt.orphans:
            return False
        coming = attempt.next(self._served(cluster))
        while node.virtual and isinstance(coming, Call) and coming.verb is Verb.GET:
            served = self._serve(cluster, see, attempt, coming)
            kind = cluster.by_resource(coming.resource.name)
            attempt = attempt.answered(objects.answer(coming, served.response, kind))
            coming = attempt.next(self._served(cluster))
        return coming == AGAIN

    # ---- the cluster

    def _served(self, cluster: Cluster) -> worker.Mapper:
        kinds = {kind.cls.__name__: kind for kind in cluster.kinds.values()}

        def served(api_version: str, kind: str) -> Resource | None:
            return objects.resource(kinds[kind]) if kind in kinds else None

        return served

    def _kinds(self, cluster: Cluster) -> list[Kind]:
        return [cluster.kind(cls) for cls in self.watches]

    def _unpin(self, cluster: Cluster, attempt: Attempt) -> Writes:
        place = attempt.place
        if place is None:
            return []
        kind = next(kind for kind in cluster.kinds.values() if kind.cls.__name__ == place[0])
        name = place[1]
        var: Var = f"{kind.resource}/{name}" if isinstance(name, str) else (name.family, name.index)
        return [(var, Unpin(self.attempt(orphans=attempt.orphans)))]


def to_delete(memory: Memory) -> Iterator[Attempt]:
    """Any node of the queue may be next."""
    for key in memory.to_delete.waiting:
        yield Attempt(key, False, known_for(memory, key))


def to_orphan(memory: Memory) -> Iterator[Attempt]:
    """Any node of the queue may be next, and its dependents are released in any order."""
    for key in memory.to_orphan.waiting:
        node = memory.queued(key)
        for order in itertools.permutations(() if node is None else node.dependents):
            yield Attempt(key, True, known_for(memory, key), order)


def garbage_collector(*kinds: type) -> GarbageCollector:
    """The garbage collector of a cluster with these kinds."""
    return GarbageCollector(kinds)


def _metadata(seen: Seen) -> Metadata:
    return objects.metadata(seen.kind, seen.name, Cached(seen.kind, seen.observer, seen.view, seen.name))


def _places(kind: Kind) -> list[tuple[Var, str | Ref]]:
    if kind.slots:
        return [((kind.resource, i), Ref(kind.resource, i)) for i in range(kind.slots)]
    return [(f"{kind.resource}/{name}", name) for name in kind.names]
