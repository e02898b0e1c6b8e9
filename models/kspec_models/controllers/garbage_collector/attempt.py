"""A worker of the collector between two calls, as a value.

What it knew when it took the node, and the answers that it has: from these its generator (`worker`) is run again, up to
the call that comes next. Simplified: it decides by the graph as it was when it took the node. Upstream looks at the
number of dependents and at the cache of absent owners a little later, after its reads; what it may see there is what it
would have seen had it taken the node later.
"""

from __future__ import annotations

import attrs

from kspec.kernel.values import Ref, Value
from kspec_models.controllers.garbage_collector import worker
from kspec_models.controllers.garbage_collector.graph import Identity, Memory, NodeKey
from kspec_models.controllers.garbage_collector.worker import Answer, Call, Left, Mapper


@attrs.frozen
class Attempt:
    """One node that a worker has taken from `to_delete`, or (`orphans`) from `to_orphan`.

    `known`: of the graph what it looks at; `order`: in which order it visits the dependents.
    """

    key: NodeKey
    orphans: bool
    known: Memory
    order: tuple[Value, ...] = ()
    answers: tuple[Answer, ...] = ()

    def next(self, served: Mapper) -> Call | Left:
        """The call that comes next, or what is left to do when none does."""
        memory = self.known
        node = memory.queued(self.key)
        if node is not None and self.order:
            memory = memory.with_node(attrs.evolve(node, dependents=self.order))
        run = worker.attempt_to_orphan if self.orphans else worker.attempt_to_delete
        calls = run(memory, self.key, served)
        try:
            call = next(calls)
            for answer in self.answers:
                call = calls.send(answer)
        except StopIteration as end:
            left: Left = end.value
            return left
        return call

    def answered(self, answer: Answer) -> Attempt:
        """The same with one more answer."""
        return attrs.evolve(self, answers=(*self.answers, answer))

    @property
    def identity(self) -> Identity | None:
        """Where the node is, as far as is known."""
        node = self.known.queued(self.key)
        return None if node is None else node.identity

    @property
    def place(self) -> tuple[str, str | Ref] | None:
        """Its kind and name."""
        here = self.identity
        return None if here is None else (here.kind, here.name)


def known_for(memory: Memory, key: NodeKey) -> Memory:
    """What of the graph an attempt at this node looks at: the node, its dependents, owners that are known absent."""
    node = memory.queued(key)
    if node is None:
        return Memory()
    near = {node.identity.uid, *node.dependents}
    return Memory(
        nodes=tuple(other for other in memory.nodes if other.identity.uid in near),
        outdated=tuple(other for other in memory.outdated if other.key == key),
        absent=memory.absent,
    )
