"""What must hold of claims and their volumes.

- `a_volume_is_bound_to_one_claim`: no two claims name one volume, and no claim names a volume that is another one's.
- `both_sides_agree_when_all_is_quiet`: binding is four writes on two objects; once nothing goes on any more, the claim
  names the volume and the volume names the claim, with its uid.
- `what_is_kept_is_not_given_away`: a volume with the policy Retain that was bound keeps the reference to its claim;
  only a person may clear it. It is said of steps, so that nobody can do it and undo it.
- `a_claim_in_use_stays`: a claim does not go while a pod uses it, which a pod does that has a node (W179).
- `every_claim_that_a_pod_uses_is_bound_in_the_end`: it needs a volume, or somebody who makes
  one.
"""

from __future__ import annotations

from kspec.kernel.properties import Broken, Happened, eventually_always, invariant, quiescence, step_invariant
from kspec.kernel.registry import offer
from kspec.kube.objects import Pod
from kspec.kube.storage import (
    BindingMode,
    PersistentVolume,
    PersistentVolumeClaim,
    ReclaimPolicy,
    StorageClass,
    VolumePhase,
)
from kspec.kube.truth import Truth
from kspec_properties.waiting import Waits

ABOUT = (PersistentVolumeClaim, PersistentVolume)
BINDER = "volume-binder"
"""The controller that binds claims."""


def of_volume(name: str, what: str) -> Broken:
    """What is wrong with a volume."""
    return Broken(what, (f"PersistentVolume {name}",))


def a_claim_has_a_volume(truth: Truth) -> bool:
    """Some claim is bound, by both sides."""
    volumes = dict(truth.all(PersistentVolume, "name", "claim"))
    claims = truth.all(PersistentVolumeClaim, "uid", "volume_name")
    return any(name in volumes and volumes[name] and volumes[name].uid == uid for uid, name in claims)


@invariant(witness=a_claim_has_a_volume, about=ABOUT)
def a_volume_is_bound_to_one_claim(truth: Truth) -> bool | Broken:
    """No two claims have one volume, and none has a volume that is another one's."""
    volumes = dict(truth.all(PersistentVolume, "name", "claim"))
    taken: dict[str, str] = {}
    for claim, uid, volume in truth.all(PersistentVolumeClaim, "name", "uid", "volume_name"):
        if not volume:
            continue
        if volume in taken:
            return Broken(
                f"claims {taken[volume]} and {claim} both have volume {volume}", (f"PersistentVolume {volume}",)
            )
        taken[volume] = claim
        ref = volumes.get(volume)
        if ref is not None and ref.uid not in (None, uid):
            return Broken(
                f"claim {claim} has volume {volume}, which is another claim's", (f"PersistentVolume {volume}",)
            )
    return True


@quiescence(witness=a_claim_has_a_volume, about=ABOUT)
def both_sides_agree_when_all_is_quiet(truth: Truth) -> bool | Broken:
    """When no component can change anything any more, a claim and its volume name each other."""
    volumes = {row[0]: row[1:] for row in truth.all(PersistentVolume, "name", "claim", "phase")}
    claims = {row[0]: row[1:] for row in truth.all(PersistentVolumeClaim, "name", "uid", "volume_name")}
    for claim, (uid, volume) in claims.items():
        ref, phase = volumes.get(volume, (None, None))
        if volume and (ref is None or ref.uid != uid or phase is not VolumePhase.BOUND):
            return Broken(
                f"claim {claim} names volume {volume}, which does not name it", (f"PersistentVolume {volume}",)
            )
    for volume, (ref, phase) in volumes.items():
        if phase is VolumePhase.BOUND and (ref is None or claims.get(ref.name) != (ref.uid, volume)):
            return of_volume(volume, f"volume {volume} is Bound, and no claim has it")
    return True


def a_volume_that_is_kept_is_bound(truth: Truth) -> bool:
    """Some volume with the policy Retain is bound."""
    return any(
        policy is ReclaimPolicy.RETAIN and ref is not None and ref.uid is not None
        for policy, ref in truth.all(PersistentVolume, "reclaim", "claim")
    )


