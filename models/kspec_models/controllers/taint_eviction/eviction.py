"""The taint eviction controller's plumbing: pods that do not tolerate a NoExecute taint of their node are deleted.

Models pkg/controller/tainteviction/taint_eviction.go (W146): processPodOnNode and addConditionAndDeletePod. How long a
pod stays is decided in `decisions`. The deletion is graceful, and no disruption budget is asked; until the node's
kubelet confirms it, the pod is there and Terminating (W147).

Simplified: times are abstract. tolerationSeconds may be over at any time after the taint was first seen, and are in the
end; so no timer is kept, none can be lost in a crash (W148), and none is kept longer or shorter than upstream would. A
taint that is seen to go cancels at once what is due.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kube.actor import Actor, Here
from kspec.kube.cache import Api
from kspec.kube.objects import Node, Pod
from kspec_models.controllers.taint_eviction import decisions

NOT_MODELLED = ("the length of tolerationSeconds: only none, some, and no limit differ",)

DISRUPTION = "DeletionByTaintManager"
"""The reason of the condition DisruptionTarget that its victims get."""


def taint_eviction() -> Actor:
    """The controller. Nodes must be objects (slots for Node)."""
    actor = Actor("taint-eviction", watches=(Pod, Node), not_modelled=NOT_MODELLED)

    @actor.each(Pod)
    def evict(pod: Any, here: Here, api: Api) -> Iterator[Any]:
        if pod is None or pod.node is None or pod.deleting:
            return
        node = dict(here.nodes).get(pod.node)
        seconds = None if node is None else decisions.stays_for(node.taints, pod.spec.tolerations)
        if node is not None and seconds is not None:
            over = f"tolerationSeconds {seconds} are over on {node.name}"
            why = over if seconds else f"it does not tolerate the taints of {node.name}"
            yield why, api.patch_status(pod, disruption=DISRUPTION), deletion(pod, api)

    return actor


def deletion(pod: Any, api: Api) -> Any:
    """The deletion of a victim, with the grace period of its spec."""
    return api.delete(pod)
