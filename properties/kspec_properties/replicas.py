"""What must hold of ReplicaSets and their pods.

- `no_surplus_pods`: an active pod is one that is neither finished nor being deleted (W09). "Largest" because pods that
  a smaller `replicas` makes surplus are there until the controller has deleted them. It is *not* said of a Deployment:
  that counts sizes, not pods, and may have more active pods than replicas + maxSurge for a while.
- `replicas_converge`: the number of active pods, whether they are ready or not (W20, W21). It needs that users stop.
"""

from __future__ import annotations

from kspec.kernel.properties import Broken, eventually_always, invariant
from kspec.kube.objects import Pod, ReplicaSet
from kspec.kube.truth import Truth


def active_pods(truth: Truth, replicaset: str) -> int:
    """How many active pods this ReplicaSet controls."""
    pods = truth.all(Pod, "owner", "active")
    return sum(1 for owner, active in pods if active and owner is not None and owner.name == replicaset)


def a_replicaset_has_all_its_pods(truth: Truth) -> bool:
    """Some ReplicaSet that wants pods has as many as it wants."""
    for name in truth.names(ReplicaSet):
        wanted = truth.field(ReplicaSet, name, "replicas")
        if wanted and active_pods(truth, name) == wanted:
            return True
    return False


@invariant(witness=a_replicaset_has_all_its_pods, about=(ReplicaSet, Pod), needs=("monitor", "monitor of adoptions"))
def no_surplus_pods(truth: Truth) -> bool | Broken:
    """A ReplicaSet never has more active pods than its largest replicas, but for those that it adopted."""
    for name in truth.names(ReplicaSet):
        largest = truth.variable(f"largest/replicasets/{name}")
        adopted = truth.variable(f"adopted/{name}")
        active = active_pods(truth, name)
        if active > largest + adopted:
            return Broken(
                f"active pods of ReplicaSet {name} = {active}, its largest replicas = {largest}",
                (f"ReplicaSet {name}",),
            )
    return True


@eventually_always(witness=a_replicaset_has_all_its_pods, about=(ReplicaSet, Pod))
def replicas_converge(truth: Truth) -> bool | Broken:
    """Once nobody changes it any more, every ReplicaSet has as many active pods as its replicas, for ever."""
    for name in truth.names(ReplicaSet):
        wanted = truth.field(ReplicaSet, name, "replicas")
        active = active_pods(truth, name)
        if active != wanted:
            return Broken(f"ReplicaSet {name} has {active} active pods and wants {wanted}", (f"ReplicaSet {name}",))
    return True
