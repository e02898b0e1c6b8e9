"""The DaemonSet controller's plumbing: which objects one sync reads and writes.

Models `pkg/controller/daemon/daemon_controller.go` syncDaemonSet, manage, syncNodes, updateDaemonSetStatus and
`update.go` rollingUpdate (W80 to W87). Where pods belong is decided in `decisions`, how a rollout goes on in `rollout`,
what is reported in `status`.

Simplified: a pod is available as soon as it is ready (no minReadySeconds). Ages are not known: of two pods on a node
the one of the present template is the younger, and of equals either may be. A sync that creates or deletes leaves the
rolling update to the next one, which may begin at once; upstream goes on with it, if the cache shows all of that by
then. The status counts the pods seen when the sync began; upstream looks again at its end. The history of templates is
their hashes, which never collide: no ControllerRevision is written.

Not modelled: see `NOT_MODELLED`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import attrs

from kspec.kernel.settings import declare, on
from kspec.kernel.values import Ref
from kspec.kube.apps import DaemonSet, UpdateStrategy
from kspec.kube.cache import Api, Cache, owner_reference
from kspec.kube.controller import controller
from kspec.kube.objects import Node, Pod
from kspec.kube.requests import Conflict, NotFound, Request
from kspec.kube.residual import Reconcile
from kspec_models.client.counted_expectations import CountedExpectations
from kspec_models.client.slow_start import slow_start
from kspec_models.controllers.daemonset import decisions, placement, rollout
from kspec_models.controllers.daemonset.decisions import DaemonPod, Placement
from kspec_models.controllers.daemonset.rollout import OnNode
from kspec_models.controllers.daemonset.status import status
from kspec_models.helpers import controller_ref, required_node_affinity
from kspec_models.helpers.controller_ref import Claim, Claimed, Owner
from kspec_models.helpers.hashes import short_hash
from kspec_models.helpers.labels import selector_matches

NOT_MODELLED = (
    "minReadySeconds, ages of pods, back-off of nodes with failed pods (W83), the burst of 250 in a sync (W87)",
    "ControllerRevisions, templateGeneration, conditions",
    "the live GET of itself before the first adoption (W07), expectations that expire after 5 minutes",
)

declare(
    "daemonset.expectations",
    ("on", "off"),
    "whether the controller waits until its cache shows its own creations and deletions (W04)",
)
declare(
    "daemonset.consistency",
    ("on", "off"),
    "whether a sync waits until the cache shows the controller's own last status write (W02, on since 1.36)",
)


@attrs.frozen
class At:
    """A node that the DaemonSet has to do with, and its pods there.

    `name` "": the node is not in the cache. `pods` are the cached pods, `known` the same to the decisions.
    """

    name: str
    placed: Placement
    pods: tuple[Any, ...] = attrs.field(eq=False)
    known: tuple[DaemonPod, ...]


@controller(
    DaemonSet,
    owns=Pod,
    watches=Node,
    memory=CountedExpectations,
    not_modelled=NOT_MODELLED,
    reads_own_writes="daemonset.consistency",
)
def daemonset(daemonset: Any, cache: Cache, api: Api, expect: CountedExpectations) -> Reconcile:
    """One sync of a DaemonSet."""
    if daemonset.deleting:
        return
    satisfied = expect.satisfied() or not on("daemonset.expectations")
    pods = yield from claimed(daemonset, cache, api)
    nodes = nodes_with_pods(daemonset, pods, cache)
    if satisfied:
        creations, deletions = managed(daemonset, nodes)
        deletions += stranded(pods, cache)
        if not creations and not deletions and daemonset.update_strategy is UpdateStrategy.ROLLING_UPDATE:
            creations, deletions = rolled(daemonset, nodes, cache)
        yield from carried_out(daemonset, creations, deletions, cache, api, expect)
    yield from write_status(daemonset, nodes, api)


# ---- what it sees


def claim_of(daemonset: Any, pod: Any) -> Claim:
    """What the DaemonSet does with a pod that it owns or that nobody owns (W06)."""
    owner = Owner.NONE if pod.owner is None else Owner.ME
    matches = selector_matches(daemonset.selector, pod.labels)
    return controller_ref.claim(Claimed(owner, matches, pod.deleting), daemonset.deleting)


def claimed(daemonset: Any, cache: Cache, api: Api) -> Generator[Request, Any, list[Any]]:
    """The pods that are the DaemonSet's, or become so (W06, ClaimPods)."""
    claims = [(pod, claim_of(daemonset, pod)) for pod in cache.owned(Pod, by=daemonset, orphans=True)]
    mine = [pod for pod, claim in claims if claim is Claim.KEEP]
    for pod in cache.in_any_order([pod for pod, claim in claims if claim.patches]):
        what = claim_of(daemonset, pod)
        try:
            yield api.patch(pod, owner=owner_reference(daemonset) if what is Claim.ADOPT else None)
        except NotFound:
            continue  # it is gone: nothing to claim
        mine += [pod] if what.ours else []
    return mine


