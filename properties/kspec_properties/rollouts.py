"""What must hold of Deployments and their rollouts.

- `sizes_stay_within_surge` is about the sizes (`spec.replicas`) of ReplicaSets, which is what the controller counts
  (W36, W40), with the Deployment's largest replicas: after a scale-down the old sizes are above it for a moment.
- `availability_is_kept_by_the_controller`: no act of the Deployment controller itself takes what is available, as the
  ReplicaSets report it, below replicas - maxUnavailable. Pods that end by themselves, and reports that are late, are
  not its act.
- `a_rollout_completes`: the pods are those of the last template, ready, and no others are active. It needs that users
  stop.
"""

from __future__ import annotations

from typing import Any

from kspec.kernel.properties import Broken, Happened, eventually_always, invariant, step_invariant
from kspec.kube.objects import Deployment, Pod, ReplicaSet, StrategyType
from kspec.kube.truth import Truth
from kspec_models.controllers.deployment.decisions import resolve_fenceposts
from kspec_models.controllers.deployment.reconcile import bounds_of, with_hash
from kspec_properties.waiting import who_waits_for_what

ABOUT = (Deployment, ReplicaSet, Pod)


def sets_of(truth: Truth, deployment: str, *fields: str) -> list[Any]:
    """These fields of the Deployment's ReplicaSets."""
    rows = truth.all(ReplicaSet, "owner", *fields)
    mine = [row[1:] for row in rows if row[0] is not None and row[0].name == deployment]
    return [row[0] for row in mine] if len(fields) == 1 else mine


def a_deployment_is_complete(truth: Truth) -> bool:
    """Some Deployment has all its pods, of its present template, ready."""
    return any(is_complete(truth, name) is True for name in truth.names(Deployment))


@invariant(witness=a_deployment_is_complete, about=(Deployment, ReplicaSet), needs=("monitor",))
def sizes_stay_within_surge(truth: Truth) -> bool | Broken:
    """The sizes of a Deployment's ReplicaSets never add up to more than its largest replicas + maxSurge."""
    for name in truth.names(Deployment):
        strategy = truth.field(Deployment, name, "strategy")
        largest = truth.variable(f"largest/deployments/{name}")
        surge = resolve_fenceposts(strategy.max_surge, strategy.max_unavailable, largest).surge
        if strategy.type is StrategyType.RECREATE:
            surge = 0
        total = sum(sets_of(truth, name, "replicas"))
        if total > largest + surge:
            sizes = f"the ReplicaSets of Deployment {name} have {total} replicas in all"
            return Broken(f"{sizes}, more than {largest} + maxSurge {surge}", (f"Deployment {name}",))
    return True


@step_invariant(witness=a_deployment_is_complete, about=(Deployment, ReplicaSet))
def availability_is_kept_by_the_controller(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """No act of the Deployment controller takes the available pods below replicas - maxUnavailable."""
    resizes = [v for v, u in happened.writes if u == "Put" and isinstance(v, str) and v.startswith("replicasets/")]
    if happened.actor != "deployment" or not resizes:
        return True
    for name in after.names(Deployment):
        deployment = after.get(Deployment, name)
        assert deployment is not None
        if deployment.strategy.type is StrategyType.RECREATE:
            continue
        floor = deployment.replicas - bounds_of(deployment).unavailable
        had = sum(sets_of(before, name, "available_replicas"))
        left = sum(min(available, size) for available, size in sets_of(after, name, "available_replicas", "replicas"))
        if left < min(had, floor):
            return Broken(
                f"of {had} available pods of Deployment {name} it left {left}, fewer than {deployment.replicas} - "
                f"maxUnavailable {deployment.replicas - floor}",
                (f"Deployment {name}", *resizes),
            )
    return True


def is_complete(truth: Truth, name: str) -> bool | Broken:
    """Whether all active pods of a Deployment are of its present template, as many as it wants, and ready."""
    template = with_hash(truth.field(Deployment, name, "template"))
    wanted = truth.field(Deployment, name, "replicas")
    sets = {row[0]: row[1] for row in truth_sets(truth, name)}
    current = [rs for rs, rs_template in sets.items() if rs_template == template]
    updated, ready, other = 0, 0, 0
    for owner, active, is_ready in truth.all(Pod, "owner", "active", "ready"):
        if not active or owner is None or owner.name not in sets:
            continue
        if owner.name in current:
            updated += 1
            ready += is_ready
        else:
            other += 1
    if updated == wanted and ready == wanted and other == 0:
        return True
    missing = [f"{ready} of {wanted} wanted pods of its last template {'is' if ready == 1 else 'are'} ready"]
    if updated != wanted:
        missing.append(f"{updated} exist")
    if other:
        missing.append(f"{other} of an earlier template {'is' if other == 1 else 'are'} still there")
    return Broken(f"Deployment {name} is not complete: {', '.join(missing)}", (f"Deployment {name}",))


def truth_sets(truth: Truth, deployment: str) -> list[tuple[str, Any]]:
    """Name and template of the Deployment's ReplicaSets."""
    return [(row[0], row[1]) for row in sets_of(truth, deployment, "name", "template")]


@eventually_always(witness=a_deployment_is_complete, about=ABOUT, waits=who_waits_for_what)
def a_rollout_completes(truth: Truth) -> bool | Broken:
    """After the last change of its template, every pod of a Deployment is in the end of that template and ready."""
    for name in truth.names(Deployment):
        found = is_complete(truth, name)
        if not found:
            return found
    return True
