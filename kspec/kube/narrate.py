"""Stories: a trace of a cluster as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster


class Narrator:
    """Tells the traces of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
