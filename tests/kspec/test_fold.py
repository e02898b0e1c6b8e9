"""Folding: one state of each orbit, no more and no less; and mutants of it, which this comparison notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from kspec.engines import explicit
from kspec.engines.fold import Fold
from kspec.kernel.errors import KspecError
from kspec.kernel.properties import invariant
from kspec.kernel.system import System
from kspec.kernel.values import Ref
from kspec.kube.cluster import Cluster
from kspec.kube.objects import Node, NodeSelectorTerm, Operator, Pod, Requirement
from kspec_models import users
from kspec_models.scopes.workloads import a_replicaset, cluster, node, template

from .exploring import told
from .kube import small
from .orbits import fold_differs

Patch = pytest.MonkeyPatch


def late_replicaset() -> Cluster:
    """Two pods, and a controller that sees them late: its memory and its calls mention them."""
    people = [users.apply([a_replicaset("web", 2)])]
    return cluster("fold", people, pods=2, caches={"replicaset": "delayed"}, deployments=False)


def scaled_replicaset() -> Cluster:
    """Three pods of which two go: the tie among them is open, and the calls in flight mention pods."""
    web = a_replicaset("web", 3)
    return cluster("fold", [users.apply([web]), users.scale(web, 1)], pods=3, deployments=False)


def late_scheduler() -> Cluster:
    """Two pods and two nodes that have room for one each, and a scheduler that sees them late."""
    web = attrs.evolve(a_replicaset("web", 2), template=template("web", "web:1", host_port=80))
    nodes = (node("a"), node("b"))
    people = [users.apply([web]), users.scale(web, 1)]
    return cluster("fold", people, pods=2, nodes=nodes, caches={"scheduler": "delayed"}, deployments=False)


def one_that_looks_again() -> Cluster:
    """Servers that are mentioned by a reconcile which will run again with what it saw."""
    return small.cluster(small.looker, slots=3, websites=[small.Website("shop", 3)], crashes={"website": 1})


def one_that_marks_another() -> Cluster:
    """A reconcile that has chosen a server, which it will mark again after it has looked at all of them."""
    return small.cluster((small.poster(3), small.patient), slots=3)


SCOPES: list[Callable[[], Cluster]] = [
    late_replicaset,
    one_that_marks_another,
    one_that_looks_again,
    scaled_replicaset,
    late_scheduler,
]


@pytest.mark.parametrize("made", SCOPES, ids=lambda made: made.__name__)
def test_a_folded_search_has_one_state_of_each_orbit(made: Callable[[], Cluster]) -> None:
    assert fold_differs(made().system()) == ""


@pytest.mark.parametrize("made", [late_replicaset, late_scheduler], ids=lambda made: made.__name__)
def test_in_the_exact_order_of_watches_too(made: Callable[[], Cluster]) -> None:
    assert fold_differs(made().exact()) == ""


def test_nothing_is_folded_where_folding_is_switched_off() -> None:
    made = late_replicaset()
    off = made.reduced(attrs.evolve(made.reductions, fold=False)).system()
    unfolded = explicit.explore(made.system(), fold=False, confirm=False)
    assert explicit.explore(off, confirm=False).distinct_states == unfolded.distinct_states
    assert explicit.explore(made.system(), confirm=False).distinct_states < unfolded.distinct_states


# ---- nodes that can be told apart


@invariant(about=(Pod,))
def pods_run_where_they_ask_to(truth: Any) -> bool:
    """Pods run on the node with the fast disk."""
    nodes = truth.cluster.scope.nodes
    return all(at is None or ("disk", "fast") in nodes[at.index].labels for at in truth.all(Pod, "node"))


@invariant(about=(Pod,))
def no_two_pods_are_on_one_node(truth: Any) -> bool:
    """Pods with one host port are never on one node."""
    bound = [at for at in truth.all(Pod, "node") if at is not None]
    return len(set(bound)) == len(bound)


def asking_for(selector: Any, nodes: tuple[Node, ...]) -> Cluster:
    """A ReplicaSet whose pods ask for a node."""
    asked = template("db", "db:1")
    asked = attrs.evolve(asked, spec=attrs.evolve(asked.spec, node_selector=selector))
    db = attrs.evolve(a_replicaset("db", 1), template=asked)
    people, checked = [users.apply([db])], [pods_run_where_they_ask_to]
    return cluster("nodes", people, pods=2, nodes=nodes, deployments=False, properties=checked)


def labelled(name: str, **labels: str) -> Node:
    return attrs.evolve(node(name), labels=tuple(sorted((k.replace("_", "/"), v) for k, v in labels.items())))


def by_label() -> Cluster:
    return asking_for((("disk", "fast"),), (labelled("a"), labelled("b", disk="fast")))


def by_hostname() -> Cluster:
    fast = [labelled(n, **{"kubernetes.io_hostname": n}) for n in ("a", "b")]
    made = asking_for((("kubernetes.io/hostname", "b"),), tuple(fast))
    return made


def posted(pods: list[Pod]) -> Cluster:
    """Pods as a user posts them."""
    people, nodes = [users.apply(pods)], (node("a"), node("b"))
    checked = [no_two_pods_are_on_one_node]
    return cluster("nodes", people, pods=2, nodes=nodes, deployments=False, properties=checked)


PORT = template("db", "db:1", host_port=80).spec
ON_B = Pod(spec=PORT, node=Ref("nodes", 1))


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (by_label(), {"pods_run_where_they_ask_to": "HOLDS"}),
        (by_hostname(), {"pods_run_where_they_ask_to": "VIOLATED"}),  # b is no fast node, and they go nowhere else
        (posted([ON_B, ON_B]), {"no_two_pods_are_on_one_node": "VIOLATED"}),
        (posted([Pod(spec=PORT), ON_B]), {"no_two_pods_are_on_one_node": "VIOLATED"}),
        (posted([ON_B, Pod(spec=PORT)]), {"no_two_pods_are_on_one_node": "HOLDS"}),
    ],
)
def test_nodes_are_told_apart_where_their_labels_differ_or_a_pod_asks_for_one(made: Cluster, verdict: Any) -> None:
    assert told(explicit.explore(made.system())) == told(explicit.explore(made.system(), fold=False)) == verdict
    assert not made.system().families["nodes"].interchangeable


def test_a_pod_may_ask_for_a_node_by_its_field_too() -> None:
    term = (Requirement("metadata.name", values=("b",), operator=Operator.IN),)
    spec = attrs.evolve(PORT, node_affinity=(NodeSelectorTerm(match_fields=term),))
    made = posted([Pod(spec=spec)])
    explicit.explore(made.system())
    assert not made.system().families["nodes"].interchangeable


def test_nodes_that_differ_only_in_name_and_hostname_are_folded() -> None:
    nodes = tuple(labelled(n, **{"kubernetes.io_hostname": n}, zone="x") for n in ("a", "b"))
    made = asking_for((("zone", "x"),), nodes)
    explicit.explore(made.system())
    assert made.system().families["nodes"].interchangeable


# ---- mutants


def rows_are_sorted_and_nothing_is_renamed(patch: Patch) -> None:
    patch.setattr(Fold, "_rename_all", lambda *given: None)


def mentions_are_not_looked_at(patch: Patch) -> None:
    patch.setattr(Fold, "_signature", lambda *given: None)


def every_mention_looks_the_same(patch: Patch) -> None:
    patch.setattr("kspec.engines.fold._seen_from", lambda family, member: lambda part: None)


def rows_are_not_sorted(patch: Patch) -> None:
    patch.setattr(Fold, "_sort_rows", lambda *given: None)


def one_row_becomes_another(patch: Patch) -> None:
    real = Fold.__call__

    def lose(fold: Fold, state: list[int]) -> Any:
        found = list(real(fold, state))
        for places in fold._tables.world.columns.values():
            found[places[-1]] = found[places[0]]
        return tuple(found)

    patch.setattr(Fold, "__call__", lose)


def nodes_are_sorted_by_nothing(patch: Patch) -> None:
    def lose(fold: Fold, family: str, size: int, state: list[int]) -> None:
        fold._rename_all(family, (0,) * size, state, set())

    patch.setattr(Fold, "_sort_bare", lose)


def calls_in_flight_lose_their_order(patch: Patch) -> None:
    patch.setattr("kspec.kube.residual.Work.canonical", lambda work: work)


def what_a_reconcile_saw_is_not_renamed(patch: Patch) -> None:
    real = Fold._rename

    def keep(fold: Fold, column: Any, number: int, family: str, to: tuple[int, ...]) -> int:
        return number if str(column).startswith("website/") else real(fold, column, number, family, to)

    patch.setattr(Fold, "_rename", keep)


MUTANTS = [
    rows_are_sorted_and_nothing_is_renamed,
    mentions_are_not_looked_at,
    every_mention_looks_the_same,
    rows_are_not_sorted,
    one_row_becomes_another,
    nodes_are_sorted_by_nothing,
    calls_in_flight_lose_their_order,
    what_a_reconcile_saw_is_not_renamed,
]


def noticed(made: System) -> bool:
    """Whether the comparison with the orbits notices that something is wrong."""
    try:
        return fold_differs(made) != ""
    except (KspecError, AssertionError):
        return True


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_of_folding_is_noticed(mutant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    mutant(monkeypatch)
    assert noticed(late_replicaset().exact()) or any(noticed(made().system()) for made in SCOPES)


def test_folding_nodes_that_differ_is_noticed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Cluster, "_nodes_are_alike", lambda made: True)
    wrong = 0
    for made in (by_label(), by_hostname(), posted([ON_B, ON_B])):
        try:
            folded = told(explicit.explore(made.system()))
        except KspecError:
            wrong += 1
            continue
        wrong += folded != told(explicit.explore(made.system(), fold=False))
    assert wrong >= 2
