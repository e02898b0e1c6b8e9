"""What must hold where nodes are tainted, and of pods that have ended.

- `no_pod_is_bound_to_a_node_with_a_taint_that_it_does_not_tolerate`: by what the scheduler had seen (C03).
- `a_pod_that_tolerates_its_taints_for_ever_is_not_evicted`, and `a_pod_is_evicted_only_for_a_taint_that_is_seen`: by
  what the taint eviction controller had seen.
- `a_pod_that_does_not_tolerate_a_taint_is_evicted`, unless the taint goes in time.
- `terminated_pods_do_not_pile_up` and `terminated_pods_are_kept_up_to_the_threshold` are PodGC's two sides (W149).
"""

from __future__ import annotations

from collections.abc import Iterator

from kspec.kernel.properties import Broken, Happened, leads_to, step_invariant
from kspec.kernel.registry import offer
from kspec.kube.lenses import LatestFields, SeenFields
from kspec.kube.objects import Node, Phase, Pod, PodSpec, Taint, Toleration
from kspec.kube.truth import Truth
from kspec_models.helpers.tolerations import first_untolerated, tolerates
from kspec_properties.node_failure import (
    ABOUT,
    a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone,
    bound_pods,
    evicting,
)
from kspec_properties.scheduling import seen_nodes

OBSERVER = "taint-eviction"


def tolerates_for_ever(tolerations: tuple[Toleration, ...], taint: Taint) -> bool:
    """Whether the toleration that counts (the first that matches) has no limit."""
    matching = [each for each in tolerations if tolerates(each, taint)]
    return bool(matching) and matching[0].toleration_seconds is None


# ---- binding


def a_node_is_tainted(truth: Truth) -> bool:
    """Some node has a taint."""
    return any(truth.all(Node, "taints"))


@step_invariant(witness=a_node_is_tainted, about=ABOUT)
def no_pod_is_bound_to_a_node_with_a_taint_that_it_does_not_tolerate(
    before: Truth, happened: Happened, after: Truth
) -> bool | Broken:
    """The scheduler binds no pod to a node on which it has seen a taint that keeps the pod off."""
    if not happened.kind.endswith(".bind"):
        return True
    seen = dict(seen_nodes(before, happened.actor))
    fields = LatestFields(("node", "spec"))
    for member, (was, now) in enumerate(zip(before.each("pods", fields), after.each("pods", fields), strict=True)):
        if was is None or now is None or was[0] is not None or now[0] is None:
            continue
        taint = first_untolerated(seen[now[0]].taints, now[1].tolerations)
        if taint is not None:
            clause = f"a pod is bound to a node with the taint {taint.key}, which it does not tolerate"
            return Broken(clause, (f"Pod pods#{member}",))
    return True


# ---- eviction


def a_pod_tolerates_its_node_for_ever(truth: Truth) -> bool:
    """Some pod is on a node with a NoExecute taint, and tolerates it for ever."""
    return any(
        taints and all(tolerates_for_ever(spec.tolerations, taint) for taint in taints)
        for _, node, spec in bound_pods(truth)
        for taints in [evicting(node)]
    )


def a_pod_was_evicted_for_a_taint(truth: Truth) -> bool:
    """Some pod is Terminating because of a taint."""
    return "DeletionByTaintManager" in truth.all(Pod, "disruption")


def evictions(before: Truth, happened: Happened, after: Truth) -> Iterator[tuple[int, PodSpec, list[Taint]]]:
    """The pods that this step evicts for taints: slot, spec, and the NoExecute taints that were seen on the node."""
    if happened.actor != OBSERVER:
        return
    nodes = dict(seen_nodes(before, OBSERVER))
    views = before.each("pods", SeenFields(before.cluster.kind(Pod), OBSERVER, ("node", "spec")))
    deleting = LatestFields(("deleting",))
    rows = zip(views, before.each("pods", deleting), after.each("pods", deleting), strict=True)
    for member, (view, was, now) in enumerate(rows):
        if view is not None and was == (False,) and now in (None, (True,)):
            node = nodes.get(view[0])
            yield member, view[1], [] if node is None else evicting(node)


