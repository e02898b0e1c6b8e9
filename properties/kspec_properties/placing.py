"""What must hold where pods have priorities, avoid each other, or name a scheduler of their own.

Only systems that have such pods ask for these (`offer(..., of=...)`): elsewhere they would speak of nothing.

- `only_pods_of_lower_priority_are_evicted`: strictly lower (C95); of each single eviction, whatever else has happened
  since its victims were chosen.
- `a_pod_for_which_others_must_go_is_bound_in_the_end`: as long as evicting pods of lower priority would make room.
- `budgets_are_broken_only_where_nothing_else_helps`: budgets are respected as far as possible, and not more (C92, C93):
  where only guarded pods make room, they go.
- `pods_that_avoid_each_other_are_kept_apart`: by what is true, not by what a scheduler has seen. One scheduler keeps
  it, since it assumes what it has bound (C09). Two that do not know of each other can break it, and nothing repairs it:
  affinity is required "during scheduling" only.
- `no_better_node_is_left`: where scores decide (the setting scheduler.scores); of equals any may be taken (C27).
- `a_pod_is_bound_by_the_scheduler_that_it_names`: schedulers are called after the schedulerName that they serve, except
  for the default one (C18).
"""

from __future__ import annotations

from typing import Any

import attrs

from kspec.kernel.properties import Broken, Happened, invariant, leads_to, step_invariant
from kspec.kernel.registry import offer
from kspec.kernel.values import Ref
from kspec.kube.lenses import Latest, LatestFields
from kspec.kube.objects import Labels, LabelSelector, Node, Pod
from kspec.kube.placement import AffinityTerm
from kspec.kube.policy import PodDisruptionBudget
from kspec.kube.truth import Truth
from kspec_models.helpers.labels import selector_matches, value_of
from kspec_models.scheduler import preemption, profile, scoring
from kspec_models.scheduler.schedule import DEFAULT_SCHEDULER, as_pod
from kspec_models.scheduler.snapshot import PREEMPTION_BY_SCHEDULER, Snapshot, snapshot_of
from kspec_properties.scheduling import all_of, nodes_of, pods_of, seen_nodes, seen_pods, waiting_pods

# ---- preemption


def a_pod_is_evicted_for_another(truth: Truth) -> bool:
    """Some pod is going because the scheduler wants its room."""
    return PREEMPTION_BY_SCHEDULER in truth.all(Pod, "disruption")


