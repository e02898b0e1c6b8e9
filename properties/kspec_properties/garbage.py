"""What must hold of owners and their dependents.

- `nothing_whose_owner_lives_is_collected`: an owner is what a reference names by kind, name and uid. One that is being
  deleted in the foreground lets its dependents be deleted before it (W124). It needs that nobody asks for another
  policy meanwhile: the collector may have read the owner just before.
- `nothing_without_an_owner_is_collected`: that is what the resourceVersion in its deletions is for (W121).
- `with_foreground_the_owner_goes_last`, `orphans_survive`: of the dependents that the collector knows. One that was
  created a moment ago, and that its cache does not show, it can neither wait for nor release (W125): so these are
  asked for where all dependents were there before, and where the collector's ignorance is the story.
- `no_garbage_is_left`: it needs that users stop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from kspec.kernel.properties import Broken, Happened, eventually_always, step_invariant
from kspec.kernel.registry import offer
from kspec.kernel.values import fields_of
from kspec.kube.objects import OwnerReference
from kspec.kube.truth import Truth
from kspec_models.controllers.garbage_collector.collector import NAME
from kspec_models.controllers.garbage_collector.graph import FOREGROUND
from kspec_models.controllers.garbage_collector.objects import incarnation
from kspec_properties.waiting import Waits

Row = tuple[str, OwnerReference | None, bool]
"""A dependent: its kind, its owner, and whether it is being deleted."""


def dependents(truth: Truth) -> Iterator[Row]:
    """Every object of a kind that can have an owner."""
    for cls in truth.cluster.kinds:
        if "owner" in fields_of(cls):
            for owner, deleting in truth.all(cls, "owner", "deleting"):
                yield cls.__name__, owner, deleting


def owner_of(truth: Truth, reference: OwnerReference) -> Any:
    """The object that a reference is about; None if it is not there."""
    cls = next((cls for cls in truth.cluster.kinds if cls.__name__ == reference.kind), None)
    found = None if cls is None else truth.get(cls, reference.name)
    return found if found is not None and reference.uid in (None, found.uid) else None


def waits_with(owner: Any, finalizer: str) -> bool:
    """Whether an owner is being deleted and has this finalizer."""
    return bool(owner.deleting and finalizer in owner.finalizers)


def garbage(truth: Truth) -> list[str]:
    """The kinds and owners of what has lost its owner."""
    rows = [(kind, owner) for kind, owner, _ in dependents(truth) if owner is not None]
    return [f"a {kind} of {o.kind} {o.name}" for kind, o in rows if owner_of(truth, o) is None]


def collected(before: Truth, happened: Happened, after: Truth) -> list[Row]:
    """What the collector deletes in this step."""
    if happened.actor != NAME or "DELETE" not in happened.action:
        return []
    left = Counter(dependents(after))
    return [row for row, n in Counter(dependents(before)).items() if n > left[row] and not row[2]]


def something_is_garbage(truth: Truth) -> bool:
    """The owner of something is gone."""
    return bool(garbage(truth))


@step_invariant(witness=something_is_garbage, needs=(NAME,))
def nothing_whose_owner_lives_is_collected(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """The garbage collector deletes nothing whose owner is there, unless that waits for its dependents to go."""
    for kind, reference, _ in collected(before, happened, after):
        owner = None if reference is None else owner_of(before, reference)
        if reference is not None and owner is not None and not waits_with(owner, FOREGROUND):
            return Broken(f"a {kind} was collected, and its owner {reference.kind} {reference.name} is there")
    return True


def something_has_no_owner(truth: Truth) -> bool:
    """There is something without an owner."""
    return any(owner is None for _, owner, _ in dependents(truth))


@step_invariant(witness=something_has_no_owner, needs=(NAME,))
def nothing_without_an_owner_is_collected(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """The garbage collector deletes nothing that has no owner, also if it had one a moment ago."""
    for kind, reference, _ in collected(before, happened, after):
        if reference is None:
            return Broken(f"a {kind} without an owner was collected")
    return True


def an_owner_waits_for_its_dependents(truth: Truth) -> bool:
    """Something is being deleted in the foreground."""
    return any(o is not None and waits_with(o, FOREGROUND) for o in owners(truth))


def owners(truth: Truth) -> Iterator[Any]:
    """Every object with a fixed name."""
    for cls, kind in truth.cluster.kinds.items():
        for name in kind.names if "finalizers" in fields_of(cls) else ():
            yield truth.get(cls, name)


@step_invariant(witness=an_owner_waits_for_its_dependents, needs=(NAME,))
def with_foreground_the_owner_goes_last(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """An owner that is deleted in the foreground goes when nothing refers to it any more."""
    if happened.actor != NAME:
        return True
    for kind, reference, _ in dependents(after):
        owner = None if reference is None else owner_of(before, reference)
        if reference is None or owner is None or not waits_with(owner, FOREGROUND):
            continue
        if owner_of(after, reference) is None:
            return Broken(f"{reference.kind} {reference.name} is gone before a {kind} that it owns")
    return True


def something_is_an_orphan(truth: Truth) -> bool:
    """The user has asked for orphans, and there is something without an owner."""
    wanted = truth.variable("user/policy") == "Orphan"
    return wanted and any(owner is None for _, owner, _ in dependents(truth))


@step_invariant(witness=something_is_an_orphan, needs=(NAME, "user"))
def orphans_survive(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """When the user deletes with the policy Orphan, the garbage collector deletes nothing."""
    if before.variable("user/policy") != "Orphan":
        return True
    for kind, reference, _ in collected(before, happened, after):
        of = "" if reference is None else f" of {reference.kind} {reference.name}"
        return Broken(f"a {kind}{of} was to be an orphan, and was collected")
    return True


def why_it_is_left(truth: Truth) -> Waits:
    """Why the collector does not delete what has lost its owner: by what its graph says of that owner."""
    memory = truth.variable(f"{NAME}/memory")
    found = []
    for kind, reference, _ in dependents(truth):
        if reference is None or owner_of(truth, reference) is not None or memory is None:
            continue
        node = memory.find(incarnation(reference.kind, reference.name, reference.uid))
        owner = f"{reference.kind} {reference.name}"
        if node is not None and not node.virtual:
            why = f"its graph has the {owner} of this uid: no event said that it is gone"
            found.append((NAME, f"a deletion of the owner of a {kind}", why))
    return (*found, ("user", "", "every change that was allowed has been made"))


@eventually_always(witness=something_is_garbage, waits=why_it_is_left)
def no_garbage_is_left(truth: Truth) -> bool | Broken:
    """Once users have stopped, nothing is left whose owner is gone."""
    left = garbage(truth)
    return Broken(f"{left[0]}, which is gone, is still there") if left else True


COLLECTED = (
    nothing_whose_owner_lives_is_collected,
    with_foreground_the_owner_goes_last,
    orphans_survive,
    no_garbage_is_left,
)
RECONSIDERED = (nothing_without_an_owner_is_collected,)
RECREATED = (nothing_whose_owner_lives_is_collected, no_garbage_is_left)
ORPHANED = (nothing_whose_owner_lives_is_collected, orphans_survive)

offer(*COLLECTED, of="garbage.collector")
offer(*RECONSIDERED, of="garbage.reconsidered")
offer(*RECREATED, of="garbage.recreated")
offer(*RECREATED, of="garbage.relisted")
offer(*ORPHANED, of="garbage.orphans")