def placement_on(daemonset: Any, node: Node) -> Placement:
    """Whether a node should get a pod, and whether one that is there may stay (W80)."""
    spec = daemonset.template.spec
    tolerations = decisions.daemon_tolerations(spec.tolerations, daemonset.host_network)
    selected = required_node_affinity.matches(spec, node)
    return decisions.node_should_run(None, node.name, selected, node.taints, tolerations)


def daemon_pod(pod: Any, revision: str) -> DaemonPod:
    """A pod to the decisions. `revision`: of the present template."""
    updated = placement.revision_of(pod.labels) == revision
    return DaemonPod(
        pod.phase, pod.deleting, pod.ready, pod.available, updated, pod.node is not None, created=int(updated)
    )


def nodes_with_pods(daemonset: Any, pods: Sequence[Any], cache: Cache) -> list[At]:
    """Every node that is seen with its pods, and those that are not seen any more but have some (W82)."""
    found = []
    revision = short_hash(daemonset.template)
    known = dict(cache.nodes)
    for ref, node in known.items():
        there = [pod for pod in pods if is_for(pod, ref, node.name)]
        if sum(1 for pod in there if not pod.deleting) > 1:
            there = list(cache.in_any_order(there))
        found.append(at(node.name, placement_on(daemonset, node), there, revision))
    for ref in sorted({pod.node for pod in pods if pod.node is not None and pod.node not in known}):
        there = [pod for pod in pods if pod.node == ref]
        found.append(at("", Placement(False, True), there, revision))
    return found


def is_for(pod: Any, ref: Ref, name: str) -> bool:
    """Whether a pod is on a node, or was made for it and is not bound yet."""
    if pod.node is not None:
        return bool(pod.node == ref)
    return bool(pod.only_node == name)


def at(name: str, placed: Placement, pods: Sequence[Any], revision: str) -> At:
    """A node with these pods."""
    return At(name, placed, tuple(pods), tuple([daemon_pod(pod, revision) for pod in pods]))


# ---- what is to be done


def managed(daemonset: Any, nodes: Sequence[At]) -> tuple[list[At], list[Any]]:
    """The nodes that need a pod, and the pods that have to go (W83, manage). Nothing on a node that is not seen."""
    creations: list[At] = []
    deletions: list[Any] = []
    for each in nodes:
        if each.name:
            actions = decisions.node_actions(each.placed, each.known, surge=daemonset.max_surge != 0)
            creations += [each] if actions.create else []
            deletions += [each.pods[i] for i in actions.delete]
    return creations, deletions


def stranded(pods: Sequence[Any], cache: Cache) -> list[Any]:
    """Pods that wait for a node that is gone (getUnscheduledPodsWithoutNode)."""
    names = {node.name for _, node in cache.nodes}
    return [pod for pod in pods if pod.node is None and pod.only_node not in names]