@step_invariant(witness=a_pod_is_evicted_for_another, about=(Pod,))
def only_pods_of_lower_priority_are_evicted(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """No pod is evicted for one whose priority is not higher."""
    if not happened.kind.endswith(".evict"):
        return True
    lens = LatestFields(("spec", "disruption"))
    was, now = before.each("pods", lens), after.each("pods", lens)
    for member, (old, new) in enumerate(zip(was, now, strict=True)):
        if old is None or old[1] == PREEMPTION_BY_SCHEDULER or (new is not None and new[1] != PREEMPTION_BY_SCHEDULER):
            continue
        priority = old[0].priority
        wanted = [
            was[eviction.preemptor.index][0].priority
            for eviction in before.variable(f"{happened.actor}/evicting")
            if Ref("pods", member) in eviction.victims and was[eviction.preemptor.index] is not None
        ]
        if wanted and max(wanted) <= priority:
            clause = f"a pod of priority {priority} is evicted for one of priority {max(wanted)}"
            return Broken(clause, (f"Pod pods#{member}",))
    return True


def waiting_pods_with_victims(truth: Truth) -> int:
    """How many pods wait although evicting others of lower priority would make room for them, or has made it."""
    found = 0
    for pod, others in waiting_pods(truth):
        snapshot = snapshot_of(nodes_of(truth), others)
        room = any(result.fits for result in profile.verdicts(pod, snapshot))
        found += room or bool(preemption.candidates(pod, snapshot))
    return found


def a_pod_waits_and_others_could_go(truth: Truth) -> bool:
    """Some pod waits although there is room for it, or could be."""
    return waiting_pods_with_victims(truth) > 0


@leads_to(a_pod_waits_and_others_could_go, about=(Pod,))
def a_pod_for_which_others_must_go_is_bound_in_the_end(truth: Truth) -> bool | Broken:
    """A pod for which pods of lower priority can be evicted does not wait for ever."""
    left = waiting_pods_with_victims(truth)
    return left == 0 or Broken(f"{left} wait{'s' if left == 1 else ''} although pods of lower priority could go")


# ---- budgets

EVERYBODY = LabelSelector()


def guarded(pod: Pod, budgets: tuple[PodDisruptionBudget, ...]) -> bool:
    """Whether some budget that selects the pod allows no disruption. An empty selector selects nobody here (C93)."""
    mine = [each for each in budgets if each.namespace == pod.namespace and each.selector not in (None, EVERYBODY)]
    return any(selector_matches(each.selector, pod.labels) and each.disruptions_allowed < 1 for each in mine)


def helped_without_guarded_pods(pod: Pod, snapshot: Snapshot, budgets: tuple[PodDisruptionBudget, ...]) -> bool:
    """Whether the pod would fit some node if all that rank below it went from there, but for those that are guarded."""
    for at in snapshot:
        stay = [each for each in at.pods if each.spec.priority >= pod.spec.priority or guarded(each, budgets)]
        emptied = attrs.evolve(at, pods=tuple(stay))
        cluster = tuple([emptied if each is at else each for each in snapshot])
        if profile.verdict(pod, emptied, cluster).fits:
            return True
    return False


@step_invariant(witness=a_pod_is_evicted_for_another, about=(Pod, PodDisruptionBudget))
def budgets_are_broken_only_where_nothing_else_helps(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """No pod whose budget allows no disruption is to go for another while the others alone would make room."""
    if not happened.kind.endswith(".preempt"):
        return True
    known = before.variable(f"{happened.actor}/evicting")
    budgets = all_of(before, PodDisruptionBudget)
    pods = {i: as_placed(pod) for i, pod in enumerate(before.each("pods", Latest())) if pod is not None}
    for eviction in after.variable(f"{happened.actor}/evicting"):
        hit = [ref for ref in eviction.victims if ref.index in pods and guarded(pods[ref.index], budgets)]
        if eviction in known or not hit:
            continue
        others = [pod for i, pod in pods.items() if i != eviction.preemptor.index]
        snapshot = snapshot_of(nodes_of(before), others)
        if helped_without_guarded_pods(pods[eviction.preemptor.index], snapshot, budgets):
            clause = "a pod is to go whose budget allows no disruption, and others alone would make room"
            return Broken(clause, tuple([f"Pod pods#{ref.index}" for ref in hit]))
    return True


# ---- affinity


def selects(term: AffinityTerm, labels: Labels) -> bool:
    """Whether an anti-affinity term without namespaces selects a pod of the same namespace."""
    return term.selector is not None and selector_matches(term.selector, labels)


def near(one: Pod, other: Pod, topology_key: str, nodes: dict[Ref, Node]) -> bool:
    """Whether two pods are on nodes with the same value of a label."""
    if one.node is None or other.node is None:
        return False
    value = value_of(nodes[one.node].labels, topology_key)
    return value is not None and value == value_of(nodes[other.node].labels, topology_key)


def broken_terms(truth: Truth) -> list[str]:
    """Each topology key by which a pod is near one that it avoids."""
    pods = [pod for pod in pods_of(truth) if pod.node is not None and not pod.finished]
    nodes = dict(nodes_of(truth))
    return [
        term.topology_key
        for pod in pods
        if pod.spec.pod_affinity is not None
        for term in pod.spec.pod_affinity.required_anti
        for other in pods
        if other is not pod and selects(term, other.labels) and near(pod, other, term.topology_key, nodes)
    ]


def two_pods_that_avoid_each_other_are_bound(truth: Truth) -> bool:
    """At least two pods with anti-affinity have nodes."""
    return sum(1 for pod in pods_of(truth) if pod.node is not None and pod.spec.pod_affinity is not None) >= 2


@invariant(witness=two_pods_that_avoid_each_other_are_bound, about=(Pod,))
def pods_that_avoid_each_other_are_kept_apart(truth: Truth) -> bool | Broken:
    """No two pods are near each other if one of them requires not to be."""
    keys = sorted(set(broken_terms(truth)))
    return not keys or Broken(f"two pods that avoid each other have the same {keys[0]}")


# ---- schedulers of one's own


def each_scheduler_has_bound_a_pod(truth: Truth) -> bool:
    """A pod of the default scheduler is bound, and one that names another."""
    bound = {spec.scheduler_name for spec, node in truth.all(Pod, "spec", "node") if node is not None}
    return DEFAULT_SCHEDULER in bound and len(bound) > 1


@step_invariant(witness=each_scheduler_has_bound_a_pod, about=(Pod,))
def a_pod_is_bound_by_the_scheduler_that_it_names(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """No scheduler binds a pod that names another."""
    if not happened.kind.endswith(".bind"):
        return True
    lens = LatestFields(("node", "spec"))
    for member, (was, now) in enumerate(zip(before.each("pods", lens), after.each("pods", lens), strict=True)):
        if was is None or now is None or was[0] == now[0]:
            continue
        named = "scheduler" if now[1].scheduler_name == DEFAULT_SCHEDULER else now[1].scheduler_name
        if named != happened.actor:
            clause = f"{happened.actor} binds a pod whose schedulerName is {now[1].scheduler_name}"
            return Broken(clause, (f"Pod pods#{member}",))
    return True


# ---- scores


def two_pods_are_bound(truth: Truth) -> bool:
    """At least two pods have nodes, so that the second had to be scored beside the first."""
    return sum(node is not None for node in truth.all(Pod, "node")) >= 2


@step_invariant(witness=two_pods_are_bound, about=(Pod,))
def no_better_node_is_left(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A pod is bound to a node than which none that fits scores higher, by what the scheduler had seen."""
    if not happened.kind.endswith(".bind"):
        return True
    lens = LatestFields(("node",))
    for member, (was, now) in enumerate(zip(before.each("pods", lens), after.each("pods", lens), strict=True)):
        if was is None or now is None or was == now:
            continue
        pods = seen_pods(before, happened.actor)
        snapshot = snapshot_of(
            seen_nodes(before, happened.actor), [as_placed(pod) for i, pod in pods.items() if i != member]
        )
        pod = as_pod(pods[member])
        results = profile.verdicts(pod, snapshot)
        feasible = tuple([at for at, result in zip(snapshot, results, strict=True) if result.fits])
        best = scoring.best(scoring.scores(pod, snapshot, feasible))
        taken = snapshot[now[0].index].node.name
        if taken not in best:
            return Broken(f"a pod is bound to {taken}, and {best[0]} scores higher", (f"Pod pods#{member}",))
    return True


def as_placed(pod: Any) -> Pod:
    """A cached pod with its node."""
    return attrs.evolve(as_pod(pod), node=pod.node, phase=pod.phase)


PREEMPTION = (only_pods_of_lower_priority_are_evicted, a_pod_for_which_others_must_go_is_bound_in_the_end)
BUDGETS = (budgets_are_broken_only_where_nothing_else_helps,)
AFFINITY = (pods_that_avoid_each_other_are_kept_apart,)
OWN = (a_pod_is_bound_by_the_scheduler_that_it_names,)
SCORES = (no_better_node_is_left,)

offer(*PREEMPTION, of="scheduler.preemption")
offer(*BUDGETS, of="scheduler.budget")
offer(*AFFINITY, of="scheduler.affinity")
offer(*OWN, of="scheduler.own")
offer(*SCORES, of="scheduler.scores")
