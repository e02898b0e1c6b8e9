"""What must hold of pods and nodes.

- `a_pod_is_bound_once_and_where_it_fits`: "fits" by what the scheduler had seen, which is all that it promises (C03);
  the kubelet's own admission is not modelled. A pod of the same slot after its deletion is another pod.
- `no_pod_stays_pending_for_ever`: while some node fits it by what is true, a pending pod is not left alone. A pod that
  fits nowhere may wait for ever; what it waits for is told by `a_rollout_completes`.
"""

from __future__ import annotations

from kspec.kernel.properties import Broken, Happened, leads_to, step_invariant
from kspec.kernel.values import Ref
from kspec.kube.objects import Pod, PodSpec
from kspec.kube.truth import Truth
from kspec.kube.watch import LatestFields, SeenFields
from kspec_models.scheduler.framework import NodeInfo, feasible
from kspec_models.scheduler.schedule import DEFAULT_SCHEDULER, occupied


def a_pod_is_bound(truth: Truth) -> bool:
    """Some pod has a node."""
    return any(node is not None for node in truth.all(Pod, "node"))


@step_invariant(witness=a_pod_is_bound, about=(Pod,))
def a_pod_is_bound_once_and_where_it_fits(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A pod is bound at most once, and to a node that fits it by what the scheduler had seen."""
    if not any(update == "Put" and (v == "pods" or v[0] == "pods") for v, update in happened.writes):
        return True
    lens = LatestFields(("node", "spec"))
    pairs = zip(before.each("pods", lens), after.each("pods", lens), strict=True)
    moved = [(i, was, now) for i, (was, now) in enumerate(pairs) if was and now and was[0] != now[0]]
    for member, (had, spec), (has, _) in moved:
        if had is not None:
            return Broken(f"a pod that was bound to {had} is bound to {has}", (f"Pod pods#{member}",))
        if happened.kind.endswith(".bind") and not fitted(before, happened.actor, member, spec, has.index):
            return Broken(f"a pod is bound to {has}, which did not fit it", (f"Pod pods#{member}",))
    return True


def fitted(truth: Truth, scheduler: str, member: int, spec: PodSpec, node: int) -> bool:
    """Whether the pod fitted the node by what this scheduler saw."""
    kind = truth.cluster.kind(Pod)
    views = truth.each("pods", SeenFields(kind, scheduler, ("node", "spec", "finished")))
    others = [view for i, view in enumerate(views) if i != member and view is not None]
    info = NodeInfo.of(s for at, s, finished in others if at is not None and at.index == node and not finished)
    return feasible(spec, truth.cluster.scope.nodes[node], info).fits


def pending_pods_that_fit(truth: Truth) -> int:
    """How many pods wait for a node although one fits them, by what is true."""
    pods = truth.all(Pod, "node", "spec", "finished", "deleting")
    waiting = [row[1] for row in pods if row[0] is None and not row[2] and not row[3]]
    ours = [s for s in waiting if s.scheduler_name == DEFAULT_SCHEDULER and not s.scheduling_gates]
    placed = tuple([row[:3] for row in pods if row[0] is not None])
    nodes = [(Ref("nodes", i), node) for i, node in enumerate(truth.cluster.scope.nodes)]
    return sum(1 for s in ours if any(feasible(s, node, occupied(placed, ref)).fits for ref, node in nodes))


def a_pod_is_pending_and_fits(truth: Truth) -> bool:
    """Some pod waits for a node although one fits it."""
    return pending_pods_that_fit(truth) > 0


@leads_to(a_pod_is_pending_and_fits, about=(Pod,))
def no_pod_stays_pending_for_ever(truth: Truth) -> bool | Broken:
    """While some node fits it, no pod stays pending for ever."""
    left = pending_pods_that_fit(truth)
    if left:
        return Broken(f"{left} pod{'s wait' if left > 1 else ' waits'} for a node although one fits")
    return True
