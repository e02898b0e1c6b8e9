"""What must hold of StatefulSets and their pods.

- `a_pod_name_is_given_once` is the API server's promise (W72), on which the controller relies; what *runs* under one
  name is another matter: `at_most_one_pod_of_a_name_runs` is asked for only where nodes can lose their connection.
  Of pods that are gone from the API no name is known: more running pods than a set ever had ordinals have, two of
  them, the same one.
- The three promises about order are about what a sync plans, by what the controller saw when it began: between that
  and its call a pod that was ready may end. Where a scope makes reconciles one step (`whole`) there is no plan to
  judge.
- `a_statefulset_converges` needs that users stop, and that the pods of the last template can become ready.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.kernel.properties import Broken, Happened, eventually_always, invariant, quiescence, step_invariant
from kspec.kernel.registry import offer
from kspec.kernel.settings import on
from kspec.kernel.values import Ref
from kspec.kube.apps import PodManagement, StatefulSet, UpdateStrategy
from kspec.kube.cache import Cached
from kspec.kube.lenses import Seen
from kspec.kube.objects import NodeReady, OwnerReference, Pod
from kspec.kube.requests import Request, Verb
from kspec.kube.truth import Truth
from kspec_models.controllers.statefulset import decisions, names, reconcile, sync
from kspec_models.controllers.statefulset.decisions import Identity, Revision
from kspec_models.kubelet import Containers
from kspec_properties.scheduling import nodes_of

ABOUT = (StatefulSet, Pod)
CONTROLLER = "statefulset"


# ---- what is there, and what the controller saw


def is_of(owner: OwnerReference | None, name: str) -> bool:
    """Whether a pod is controlled by this StatefulSet."""
    return owner is not None and (owner.kind, owner.name) == (StatefulSet.__name__, name)


def pods_of(truth: Truth, name: str, *fields: str) -> list[Any]:
    """These fields of the pods that a StatefulSet controls, each after its ordinal."""
    found = []
    for owner, pod, *rest in truth.all(Pod, "owner", "name", *fields):
        ordinal = names.ordinal_of(name, pod)
        if is_of(owner, name) and ordinal is not None:
            found.append((ordinal, *rest))
    return sorted(found, key=lambda row: row[0])


def seen(truth: Truth, name: str) -> tuple[Any, dict[Ref, Identity]]:
    """A StatefulSet and its pods, as its controller sees them, by the decisions' own records."""
    kinds = truth.cluster.kind(StatefulSet), truth.cluster.kind(Pod)
    view = truth.see(f"{kinds[0].resource}/{name}", Seen(kinds[0], CONTROLLER))
    statefulset = Cached(kinds[0], CONTROLLER, view, name)
    views = enumerate(truth.each(kinds[1].resource, Seen(kinds[1], CONTROLLER)))
    refs = [(Ref(kinds[1].resource, i), pod) for i, pod in views if pod is not None]
    pods = [Cached(kinds[1], CONTROLLER, pod, ref) for ref, pod in refs]
    mine = [p for p in pods if is_of(p.owner, name) and reconcile.has_our_name(statefulset, p)]
    update = names.revision_name(name, statefulset.template)
    current = statefulset.current_revision or update
    by_name = reconcile.one_of_each_name(mine)
    return statefulset, {p.identity: reconcile.identity(statefulset, p, current, update) for p in by_name}


def syncs(before: Truth, happened: Happened, after: Truth) -> Iterator[tuple[str, tuple[Request, ...]]]:
    """The StatefulSet of which a sync has just begun, with what it is going to ask of pods."""
    for name in before.names(StatefulSet):
        if happened.kind == f"{CONTROLLER}.sync {name}":
            yield name, tuple([c for c in after.planned(CONTROLLER, name) if c.resource == "pods"])


def made(name: str, planned: tuple[Request, ...]) -> list[tuple[int, str]]:
    """Ordinal and revision of the pods that are going to be created."""
    pods = [call.object for call in planned if call.verb is Verb.CREATE and isinstance(call.object, Pod)]
    found = [(names.ordinal_of(name, pod.name), names.revision_of(pod.labels)) for pod in pods]
    return [(ordinal, revision) for ordinal, revision in found if ordinal is not None]


def deleted(pods: dict[Ref, Identity], planned: tuple[Request, ...]) -> list[Identity]:
    """The pods that are going to be deleted, but for those that are only just adopted."""
    return [pods[c.name] for c in planned if c.verb is Verb.DELETE and isinstance(c.name, Ref) and c.name in pods]


