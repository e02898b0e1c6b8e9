"""NodeName: a pod that names its node goes nowhere else (C52).

A pod with spec.nodeName never reaches the scheduler's queue; other users of the filter see one.
Source: pkg/scheduler/framework/plugins/nodename/node_name.go.
"""

from __future__ import annotations

from kspec.kube.objects import Node
from kspec_models.scheduler.result import PASSED, FilterResult, unresolvable

NAME = "NodeName"
REASON = "node(s) didn't match the requested node name"


def filter_node(node_name: str, node: Node) -> FilterResult:
    """Reject if the pod names another node. `node_name` "": it names none."""
    if node_name in ("", node.name):
        return PASSED
    return unresolvable(NAME, REASON)
