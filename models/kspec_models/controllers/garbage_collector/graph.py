"""The garbage collector's memory: the graph of owners and dependents, and the queues around it.

Upstream: pkg/controller/garbagecollector/graph.go; the queues and the cache of absent owners of graph_builder.go (W120,
W126).

A node is known by its uid. An owner that is mentioned but was never seen is a *virtual* node: its place is only what
its first dependent said. When a node's place turns out to be another, it is replaced by a copy, and what waits in a
queue is still the old one: so queues hold nodes by uid and copy.

Simplified: dependents are remembered by uid, and in the order in which they came, where upstream keeps no order. Not
modelled: that the cache of absent owners forgets all but 500 (forgetting costs only a read), and rate limits.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kspec.kernel.values import Ref, Value, order_key
from kspec_models.client.work_queue import WorkQueue

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


@attrs.frozen
class OwnerReference:
    """One of metadata.ownerReferences. It has no namespace: the owner's is the dependent's, or none (W122)."""

    api_version: str
    kind: str
    name: str
    uid: Value
    block_owner_deletion: bool = False


@attrs.frozen
class Identity:
    """Where an object is, and which incarnation of that place; `namespace` "": none.

    In a composed cluster a generated name is the mention of a member, which is its uid as well.
    """

    api_version: str
    kind: str
    namespace: str
    name: str | Ref
    uid: Value

    def is_meant_by(self, reference: OwnerReference) -> bool:
        """Whether a reference has the same kind, name and uid; its namespace is not asked (W123)."""
        mine = (self.api_version, self.kind, self.name, self.uid)
        return mine == (reference.api_version, reference.kind, reference.name, reference.uid)


@attrs.frozen
class Metadata:
    """What the collector sees of an object. `deleting`: deletionTimestamp is set."""

    identity: Identity
    owners: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()
    deleting: bool = False
    resource_version: str = ""

    def waits_with(self, finalizer: str) -> bool:
        """Whether it is being deleted and this finalizer keeps it."""
        return self.deleting and finalizer in self.finalizers


EMPTY = WorkQueue()

NodeKey = tuple[Value, int]
"""uid and copy."""


@attrs.frozen
class Node:
    """An object in the graph. `dependents`: the uids of those that name it as an owner.

    `deleting_dependents`: it waits until its blocking dependents are gone (W124).
    """

    identity: Identity
    owners: tuple[OwnerReference, ...] = ()
    dependents: tuple[Value, ...] = ()
    virtual: bool = False
    deleting: bool = False
    deleting_dependents: bool = False
    copy: int = 0

    @property
    def key(self) -> NodeKey:
        """What queues know it by."""
        return self.identity.uid, self.copy

    def canonical(self) -> Node:
        """The same with its dependents in order."""
        return attrs.evolve(self, dependents=tuple(sorted(self.dependents, key=order_key)))

    def blocks(self, owner: Value) -> bool:
        """Whether the owner's foreground deletion has to wait for it (W124)."""
        return any(reference.uid == owner and reference.block_owner_deletion for reference in self.owners)