def ordered(statefulset: Any) -> bool:
    """Whether a set creates and deletes its pods one after another."""
    return bool(statefulset.pod_management_policy is PodManagement.ORDERED_READY)


# ---- names


def a_pod_has_a_name(truth: Truth) -> bool:
    """Some pod of a StatefulSet exists."""
    return any(pods_of(truth, name) for name in truth.names(StatefulSet))


@invariant(witness=a_pod_has_a_name, about=ABOUT)
def a_pod_name_is_given_once(truth: Truth) -> bool | Broken:
    """There are never two pods of one name in a namespace."""
    given = [pair for pair in truth.all(Pod, "name", "namespace") if pair[0]]
    twice = sorted({pair for pair in given if given.count(pair) > 1})
    if not twice:
        return True
    return Broken(f"{given.count(twice[0])} pods are called {twice[0][0]}", (f"Pod {twice[0][0]}",))


def a_container_runs(truth: Truth) -> bool:
    """The containers of some pod run."""
    return Containers.RUNNING in truth.each("containers")


@invariant(witness=a_container_runs, about=ABOUT)
def at_most_one_pod_of_a_name_runs(truth: Truth) -> bool | Broken:
    """Of two pods of one name, the containers of at most one run."""
    running = sum(1 for containers in truth.each("containers") if containers is Containers.RUNNING)
    largest = sum(truth.variable(f"largest/statefulsets/{name}") for name in truth.names(StatefulSet))
    if truth.names(StatefulSet) and running > largest:
        sets = ", ".join(truth.names(StatefulSet))
        most = f"{largest} {'name' if largest == 1 else 'names'}"
        clause = f"the containers of {running} pods of StatefulSet {sets} run, which never had more than {most}"
        return Broken(clause, tuple(f"StatefulSet {name}" for name in truth.names(StatefulSet)))
    return True


# ---- order


