"""TaintNodesByCondition admission: a new node takes no pods before it has said that it is ready (A44).

Source: plugin/pkg/admission/nodetaint/admission.go, Admit, on create of nodes.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.objects import Effect, Node, Taint
from kspec_models.apiserver.default_toleration_seconds import NOT_READY
from kspec_models.apiserver.write import Operation, Write

NOT_READY_YET = Taint(NOT_READY, effect=Effect.NO_SCHEDULE)


def tainted(node: Node) -> Node:
    """The node with the taint, once."""
    if any((taint.key, taint.effect) == (NOT_READY, Effect.NO_SCHEDULE) for taint in node.taints):
        return node
    return attrs.evolve(node, taints=(*node.taints, NOT_READY_YET))


def admit(write: Write) -> Any:
    """The object as it is to be stored."""
    return tainted(write.object) if write.is_("nodes", Operation.CREATE) else write.object
