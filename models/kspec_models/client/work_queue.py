"""The work queue of a controller: which key is reconciled next, and never by two workers at once.

Upstream: staging/src/k8s.io/client-go/util/workqueue/queue.go Add, Get, Done, Len, ShutDown (A108, W01).

A key is *dirty* from when it is added until a worker gets it, and *processing* from then until the worker is done with
it. Adding a dirty key changes nothing; a key that is added while it is processed waits until it is done.

Simplified: `Get` on an empty queue waits upstream; here it gives nothing. Not modelled: rate limits and delays (A109;
time is abstract: a key that waits for its backoff may be added at any time), draining at shutdown, metrics.
"""

from __future__ import annotations

import attrs

from kspec.kernel.values import Value


@attrs.frozen
class WorkQueue:
    """A queue as a value. `waiting`: the keys that a worker can get, in order."""

    waiting: tuple[Value, ...] = ()
    dirty: frozenset[Value] = frozenset()
    processing: frozenset[Value] = frozenset()
    shutting_down: bool = False

    def __len__(self) -> int:
        """How many keys wait; those that are processed do not count (Len)."""
        return len(self.waiting)

    def add(self, key: Value) -> WorkQueue:
        """The key needs work; nothing changes if that is known already, or the queue shuts down (Add)."""
        if self.shutting_down or key in self.dirty:
            return self
        waiting = self.waiting if key in self.processing else (*self.waiting, key)
        return attrs.evolve(self, waiting=waiting, dirty=self.dirty | {key})

    def get(self) -> tuple[Value | None, WorkQueue]:
        """The first key that waits, for a worker to process; None if there is none (Get)."""
        if not self.waiting:
            return None, self
        key = self.waiting[0]
        return key, attrs.evolve(
            self, waiting=self.waiting[1:], dirty=self.dirty - {key}, processing=self.processing | {key}
        )

    def done(self, key: Value) -> WorkQueue:
        """A worker has finished with the key; if it was added meanwhile, it waits again, also at shutdown (Done).

        As upstream, it does not ask whether the key was processed: *done* with a key that still waits queues it twice.
        """
        waiting = (*self.waiting, key) if key in self.dirty else self.waiting
        return attrs.evolve(self, waiting=waiting, processing=self.processing - {key})

    def shut_down(self) -> WorkQueue:
        """Take no more keys; those that wait are still given out (ShutDown)."""
        return attrs.evolve(self, shutting_down=True)

    @property
    def ended(self) -> bool:
        """Whether workers go home: it shuts down and nothing waits (what Get reports as shutdown)."""
        return self.shutting_down and not self.waiting
