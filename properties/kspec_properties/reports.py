"""What must hold of what controllers report.

- `reports_are_true_when_all_is_quiet`: a status is a report, and may be late while something goes on (W25, W26, W40).
  Once no component can change anything any more, it must say what is: nobody will correct it.
"""

from __future__ import annotations

from kspec.kernel.properties import Broken, quiescence
from kspec.kube.objects import Deployment, Pod, ReplicaSet
from kspec.kube.truth import Truth


def a_replicaset_reports_ready_pods(truth: Truth) -> bool:
    """Some ReplicaSet says that it has a ready pod."""
    return any(ready > 0 for ready in truth.all(ReplicaSet, "ready_replicas"))


@quiescence(witness=a_replicaset_reports_ready_pods, about=(ReplicaSet, Pod))
def reports_are_true_when_all_is_quiet(truth: Truth) -> bool | Broken:
    """When no component can change anything any more, every status counts the pods that there are."""
    pods = truth.all(Pod, "owner", "active", "ready")
    for name, replicas, ready in truth.all(ReplicaSet, "name", "status_replicas", "ready_replicas"):
        mine = [is_ready for owner, active, is_ready in pods if active and owner is not None and owner.name == name]
        if (replicas, ready) != (len(mine), sum(mine)):
            return Broken(
                f"ReplicaSet {name} reports {replicas} pods, {ready} ready; there are {len(mine)}, {sum(mine)} ready",
                (f"ReplicaSet {name}",),
            )
    sets = truth.all(ReplicaSet, "owner", "status_replicas", "available_replicas")
    for name, replicas, available in truth.all(Deployment, "name", "status_replicas", "available_replicas"):
        mine_too = [row[1:] for row in sets if row[0] is not None and row[0].name == name]
        total, ready_total = sum(r for r, _ in mine_too), sum(a for _, a in mine_too)
        if (replicas, available) != (total, ready_total):
            return Broken(
                f"Deployment {name} reports {replicas} pods, {available} available; its ReplicaSets say {total}, "
                f"{ready_total} available",
                (f"Deployment {name}",),
            )
    return True
