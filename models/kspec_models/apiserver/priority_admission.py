"""Priority admission: the number that a pod's priority class stands for, and whether the pod may preempt.

Models plugin/pkg/admission/priority/admission.go, admitPod and validatePriorityClass (A43). It reads priority classes
from a cache, so what it decides may be of yesterday (A45k). Not modelled: the texts of the refusals, and the rules for
names and values of priority classes that validation has.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kube.objects import Pod
from kspec.kube.requests import Look
from kspec.kube.scheduling import SYSTEM_CLASSES, PreemptionPolicy, PriorityClass
from kspec_models.apiserver.write import Operation, Rejected, Write

PRIORITY_WITHOUT_DEFAULT_CLASS = 0
"""The priority of a pod that names no class, where no class is the default."""


@attrs.frozen
class PodPriority:
    """A pod's three fields; None: not set."""

    class_name: str = ""
    priority: int | None = None
    preemption_policy: PreemptionPolicy | None = None


def default_class(classes: tuple[PriorityClass, ...]) -> PriorityClass | None:
    """The class of pods that name none. Of several, which a race may leave, one of the lowest value (A43)."""
    defaults = [each for each in classes if each.global_default]
    return min(defaults, key=lambda each: each.value) if defaults else None


def class_of(pod: PodPriority, classes: tuple[PriorityClass, ...]) -> PriorityClass:
    """The class that applies to the pod: the one it names, or the default. Raises Rejected if there is none by its
    name."""
    if pod.class_name == "":
        nothing = PriorityClass(
            "", PRIORITY_WITHOUT_DEFAULT_CLASS, preemption_policy=PreemptionPolicy.PREEMPT_LOWER_PRIORITY
        )
        return default_class(classes) or nothing
    for each in classes:
        if each.name == pod.class_name:
            return each
    raise Rejected(f"there is no PriorityClass {pod.class_name!r}; create it first, or leave the name out")


def resolved(pod: PodPriority, classes: tuple[PriorityClass, ...]) -> PodPriority:
    """The pod's fields as they are stored on create (A43, admitPod).

    A number or policy that the pod brings itself must be what its class says. Raises Rejected.
    """
    found = class_of(pod, classes)
    if pod.priority is not None and pod.priority != found.value:
        raise Rejected(f"priority is {pod.priority}, but the priority class says {found.value}; leave priority out")
    policy = found.preemption_policy
    if policy is None:
        policy = pod.preemption_policy
    elif pod.preemption_policy is not None and pod.preemption_policy is not policy:
        raise Rejected(
            f"preemptionPolicy is {pod.preemption_policy.value}, but the priority class says {policy.value}; "
            "leave preemptionPolicy out"
        )
    return PodPriority(found.name, found.value, policy)


def keep(new: PodPriority, old: PodPriority) -> PodPriority:
    """The fields on update: an old client that leaves them out does not clear them (admitPod)."""
    return PodPriority(
        new.class_name,
        old.priority if new.priority is None else new.priority,
        old.preemption_policy if new.preemption_policy is None else new.preemption_policy,
    )


def check_default(candidate: PriorityClass, cached: tuple[PriorityClass, ...], *, update: bool) -> None:
    """Raise Rejected if another class is the default already, as far as the cache knows (validatePriorityClass).

    Two creates at once both pass (A43).
    """
    found = default_class(cached)
    if not candidate.global_default or found is None:
        return
    if not update or found.name != candidate.name:
        raise Rejected(f"PriorityClass {found.name!r} is the default already; there can be only one")


# ---- the plugin


def classes_of(look: Look) -> tuple[PriorityClass, ...]:
    """The classes of the cluster: the two that every cluster has, and those that are stored."""
    stored = look.all(PriorityClass)
    names = [each.name for each in stored]
    return (*stored, *[each for each in SYSTEM_CLASSES if each.name not in names])


def admit(write: Write, look: Look) -> Any:
    """A pod with the number of its class. Where no priority classes are in the cluster, its number is its own.

    Simplified: the number 0 counts as not given, and so does the policy that is the default. Raises Rejected.
    """
    if not look.uses(PriorityClass):
        return write.object
    if write.is_("pods", Operation.CREATE):
        return with_priority(write.object, classes_of(look))
    return write.object


def with_priority(pod: Pod, classes: tuple[PriorityClass, ...]) -> Pod:
    """The pod with what its class says. Raises Rejected."""
    spec = pod.spec
    policy = PreemptionPolicy(spec.preemption_policy)
    given = PodPriority(
        spec.priority_class_name,
        spec.priority or None,
        None if policy is PreemptionPolicy.PREEMPT_LOWER_PRIORITY else policy,
    )
    found = resolved(given, classes)
    policy = found.preemption_policy or policy
    number = 0 if found.priority is None else found.priority
    return attrs.evolve(
        pod,
        spec=attrs.evolve(spec, priority_class_name=found.class_name, priority=number, preemption_policy=policy.value),
    )


def check(write: Write, look: Look) -> None:
    """Raise Rejected if a priority class would be a second default."""
    if write.is_("priorityclasses", Operation.CREATE, Operation.UPDATE):
        check_default(write.object, look.all(PriorityClass), update=write.operation is Operation.UPDATE)
