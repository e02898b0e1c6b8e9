"""The StatefulSet controller's plumbing: which objects one sync reads and writes.

Models `pkg/controller/statefulset/stateful_set.go` sync, `stateful_set_control.go` UpdateStatefulSet,
`stateful_pod_control.go` and `stateful_set_status_updater.go` (W60 to W72). What one sync does is decided in `sync`, by
what the cache shows; how pods and revisions are called, in `names`. There are no expectations: that no pod is created
twice rests on its name, which the API server gives only once (W72).

Simplified: a pod is available as soon as it is ready (no minReadySeconds). All calls of one pass of a Parallel set go
out at once (upstream: slow start). After a conflict the status is not tried again with the same numbers: a new sync
counts anew. Upstream's retry writes what it would have written a moment before the other's write, which is another
order of the same steps. Where a late cache shows a pod beside its successor of the same name, the one that is not being
deleted counts (an informer, keyed by names, holds one of them).

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from kspec.kernel.settings import declare, on
from kspec.kube.apps import ControllerRevision, PodManagement, StatefulSet
from kspec.kube.cache import Api, Cache, owner_reference
from kspec.kube.controller import controller
from kspec.kube.objects import Pod, PodTemplate
from kspec.kube.requests import AlreadyExists, NotFound, Request
from kspec.kube.residual import Reconcile
from kspec_models.controllers.statefulset import decisions, names
from kspec_models.controllers.statefulset.decisions import Identity, Revision, Spec, Status
from kspec_models.controllers.statefulset.sync import Operation, Outcome, Verb, sync
from kspec_models.helpers import controller_ref
from kspec_models.helpers.controller_ref import Claim, Claimed, Owner
from kspec_models.helpers.labels import selector_matches

NOT_MODELLED = (
    "claims from volumeClaimTemplates and their retention (W69, W70), minReadySeconds, conditions",
    "repair of a pod's labels and volumes (W61), the live GET of itself before the first adoption (W07)",
    "numbers, hash collisions and clean-up of ControllerRevisions (W68)",
    "that it waits until its cache shows its own creations of pods (W02, on since 1.36): here it may be staler",
)

declare(
    "statefulset.consistency",
    ("on", "off"),
    "whether a sync waits until the cache shows the controller's own last status write (W02, on since 1.36)",
)
declare(
    "statefulset.max_unavailable",
    ("off", "on"),
    "the gate MaxUnavailableStatefulSet: an update may take several pods at a time (W65, off in 1.36)",
)


@controller(
    StatefulSet,
    owns=(Pod, ControllerRevision),
    not_modelled=NOT_MODELLED,
    reads_own_writes="statefulset.consistency",
)
def statefulset(statefulset: Any, cache: Cache, api: Api) -> Reconcile:
    """One sync of a StatefulSet."""
    update = names.revision_name(statefulset.name, statefulset.template)
    is_recorded = cache.get(ControllerRevision, update) is not None
    current, old = current_revision(statefulset, update, cache)
    candidates = [pod for pod in cache.owned(Pod, by=statefulset, orphans=True) if has_our_name(statefulset, pod)]
    mine = [pod for pod in candidates if claim_of(statefulset, pod) is Claim.KEEP]
    for pod in cache.in_any_order([pod for pod in candidates if claim_of(statefulset, pod).patches]):
        mine += yield from claimed(statefulset, pod, api)
    pods = tuple(identity(statefulset, pod, current, update) for pod in one_of_each_name(mine))
    outcome = sync(spec_of(statefulset, settled=current == update), pods)
    if not is_recorded:
        yield from recorded(statefulset, update, api)
    called = {pod.name: pod for pod in one_of_each_name(mine)}
    templates = {Revision.CURRENT: (current, old), Revision.UPDATE: (update, statefulset.template)}
    yield from carried_out(statefulset, outcome, called, templates, api)
    yield from write_status(statefulset, outcome.status, current, update, api)


# ---- what it sees


def current_revision(statefulset: Any, update: str, cache: Cache) -> tuple[str, PodTemplate]:
    """Name and template of the current revision: the update revision, if the one that the status names is not seen."""
    name = statefulset.current_revision
    if name and name != update:
        seen = cache.get(ControllerRevision, name)
        if seen is not None:
            return name, seen.template
    return update, statefulset.template


def has_our_name(statefulset: Any, pod: Any) -> bool:
    """Whether a pod is called as a pod of this set; others are never adopted, and not looked at (isMemberOf)."""
    return names.ordinal_of(statefulset.name, pod.name) is not None


def claim_of(statefulset: Any, pod: Any) -> Claim:
    """What the set does with a pod that it owns or that nobody owns (W06)."""
    owner = Owner.NONE if pod.owner is None else Owner.ME
    matches = selector_matches(statefulset.selector, pod.labels)
    return controller_ref.claim(Claimed(owner, matches, pod.deleting), statefulset.deleting)


def claimed(statefulset: Any, pod: Any, api: Api) -> Generator[Request, Any, list[Any]]:
    """The pod, if it becomes ours (W06)."""
    what = claim_of(statefulset, pod)
    try:
        yield api.patch(pod, owner=owner_reference(statefulset) if what is Claim.ADOPT else None)
    except NotFound:
        return []  # it is gone: nothing to claim
    return [pod] if what.ours else []


def one_of_each_name(pods: Sequence[Any]) -> list[Any]:
    """Of several pods of one name the one that is not being deleted: the others are its predecessors."""
    found: dict[str, Any] = {}
    for pod in pods:
        other = found.get(pod.name)
        if other is None or other.deleting:
            found[pod.name] = pod
    return list(found.values())


def identity(statefulset: Any, pod: Any, current: str, update: str) -> Identity:
    """A pod to the decisions."""
    ordinal = names.ordinal_of(statefulset.name, pod.name)
    assert ordinal is not None, "pods of other names are left out"
    made_from = names.revision_of(pod.labels)
    revision = {current: Revision.CURRENT} | {update: Revision.UPDATE}
    return Identity(ordinal, revision.get(made_from, Revision.OTHER), pod.phase, pod.ready, pod.available, pod.deleting)


def spec_of(statefulset: Any, *, settled: bool) -> Spec:
    """The set to the decisions."""
    gate = on("statefulset.max_unavailable")
    limit = statefulset.max_unavailable if gate else None
    return Spec(
        statefulset.replicas,
        statefulset.pod_management_policy,
        statefulset.update_strategy,
        statefulset.partition,
        statefulset.start,
        statefulset.current_replicas,
        1 if gate and limit is None else limit,
        settled,
        statefulset.deleting,
    )


# ---- what it does


def recorded(statefulset: Any, name: str, api: Api) -> Reconcile:
    """The ControllerRevision of the present template, unless it is there already and only not seen yet (W68)."""
    try:
        yield api.create(
            ControllerRevision(name, statefulset.template, owner_reference(statefulset), statefulset.namespace)
        )
    except AlreadyExists:
        return


def new_pod(statefulset: Any, operation: Operation, revision: str, template: PodTemplate) -> Pod:
    """A pod with a name and a revision, from the template of that revision (newStatefulSetPod)."""
    name = names.pod_name(statefulset.name, operation.ordinal)
    return Pod(
        labels=names.pod_labels(template.labels, name, revision),
        spec=template.spec,
        owner=owner_reference(statefulset),
        namespace=statefulset.namespace,
        name=name,
    )


def carried_out(
    statefulset: Any,
    outcome: Outcome,
    called: dict[str, Any],
    templates: dict[Revision, tuple[str, PodTemplate]],
    api: Api,
) -> Reconcile:
    """The calls of a sync. A creation that is refused ends it (its name is taken, say, which the cache did not show).

    Only a Parallel set does more after a creation (W61, W62).
    """
    creations = [
        api.create(new_pod(statefulset, operation, *templates[operation.revision]))
        for operation in outcome.operations
        if operation.verb is Verb.CREATE and operation.revision is not None
    ]
    deletions = [
        api.delete(called[names.pod_name(statefulset.name, operation.ordinal)])
        for operation in outcome.operations
        if operation.verb is Verb.DELETE
    ]
    if creations:
        answers = yield creations
        if statefulset.pod_management_policy is PodManagement.PARALLEL and answers.failed:
            return
    if deletions:
        yield deletions


def write_status(statefulset: Any, status: Status, current: str, update: str, api: Api) -> Reconcile:
    """The status, if the cache shows another one; a complete update makes its revision the current one (W67, W71)."""
    complete = decisions.completes_update(statefulset.update_strategy, statefulset.replicas, status)
    written = {
        "status_replicas": status.replicas,
        "ready_replicas": status.ready,
        "available_replicas": status.available,
        "current_replicas": status.updated if complete else status.current,
        "updated_replicas": status.updated,
        "current_revision": update if complete else current,
        "update_revision": update,
    }
    if any(getattr(statefulset, field) != value for field, value in written.items()):
        yield api.update_status(statefulset, **written)