@step_invariant(witness=a_pod_has_a_name, about=ABOUT)
def a_pod_is_created_after_those_below_it(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """With OrderedReady a pod is created only when all of lower ordinals are running and ready."""
    for name, planned in syncs(before, happened, after):
        statefulset, pods = seen(before, name)
        ready = {pod.ordinal for pod in pods.values() if pod.running_and_ready and not pod.terminating}
        for ordinal, _ in made(name, planned) if ordered(statefulset) else ():
            missing = [below for below in range(statefulset.start, ordinal) if below not in ready]
            if missing:
                pod, below = names.pod_name(name, ordinal), names.pod_name(name, missing[0])
                return Broken(f"{pod} is created, and {below} is not running and ready", (f"Pod {pod}", f"Pod {below}"))
    return True


def a_set_has_no_surplus_pods(truth: Truth) -> bool:
    """Some StatefulSet has exactly the ordinals that it wants."""
    return any(surplus(truth, name) == [] and pods_of(truth, name) for name in truth.names(StatefulSet))


@step_invariant(witness=a_pod_has_a_name, about=ABOUT)
def a_surplus_pod_goes_after_those_above_it(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """With OrderedReady a pod that is not wanted any more is deleted only when such pods above it are gone."""
    for name, planned in syncs(before, happened, after):
        statefulset, pods = seen(before, name)
        if not ordered(statefulset):
            continue
        unwanted = [
            pod.ordinal
            for pod in pods.values()
            if not decisions.in_range(pod.ordinal, statefulset.start, statefulset.replicas)
        ]
        for pod in deleted(pods, planned):
            if pod.ordinal in unwanted and pod.ordinal < max(unwanted):
                goes, stays = names.pod_name(name, pod.ordinal), names.pod_name(name, max(unwanted))
                return Broken(f"{goes} is deleted before {stays}", (f"Pod {goes}", f"Pod {stays}"))
    return True


# ---- rollouts


def an_old_pod_goes(truth: Truth) -> bool:
    """Some pod of an earlier template is being deleted."""
    for name in truth.names(StatefulSet):
        update = truth.field(StatefulSet, name, "update_revision")
        rows = pods_of(truth, name, "labels", "deleting")
        if any(deleting and names.revision_of(labels) != update for _, labels, deleting in rows):
            return True
    return False


@step_invariant(witness=an_old_pod_goes, about=ABOUT)
def a_rollout_goes_from_high_to_low(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """An update takes a pod only when all above it are new and available; below the partition nothing becomes new.

    Without the gate MaxUnavailableStatefulSet, which lets it take several.
    """
    if on("statefulset.max_unavailable"):
        return True
    for name, planned in syncs(before, happened, after):
        statefulset, pods = seen(before, name)
        by_ordinal = {pod.ordinal: pod for pod in pods.values()}
        kept = statefulset.start + (statefulset.partition or 0)
        for ordinal, revision in made(name, planned):
            if ordinal < kept and statefulset.current_revision not in ("", revision):
                new = names.pod_name(name, ordinal)
                return Broken(f"{new} becomes new, and the partition is {statefulset.partition}", (f"Pod {new}",))
        for pod in deleted(pods, planned):
            wanted = decisions.in_range(pod.ordinal, statefulset.start, statefulset.replicas)
            if not wanted or pod.finished or pod.revision is Revision.UPDATE:
                continue
            goes = names.pod_name(name, pod.ordinal)
            if pod.ordinal < kept:
                return Broken(
                    f"{goes} is taken, which is below the partition {statefulset.partition}", (f"Pod {goes}",)
                )
            for above in range(pod.ordinal + 1, statefulset.start + statefulset.replicas):
                other = by_ordinal.get(above)
                if other is None or other.revision is not Revision.UPDATE or other.unavailable:
                    stays = names.pod_name(name, above)
                    why = f"{goes} is taken, and {stays} is not of the new revision and available"
                    return Broken(why, (f"Pod {goes}", f"Pod {stays}"))
    return True


@step_invariant(witness=an_old_pod_goes, about=ABOUT)
def an_update_leaves_at_most_one_pod_unavailable(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """An update takes an available pod only when all other pods of the set are available (without its gate, W65)."""
    if on("statefulset.max_unavailable"):
        return True
    for name, planned in syncs(before, happened, after):
        statefulset, pods = seen(before, name)
        available = {pod.ordinal for pod in pods.values() if not pod.unavailable}
        wanted = range(statefulset.start, statefulset.start + statefulset.replicas)
        for pod in deleted(pods, planned):
            others = [ordinal for ordinal in wanted if ordinal != pod.ordinal and ordinal not in available]
            if pod.ordinal in wanted and not pod.unavailable and others:
                goes, away = names.pod_name(name, pod.ordinal), names.pod_name(name, others[0])
                return Broken(f"{goes} is taken while {away} is not available", (f"Pod {goes}", f"Pod {away}"))
    return True


# ---- in the end


def surplus(truth: Truth, name: str) -> list[int]:
    """The ordinals of pods that a StatefulSet does not want."""
    start, replicas = truth.field(StatefulSet, name, "start"), truth.field(StatefulSet, name, "replicas")
    return [ordinal for ordinal, *_ in pods_of(truth, name) if not decisions.in_range(ordinal, start, replicas)]


@quiescence(witness=a_set_has_no_surplus_pods, about=ABOUT)
def no_surplus_ordinals_are_left_when_all_is_quiet(truth: Truth) -> bool | Broken:
    """When nothing more is to be done, a StatefulSet has no pod of an ordinal that it does not want."""
    for name in truth.names(StatefulSet):
        left = surplus(truth, name)
        if left and not stuck(truth, name):
            pod = names.pod_name(name, left[-1])
            return Broken(f"{pod} is left, which StatefulSet {name} does not want", (f"Pod {pod}",))
    return True


def stuck(truth: Truth, name: str) -> bool:
    """Whether an OrderedReady set waits for a pod of lower ordinal that never becomes ready (W63)."""
    return truth.field(StatefulSet, name, "pod_management_policy") is PodManagement.ORDERED_READY and not all(
        ready for _, ready in pods_of(truth, name, "ready")
    )


def a_statefulset_is_complete(truth: Truth) -> bool:
    """Some StatefulSet that wants pods has all of them, ready."""
    return any(
        is_complete(truth, name) is True and truth.field(StatefulSet, name, "replicas")
        for name in truth.names(StatefulSet)
    )


def is_complete(truth: Truth, name: str) -> bool | Broken:
    """Whether a StatefulSet has exactly the pods that it wants, ready, and of the revisions that it wants."""
    statefulset = truth.get(StatefulSet, name)
    assert statefulset is not None
    update = names.revision_name(name, statefulset.template)
    there = {row[0]: row[1:] for row in pods_of(truth, name, "ready", "deleting", "labels")}
    for ordinal in range(statefulset.start, statefulset.start + statefulset.replicas):
        pod = names.pod_name(name, ordinal)
        if ordinal not in there:
            return Broken(f"{pod} is missing", (f"StatefulSet {name}",))
        ready, deleting, labels = there.pop(ordinal)
        if deleting or not ready:
            return Broken(f"{pod} is {'being deleted' if deleting else 'not ready'}", (f"Pod {pod}",))
        above = ordinal >= statefulset.start + (statefulset.partition or 0)
        updates = statefulset.update_strategy is UpdateStrategy.ROLLING_UPDATE
        if updates and above and names.revision_of(labels) != update:
            return Broken(f"{pod} is not of the last template", (f"Pod {pod}",))
    if there:
        pod = names.pod_name(name, max(there))
        return Broken(f"{pod} is there, which is not wanted", (f"Pod {pod}",))
    return True


Waits = tuple[tuple[str, str, str], ...]


def who_waits(truth: Truth) -> Waits:
    """Why a StatefulSet that is not complete does not go on, by its own decisions."""
    found: list[tuple[str, str, str]] = []
    for name in truth.names(StatefulSet):
        statefulset, pods = seen(truth, name)
        replicas = sync.wanted(reconcile.spec_of(statefulset, settled=False), tuple(pods.values()))
        waits = [pod for pod in replicas if sync.replica_next(pod, ordered(statefulset)) is sync.Next.WAIT]
        found += [(CONTROLLER, *why_it_waits(names.pod_name(name, pod.ordinal), pod)) for pod in waits[:1]]
    unheard = {ref for ref, node in nodes_of(truth) if node.ready is NodeReady.UNKNOWN}
    for pod, ready, node, deleting in truth.all(Pod, "name", "ready", "node", "deleting"):
        if node in unheard:
            found.append(("kubelet", f"word that {pod} is to end", "its node does not reach the API server"))
        elif node is not None and not ready and not deleting:
            found.append(("kubelet", f"the containers of {pod} to become ready", "they run, and never do"))
    return (*found, ("user", "", "every change that was allowed has been made"))


def why_it_waits(called: str, pod: Identity) -> tuple[str, str]:
    """For what an OrderedReady set waits at this pod, and why."""
    if pod.terminating:
        return (
            f"{called} to be gone",
            "its name is free only when it is gone, and its kubelet has to confirm that",
        )
    old = "" if pod.revision is Revision.UPDATE else "; the update that would replace it comes after that"
    return f"{called} to become ready", f"an OrderedReady set goes on only when {called} is running and ready{old}"


@eventually_always(witness=a_statefulset_is_complete, about=ABOUT, waits=who_waits)
def a_statefulset_converges(truth: Truth) -> bool | Broken:
    """Once nobody changes it any more, a StatefulSet has its pods, of its last template and ready, and no others."""
    for name in truth.names(StatefulSet):
        found = is_complete(truth, name)
        if not found:
            return found
    return True


def a_ready_pod_is_reported(truth: Truth) -> bool:
    """The status of some StatefulSet counts a ready pod."""
    return any(ready > 0 for ready in truth.all(StatefulSet, "ready_replicas"))


@quiescence(witness=a_ready_pod_is_reported, about=ABOUT)
def a_statefulset_reports_what_is_true_when_all_is_quiet(truth: Truth) -> bool | Broken:
    """When nothing more is to be done, the status of a StatefulSet counts its pods."""
    for name in truth.names(StatefulSet):
        rows = pods_of(truth, name, "ready")
        true = (len(rows), sum(ready for _, ready in rows))
        fields = ("status_replicas", "ready_replicas")
        told = tuple([truth.field(StatefulSet, name, field) for field in fields])
        if told != true:
            clause = f"StatefulSet {name} reports {told[0]} pods, {told[1]} ready, and has {true[0]}, {true[1]} ready"
            return Broken(clause, (f"StatefulSet {name}",))
    return True


OF_STATEFULSETS = (
    a_pod_name_is_given_once,
    a_pod_is_created_after_those_below_it,
    a_surplus_pod_goes_after_those_above_it,
    no_surplus_ordinals_are_left_when_all_is_quiet,
    a_statefulset_converges,
    a_statefulset_reports_what_is_true_when_all_is_quiet,
)
"""What is promised of every StatefulSet, in the order of reports."""

OF_ROLLOUTS = (a_rollout_goes_from_high_to_low, an_update_leaves_at_most_one_pod_unavailable)
ON_LOST_NODES = (at_most_one_pod_of_a_name_runs,)

offer(*OF_STATEFULSETS)
offer(*OF_ROLLOUTS, of="statefulset.rollout")
offer(*ON_LOST_NODES, of="statefulset.split_brain")