def rolled(daemonset: Any, nodes: Sequence[At], cache: Cache) -> tuple[list[At], list[Any]]:
    """The nodes that get a new pod beside the old one, and the old pods that go (W84, W85, rollingUpdate).

    Which of the candidates are taken is open (upstream goes over a map).
    """
    desired = sum(1 for each in nodes if each.placed.should_run)
    limit = rollout.limits(desired, daemonset.max_surge, daemonset.max_unavailable)
    present = in_open_order([each for each in nodes if each.pods], cache)
    update = rollout.rolling_update(tuple([on_node(each.known) for each in present]), limit)
    return [present[i] for i in update.create_new], [old_pod(present[i]) for i in update.delete_old]


def in_open_order(nodes: Sequence[At], cache: Cache) -> list[At]:
    """The nodes, those first of which not all may change at a time: in an order that is open."""
    candidates = {each.name: each for each in nodes if each.name and on_node(each.known) is OnNode.OLD_AVAILABLE}
    chosen = [candidates[name] for name in cache.in_any_order(list(candidates))]
    return chosen + [each for each in nodes if each.name not in candidates]


def on_node(pods: Sequence[DaemonPod]) -> OnNode:
    """What the update finds on a node (findUpdatedPodsOnNode). Terminating pods are not looked at."""
    new = [pod for pod in pods if not pod.terminating and pod.updated]
    old = [pod for pod in pods if not pod.terminating and not pod.updated]
    if len(new) > 1 or len(old) > 1:
        return OnNode.UNCLEAR
    if new and old:
        return OnNode.BOTH_AVAILABLE if new[0].available else OnNode.BOTH_WAITING
    if new:
        return OnNode.NEW_AVAILABLE if new[0].available else OnNode.NEW_WAITING
    if old:
        return OnNode.OLD_AVAILABLE if old[0].available else OnNode.OLD_UNAVAILABLE
    return OnNode.NONE


def old_pod(each: At) -> Any:
    """The one pod of an earlier template on a node."""
    return next(
        pod for pod, known in zip(each.pods, each.known, strict=True) if not known.updated and not known.terminating
    )


# ---- what it does


def new_pod(daemonset: Any, node: str) -> Pod:
    """A pod for one node (W81, W82)."""
    template = daemonset.template
    return Pod(
        labels=placement.pod_labels(template.labels, short_hash(template)),
        spec=placement.spec_for(template.spec, node, daemonset.host_network),
        owner=owner_reference(daemonset),
        namespace=daemonset.namespace,
    )


def carried_out(
    daemonset: Any,
    creations: Sequence[At],
    deletions: Sequence[Any],
    cache: Cache,
    api: Api,
    expect: CountedExpectations,
) -> Reconcile:
    """Expect all of it; create by slow start, in an order that is open; delete at once (W87, syncNodes)."""
    if not creations and not deletions:
        return
    expect.expect(len(creations), len(deletions))
    left = list(cache.in_any_order([each.name for each in creations]))
    start = slow_start(len(left))
    while start.batch:
        batch, left = left[: start.batch], left[start.batch :]
        answers = yield [api.create(new_pod(daemonset, name)) for name in batch]
        failed = answers.failed
        start = start.after(failed)
        if failed:
            expect.lower_creations(failed + start.remaining)
    if deletions:
        yield [api.delete(pod, on_refused=expect.deletion_observed()) for pod in deletions]


def write_status(daemonset: Any, nodes: Sequence[At], api: Api) -> Reconcile:
    """The status, from the pods seen when the sync began; after a conflict once more, on the live object (W86)."""
    counts = status(tuple([(each.placed.should_run, each.known) for each in nodes if each.name]))
    written = {
        "desired_number_scheduled": counts.desired,
        "current_number_scheduled": counts.scheduled,
        "number_misscheduled": counts.misscheduled,
        "number_ready": counts.ready,
        "number_available": counts.available,
        "updated_number_scheduled": counts.updated,
    }
    if all(getattr(daemonset, field) == value for field, value in written.items()):
        return
    try:
        yield api.update_status(daemonset, **written)
    except Conflict:
        latest = yield api.get(DaemonSet, daemonset.name)
        yield api.update_status(latest, **written)
