"""What a cluster's layout had learned, as plain data: for laying the same world out again, in another process.

A cluster learns which fields of which kinds each observer asks for, and which names objects are given; a saved trace
speaks of the world that was laid out with that. Without it, a replay would compare two layouts, not two behaviours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.kernel.system import System
from kspec.kube.cluster import Cluster
from kspec.kube.objects import Node
from kspec.kube.watch import RESOURCE_VERSION, Kind


def cluster_of(system: System) -> Cluster | None:
    """The cluster of which this system is one layout; None of any other system."""
    owner = getattr(system.again, "__self__", None)
    return owner if isinstance(owner, Cluster) else None


def learned(system: System) -> dict[str, Any] | None:
    """What was learned when this system was laid out: by kind, fields by observer, and names."""
    cluster = cluster_of(system)
    if cluster is None:
        return None
    data = {cls.__name__: {"fields": _fields(kind), "names": sorted(kind.names)} for cls, kind in cluster.kinds.items()}
    if Node in cluster.learned:
        data[Node.__name__] = {"fields": {}, "names": sorted(cluster.learned[Node].names)}
    return data


def _fields(kind: Kind) -> dict[str, list[str]]:
    found = {
        observer: [*kind.fields(observer), *([RESOURCE_VERSION] if kind.compares(observer) else [])]
        for observer in sorted(kind.learned.fields)
    }
    return {observer: fields for observer, fields in found.items() if fields}


def relearned(system: System, data: Mapping[str, Any]) -> System:
    """The system laid out as it is once all this was learned. A kind that it does not have any more is left out."""
    cluster = cluster_of(system)
    if cluster is None:
        return system
    for cls, known in cluster.learned.items():
        told = data.get(cls.__name__, {})
        known.fields.clear()
        known.fields.update({observer: set(fields) for observer, fields in told.get("fields", {}).items()})
        known.names[:] = told.get("names", ())
    return cluster.system()
