"""ImageLocality: nodes that have the pod's images already, weighed by size and by how many nodes have them (C88).

Source: pkg/scheduler/framework/plugins/imagelocality/image_locality.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from kspec.kube.objects import Node, PodSpec
from kspec_models.scheduler.scores.normalize import MAX_NODE_SCORE

MEBIBYTE = 1024 * 1024
LEAST = 23 * MEBIBYTE
MOST_PER_CONTAINER = 1000 * MEBIBYTE


def size_of(name: str, node: Node) -> int | None:
    """The size of the image with this name on a node, None if it is not there."""
    return next((size for names, size in node.images if name in names), None)


def normalized_name(image: str) -> str:
    """The image's name with `:latest` if it has neither tag nor digest: no colon after the last slash."""
    return image if image.rfind(":") > image.rfind("/") else f"{image}:latest"


def share(size: int, holders: int, nodes: int) -> int:
    """What one image counts where it is: its size, less where few nodes have it, so that pods do not pile up there.

    Upstream multiplies floating-point numbers and cuts off.
    """
    return int(size * (holders / nodes))


def score(total: int, containers: int) -> int:
    """0 for 23 MiB or less, 100 for 1000 MiB a container or more, in between in proportion."""
    most = MOST_PER_CONTAINER * containers
    counted = LEAST if total < LEAST else min(total, most)
    return MAX_NODE_SCORE * (counted - LEAST) // (most - LEAST)


def scores(spec: PodSpec, nodes: Iterable[Node], image_volumes: tuple[str, ...] = ()) -> dict[str, int]:
    """By name of node. `image_volumes`: the images that the pod mounts; only containers raise the limit."""
    every = list(nodes)
    containers = (*spec.init_containers, *spec.containers)
    wanted = [normalized_name(image) for image in (*(each.image for each in containers), *image_volumes)]
    holders = {name: sum(size_of(name, node) is not None for node in every) for name in wanted}
    found = {}
    for node in every:
        sizes = [(name, size_of(name, node)) for name in wanted]
        total = sum(share(size, holders[name], len(every)) for name, size in sizes if size is not None)
        found[node.name] = score(total, len(containers))
    return found
