"""Components that are processes of the cluster itself, which may not run yet, or not any more.

`Cluster(processes={"scheduler": runs})`: whether a component runs now is a question to the state (what a kubelet runs,
say). One that does not run does nothing, and no event reaches it. The API server is no component, but may be such a
process: while `processes["apiserver"]` says that it does not run, every request is answered with 503 (a client cannot
tell that from a connection that is refused), nothing is committed, and no event reaches anybody.

What a process loses when it ends is `delivering.what_is_lost`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import attrs

from kspec.kernel.actions import Action, Reader, Step

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster

API_SERVER = "apiserver"
"""The name of the API server among processes."""

Runs = Callable[[Reader], bool]
"""Whether a process runs now."""


def runs(cluster: Cluster, see: Reader, name: str) -> bool:
    """Whether a component runs now: always, unless it is a process that does not."""
    question = cluster.processes.get(name)
    return question is None or question(see)


def only_while_running(cluster: Cluster, action: Action, *names: str) -> Action:
    """The action, possible only while all of these run."""
    asked = [name for name in names if name in cluster.processes]
    if not asked:
        return action

    def function(see: Reader) -> Iterator[Step]:
        if all(runs(cluster, see, name) for name in asked):
            yield from action.function(see)

    return attrs.evolve(action, function=function)
