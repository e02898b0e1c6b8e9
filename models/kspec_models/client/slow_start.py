"""Slow start: creations in batches that double as long as all succeed, so that a refusal is not met many times over.

Upstream: pkg/controller/replicaset/replica_set.go slowStartBatch, pkg/controller/daemon/daemon_controller.go syncNodes
(W10, W87).
"""

from __future__ import annotations

import attrs


@attrs.frozen
class SlowStart:
    """Creations in progress: `batch` calls go out in parallel next (0: over), `remaining` includes them."""

    remaining: int
    batch: int
    successes: int = 0

    def after(self, failures: int) -> SlowStart:
        """After the answers to a batch: twice as many if all succeeded; after any failure it is over (W10)."""
        successes = self.successes + self.batch - failures
        remaining = self.remaining - self.batch
        if failures > 0:
            return SlowStart(remaining, 0, successes)
        return SlowStart(remaining, min(2 * self.batch, remaining), successes)


def slow_start(count: int, initial: int = 1) -> SlowStart:
    """Begin `count` creations with a batch of `initial` (W10, slowStartBatch).

    When it is over, `remaining` calls were never made: the controller lowers its expectations by them.
    """
    return SlowStart(count, min(count, initial))
