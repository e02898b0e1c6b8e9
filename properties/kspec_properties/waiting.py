"""Who waits for what in a stuck cluster, in plain words: (actor, what it waits for, why that cannot come).

An empty second part: it has nothing to do, because of the third. The reasons are the decisions' own: the scheduler's
filters and the arithmetic of a rolling update are asked, not imitated.
"""

from __future__ import annotations

from kspec.kube.objects import Deployment, Pod, PodSpec, ReplicaSet, StrategyType
from kspec.kube.truth import Truth
from kspec_models.controllers.deployment.decisions import Rollout, Sized, most_scaled_down
from kspec_models.controllers.deployment.reconcile import bounds_of, with_hash
from kspec_models.helpers.pod_resources import host_ports
from kspec_models.scheduler.filters import node_ports
from kspec_properties.scheduling import nodes_of, pods_of, storage_of, verdict_on

Waits = tuple[tuple[str, str, str], ...]


def who_waits_for_what(truth: Truth) -> Waits:
    """Everyone who takes part in a rollout that does not go on."""
    found: list[tuple[str, str, str]] = []
    for name in truth.names(Deployment):
        found += deployment_waits(truth, name)
    found += replicaset_waits(truth)
    found += scheduler_waits(truth)
    found += kubelet_waits(truth)
    return (*found, ("user", "", "every change that was allowed has been made"))


def deployment_waits(truth: Truth, name: str) -> list[tuple[str, str, str]]:
    """Why the Deployment controller neither grows the new nor shrinks the old ReplicaSets."""
    deployment = truth.get(Deployment, name)
    assert deployment is not None
    template = with_hash(deployment.template)
    stale = [
        (rs, desired)
        for owner, rs, size, desired in truth.all(ReplicaSet, "owner", "name", "replicas", "desired_replicas")
        if owner and owner.name == name and size > 0 and desired not in (None, deployment.replicas)
    ]
    if stale:
        rs, desired = stale[0]
        why = f"{rs} is annotated desired-replicas {desired}, so every sync takes itself for a change of replicas to "
        return [("deployment", "", why + f"{deployment.replicas}; {rs} has its size already, so nothing is written")]
    rows = [
        r[1:]
        for r in truth.all(ReplicaSet, "owner", "name", "template", "replicas", "available_replicas")
        if r[0] and r[0].name == name
    ]
    new = [r for r in rows if r[1] == template]
    old = [r for r in rows if r[1] != template and r[2] > 0]
    if not new or not old or deployment.strategy.type is StrategyType.RECREATE:
        return []
    bounds = bounds_of(deployment)
    now = Rollout(Sized(new[0][2], new[0][3]), tuple(Sized(r[2], r[3]) for r in old))
    missing = now.new.size - now.new.available
    if missing <= 0 or most_scaled_down(now, deployment.replicas, bounds.unavailable) > 0:
        return []
    held = " and ".join(r[0] for r in old)
    left = now.available - sum(o.size for o in now.old)
    return [
        (
            "deployment",
            f"{missing} more pod{'s' if missing > 1 else ''} of {new[0][0]} to be available",
            f"{held} to 0 now would leave {max(left, 0)} available, and it may lack {bounds.unavailable} of "
            f"{deployment.replicas}; it may add {bounds.surge}, and has {now.total} of "
            f"{deployment.replicas + bounds.surge}",
        )
    ]


def replicaset_waits(truth: Truth) -> list[tuple[str, str, str]]:
    """ReplicaSets that have what they want."""
    pods = truth.all(Pod, "owner", "active", "node")
    parts = []
    for name in truth.names(ReplicaSet):
        has = sum(1 for owner, active, _ in pods if active and owner is not None and owner.name == name)
        parts.append(f"{name} has {has} of {truth.field(ReplicaSet, name, 'replicas')}")
    pending = any(active and node is None for _, active, node in pods)
    note = ": a pending pod counts" if pending else ""
    return [("replicaset", "", ", ".join(parts) + note)] if parts else []


def scheduler_waits(truth: Truth) -> list[tuple[str, str, str]]:
    """Pending pods, and why no node takes them."""
    pods = pods_of(truth)
    nodes, storage = nodes_of(truth), storage_of(truth)
    found = []
    for pod in pods:
        if pod.node is not None or pod.finished or pod.deleting:
            continue
        placed = [other for other in pods if other.node is not None]
        reasons = []
        for ref, node in nodes:
            result = verdict_on(pod, ref, nodes, placed, storage)
            if not result.fits:
                held = held_ports(pod.spec, [other for other in placed if other.node == ref])
                reasons.append(f"node {node.name}: {', '.join(result.reasons)}{held}")
        of = f"the pod of {pod.owner.name}" if pod.owner is not None else "a pod"
        found.append(("scheduler", f"a node for {of}", "; ".join(reasons)))
    return found


def held_ports(spec: PodSpec, there: list[Pod]) -> str:
    """Which host ports that a pod wants are held on a node, and by whom; empty if none is."""
    held = {
        f"{wanted.port} (held by the pod of {pod.owner.name})" if pod.owner is not None else str(wanted.port)
        for wanted in host_ports(spec)
        for pod in there
        if node_ports.conflict((wanted,), host_ports(pod.spec))
    }
    return f": port {', '.join(sorted(held))}" if held else ""


def kubelet_waits(truth: Truth) -> list[tuple[str, str, str]]:
    """Pods that run."""
    pods = truth.all(Pod, "node", "ready", "owner", "deleting")
    found = []
    for node, ready, owner, deleting in pods:
        if node is None or deleting:
            continue
        of = f"the pod of {owner.name}" if owner is not None else "a pod"
        if ready:
            found.append(("kubelet", "", f"{of} runs well, and nobody deletes it"))
        else:
            found.append(("kubelet", f"the containers of {of} to become ready", "they run, and never do"))
    return found