@step_invariant(witness=a_pod_tolerates_its_node_for_ever, about=ABOUT)
def a_pod_that_tolerates_its_taints_for_ever_is_not_evicted(
    before: Truth, happened: Happened, after: Truth
) -> bool | Broken:
    """A pod that tolerates for ever every NoExecute taint that was seen on its node is not evicted for one."""
    for member, spec, taints in evictions(before, happened, after):
        if taints and all(tolerates_for_ever(spec.tolerations, taint) for taint in taints):
            clause = f"a pod is evicted that tolerates {', '.join(taint.key for taint in taints)} for ever"
            return Broken(clause, (f"Pod pods#{member}",))
    return True


@step_invariant(witness=a_pod_was_evicted_for_a_taint, about=ABOUT)
def a_pod_is_evicted_only_for_a_taint_that_is_seen(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """A pod is evicted only while a NoExecute taint is seen on its node: one that goes in time evicts nobody."""
    for member, _, taints in evictions(before, happened, after):
        if not taints:
            return Broken("a pod is evicted from a node that is seen without NoExecute taint", (f"Pod pods#{member}",))
    return True


def intolerant_pods(truth: Truth) -> int:
    """How many pods are on a node that has a NoExecute taint which they do not tolerate for ever."""
    return sum(
        1
        for _, node, spec in bound_pods(truth)
        if not all(tolerates_for_ever(spec.tolerations, taint) for taint in evicting(node))
    )


def a_pod_does_not_tolerate_its_node(truth: Truth) -> bool:
    """Some pod is on a node that has a NoExecute taint which it does not tolerate for ever."""
    return intolerant_pods(truth) > 0


@leads_to(a_pod_does_not_tolerate_its_node, about=ABOUT)
def a_pod_that_does_not_tolerate_a_taint_is_evicted(truth: Truth) -> bool | Broken:
    """No pod stays on a node with a NoExecute taint that it does not tolerate for ever, unless the taint goes."""
    left = intolerant_pods(truth)
    return not left or Broken(f"{left} pod{'s stay' if left > 1 else ' stays'} on a node with a NoExecute taint")


# ---- terminated pods


def terminated_pods(truth: Truth) -> int:
    """How many pods have ended and are still there."""
    return sum(1 for phase in truth.all(Pod, "phase") if phase in (Phase.SUCCEEDED, Phase.FAILED))


def too_many_have_ended(truth: Truth) -> bool:
    """More pods have ended than are kept."""
    return bool(terminated_pods(truth) > truth.variable("pod-gc/threshold"))


@leads_to(too_many_have_ended, about=(Pod,))
def terminated_pods_do_not_pile_up(truth: Truth) -> bool | Broken:
    """Of the pods that have ended no more stay than the threshold of PodGC."""
    left, threshold = terminated_pods(truth), truth.variable("pod-gc/threshold")
    return left <= threshold or Broken(f"{left} pods have ended and stay; the threshold is {threshold}")


@step_invariant(witness=too_many_have_ended, about=(Pod,))
def terminated_pods_are_kept_up_to_the_threshold(before: Truth, happened: Happened, after: Truth) -> bool | Broken:
    """PodGC leaves as many pods that have ended as its threshold allows, for people to look at."""
    was, now, threshold = terminated_pods(before), terminated_pods(after), before.variable("pod-gc/threshold")
    if happened.actor != "pod-gc" or now == was or now >= threshold:
        return True
    return Broken(f"{now} terminated pods are left; {threshold} may stay")


# ---- parts

EVICTED = (
    no_pod_is_bound_to_a_node_with_a_taint_that_it_does_not_tolerate,
    a_pod_is_evicted_only_for_a_taint_that_is_seen,
    a_pod_that_does_not_tolerate_a_taint_is_evicted,
)
"""Wherever nodes get taints, in the order of reports."""

TOLERATED = (
    a_pod_stays_until_its_kubelet_confirms_or_its_node_is_gone,
    a_pod_that_tolerates_its_taints_for_ever_is_not_evicted,
)
"""Where pods tolerate them, moreover."""

TERMINATED = (terminated_pods_do_not_pile_up, terminated_pods_are_kept_up_to_the_threshold)
"""Where pods have ended."""

offer(*EVICTED, of="taints")
offer(*TOLERATED, of="taints.tolerated")
offer(*TERMINATED, of="pod_gc.terminated")