@step_invariant(witness=a_volume_that_is_kept_is_bound, about=ABOUT)
def what_is_kept_is_not_given_away(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A volume with the policy Retain that was a claim's is given to no other claim."""
    now = {row[0]: row[1:] for row in after.all(PersistentVolume, "name", "claim", "phase")}
    for name, policy, ref, phase in before.all(PersistentVolume, "name", "reclaim", "claim", "phase"):
        had = policy is ReclaimPolicy.RETAIN and ref is not None and phase in (VolumePhase.BOUND, VolumePhase.RELEASED)
        if not had or name not in now:
            continue
        ref_now, phase_now = now[name]
        if ref_now is None or ref_now.uid != ref.uid or phase_now is VolumePhase.AVAILABLE:
            return Broken(
                f"volume {name} was {ref.name}'s and is to be kept, and is free again", (f"PersistentVolume {name}",)
            )
    return True


def a_claim_in_use_is_deleted(truth: Truth) -> bool:
    """Some claim is marked as deleted while a pod uses it."""
    marked = {name for name, deleting in truth.all(PersistentVolumeClaim, "name", "deleting") if deleting}
    return any(marked & set(spec.claims) for spec, node in truth.all(Pod, "spec", "node") if node is not None)


@step_invariant(
    witness=a_claim_in_use_is_deleted, about=(PersistentVolumeClaim, Pod), needs=("user", "kubelet", "provisioner")
)
def a_claim_in_use_stays(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """No claim goes while a pod uses it."""
    gone = set(before.names(PersistentVolumeClaim)) - set(after.names(PersistentVolumeClaim))
    for spec, node in before.all(Pod, "spec", "node") if gone else ():
        if node is not None and gone & set(spec.claims):
            return Broken(f"claim {min(gone)} goes while a pod uses it", (f"PersistentVolumeClaim {min(gone)}",))
    return True


def a_claim_is_used(truth: Truth) -> bool:
    """Some pod uses a claim that is there."""
    names = set(truth.names(PersistentVolumeClaim))
    return any(names & set(spec.claims) for spec in truth.all(Pod, "spec"))


def who_waits(truth: Truth) -> Waits:
    """Why a claim that a pod uses has no volume, and who waits for that."""
    found: list[tuple[str, str, str]] = []
    specs = truth.all(Pod, "spec")
    for name in truth.names(PersistentVolumeClaim):
        claim = truth.get(PersistentVolumeClaim, name)
        assert claim is not None
        if claim.volume_name or not any(name in spec.claims for spec in specs):
            continue
        found.append((BINDER, f"a PersistentVolume for claim {name}", why_there_is_none(truth, claim)))
        if "scheduler" in {component.name for component in truth.cluster.components}:
            chosen = f"node {claim.selected_node} is chosen for it; " if claim.selected_node else ""
            why = f"{chosen}a pod is bound to its node only after its claims are bound to their volumes"
            found.append(("scheduler", f"claim {name} to be bound", why))
    return (*found, ("user", "", "every change that was allowed has been made"))


def why_there_is_none(truth: Truth, claim: PersistentVolumeClaim) -> str:
    """Why no volume comes for a claim."""
    if not claim.storage_class:
        return "it has no class, so nobody makes one, and none that is there fits"
    storage_class = truth.get(StorageClass, claim.storage_class)
    if storage_class is None:
        return f"there is no StorageClass {claim.storage_class}"
    if storage_class.mode is BindingMode.WAIT_FOR_FIRST_CONSUMER and not claim.selected_node:
        return f"StorageClass {storage_class.name} waits for a node to be chosen for the claim's first pod"
    made_by = f"{storage_class.provisioner}, by which StorageClass {storage_class.name} makes volumes"
    return f"none that is there fits, and {made_by}, makes none: is it installed?"


@eventually_always(witness=a_claim_is_used, about=(*ABOUT, Pod), waits=who_waits)
def every_claim_that_a_pod_uses_is_bound_in_the_end(truth: Truth) -> bool | Broken:
    """Once nobody changes anything any more, every claim that a pod uses has a volume."""
    used = {name for spec in truth.all(Pod, "spec") for name in spec.claims}
    for claim, volume in truth.all(PersistentVolumeClaim, "name", "volume_name"):
        if claim in used and not volume:
            return Broken(f"claim {claim} has no volume", (f"PersistentVolumeClaim {claim}",))
    return True


ALWAYS = (a_volume_is_bound_to_one_claim, both_sides_agree_when_all_is_quiet)

offer(*ALWAYS, a_claim_in_use_stays, every_claim_that_a_pod_uses_is_bound_in_the_end, of="storage.claim")
offer(*ALWAYS, what_is_kept_is_not_given_away, of="storage.race")
offer(*ALWAYS, what_is_kept_is_not_given_away, of="storage.recreated")
offer(every_claim_that_a_pod_uses_is_bound_in_the_end, of="storage.unprovisioned")
