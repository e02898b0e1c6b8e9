"""The registry: what a granted request does to the stored object.

Upstream: `staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`, `registry/rest/create.go`, `update.go`,
`delete.go`, `pkg/registry/core/pod/strategy.go`, `pkg/registry/core/pod/storage/{storage,eviction}.go`. Keys are
`/registry/<resource>/<namespace>/<name>`. Every write is a compare-and-swap on one key (S16, S17); which writes are
refused, and what becomes of an object that is deleted, is decided in `update`, `deletion` and `finalizers`.

Simplified: a version is whether it is the one that was read: the numbers 2 and 1 stand for "the latest" and "an older
one", as `this` and `another` do for uids. `generation` is not in the objects (it would never come to an end): a
component that reads observedGeneration reads a flag. deletionTimestamp is `deleting`, and of
deletionGracePeriodSeconds only whether it is 0 (`grace_over`).
Not modelled: dry run, field ownership, deletion of collections, the subresources that `subresources` does not name.
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kernel.errors import SpecError
from kspec.kube.core import Namespace
from kspec.kube.objects import Pod
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.requests import NOWHERE, Also, Code, Look, Request, Response, Verb
from kspec.kube.status import status_fields
from kspec_models.apiserver import admission, deletion, eviction, finalizers, subresources, update
from kspec_models.apiserver.admission import Admitted
from kspec_models.apiserver.authorization import CLUSTER_WIDE
from kspec_models.apiserver.finalizers import GCPolicy, Propagation
from kspec_models.apiserver.generation import with_generation
from kspec_models.apiserver.kinds import WHEN_MARKED, gc_policy, rules_of
from kspec_models.apiserver.validation import invalid
from kspec_models.apiserver.write import Operation, Write
from kspec_models.helpers.labels import selector_matches

LATEST, OLDER = 2, 1
THIS, ANOTHER = "this", "another"


@attrs.frozen
class Performed:
    """What became of a request: the answer, and what each link said on the way to it."""

    response: Response
    mutated: Admitted | None = None
    invalid: str | None = None
    validated: Admitted | None = None


def perform(request: Request, current: Any, unchanged: bool, look: Look = NOWHERE) -> Performed:
    """What the request does. What is not served is not found."""
    if not subresources.modelled(request):
        return Performed(Response(Code.NOT_FOUND, message="the server could not find the requested resource"))
    if request.verb is Verb.LIST:
        return Performed(Response(Code.OK))
    if request.verb is Verb.GET:
        return Performed(get(current))
    if request.verb is Verb.DELETE:
        return delete(request, current, unchanged, look)
    if request.verb is Verb.CREATE:
        return subresource(request, current, look) if request.subresource else create(request, current, look)
    return change(request, current, unchanged, look)


# ---- reads


def get(current: Any) -> Response:
    """GET."""
    return Response(Code.NOT_FOUND) if current is None else Response(Code.OK, current)


# ---- creates


def create(request: Request, current: Any, look: Look) -> Performed:
    """POST: only where the key is absent (A46, S16). What admission has charged by then stays charged (A45d)."""
    mutated = admission.mutate(write_of(Operation.CREATE, request, request.object), look)
    done = admitted(mutated, None, look)
    if isinstance(done, Performed):
        return done
    validated = done
    found = None if current is None else update.Version(LATEST, "")
    result = update.create(found)
    response = Response(result.code, also=validated.also)
    if result.code.ok:
        response = attrs.evolve(response, object=mutated.write.object, writes=True)
    else:
        going = getattr(current, "deleting", False)
        response = attrs.evolve(response, message="the object is being deleted" if going else "the name is taken")
    return Performed(response, mutated, "", validated)


def admitted(mutated: Admitted, old: Any, look: Look) -> Admitted | Performed:
    """What validation and the validating plugins say of an object as the mutating ones left it (A03, A37)."""
    if mutated.refused is not None:
        return Performed(Response(mutated.refused.code, message=mutated.refused.message), mutated)
    wrong = invalid(old, mutated.write.object)
    if wrong:
        return Performed(Response(Code.INVALID, message=wrong), mutated, wrong)
    validated = admission.validate(mutated.write, look)
    if validated.refused is not None:
        response = Response(validated.refused.code, message=validated.refused.message)
        return Performed(response, mutated, "", validated)
    return validated


def write_of(operation: Operation, request: Request, new: Any, old: Any = None) -> Write:
    """The write as admission is asked about it."""
    about = old if new is None else new
    namespace = "" if request.resource in CLUSTER_WIDE else str(getattr(about, "namespace", ""))
    name = request.name if isinstance(request.name, str) else str(getattr(about, "name", ""))
    return Write(operation, request.resource, new, old, request.subresource, namespace, name)


# ---- changes


def change(request: Request, current: Any, unchanged: bool, look: Look) -> Performed:
    """PUT and PATCH, also of a subresource. With a resourceVersion, the store's compare decides (A54); without, the
    latest is changed. The update that removes the last finalizer of what is being deleted removes it (A74)."""
    result = decided(request, current, unchanged)
    if not result.code.ok:
        return Performed(Response(result.code, message=SAID.get(result.code, "")))
    new = attrs.evolve(current, **permitted(request, type(current)))
    mutated = admission.mutate(write_of(Operation.UPDATE, request, new, current), look)
    validated = admitted(mutated, current, look)
    if isinstance(validated, Performed):
        return validated
    new = with_generation(current, mutated.write.object)
    if goes_now(current, new):
        new = None
    return Performed(Response(Code.OK, new, writes=True, also=validated.also), mutated, "", validated)


SAID = {
    Code.CONFLICT: "the object has been modified",
    Code.INVALID: "metadata.resourceVersion: must be specified for an update",
}
"""Why an update is refused before anything of it is looked at."""


def decided(request: Request, current: Any, unchanged: bool) -> update.Result:
    """What the stored version and that of the request say of an update."""
    stored = None if current is None else update.Version(LATEST, THIS)
    wanted, uid = 0 if not request.reader else LATEST if unchanged else OLDER, uid_of(request, current)
    if request.verb is Verb.PATCH:
        return update.patch(stored, update.Patch(resource_version=wanted, uid=uid))
    rules = update.KindRules() if stored is None else rules_of(type(current))
    return update.put(stored, update.Put(wanted, uid), rules)


def uid_of(request: Request, current: Any) -> str:
    """Which incarnation of the name a request is about: the stored one, another, or whichever there is ("")."""
    if request.uid is None:
        return ""
    return THIS if current is not None and request.uid == current.uid else ANOTHER


def permitted(request: Request, cls: type) -> dict[str, Any]:
    """The changes that the request may make: the others are not refused, they do not happen (A59, A60)."""
    changes = dict(request.changes)
    if request.subresource == "scale":
        return {name: value for name, value in changes.items() if name == "replicas"}
    if cls is Namespace and request.subresource in ("", "finalize"):
        of_finalize = request.subresource == "finalize"  # the finalizers are of its spec, and change nowhere else
        changes = {name: value for name, value in changes.items() if (name == "finalizers") is of_finalize}
    status = status_fields(cls)
    if status is None or request.subresource not in ("", "status"):
        return changes
    of_status = request.subresource == "status"
    return {name: value for name, value in changes.items() if (name in status) is of_status}


def goes_now(old: Any, new: Any) -> bool:
    """Whether the update removes the object instead of storing it (A74, A75)."""
    if not getattr(old, "deleting", False) or not hasattr(new, "finalizers"):
        return False
    terminating = terminating_of(old)
    assert terminating is not None
    return finalizers.removed_by_update(True, terminating.grace_period, len(new.finalizers))


# ---- subresources that are created


def subresource(request: Request, current: Any, look: Look) -> Performed:
    """POST pods/NAME/binding and pods/NAME/eviction."""
    mutated = admission.mutate(write_of(Operation.CREATE, request, current), look)
    if mutated.refused is not None:
        return Performed(Response(mutated.refused.code, message=mutated.refused.message), mutated)
    response = bind(request, current) if request.subresource == "binding" else evict(request, current, look)
    return Performed(response, mutated)


def bind(request: Request, current: Any) -> Response:
    """POST pods/NAME/binding: refused if the pod goes, has a node, or is gated (A82e).

    With the node, its condition PodScheduled becomes True and its nomination ends (pkg/registry/core/pod/storage/
    storage.go, setPodNodeAndMetadata; the gate ClearingNominatedNodeNameAfterBinding is on since 1.35).
    """
    if current is None:
        return Response(Code.NOT_FOUND)
    if current.deleting:
        return Response(Code.CONFLICT, message="the pod is being deleted")
    if current.node is not None:
        return Response(Code.CONFLICT, message="the pod is already assigned to a node")
    if current.spec.scheduling_gates:
        return Response(Code.CONFLICT, message="the pod has scheduling gates")
    placed = attrs.evolve(current, nominated_node=None, unschedulable=False, **dict(request.changes))
    return Response(Code.CREATED, placed, writes=True)


def evict(request: Request, current: Any, look: Look) -> Response:
    """POST pods/NAME/eviction: a deletion that a disruption budget may refuse, or that it pays for (A80e, A81e).

    Simplified: the budget's status, the pod's condition and the deletion are committed in one step.
    """
    if current is None:
        return Response(Code.NOT_FOUND)
    budgets = budgets_of(current, look)
    pod = eviction.EvictedPod(current.phase, current.ready, current.deleting)
    answer = eviction.evict(pod, tuple([status_of(each) for each in budgets]))
    if not answer.delete:
        return Response(CODES[answer.code], message="the disruption budget does not allow it now")
    marked = attrs.evolve(current, disruption="EvictionByEvictionAPI") if not current.deleting else current
    gone = deleted(marked, dict(request.changes))
    also = (paid(budgets[0], request),) if answer.decrement else ()
    return Response(Code.CREATED, gone, writes=True, also=also)


CODES = {
    eviction.TOO_MANY_REQUESTS: Code.TOO_MANY_REQUESTS,
    eviction.FORBIDDEN: Code.FORBIDDEN,
    eviction.INTERNAL_ERROR: Code.INTERNAL_ERROR,
}
"""The codes of refused evictions."""


def budgets_of(pod: Pod, look: Look) -> list[PodDisruptionBudget]:
    """The budgets that select the pod."""
    return [
        each
        for each in look.all(PodDisruptionBudget)
        if each.namespace == pod.namespace and each.selector is not None and selector_matches(each.selector, pod.labels)
    ]


def status_of(budget: PodDisruptionBudget) -> eviction.BudgetStatus:
    """What an eviction asks of a budget."""
    return eviction.BudgetStatus(
        budget.disruptions_allowed,
        budget.current_healthy,
        budget.desired_healthy,
        len(budget.disrupted_pods),
        budget.observed,
        budget.unhealthy_pod_eviction_policy,
    )


def paid(budget: PodDisruptionBudget, request: Request) -> Also:
    """The budget after it has paid for this eviction."""
    assert request.name is not None
    new = attrs.evolve(
        budget,
        disruptions_allowed=budget.disruptions_allowed - 1,
        disrupted_pods=(*budget.disrupted_pods, request.name),
    )
    return Also(PodDisruptionBudget, budget.name, new)


# ---- deletions


def delete(request: Request, current: Any, unchanged: bool, look: Look) -> Performed:
    """DELETE (A05, A70): admission is asked about the object as it is stored."""
    if current is None:
        return Performed(Response(Code.NOT_FOUND))
    stored, uid = update.Version(LATEST, THIS), uid_of(request, current)
    wanted = update.Preconditions(0 if not request.reader else LATEST if unchanged else OLDER, uid)
    result = update.delete(stored, wanted)
    if not result.code.ok:
        message = "it is another object of this name" if uid == ANOTHER else "the object has been modified"
        return Performed(Response(result.code, message=message))
    mutated = admission.mutate(write_of(Operation.DELETE, request, None, current), look)
    if mutated.refused is not None:
        return Performed(Response(mutated.refused.code, message=mutated.refused.message), mutated)
    validated = admission.validate(mutated.write, look)
    if validated.refused is not None:
        return Performed(Response(validated.refused.code, message=validated.refused.message), mutated, None, validated)
    response = Response(Code.OK, deleted(current, dict(request.changes)), writes=True, also=validated.also)
    return Performed(response, mutated, None, validated)


def deleted(current: Any, options: dict[str, Any]) -> Any:
    """The object after a granted deletion: marked, or as it was because it goes already; None: removed.

    Only pods go gracefully (A70): first they are marked, and the kubelet's delete with grace 0 removes them; one
    without a node has nothing to end (A71). All others wait for their finalizers (A74).
    """
    policy = Propagation(options["propagation_policy"]) if options.get("propagation_policy") else None
    kind = gc_policy(type(current))
    if kind is GCPolicy.UNSUPPORTED and policy in (Propagation.FOREGROUND, Propagation.ORPHAN):
        raise SpecError(f"{type(current).__name__} has no finalizers here: it cannot be deleted with {policy.value}")
    requested = options.get("grace_period_seconds")
    of_kind = None
    if isinstance(current, Pod):
        grace = current.spec.termination_grace_period_seconds
        of_kind = deletion.pod_grace_period(requested, grace, current.node is not None, current.finished)
    held = getattr(current, "finalizers", ())
    done = deletion.delete(held, terminating_of(current), deletion.DeleteOptions(requested, policy), kind, of_kind)
    if done.outcome is deletion.Outcome.REMOVED:
        return None
    if done.outcome is deletion.Outcome.PENDING:
        return current
    marked: dict[str, Any] = {"deleting": True, **WHEN_MARKED.get(type(current).__name__, {})}
    if done.finalizers != held:
        marked["finalizers"] = done.finalizers
    if isinstance(current, Pod) and done.terminating == deletion.Terminating(0):
        marked["grace_over"] = True
    return with_generation(current, attrs.evolve(current, **marked))


def terminating_of(current: Any) -> deletion.Terminating | None:
    """How the object goes already: None if it does not. Of a pod's grace period only whether it is over is kept."""
    if not getattr(current, "deleting", False):
        return None
    if not isinstance(current, Pod) or current.grace_over:
        return deletion.Terminating(0)
    return deletion.Terminating(max(1, current.spec.termination_grace_period_seconds))
