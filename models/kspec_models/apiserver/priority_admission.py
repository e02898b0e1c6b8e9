"""Priority admission: the number that a pod's priority class stands for, and whether the pod may preempt.

Models plugin/pkg/admission/priority/admission.go, admitPod and validatePriorityClass (A43). It reads priority classes
from a cache, so what it decides may be of yesterday (A45k). Not modelled: the texts of the refusals, and the rules for
names and values of priority classes that validation has.
"""

from __future__ import annotations

import enum

import attrs

PRIORITY_WITHOUT_DEFAULT_CLASS = 0
"""The priority of a pod that names no class, where no class is the default."""


class PreemptionPolicy(enum.Enum):
    """Whether a pod that waits may have pods of lower priority removed."""

    NEVER = "Never"
    PREEMPT_LOWER_PRIORITY = "PreemptLowerPriority"


@attrs.frozen
class PriorityClass:
    """A PriorityClass. The API server always fills in `preemption_policy`; None is an object from before it existed."""

    name: str
    value: int
    global_default: bool = False
    preemption_policy: PreemptionPolicy | None = None


@attrs.frozen
class PodPriority:
    """A pod's three fields; None: not set."""

    class_name: str = ""
    priority: int | None = None
    preemption_policy: PreemptionPolicy | None = None


class Forbidden(ValueError):
    """The pod or class is refused with 403; the message says why."""


def default_class(classes: tuple[PriorityClass, ...]) -> PriorityClass | None:
    """The class of pods that name none. Of several, which a race may leave, one of the lowest value (A43)."""
    defaults = [each for each in classes if each.global_default]
    return min(defaults, key=lambda each: each.value) if defaults else None


def class_of(pod: PodPriority, classes: tuple[PriorityClass, ...]) -> PriorityClass:
    """The class that applies to the pod: the one it names, or the default. Raises Forbidden if there is none by its
    name."""
    if pod.class_name == "":
        nothing = PriorityClass(
            "", PRIORITY_WITHOUT_DEFAULT_CLASS, preemption_policy=PreemptionPolicy.PREEMPT_LOWER_PRIORITY
        )
        return default_class(classes) or nothing
    for each in classes:
        if each.name == pod.class_name:
            return each
    raise Forbidden(f"there is no PriorityClass {pod.class_name!r}; create it first, or leave the name out")


def admit(pod: PodPriority, classes: tuple[PriorityClass, ...]) -> PodPriority:
    """The pod's fields as they are stored on create (A43, admitPod).

    A number or policy that the pod brings itself must be what its class says. Raises Forbidden.
    """
    found = class_of(pod, classes)
    if pod.priority is not None and pod.priority != found.value:
        raise Forbidden(f"priority is {pod.priority}, but the priority class says {found.value}; leave priority out")
    policy = found.preemption_policy
    if policy is None:
        policy = pod.preemption_policy
    elif pod.preemption_policy is not None and pod.preemption_policy is not policy:
        raise Forbidden(
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
    """Raise Forbidden if another class is the default already, as far as the cache knows (validatePriorityClass).

    Two creates at once both pass (A43).
    """
    found = default_class(cached)
    if not candidate.global_default or found is None:
        return
    if not update or found.name != candidate.name:
        raise Forbidden(f"PriorityClass {found.name!r} is the default already; there can be only one")