@attrs.frozen
class Memory:
    """All that the collector knows; lost when it restarts (W127).

    `nodes`: the graph, by uid. `outdated`: nodes that the graph has no longer, but a queue has. The queues hold
    `NodeKey`s. `absent`: places of which a live read said that this owner is not there (W126).
    """

    nodes: tuple[Node, ...] = ()
    outdated: tuple[Node, ...] = ()
    to_delete: WorkQueue = EMPTY
    to_orphan: WorkQueue = EMPTY
    absent: frozenset[Identity] = frozenset()

    def canonical(self) -> Memory:
        """The same without the orders of what came first: of dependents, and of the queues (needed after a renaming).

        For a collector whose workers take any node that waits: with twenty of them, which comes first is open anyway.
        """
        return attrs.evolve(
            self,
            nodes=tuple(sorted((node.canonical() for node in self.nodes), key=lambda n: order_key(n.key))),
            outdated=tuple(sorted((node.canonical() for node in self.outdated), key=lambda n: order_key(n.key))),
            to_delete=_in_order(self.to_delete),
            to_orphan=_in_order(self.to_orphan),
        )

    def find(self, uid: Value) -> Node | None:
        """The graph's node of this uid."""
        return next((node for node in self.nodes if node.identity.uid == uid), None)

    def queued(self, key: NodeKey) -> Node | None:
        """The node that a queue holds: as the graph has it, or as it was when the graph let go of it."""
        return next((node for node in (*self.nodes, *self.outdated) if node.key == key), None)

    def dependents_of(self, node: Node) -> tuple[Node, ...]:
        """The nodes that name it as an owner."""
        found = (self.find(uid) for uid in node.dependents)
        return tuple(dependent for dependent in found if dependent is not None)

    def with_node(self, node: Node) -> Memory:
        """With this node in the graph; one with the same uid but another copy is replaced."""
        old = self.find(node.identity.uid)
        memory = self if old is None or old.key == node.key else self._outdate(old)
        others = (other for other in self.nodes if other.identity.uid != node.identity.uid)
        return attrs.evolve(memory, nodes=tuple(sorted((*others, node), key=lambda n: order_key(n.identity.uid))))

    def replaced(self, node: Node, identity: Identity) -> Memory:
        """With a copy of the node at another place, observed or not as it was."""
        return self.with_node(attrs.evolve(node, identity=identity, copy=self.free_copy(identity.uid)))

    def free_copy(self, uid: Value) -> int:
        """The smallest number of a copy of this uid that neither the graph nor a queue has."""
        used = {node.copy for node in (*self.nodes, *self.outdated) if node.identity.uid == uid}
        return min(set(range(len(used) + 1)) - used)

    def without_node(self, node: Node) -> Memory:
        """The graph without the node, and its owners without this dependent."""
        left = tuple(other for other in self.nodes if other.identity.uid != node.identity.uid)
        memory = attrs.evolve(self._outdate(node), nodes=left)
        return memory.without_dependent(node.identity.uid, node.owners)

    def with_dependent(self, owner: Node, dependent: Value) -> Memory:
        """The owner knows this dependent."""
        if dependent in owner.dependents:
            return self
        return self.with_node(attrs.evolve(owner, dependents=(*owner.dependents, dependent)))

    def without_dependent(self, dependent: Value, owners: Iterable[OwnerReference]) -> Memory:
        """These owners, as far as the graph has them, know the dependent no longer."""
        memory = self
        for reference in owners:
            owner = memory.find(reference.uid)
            if owner is not None:
                left = tuple(uid for uid in owner.dependents if uid != dependent)
                memory = memory.with_node(attrs.evolve(owner, dependents=left))
        return memory

    def attempt(self, *nodes: Node) -> Memory:
        """These nodes are to be looked at (again)."""
        queue = self.to_delete
        for node in nodes:
            queue = queue.add(node.key)
        return attrs.evolve(self, to_delete=queue)

    def done(self, key: NodeKey, again: bool = False) -> Memory:
        """A worker is done with a node of `to_delete`; `again`: it has to come back."""
        queue = self.to_delete.add(key) if again else self.to_delete
        return attrs.evolve(self, to_delete=queue.done(key))._forget()

    def orphaned(self, key: NodeKey, again: bool = False) -> Memory:
        """A worker is done with a node of `to_orphan`; `again`: it has to come back."""
        queue = self.to_orphan.add(key) if again else self.to_orphan
        return attrs.evolve(self, to_orphan=queue.done(key))._forget()

    def _outdate(self, node: Node) -> Memory:
        return attrs.evolve(self, outdated=(*self.outdated, node))._forget()

    def _forget(self) -> Memory:
        held = frozenset(key for q in (self.to_delete, self.to_orphan) for key in (*q.waiting, *q.processing))
        held |= self.to_delete.dirty | self.to_orphan.dirty
        return attrs.evolve(self, outdated=tuple(node for node in self.outdated if node.key in held))


def _in_order(queue: WorkQueue) -> WorkQueue:
    return attrs.evolve(queue, waiting=tuple(sorted(queue.waiting, key=order_key)))
