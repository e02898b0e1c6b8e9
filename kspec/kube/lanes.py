"""The columns of a story: who takes part, and what each is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from kspec.kernel.trace import Lane

if TYPE_CHECKING:
    from kspec.kube.cluster import Cluster

STORE = "api"

TITLES = {STORE: ("API server + store", "the truth"), "user": ("user", "")}


def lanes_of(cluster: Cluster, acting: Collection[str]) -> tuple[Lane, ...]:
    """The user, the truth, and the components that take part. `acting`: who does, by name."""
    titles = _titles(cluster)
    lanes = []
    for name in dict.fromkeys(["user", STORE, *[c.name for c in cluster.components]]):
        if name != STORE and name not in acting:
            continue
        title, note = TITLES.get(name, (name, ""))
        if name not in TITLES and cluster.cache_of(name) != "fresh":
            note = "acts on its cache"
        lanes.append(Lane(name, titles.get(name, title), note))
    return tuple(lanes)


def _titles(cluster: Cluster) -> dict[str, str]:
    """What controllers are called: after a kind, or by their names where two would be called after the same one."""
    controllers = [c for c in cluster.components if isinstance(getattr(c, "of", None), type)]
    kinds = {controller.name: _controls(controller) for controller in controllers}
    times = Counter(kinds.values())
    return {name: f"{kind if times[kind] == 1 else name} controller" for name, kind in kinds.items()}


def _controls(controller: Any) -> str:
    """What a controller is named after: a kind that it owns, if that has its name; else what it reconciles."""
    kinds = [cls.__name__ for cls in controller.owns if cls.__name__.lower() == controller.name]
    return kinds[0] if kinds else str(controller.of.__name__)
